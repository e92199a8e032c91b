//! Queues in which items may overtake each other a little: k-FIFO.
//!
//! An item may overtake so many others as the queue promises, and no more: it is linearizable to a queue from which one of the `k`
//! oldest items comes out ([`RelaxedQueueSpec`], where the sources are). `Empty` has to be true: it is never the answer of a queue in which
//! something is at every moment of the operation.

use super::{Budget, Decision, general};
use crate::history::log::Entry;
use crate::spec::{QueueAnswer, QueueCall, RelaxedQueueSpec};
use std::num::NonZeroUsize;

/// Whether a queue without bound on its room gave its items so that each overtook `k - 1` older ones at most.
///
/// ```
/// use refectory::check::{Budget, Decision, relaxed};
/// use refectory::history::log::Entry;
/// use refectory::spec::{QueueAnswer, QueueCall};
/// use std::num::NonZeroUsize;
///
/// let at = |time, call, answer| Entry { process: 0, call, answer: Some(answer), begun: time, ended: time };
/// let log = [
///     at(0, QueueCall::Push(7), QueueAnswer::Pushed),
///     at(1, QueueCall::Push(8), QueueAnswer::Pushed),
///     at(2, QueueCall::Pop, QueueAnswer::Popped(8)),
/// ];
/// let check = |k| relaxed::check(NonZeroUsize::new(k).unwrap(), &log, Budget::default());
/// assert_eq!(check(2), Decision::Holds);
/// assert!(matches!(check(1), Decision::Violated(_)));
/// ```
pub fn check(k: NonZeroUsize, log: &[Entry<QueueCall, QueueAnswer>], budget: Budget) -> Decision {
    general::check(&RelaxedQueueSpec { k, capacity: usize::MAX }, log, budget)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::general::tests::brute::explained;
    use crate::check::general::tests::compare;
    use crate::check::general::tests::reference::Items;
    use crate::spec::Order;

    fn k(k: usize) -> NonZeroUsize {
        NonZeroUsize::new(k).unwrap()
    }

    fn in_turn(answers: &[(QueueCall, QueueAnswer)]) -> Vec<Entry<QueueCall, QueueAnswer>> {
        let entry = |(time, &(call, answer))| Entry {
            process: 0,
            call,
            answer: Some(answer),
            begun: time,
            ended: time,
        };
        (0..).zip(answers).map(entry).collect()
    }

    #[test]
    fn agrees_with_brute_force() {
        let object =
            |k, room| Items { order: Order::Fifo, k, waits: false, fails: false, room, items: Vec::new() };
        compare(&object(2, usize::MAX), |log| {
            let right = explained(&object(2, usize::MAX), log, &|a, b| log[a].precedes(&log[b]));
            (check(k(2), log, Budget::default()) == Decision::Holds, right)
        });
    }

    #[test]
    fn accepts_what_overtakes_as_promised_and_rejects_what_overtakes_more() {
        use QueueAnswer::{Popped, Pushed};
        use QueueCall::{Pop, Push};
        let push = |label| (Push(label), Pushed);
        let log = in_turn(&[push(1), push(2), push(3), (Pop, Popped(3)), (Pop, Popped(2)), (Pop, Popped(1))]);
        assert_eq!(check(k(3), &log, Budget::default()), Decision::Holds);
        assert!(matches!(check(k(2), &log, Budget::default()), Decision::Violated(_)));
    }

    #[test]
    fn rejects_empty_where_something_is_in() {
        let log = in_turn(&[(QueueCall::Push(1), QueueAnswer::Pushed), (QueueCall::Pop, QueueAnswer::Empty)]);
        assert!(matches!(check(k(100), &log, Budget::default()), Decision::Violated(_)));
    }
}
