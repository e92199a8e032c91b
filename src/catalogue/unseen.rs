//! Broken twins whose bug rounds on real cores do not show, however long they run, and why. Engines catch them, as their pages say.

use crate::cell::Subject;
use std::fmt;

/// Why rounds on real cores do not show a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unseen {
    /// An ordering is too weak that every processor of this kind has for free.
    Order,
    /// A fence is missing that the system's barrier on the other side makes up for.
    Barrier,
    /// What is raced for is not used afterwards, or found to be gone.
    Idle,
    /// Who waits looks now and then by itself, and needs no wake-up.
    Naps,
    /// Somebody is overtaken, or all give way to each other; in the end everybody has been served.
    Fairness,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Order => "an ordering that this processor keeps anyway",
            Self::Barrier => "the barrier of the other side orders this one, too",
            Self::Idle => "a race of which nothing follows",
            Self::Naps => "who waits looks now and then by itself",
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
    let has_barrier = cfg!(target_os = "linux");
    Some(*why).filter(|why| match why {
        Unseen::Order => keeps_order,
        Unseen::Barrier => has_barrier,
        Unseen::Idle | Unseen::Naps | Unseen::Fairness => true,
    })
}

/// The twins, whatever the processor. A fence between a store and a later load that is left out is no matter of [`Unseen::Order`]: x86 needs it.
const UNSEEN: [(Unseen, &[&str]); 5] = [
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
        Unseen::Barrier,
        &[
            "threads/lockfree/michael_scott~unfenced",
            "threads/lockfree/segments~unfenced",
            "threads/lockfree/treiber~unfenced",
        ],
    ),
    (
        Unseen::Idle,
        &["gil/lock/cpython~touched_after_release", "pool/executor/thread_pool~begins_what_is_gone"],
    ),
    (Unseen::Naps, &["pool/executor/thread_pool~looks_then_tells"]),
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
}
