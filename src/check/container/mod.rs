//! Whether a log of a queue, a stack, a priority queue or a bag is linearizable, where values are distinct: in O(n log n).
//!
//! In general that takes exponential time. Where each value is pushed once, it is known which pop took which push, and each kind of
//! container has a check of its own: [`fifo`], [`lifo`], [`priority`]; a bag has only what is in this module,
//! which they have in common:
//! - No value is popped twice, or without a push, or before its push.
//! - `Empty` is answered where at some moment nothing was surely inside.
//! - `Full` is answered where at some moment there were as many items as it takes. If there are surely so many, or if there is a
//!   way in which there are for all such answers, it is right; if there are never, it is wrong; otherwise the check does not decide.
//! - A push that never returned has taken place if its value was popped. Otherwise it is left out, which is no loss: histories of these
//!   containers stay right without a value.
//! - A pop of which it is not known what it took may have taken what nobody else is known to have taken. First all that is left is given away freely:
//!   if that is wrong, so is the log. Then nothing is: if that is right, so is the log. In between one of the items that
//!   the finding is about must have been taken, and each of them is tried, by each such pop, as long as the means last.
//!
//! Zheng Han Lee, Umang Mathur, "Efficient decrease-and-conquer linearizability monitoring", 2025 (leaving out values, and
//! answers of `Empty`); Ahmed Bouajjani, Michael Emmi, Constantin Enea, Jad Hamza, "On reducing linearizability to state reachability", 2018;
//! Michael Emmi, Constantin Enea, "Sound, complete, and tractable linearizability monitoring for concurrent collections", 2018. What is said of pops
//! with unknown results is our own.

pub(super) mod items;
pub(super) mod moments;
mod residence;
mod search;
#[cfg(test)]
pub(crate) mod tests;

use self::items::{Item, Operation};
use self::search::Search;
use super::{Decision, fifo, lifo, priority};
use crate::spec::{Order, QueueSpec};

/// Whether a log of this container, of distinct values, is linearizable.
///
/// Gives `Unknown` where a value was pushed twice, where `Full` depends on the order, or where too many pops have no
/// known result; a general check may decide these.
///
/// ```
/// use refectory::check::{Decision, container};
/// use refectory::history::log::Entry;
/// use refectory::spec::{Order, QueueAnswer, QueueCall, QueueSpec};
///
/// let queue = QueueSpec { order: Order::Fifo, capacity: usize::MAX, answers_at_once: true, fails_under_contention: false };
/// let push = |label, begun, ended| Entry {
///     process: 0, call: QueueCall::Push(label), answer: Some(QueueAnswer::Pushed), begun, ended,
/// };
/// let pop = |label, begun, ended| Entry {
///     process: 1, call: QueueCall::Pop, answer: Some(QueueAnswer::Popped(label)), begun, ended,
/// };
/// let log = [push(7, 0, 1), push(9, 2, 3), pop(9, 4, 5), pop(7, 6, 7)];
/// let Decision::Violated(witness) = container::check(&queue, &log) else { panic!("out of order") };
/// assert_eq!(witness.reason, "7 was pushed wholly before 9, but 9 was popped wholly before 7");
/// assert_eq!(container::check(&QueueSpec { order: Order::Lifo, ..queue }, &log), Decision::Holds);
/// ```
pub fn check(spec: &QueueSpec, log: &[Operation]) -> Decision {
    let monitor = match spec.order {
        Order::Fifo => fifo::conflict,
        Order::Lifo => lifo::conflict,
        Order::Priority => priority::conflict,
        Order::Unordered => |_: &[Item]| None,
    };
    match items::read(spec, log) {
        Ok(inventory) => Search::new(spec, monitor, log, &inventory).decide(),
        Err(decision) => decision,
    }
}

/// A container that has room for everything, and that answers at once.
pub(super) const fn unbounded(order: Order) -> QueueSpec {
    QueueSpec { order, capacity: usize::MAX, answers_at_once: true, fails_under_contention: false }
}

/// Items that no order explains: leaving out all others, it is still so.
#[derive(Debug)]
pub(crate) struct Conflict {
    /// Why, as a sentence without its full stop.
    pub(crate) reason: String,
    /// Which, by their places.
    pub(crate) items: Vec<usize>,
    /// An answer of `Empty` that belongs to it, by its place in the log.
    pub(crate) empty: Option<usize>,
}

impl Conflict {
    pub(crate) const fn of(reason: String, items: Vec<usize>) -> Self {
        Self { reason, items, empty: None }
    }
}

/// What finds a conflict, if there is one.
pub(crate) type Monitor = fn(&[Item]) -> Option<Conflict>;

/// The labels of these items in a sentence, as in "3, 5 and 9".
pub(crate) fn labels(items: &[Item], which: &[usize]) -> String {
    /// More than that nobody reads.
    const MOST: usize = 6;
    let mut labels: Vec<String> = which.iter().map(|&index| items[index].label.to_string()).collect();
    if labels.len() > MOST {
        let more = labels.len() + 1 - MOST;
        labels.truncate(MOST - 1);
        labels.push(format!("{more} more"));
    }
    match labels.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
