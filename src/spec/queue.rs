//! Queues, stacks, priority queues and bags of labels.

use super::Spec;
use std::fmt;

/// Which item comes out next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The one that has been in for the longest time.
    Fifo,
    /// The one that came last.
    Lifo,
    /// The least one.
    Priority,
    /// Any.
    Unordered,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fifo => "first-in first-out",
            Self::Lifo => "last-in first-out",
            Self::Priority => "priority",
            Self::Unordered => "unordered",
        })
    }
}

/// What can be asked of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueueCall {
    /// Put in the item with this label.
    Push(u32),
    /// Take one out.
    Pop,
}

/// What a queue can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueueAnswer {
    /// The item was put in.
    Pushed,
    /// There was no room.
    Full,
    /// The item with this label came out.
    Popped(u32),
    /// There was none.
    Empty,
}

/// A queue of labels.
#[derive(Clone, Copy, Debug)]
pub struct QueueSpec {
    /// Which item comes out next.
    pub order: Order,
    /// It may answer `Full` where it has so many items, and not where it has fewer; it may have room for more.
    pub capacity: usize,
    /// Whether it answers `Full` and `Empty` at all, or waits.
    pub answers_at_once: bool,
    /// Whether it may answer `Full` and `Empty` for no other reason than that another operation is under way.
    pub fails_under_contention: bool,
}

impl Spec for QueueSpec {
    type State = Vec<u32>;
    type Call = QueueCall;
    type Answer = QueueAnswer;

    fn initial(&self) -> Vec<u32> {
        Vec::new()
    }

    fn step(&self, items: &Vec<u32>, call: &QueueCall, answer: &QueueAnswer) -> Option<Vec<u32>> {
        match (*call, *answer) {
            (QueueCall::Push(label), QueueAnswer::Pushed) => {
                let mut items = items.clone();
                items.push(label);
                Some(items)
            }
            (QueueCall::Push(_), QueueAnswer::Full) => {
                (self.answers_at_once && items.len() >= self.capacity).then(|| items.clone())
            }
            (QueueCall::Pop, QueueAnswer::Popped(label)) => {
                let index = items.iter().position(|&item| item == label)?;
                let mut items = items.clone();
                self.is_next(&items, index).then(|| items.remove(index))?;
                Some(items)
            }
            (QueueCall::Pop, QueueAnswer::Empty) => {
                (self.answers_at_once && items.is_empty()).then(|| items.clone())
            }
            _ => None,
        }
    }

    fn may_fail(&self, _call: &QueueCall, answer: &QueueAnswer) -> bool {
        self.fails_under_contention && matches!(answer, QueueAnswer::Full | QueueAnswer::Empty)
    }
}

impl QueueSpec {
    fn is_next(&self, items: &[u32], index: usize) -> bool {
        match self.order {
            Order::Fifo => index == 0,
            Order::Lifo => index + 1 == items.len(),
            Order::Priority => items.iter().all(|&item| items[index] <= item),
            Order::Unordered => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use QueueAnswer::{Empty, Full, Popped, Pushed};
    use QueueCall::{Pop, Push};

    fn spec(order: Order) -> QueueSpec {
        QueueSpec { order, capacity: 2, answers_at_once: true, fails_under_contention: false }
    }

    /// Which of the items 5, 3, 4, put in that order, may come out first.
    fn first_out(order: Order) -> Vec<u32> {
        let pops = [5, 3, 4].into_iter();
        pops.filter(|&label| spec(order).step(&vec![5, 3, 4], &Pop, &Popped(label)).is_some()).collect()
    }

    #[test]
    fn the_order_says_what_comes_out() {
        assert_eq!(first_out(Order::Fifo), [5]);
        assert_eq!(first_out(Order::Lifo), [4]);
        assert_eq!(first_out(Order::Priority), [3]);
        assert_eq!(first_out(Order::Unordered), [5, 3, 4]);
    }

    #[test]
    fn full_and_empty_must_be_true() {
        let spec = spec(Order::Fifo);
        assert_eq!(spec.step(&vec![1, 2], &Push(3), &Full), Some(vec![1, 2]));
        assert_eq!(spec.step(&vec![1], &Push(3), &Full), None);
        assert_eq!(spec.step(&vec![], &Pop, &Empty), Some(vec![]));
        assert_eq!(spec.step(&vec![1], &Pop, &Empty), None);
        assert_eq!(spec.step(&vec![1, 2], &Push(3), &Pushed), Some(vec![1, 2, 3]));
    }

    #[test]
    fn a_queue_that_waits_never_fails() {
        let spec = QueueSpec { answers_at_once: false, ..spec(Order::Fifo) };
        assert_eq!(spec.step(&vec![1, 2], &Push(3), &Full), None);
        assert_eq!(spec.step(&vec![], &Pop, &Empty), None);
    }
}
