//! Logs of the objects that this crate knows, each by the fastest check that decides.

use super::explain::{Explanation, Limits, Tied, explain, explain_untimed};
use super::{Budget, Decision, Witness, container, general, quiescent, register, sequential, set};
use crate::history::log::Entry;
use crate::spec::written::Written;
use crate::spec::{
    KvCall, KvSpec, QueueCall, QueueSpec, RegisterAnswer, RegisterCall, RegisterSpec, SetCall, SetSpec, Spec,
};
use std::fmt;

/// When an operation may take place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consistency {
    /// Between its beginning and its end.
    #[default]
    Linearizable,
    /// At any time, as long as each process sees its own operations in their order.
    Sequential,
    /// Between two moments at which nothing is under way.
    Quiescent,
}

impl fmt::Display for Consistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Linearizable => "linearizable",
            Self::Sequential => "sequentially consistent",
            Self::Quiescent => "quiescently consistent",
        })
    }
}

/// The operations of a log.
type Log<C> = [Entry<C, <C as Written>::Answer>];

/// A call of an object whose logs can be decided, and explained.
pub trait Decidable: Tied<Answer = <Self as Written>::Answer> + Written {
    /// The object.
    type Object: Spec<Call = Self, Answer = <Self as Written>::Answer>;

    /// Whether the log is linearizable, by the check of this kind of object, which may not decide.
    fn monitor(object: &Self::Object, log: &Log<Self>) -> Decision;
}

impl Decidable for QueueCall {
    type Object = QueueSpec;

    fn monitor(object: &QueueSpec, log: &Log<Self>) -> Decision {
        container::check(object, log)
    }
}

impl Decidable for RegisterCall {
    type Object = RegisterSpec;

    /// It knows only registers that begin with 0.
    fn monitor(object: &RegisterSpec, log: &Log<Self>) -> Decision {
        let found_nothing = log.iter().any(|entry| entry.answer == Some(RegisterAnswer::Nothing));
        match object.initial {
            Some(0) if !found_nothing => register::check(log),
            _ => no_monitor(),
        }
    }
}

impl Decidable for SetCall {
    type Object = SetSpec;

    fn monitor(_: &SetSpec, log: &Log<Self>) -> Decision {
        set::check(log)
    }
}

impl Decidable for KvCall {
    type Object = KvSpec;

    fn monitor(_: &KvSpec, _: &Log<Self>) -> Decision {
        no_monitor()
    }
}

fn no_monitor() -> Decision {
    Decision::Unknown("only the general check knows this object".to_owned())
}

/// Whether the log is consistent. Of linearizability a check of this kind of object is asked first; where it does not decide, the
/// general one is, within the budget.
pub fn decide<C: Decidable>(
    object: &C::Object,
    consistency: Consistency,
    log: &Log<C>,
    budget: Budget,
) -> Decision {
    match consistency {
        Consistency::Linearizable => match C::monitor(object, log) {
            Decision::Unknown(_) => general::check(object, log, budget),
            decision => decision,
        },
        Consistency::Sequential => sequential::check(object, log, budget),
        Consistency::Quiescent => quiescent::check(object, log, budget),
    }
}

/// So many steps are spent on each part that may explain a violation: it has to be clearer than the log.
const STEPS_A_PART: u64 = 1_000_000;

/// The smallest part that is still wrong of a log that violates its object.
pub fn explained<C: Decidable>(
    object: &C::Object,
    consistency: Consistency,
    log: &Log<C>,
    witness: &Witness,
    budget: Budget,
) -> Explanation {
    let budget = Budget { steps: budget.steps.min(STEPS_A_PART), ..budget };
    let check = |part: &Log<C>| decide(object, consistency, part, budget);
    match consistency {
        Consistency::Linearizable => explain(log, witness, check, Limits::default()),
        Consistency::Sequential => explain_untimed(log, witness, check, Limits::default()),
        // Without an operation there may be another moment at which nothing is under way, and a part is wrong that was right.
        Consistency::Quiescent => {
            let Witness { reason, mut entries } = witness.clone();
            entries.sort_unstable_by_key(|place| log[*place].begun);
            Explanation { reason, entries, is_minimal: false }
        }
    }
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
    use crate::spec::RegisterAnswer::{Done, Nothing, Value};
    use crate::spec::RegisterCall::{Read, Write};

    fn entry<C, A>(process: u32, call: C, answer: A, begun: u64, ended: u64) -> Entry<C, A> {
        Entry { process, call, answer: Some(answer), begun, ended }
    }

    #[test]
    fn consistencies_differ() {
        // What process 1 reads is old, and all is over before it begins.
        let log = [entry(0, Write(7), Done, 0, 1), entry(1, Read, Value(0), 2, 3)];
        let holds = |consistency| {
            decide(&RegisterSpec::default(), consistency, &log, Budget::default()) == Decision::Holds
        };
        let all = [Consistency::Linearizable, Consistency::Sequential, Consistency::Quiescent];
        assert_eq!(all.map(holds), [false, true, false]);
    }

    #[test]
    fn a_register_may_begin_with_anything() {
        let reads = |initial, answer| {
            let log = [entry(0, Read, answer, 0, 1)];
            decide(&RegisterSpec { initial }, Consistency::Linearizable, &log, Budget::default())
                == Decision::Holds
        };
        assert!(reads(Some(0), Value(0)) && reads(Some(5), Value(5)) && reads(None, Nothing));
        assert!(!reads(Some(0), Nothing) && !reads(Some(5), Value(0)) && !reads(None, Value(0)));
    }

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
