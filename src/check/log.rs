//! Logs of the objects that this crate knows, each by the fastest check that decides.

use super::explain::{Explanation, Limits, Tied, explain};
use super::{Budget, Decision, container, general};
use crate::history::log::Entry;
use crate::spec::written::Written;
use crate::spec::{KvCall, KvSpec, QueueCall, QueueSpec, RegisterCall, RegisterSpec, SetCall, SetSpec};

/// A call of an object whose logs can be decided, and explained.
pub trait Decidable: Tied<Answer = <Self as Written>::Answer> + Written {
    /// The object.
    type Object;

    /// Whether the log is linearizable. First a check of this kind of object is asked; where it does not decide, the general one
    /// is, within the budget.
    fn decide(
        object: &Self::Object,
        log: &[Entry<Self, <Self as Written>::Answer>],
        budget: Budget,
    ) -> Decision;
}

impl Decidable for QueueCall {
    type Object = QueueSpec;

    fn decide(
        object: &QueueSpec,
        log: &[Entry<Self, <Self as Written>::Answer>],
        budget: Budget,
    ) -> Decision {
        decided(container::check(object, log), || general::check(object, log, budget))
    }
}

impl Decidable for RegisterCall {
    type Object = RegisterSpec;

    fn decide(
        object: &RegisterSpec,
        log: &[Entry<Self, <Self as Written>::Answer>],
        budget: Budget,
    ) -> Decision {
        general::check(object, log, budget)
    }
}

impl Decidable for SetCall {
    type Object = SetSpec;

    fn decide(object: &SetSpec, log: &[Entry<Self, <Self as Written>::Answer>], budget: Budget) -> Decision {
        general::check(object, log, budget)
    }
}

impl Decidable for KvCall {
    type Object = KvSpec;

    fn decide(object: &KvSpec, log: &[Entry<Self, <Self as Written>::Answer>], budget: Budget) -> Decision {
        general::check(object, log, budget)
    }
}

/// What the first check says, or the second where the first does not decide.
fn decided(first: Decision, second: impl FnOnce() -> Decision) -> Decision {
    match first {
        Decision::Unknown(_) => second(),
        decision => decision,
    }
}

/// So many steps are spent on each part that may explain a violation: it has to be clearer than the log.
const STEPS_A_PART: u64 = 1_000_000;

/// The smallest part that is still wrong of a log that violates its object.
pub fn explained<C: Decidable>(
    object: &C::Object,
    log: &[Entry<C, <C as Written>::Answer>],
    witness: &super::Witness,
    budget: Budget,
) -> Explanation {
    let budget = Budget { steps: budget.steps.min(STEPS_A_PART), ..budget };
    explain(log, witness, |part| C::decide(object, part, budget), Limits::default())
}

/// How many operations overlap another one. Where none does, nothing was tried: a history of one operation after the other shows
/// nothing of concurrency.
pub fn overlapping<C, A>(log: &[Entry<C, A>]) -> usize {
    let mut times: Vec<(u64, u64)> = log.iter().map(|entry| (entry.begun, entry.ended)).collect();
    times.sort_unstable();
    // One overlaps an earlier one that has not ended when it begins, and a later one that begins before it ends.
    let mut latest = None;
    let overlaps = times.iter().enumerate().filter(|(index, (begun, ended))| {
        let earlier = latest.is_some_and(|latest: u64| latest >= *begun);
        latest = latest.max(Some(*ended));
        let later = times.get(index + 1).is_some_and(|(next, _)| next <= ended);
        earlier || later
    });
    overlaps.count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::log::NEVER;

    #[test]
    fn overlaps_are_counted() {
        let count = |times: &[(u64, u64)]| {
            let entry = |(begun, ended): &(u64, u64)| Entry {
                process: 0,
                call: (),
                answer: Some(()),
                begun: *begun,
                ended: *ended,
            };
            overlapping(&times.iter().map(entry).collect::<Vec<_>>())
        };
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[(0, 1), (2, 3), (4, NEVER)]), 0);
        assert_eq!(count(&[(4, 5), (0, 1), (1, 2), (7, 8)]), 2);
        assert_eq!(count(&[(0, 10), (1, 2), (3, 4), (11, 12)]), 3);
    }
}
