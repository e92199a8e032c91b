//! What was asked of a subject in one execution, what it answered, and which operations came before which.
//!
//! An operation begins with its first step that others can see, and ends with its last: what a thread does
//! before and after by itself could as well have been done later or earlier. Where the engine answers for a
//! whole class of equivalent executions, so does the history: it stands for every order of beginnings and
//! ends that the class contains.
//!
//! The recorder is plain std. One on the facade would add happens-before edges, and hide what it is to show.

pub mod log;
pub mod recorder;

use crate::event::causality::{Causality, Event, Moment};
use crate::event::op::ThreadId;
use std::fmt;
use std::time::Instant;

/// Operations of one history, at most.
pub const MOST: usize = 64;

/// A history with more operations than can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// How many it has.
    pub operations: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the history has {} operations, and {MOST} can be judged", self.operations)
    }
}

impl std::error::Error for TooLong {}

/// One operation: an invocation and its response.
///
/// Under an engine that answers for a class of executions its `T` is where a thread stands, on real cores a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<C, A, T = Moment> {
    /// What was asked.
    pub call: C,
    /// What was answered.
    pub answer: A,
    /// Where its thread stood before.
    pub begun: T,
    /// Where its thread stood afterwards.
    pub ended: T,
}

/// The operations of one execution, and the order of their beginnings and ends.
///
/// Point `2 i` is the beginning of operation `i`, point `2 i + 1` its end.
#[derive(Clone, Debug)]
pub struct History<C, A, T = Moment> {
    /// The operations.
    pub operations: Vec<Operation<C, A, T>>,
    /// For each point, those that come before it in every order: a bit each.
    earlier: Vec<u128>,
}

impl<C, A> History<C, A> {
    /// The history of these operations, each thread's in its order; `order` has their steps.
    ///
    /// # Errors
    /// If there are more than [`MOST`].
    pub fn new(operations: Vec<Operation<C, A>>, order: &Causality) -> Result<Self, TooLong> {
        if operations.len() > MOST {
            return Err(TooLong { operations: operations.len() });
        }
        let points: Vec<Point> = operations.iter().flat_map(Point::of).collect();
        let is_earlier = |a: usize, b: usize| match points[a].thread == points[b].thread {
            true => a < b,
            false => points[a].is_before(&points[b], order),
        };
        let earlier = |b: usize| (0..points.len()).filter(|&a| is_earlier(a, b)).map(|a| 1 << a).sum();
        let earlier = (0..points.len()).map(earlier).collect();
        Ok(Self { operations, earlier })
    }
}

impl<C, A> History<C, A, Instant> {
    /// The history of operations on real cores, in the order of time.
    ///
    /// # Errors
    /// If there are more than [`MOST`].
    pub fn in_time(operations: Vec<Operation<C, A, Instant>>) -> Result<Self, TooLong> {
        if operations.len() > MOST {
            return Err(TooLong { operations: operations.len() });
        }
        let points: Vec<Instant> = operations.iter().flat_map(|one| [one.begun, one.ended]).collect();
        // An operation that took no time has begun before it ended all the same.
        let is_earlier = |a: usize, b: usize| points[a] < points[b] || a + 1 == b && b % 2 == 1;
        let earlier = |b: usize| (0..points.len()).filter(|&a| is_earlier(a, b)).map(|a| 1 << a).sum();
        let earlier = (0..points.len()).map(earlier).collect();
        Ok(Self { operations, earlier })
    }
}

impl<C, A, T> History<C, A, T> {
    /// Whether the point may come next where those in the set have come.
    pub(crate) fn may_follow(&self, point: usize, past: u128) -> bool {
        past & 1 << point == 0 && self.earlier[point] & !past == 0
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

    #[test]
    fn dependent_operations_follow_each_other() {
        let operations = vec![operation(1, 0, 1), operation(2, 0, 1), operation(3, 0, 1)];
        let history = History::new(operations, &order()).unwrap();
        assert_eq!(history.earlier, [0b0, 0b1, 0b11, 0b111, 0b0, 0b10000]);
    }

    #[test]
    fn real_time_orders_what_does_not_overlap() {
        let start = Instant::now();
        let at = |begun: u64, ended: u64| {
            let [begun, ended] = [begun, ended].map(|time| start + std::time::Duration::from_nanos(time));
            Operation { call: (), answer: (), begun, ended }
        };
        let history = History::in_time(vec![at(1, 3), at(2, 2), at(4, 5)]).unwrap();
        assert_eq!(history.earlier, [0b0, 0b1101, 0b1, 0b101, 0b1111, 0b1_1111]);
    }

    #[test]
    fn an_operation_without_steps_lies_between_two_others() {
        let operations = vec![operation(1, 0, 1), operation(2, 0, 1), operation(2, 1, 1), operation(2, 1, 1)];
        let history = History::new(operations, &order()).unwrap();
        assert_eq!(history.earlier[4], 0b1111);
        assert_eq!(history.earlier[7], 0b111_1111);
        let first = History::new(vec![operation(2, 0, 0), operation(1, 0, 1)], &order()).unwrap();
        assert_eq!(first.earlier, [0b0, 0b1, 0b0, 0b100]);
    }
}
