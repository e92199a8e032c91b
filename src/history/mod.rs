//! What was asked of a subject in one execution, what it answered, and which operations came before which.
//!
//! An operation begins with its first step that others can see, and ends with its last: what a thread does
//! before and after by itself could as well have been done later or earlier. Where the engine answers for a
//! whole class of equivalent executions, so does the history: it stands for every order of beginnings and
//! ends that the class contains.
//!
//! A [recorder] is plain std. One on the facade would add happens-before edges, and hide what it is to show.

pub mod format;
pub mod log;
pub mod recorder;

use crate::event::causality::{Causality, Event, Moment};
use crate::event::op::ThreadId;

/// One operation: an invocation and its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<C, A> {
    /// What was asked.
    pub call: C,
    /// What was answered.
    pub answer: A,
    /// Where its thread stood before.
    pub begun: Moment,
    /// Where its thread stood afterwards.
    pub ended: Moment,
}

/// The operations of one execution, and the order of their beginnings and ends.
///
/// Point `2 i` is the beginning of operation `i`, point `2 i + 1` its end.
#[derive(Clone, Debug)]
pub struct History<C, A> {
    /// The operations.
    pub operations: Vec<Operation<C, A>>,
    /// For each point, those that come before it in every order: a line of bits.
    earlier: Vec<u64>,
}

impl<C, A> History<C, A> {
    /// The history of these operations, each thread's in its order; `order` has their steps.
    pub fn new(operations: Vec<Operation<C, A>>, order: &Causality) -> Self {
        let points: Vec<Point> = operations.iter().flat_map(Point::of).collect();
        let words = points.len().div_ceil(64);
        let mut earlier = vec![0; points.len() * words];
        for (b, line) in earlier.chunks_mut(words.max(1)).enumerate() {
            let is_earlier = |&a: &usize| match points[a].thread == points[b].thread {
                true => a < b,
                false => points[a].is_before(&points[b], order),
            };
            (0..points.len()).filter(is_earlier).for_each(|a| line[a / 64] |= 1 << (a % 64));
        }
        Self { operations, earlier }
    }

    /// Whether a point comes before another one in every order.
    pub(crate) fn is_earlier(&self, point: usize, than: usize) -> bool {
        let words = (2 * self.operations.len()).div_ceil(64);
        self.earlier[than * words + point / 64] >> (point % 64) & 1 == 1
    }
}

/// The beginning or the end of an operation.
struct Point {
    thread: ThreadId,
    /// What has this step in its past has the point in its past.
    within: Event,
    /// The past of this step is in the point's past.
    past: Option<Event>,
}

impl Point {
    /// Both points of an operation. One without a step of its own lies anywhere between two others.
    fn of<C, A>(operation: &Operation<C, A>) -> [Self; 2] {
        let Operation { begun, ended, .. } = operation;
        let (thread, first, last) = (begun.thread, begun.next(), ended.last());
        match last.filter(|_| ended.steps > begun.steps) {
            Some(end) => [(first, Some(first)), (end, Some(end))],
            None => [(first, last); 2],
        }
        .map(|(within, past)| Self { thread, within, past })
    }

    /// Whether it is before a point of another thread in every order.
    fn is_before(&self, other: &Self, order: &Causality) -> bool {
        other.past.is_some_and(|past| order.precedes(self.within, past))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn moment(thread: u32, steps: u32) -> Moment {
        Moment { thread: ThreadId(thread), steps }
    }

    fn operation(thread: u32, begun: u32, ended: u32) -> Operation<(), ()> {
        Operation { call: (), answer: (), begun: moment(thread, begun), ended: moment(thread, ended) }
    }

    /// Thread 1 takes a step, then thread 2 one that depends on it, and thread 3 one that does not.
    fn order() -> Causality {
        let mut order = Causality::new(4);
        order.push(ThreadId(1), |thread| [0, 1, 0, 0][thread.index()], false);
        order.push(ThreadId(2), |thread| [0, 1, 1, 0][thread.index()], false);
        order.push(ThreadId(3), |thread| [0, 0, 0, 1][thread.index()], false);
        order
    }

    /// For each point, those before it: a bit each.
    fn earlier(history: &History<(), ()>) -> Vec<u64> {
        let points = 0..2 * history.operations.len();
        let earlier = |b: usize| points.clone().filter(|&a| history.is_earlier(a, b)).map(|a| 1 << a).sum();
        points.clone().map(earlier).collect()
    }

    #[test]
    fn more_than_a_word_of_operations_keep_their_order() {
        let operations = (0..100).map(|_| operation(1, 0, 0)).collect();
        let history = History::new(operations, &order());
        assert!((0..200).all(|b| (0..200).all(|a| history.is_earlier(a, b) == (a < b))));
    }

    #[test]
    fn dependent_operations_follow_each_other() {
        let operations = vec![operation(1, 0, 1), operation(2, 0, 1), operation(3, 0, 1)];
        let history = History::new(operations, &order());
        assert_eq!(earlier(&history), [0b0, 0b1, 0b11, 0b111, 0b0, 0b10000]);
    }

    #[test]
    fn an_operation_without_steps_lies_between_two_others() {
        let operations = vec![operation(1, 0, 1), operation(2, 0, 1), operation(2, 1, 1), operation(2, 1, 1)];
        let history = History::new(operations, &order());
        assert_eq!(earlier(&history)[4], 0b1111);
        assert_eq!(earlier(&history)[7], 0b111_1111);
        let first = History::new(vec![operation(2, 0, 0), operation(1, 0, 1)], &order());
        assert_eq!(earlier(&first), [0b0, 0b1, 0b0, 0b100]);
    }
}
