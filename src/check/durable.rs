//! Durable linearizability: what is to be expected of an object in memory that outlives the processes that use it.
//!
//! Where a process dies in the middle of an operation, the operation never returns. The object is durably linearizable if its log is
//! linearizable when crashes are left out of it, and those operations are taken as pending: each may have taken place or not. What has returned has taken
//! place, whoever dies later. When such an operation takes place has three answers:
//! - [`Late::Any`]: at any later time, even when the dead process cannot have done it any more; somebody else may, who finds it half done and
//!   finishes it. This is durable linearizability (Joseph Izraelevitz, Hammurabi Mendes, Michael Scott, "Linearizability of persistent memory
//!   objects under a full-system-crash failure model", 2016). There all processes die at once, and none comes back; here they die one by one.
//! - [`Late::UntilNext`]: before the next operation of its process begins, which has come back under the same number. This is persistent
//!   atomicity (Rachid Guerraoui, Ron Levy, "Robust emulations of shared memory in a crash-recovery model", 2004).
//! - [`Late::UntilDeath`]: before its process died. This is strict linearizability (Marcos Aguilera, Svend Frølund,
//!   "Strict linearizability and the power of aborting", 2003).
//!
//! The last two need a log in which an operation has a deadline and need not have taken place. The general form has no such entries: one that never
//! returned has no deadline, and one that returned has taken place. So [`logs`] gives all logs of the general form that there are: in each, an operation with a deadline
//! either has returned at it, with an unknown result, or is left out. The log is right if one of them is. With `Late::Any` there is only one.

use super::Decision;
use crate::history::log::{Entry, NEVER};

/// The end of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// Whose.
    pub process: u32,
    /// When: on the clock of the log.
    pub at: u64,
}

/// Until when an operation may take place whose process died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Late {
    /// For ever: durable linearizability.
    Any,
    /// Until the next operation of the same process begins: persistent atomicity.
    UntilNext,
    /// Until the process died: strict linearizability.
    UntilDeath,
}

/// So many operations with a deadline are tried in all combinations.
pub const MOST_CUT: usize = 12;

/// The log with deaths as a log of the general form, where what was pending may take place at any later time ([`Late::Any`]).
///
/// An operation is cut by a death of its process that comes when it has begun and not ended; whatever was written down of its end is
/// forgotten. Without a death nothing changes.
///
/// ```
/// use refectory::check::durable::{Death, pending};
/// use refectory::history::log::{Entry, NEVER};
///
/// let log = [Entry { process: 1, call: "push", answer: Some("pushed"), begun: 2, ended: 9 }];
/// let cut = pending(&log, &[Death { process: 1, at: 5 }]);
/// assert_eq!((cut[0].answer, cut[0].ended), (None, NEVER));
/// assert_eq!(pending(&log, &[Death { process: 1, at: 10 }]), log);
/// ```
pub fn pending<C: Clone, A: Clone>(log: &[Entry<C, A>], deaths: &[Death]) -> Vec<Entry<C, A>> {
    let deaths = sorted(deaths);
    let cut = |entry: &Entry<C, A>| match death_of(&deaths, entry) {
        Some(_) => Entry { answer: None, ended: NEVER, ..entry.clone() },
        None => entry.clone(),
    };
    log.iter().map(cut).collect()
}

fn sorted(deaths: &[Death]) -> Vec<(u32, u64)> {
    let mut deaths: Vec<(u32, u64)> = deaths.iter().map(|death| (death.process, death.at)).collect();
    deaths.sort_unstable();
    deaths
}

/// When the process of this operation died in the middle of it.
fn death_of<C, A>(deaths: &[(u32, u64)], entry: &Entry<C, A>) -> Option<u64> {
    let next = deaths.partition_point(|&death| death < (entry.process, entry.begun));
    let &(process, at) = deaths.get(next)?;
    (process == entry.process && at < entry.ended).then_some(at)
}

/// A log, and for each of its entries the place that it has in the log that this one was made of.
pub type Placed<C, A> = (Vec<Entry<C, A>>, Vec<usize>);

/// The general logs that a log with deaths may stand for: it is right if one of them is. `None`
/// where there are more than 2 to the power of [`MOST_CUT`].
pub fn logs<C: Clone, A: Clone>(
    log: &[Entry<C, A>],
    deaths: &[Death],
    late: Late,
) -> Option<impl Iterator<Item = Placed<C, A>>> {
    let all = pending(log, deaths);
    let deadlines: Vec<(usize, u64)> = match late {
        Late::Any => Vec::new(),
        Late::UntilNext | Late::UntilDeath => deadlines(log, deaths, late),
    };
    (deadlines.len() <= MOST_CUT).then(|| {
        (0..1_u32 << deadlines.len()).map(move |taken| {
            let mut log = all.clone();
            for (_, &(entry, deadline)) in
                deadlines.iter().enumerate().filter(|(bit, _)| taken >> bit & 1 == 1)
            {
                log[entry].ended = deadline;
            }
            let is_left_out =
                |index: usize| deadlines.iter().any(|&(entry, _)| entry == index) && !log[index].has_ended();
            let places: Vec<usize> = (0..log.len()).filter(|&index| !is_left_out(index)).collect();
            (places.iter().map(|&index| log[index].clone()).collect(), places)
        })
    })
}

/// The operations that were cut, and until when each of them may have taken place.
fn deadlines<C, A>(log: &[Entry<C, A>], deaths: &[Death], late: Late) -> Vec<(usize, u64)> {
    let deaths = sorted(deaths);
    let mut begun: Vec<(u32, u64)> = log.iter().map(|entry| (entry.process, entry.begun)).collect();
    begun.sort_unstable();
    let deadline = |(index, entry): (usize, &Entry<C, A>)| {
        let died = death_of(&deaths, entry)?;
        if late == Late::UntilDeath {
            return Some((index, died));
        }
        let next = begun.partition_point(|&other| other <= (entry.process, died));
        // What begins at the deadline must come behind it.
        begun.get(next).filter(|(process, _)| *process == entry.process).map(|&(_, at)| (index, at - 1))
    };
    log.iter().enumerate().filter_map(deadline).collect()
}

/// Whether a log with deaths is right: by a check of general logs.
///
/// `check` must know operations that returned without a known result, unless `late` is [`Late::Any`]. Where all logs that the log stands for
/// are wrong, the witness is what is wrong in the one in which nothing that was cut has taken place.
///
/// ```
/// use refectory::check::durable::{Death, Late, check};
/// use refectory::check::{Decision, fifo};
/// use refectory::history::log::Entry;
/// use refectory::spec::{QueueAnswer, QueueCall};
///
/// // Process 1 dies while it pushes 7; later somebody finds nothing, then 7.
/// let log = [
///     Entry { process: 1, call: QueueCall::Push(7), answer: None, begun: 0, ended: 9 },
///     Entry { process: 2, call: QueueCall::Pop, answer: Some(QueueAnswer::Empty), begun: 3, ended: 4 },
///     Entry { process: 2, call: QueueCall::Pop, answer: Some(QueueAnswer::Popped(7)), begun: 5, ended: 6 },
/// ];
/// let deaths = [Death { process: 1, at: 2 }];
/// assert_eq!(check(&log, &deaths, Late::Any, fifo::check), Decision::Holds);
/// assert!(matches!(check(&log, &deaths, Late::UntilDeath, fifo::check), Decision::Violated(_)));
/// ```
pub fn check<C: Clone, A: Clone>(
    log: &[Entry<C, A>],
    deaths: &[Death],
    late: Late,
    check: impl Fn(&[Entry<C, A>]) -> Decision,
) -> Decision {
    let Some(logs) = logs(log, deaths, late) else {
        return Decision::Unknown(format!(
            "more than {MOST_CUT} operations were cut by the death of their processes"
        ));
    };
    let (mut first, mut open) = (None, None);
    for (log, places) in logs {
        match check(&log) {
            Decision::Holds => return Decision::Holds,
            Decision::Unknown(why) => open = Some(Decision::Unknown(why)),
            Decision::Violated(mut witness) => {
                witness.entries.iter_mut().for_each(|entry| *entry = places[*entry]);
                first = first.or(Some(Decision::Violated(witness)));
            }
        }
    }
    open.or(first).unwrap_or(Decision::Holds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::set;
    use crate::scenario::SplitMix64;
    use crate::spec::{SetAnswer, SetCall};
    use std::collections::BTreeSet;

    type Operation = Entry<SetCall, SetAnswer>;

    /// Some processes, each of which asks one thing after the other, and may die and come back.
    fn random_log(random: &mut SplitMix64) -> (Vec<Operation>, Vec<Death>) {
        let (mut log, mut deaths) = (Vec::new(), Vec::new());
        for process in 0..random.between(1, 3) as u32 {
            let mut now = random.between(0, 4);
            for _ in 0..random.between(1, 3) {
                let call = [SetCall::Insert, SetCall::Remove, SetCall::Contains][random.between(0, 2)](7);
                let begun = now + random.between(1, 3);
                let ended = begun + random.between(0, 6);
                let answer = Some(SetAnswer(random.between(0, 1) == 0));
                log.push(Entry { process, call, answer, begun: begun as u64, ended: ended as u64 });
                now = ended + 1;
                if random.between(0, 2) == 0 {
                    let at = random.between(begun, ended + 1);
                    deaths.push(Death { process, at: at as u64 });
                }
            }
        }
        (log, deaths)
    }

    /// Until when each operation may take place, and whether it must.
    fn window(log: &[Operation], deaths: &[Death], late: Late, index: usize) -> (u64, bool) {
        let entry = &log[index];
        let is_in =
            |death: &&Death| death.process == entry.process && (entry.begun..entry.ended).contains(&death.at);
        let Some(death) = deaths.iter().filter(is_in).min_by_key(|death| death.at) else {
            return (entry.ended, true);
        };
        let next = log.iter().filter(|other| other.process == entry.process && other.begun > death.at);
        let deadline = match late {
            Late::Any => NEVER,
            Late::UntilDeath => death.at,
            Late::UntilNext => next.map(|other| other.begun - 1).min().unwrap_or(NEVER),
        };
        (deadline, false)
    }

    /// Whether some order explains the operations, each within its window.
    fn explain(log: &[Operation], windows: &[(u64, bool)], done: u32, state: &BTreeSet<u32>) -> bool {
        let is_done = |i: usize| done & 1 << i != 0;
        let all = || 0..log.len();
        if all().all(|i| is_done(i) || !windows[i].1) {
            return true;
        }
        let can_follow = |i: usize| {
            let left_behind =
                all().any(|other| !is_done(other) && windows[other].1 && windows[other].0 < log[i].begun);
            let too_late = all().any(|other| is_done(other) && windows[i].0 < log[other].begun);
            !left_behind && !too_late
        };
        all().filter(|&i| !is_done(i) && can_follow(i)).any(|i| {
            let mut next = state.clone();
            let answer = match log[i].call {
                SetCall::Insert(value) => next.insert(value),
                SetCall::Remove(value) => next.remove(&value),
                SetCall::Contains(value) => next.contains(&value),
            };
            let fits = !windows[i].1 || log[i].answer == Some(SetAnswer(answer));
            fits && explain(log, windows, done | 1 << i, &next)
        })
    }

    fn agrees_with_all_orders(late: Late) -> u32 {
        let (mut random, mut right) = (SplitMix64::new(1), 0);
        for case in 0..100_000 {
            let (log, deaths) = random_log(&mut random);
            let windows: Vec<(u64, bool)> = (0..log.len()).map(|i| window(&log, &deaths, late, i)).collect();
            let explained = explain(&log, &windows, 0, &BTreeSet::new());
            let decision = check(&log, &deaths, late, set::check);
            assert_eq!(
                decision == Decision::Holds,
                explained,
                "case {case}, {decision:?}: {log:#?} {deaths:?}"
            );
            assert!(!matches!(decision, Decision::Unknown(_)));
            right += u32::from(explained);
        }
        assert!((10_000..90_000).contains(&right), "{right} are right");
        right
    }

    #[test]
    fn agrees_with_all_orders_and_each_notion_is_stricter_than_the_one_before() {
        let [any, next, death] = [Late::Any, Late::UntilNext, Late::UntilDeath].map(agrees_with_all_orders);
        assert!(any > next && next > death, "{any}, {next}, {death}");
    }

    #[test]
    fn too_many_cut_operations_are_left_open() {
        let entry = |process| Entry { process, call: SetCall::Insert(1), answer: None, begun: 0, ended: 9 };
        let log: Vec<Operation> = (0..13).map(entry).collect();
        let deaths: Vec<Death> = (0..13).map(|process| Death { process, at: 5 }).collect();
        assert!(matches!(check(&log, &deaths, Late::UntilDeath, set::check), Decision::Unknown(_)));
        assert_eq!(check(&log, &deaths, Late::Any, set::check), Decision::Holds);
    }
}
