//! Whether a log of a set is linearizable: in O(n log n), whether values are distinct or not.
//!
//! Each value is an object by itself, which is inside or outside, and a log is linearizable if that of each value is (Maurice Herlihy,
//! Jeannette Wing, "Linearizability: a correctness condition for concurrent objects", 1990). Insertions and removals that changed it alternate; all
//! other answers ask for a moment at which it was inside, or outside. So all that matters is how often it has changed up to each moment.
//!
//! The check changes it as late as it can: when an operation ends that has not been explained yet. It then uses the operation that must
//! end first, of those under way that change it so. Any explanation has made as many changes by then, so nothing is lost. Insertions and
//! removals that never returned are used where there is no other. That this is exact is our own proof:
//! - Any explanation has, at each moment, made at least as many changes as the late one: by induction over the ends that make it change. An answer
//!   that waits for the other state has not seen it since its beginning, so any explanation that shows it has gone on; and a change
//!   that must be made now must be made in every explanation, while those that the late one has made instead were as urgent, or the only ones at hand.
//! - So whenever the late one needs one more operation that has begun, any explanation has used that many, and there is one.
//!
//! Of an operation that returned, and whose answer is unknown, both answers are tried, as long as there are few of them for one value.
//!
//! That sets can be decided value by value in this time is in Zheng Han Lee, Umang Mathur, "Efficient decrease-and-conquer linearizability monitoring",
//! 2025, where each value is inserted once; the rest is our own.

#[cfg(test)]
mod tests;

use super::{Decision, Witness};
use crate::history::log::Entry;
use crate::spec::{SetAnswer, SetCall};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// An entry of a set's log.
type Operation = Entry<SetCall, SetAnswer>;

/// Of so many unknown answers for one value all combinations are tried.
const MOST_UNKNOWN: usize = 12;

/// Whether a log of a set is linearizable.
///
/// Gives `Unknown` where there are more than twelve operations on one value that returned, and whose answers are unknown.
///
/// ```
/// use refectory::check::{Decision, set};
/// use refectory::history::log::Entry;
/// use refectory::spec::{SetAnswer, SetCall};
///
/// let asked = |call, answer, begun, ended| {
///     Entry { process: 0, call, answer: Some(SetAnswer(answer)), begun, ended }
/// };
/// let log = [asked(SetCall::Insert(7), true, 0, 1), asked(SetCall::Contains(7), false, 2, 3)];
/// let Decision::Violated(witness) = set::check(&log) else { panic!("it was inside") };
/// assert_eq!(witness.reason, "Contains(7) answered false, but at every moment of that 7 was inside");
/// ```
pub fn check(log: &[Operation]) -> Decision {
    if log.len() > u32::MAX as usize {
        return Decision::Unknown(format!(
            "the log has {} entries, and at most {} can be read",
            log.len(),
            u32::MAX
        ));
    }
    if let Some(entry) = log.iter().position(|entry| entry.ended < entry.begun) {
        return Decision::Unknown(format!("entry {entry} ends before it begins"));
    }
    let pair = |(entry, index): (&Operation, u64)| u64::from(value(entry.call)) << 32 | index;
    let mut by_value: Vec<u64> = log.iter().zip(0..).map(pair).collect();
    by_value.sort_unstable();
    let mut decision = Decision::Holds;
    for entries in by_value.chunk_by(|one, other| one >> 32 == other >> 32) {
        match of_one_value(log, entries) {
            Decision::Holds => {}
            violated @ Decision::Violated(_) => return violated,
            unknown @ Decision::Unknown(_) => decision = unknown,
        }
    }
    decision
}

const fn value(call: SetCall) -> u32 {
    match call {
        SetCall::Insert(value) | SetCall::Remove(value) | SetCall::Contains(value) => value,
    }
}

/// What an operation needs: a change to this state, or a moment in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// It changed the value's state to this one.
    Change(bool),
    /// It found the value in this state.
    See(bool),
    /// It may have changed the state to this one, at any time from its beginning on.
    MayChange(bool),
}

/// What the operation needs if this was its answer; nothing, if any moment will do.
fn need(entry: &Operation, answer: Option<bool>) -> Option<Need> {
    match (entry.call, answer) {
        (SetCall::Insert(_), Some(true)) => Some(Need::Change(true)),
        (SetCall::Remove(_), Some(true)) => Some(Need::Change(false)),
        (SetCall::Insert(_), Some(false)) => Some(Need::See(true)),
        (SetCall::Remove(_), Some(false)) => Some(Need::See(false)),
        (SetCall::Contains(_), Some(answer)) => Some(Need::See(answer)),
        (SetCall::Insert(_), None) => Some(Need::MayChange(true)),
        (SetCall::Remove(_), None) => Some(Need::MayChange(false)),
        (SetCall::Contains(_), None) => None,
    }
}

fn of_one_value(log: &[Operation], pairs: &[u64]) -> Decision {
    let entries: Vec<usize> = pairs.iter().map(|&pair| pair as u32 as usize).collect();
    let is_open = |&entry: &usize| {
        let Entry { call, answer, .. } = log[entry];
        answer.is_none() && log[entry].has_ended() && !matches!(call, SetCall::Contains(_))
    };
    let unknown: Vec<usize> = entries.iter().copied().filter(is_open).collect();
    if unknown.len() > MOST_UNKNOWN {
        let (count, value) = (unknown.len(), pairs[0] >> 32);
        return Decision::Unknown(format!(
            "{count} operations on {value} returned, and their answers are unknown"
        ));
    }
    let mut points: Vec<(u64, bool, usize)> = Vec::with_capacity(2 * entries.len());
    points.extend(
        entries.iter().flat_map(|&entry| [(log[entry].begun, false, entry), (log[entry].ended, true, entry)]),
    );
    points.sort_unstable();
    let mut found: Option<Witness> = None;
    for answers in 0..1_u32 << unknown.len() {
        let guess =
            |entry: usize| unknown.iter().position(|&other| other == entry).map(|n| answers >> n & 1 == 1);
        let need = |entry: usize| {
            need(&log[entry], log[entry].answer.map(|answer| answer.0).or_else(|| guess(entry)))
        };
        match (Late::default().explain(log, &points, need), &mut found) {
            (None, _) => return Decision::Holds,
            (Some(witness), None) => found = Some(witness),
            (Some(witness), Some(found)) if witness.entries.len() > found.entries.len() => {
                found.entries = witness.entries
            }
            (Some(_), Some(_)) => {}
        }
    }
    found.map_or(Decision::Holds, Decision::Violated)
}

/// A value whose state is changed as late as possible.
#[derive(Default)]
struct Late {
    is_inside: bool,
    /// Operations under way that change it to outside and to inside, by their ends.
    changes: [BinaryHeap<Reverse<(u64, usize)>>; 2],
    /// Operations that never returned and may change it so.
    spare: [usize; 2],
    /// Operations that have not seen it outside and inside yet.
    waiting: [Vec<usize>; 2],
    /// Operations that are not explained yet.
    open: HashSet<usize>,
}

impl Late {
    /// Goes through beginnings and ends. Gives the operations up to the first end that nothing explains.
    fn explain(
        mut self,
        log: &[Operation],
        points: &[(u64, bool, usize)],
        need: impl Fn(usize) -> Option<Need>,
    ) -> Option<Witness> {
        for &(_, is_end, entry) in points {
            let Some(need) = need(entry) else { continue };
            if !is_end {
                self.begin(entry, log[entry].ended, need);
            } else if !self.end(entry) {
                return Some(self.witness(log, points, entry, need));
            }
        }
        None
    }

    fn begin(&mut self, entry: usize, ended: u64, need: Need) {
        match need {
            Need::MayChange(to) => self.spare[usize::from(to)] += 1,
            Need::See(state) if state == self.is_inside => {}
            Need::See(state) => {
                self.waiting[usize::from(state)].push(entry);
                self.open.insert(entry);
            }
            Need::Change(to) => {
                self.changes[usize::from(to)].push(Reverse((ended, entry)));
                self.open.insert(entry);
            }
        }
    }

    /// Changes the state until the operation is explained, if that is possible.
    fn end(&mut self, entry: usize) -> bool {
        while self.open.contains(&entry) {
            if !self.change() {
                return false;
            }
        }
        true
    }

    fn change(&mut self) -> bool {
        let to = usize::from(!self.is_inside);
        match self.changes[to].pop() {
            Some(Reverse((_, entry))) => _ = self.open.remove(&entry),
            None if self.spare[to] > 0 => self.spare[to] -= 1,
            None => return false,
        }
        self.is_inside = !self.is_inside;
        for entry in self.waiting[to].drain(..) {
            self.open.remove(&entry);
        }
        true
    }

    fn witness(
        &self,
        log: &[Operation],
        points: &[(u64, bool, usize)],
        failed: usize,
        need: Need,
    ) -> Witness {
        let until = log[failed].ended;
        let begun = points.iter().filter(|&&(time, is_end, _)| !is_end && time <= until);
        let mut entries: Vec<usize> = begun.map(|&(_, _, entry)| entry).collect();
        entries.sort_unstable();
        let (call, value) = (log[failed].call, value(log[failed].call));
        let place = if self.is_inside { "inside" } else { "outside" };
        let reason = match need {
            Need::See(state) => {
                let answer = matches!(call, SetCall::Contains(_)) && state;
                format!("{call:?} answered {answer}, but at every moment of that {value} was {place}")
            }
            Need::Change(_) | Need::MayChange(_) => {
                let back = if self.is_inside { "removed" } else { "inserted" };
                format!(
                    "{call:?} answered true, but {value} was {place} before, and nobody can have {back} it by then"
                )
            }
        };
        Witness { reason, entries }
    }
}
