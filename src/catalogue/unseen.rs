//! Broken twins whose bug rounds on real cores do not show, however long they run, and why. Engines catch them, as their pages say.

use crate::cell::Subject;
use std::fmt;

/// Why rounds on real cores do not show a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unseen {
    /// An ordering is too weak that every processor of this kind has for free.
    Order,
    /// Somebody has to be killed between two steps, and rounds kill nobody.
    Death,
    /// Somebody is overtaken, or all give way to each other; in the end everybody has been served.
    Fairness,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Order => "an ordering that this processor keeps anyway",
            Self::Death => "a process has to be killed",
            Self::Fairness => "everybody is served in the end",
        })
    }
}

/// Why rounds on the cores of this machine do not show the bug of this twin; `None` where they may.
pub fn unseen(subject: &Subject) -> Option<Unseen> {
    let id = subject.id();
    let (why, _) = UNSEEN.iter().find(|(_, ids)| ids.contains(&id.as_str()))?;
    // Loads are acquire and stores are release there: Sewell, Sarkar, Owens, Zappa Nardelli, Myreen, "x86-TSO", 2010.
    let keeps_order = cfg!(any(target_arch = "x86", target_arch = "x86_64"));
    Some(*why).filter(|why| *why != Unseen::Order || keeps_order)
}

/// The twins, whatever the processor. A fence between a store and a later load that is left out is no matter of [`Unseen::Order`]: x86 needs it.
const UNSEEN: [(Unseen, &[&str]); 3] = [
    (
        Unseen::Order,
        &[
            "threads/lock/futex~relaxed_release",
            "threads/lock/barging~unordered_release",
            "threads/lockfree/ring~relaxed_publish",
            "threads/lockfree/ring~relaxed_consume",
            "threads/lockfree/spsc~relaxed_publish",
            "threads/lockfree/spsc~relaxed_consume",
            "threads/lockfree/michael_scott~relaxed_link",
            "threads/lockfree/michael_scott~relaxed_follow",
            "threads/lockfree/segments~relaxed_fill",
            "threads/lockfree/segments~relaxed_look",
            "threads/lockfree/combining~relaxed_served",
            "pool/deque/chase_lev~relaxed_bottom",
            "pool/deque/chase_lev~relaxed_grow",
            "channels/queue/channel.rendezvous~tells_relaxed",
            "actors/queue/mailbox~follows_relaxed",
        ],
    ),
    (
        Unseen::Death,
        &[
            "processes/lock/robust~not_robust",
            "processes/lock/robust~forgets_waiters",
            "processes/lock/robust~takes_the_mark_away",
            "processes/lock/semaphore~not_robust",
            "processes/lock/semaphore~wakes_later",
            "processes/lock/condition~tells_later",
            "processes/lock/condition~awaits_answers",
            "processes/lock/file~says_nothing",
            "processes/table/ordered~forgets_repair",
            "processes/table/ordered~frees_first",
            "processes/table/arbiter~keeps_forks",
            "processes/queue/mpmc~counts_first",
            "processes/queue/mpmc~not_robust",
            "processes/queue/simple~reader_starves_others",
            "processes/queue/simple~torn_is_whole",
            "processes/queue/joinable~forgets_the_dead",
            "processes/queue/joinable~counts_twice",
            "processes/executor/process_pool~loses_the_task",
            "processes/executor/process_pool~forgets_the_queue",
            "processes/executor/process_pool~tries_again",
        ],
    ),
    (
        Unseen::Fairness,
        &[
            "threads/table/try_lock~polite",
            "threads/table/waiter~favours_seat_0",
            "threads/table/courteous~greedy",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::super::subjects;
    use super::*;
    use crate::cell::Expect;
    use crate::engine::FailureKind;
    use std::collections::BTreeSet;

    fn listed(why: Unseen) -> impl Iterator<Item = &'static str> {
        UNSEEN.into_iter().filter(move |(of, _)| *of == why).flat_map(|(_, ids)| ids.iter().copied())
    }

    #[test]
    fn what_is_unseen_is_a_twin_and_listed_once() {
        let mut seen = BTreeSet::new();
        for (_, ids) in UNSEEN {
            for id in ids {
                assert!(seen.insert(id), "{id} stands twice");
                if cfg!(feature = "processes") || !id.starts_with("processes/") {
                    let subject = subjects().find(|subject| subject.id() == *id);
                    assert!(subject.is_some_and(|subject| subject.twin_of().is_some()), "{id} is no twin");
                }
            }
        }
    }

    /// What every processor of a kind keeps is no more than what C11 calls a race.
    #[test]
    fn an_ordering_that_is_too_weak_is_a_race() {
        for id in listed(Unseen::Order) {
            let subject = subjects().find(|subject| subject.id() == id).unwrap();
            let races = |kinds: &[FailureKind]| kinds.contains(&FailureKind::DataRace);
            assert!(matches!(subject.expect, Expect::Broken(kinds) if races(kinds)), "{id}");
        }
    }

    /// Where it may kill nobody the exact explorer finds nothing, in as many executions as a pull request has.
    #[cfg(all(feature = "processes", feature = "dpor"))]
    #[test]
    fn where_nobody_is_killed_nothing_happens() {
        use crate::catalogue::scopes;
        use crate::cell::Level;
        use crate::engine::{Budget, Engine, explore};
        let spared = Budget { executions: 20_000, deaths: 0, spurious: 0, ..Budget::default() };
        for id in listed(Unseen::Death) {
            let subject = subjects().find(|subject| subject.id() == id).unwrap();
            for scope in scopes(subject, Level::PullRequest) {
                let found = explore(Engine::Dpor, &subject.program(scope), &spared).failure;
                assert_eq!(found.map(|failure| failure.kind), None, "{id} in {scope}");
            }
        }
    }
}
