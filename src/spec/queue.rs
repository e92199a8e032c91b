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
    type Next = Option<Vec<u32>>;

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
                let index = (0..items.len()).find(|&i| items[i] == label && self.is_next(items, i))?;
                let mut items = items.clone();
                items.remove(index);
                Some(items)
            }
            (QueueCall::Pop, QueueAnswer::Empty) => {
                (self.answers_at_once && items.is_empty()).then(|| items.clone())
            }
            _ => None,
        }
    }

    fn answers(&self, items: &Vec<u32>, call: &QueueCall) -> impl IntoIterator<Item = QueueAnswer> {
        let (does, fails) = match call {
            QueueCall::Push(_) => (vec![QueueAnswer::Pushed], QueueAnswer::Full),
            QueueCall::Pop => (self.next_out(items).map(QueueAnswer::Popped).collect(), QueueAnswer::Empty),
        };
        let fails = self.step(items, call, &fails).map(|_| fails);
        does.into_iter().chain(fails)
    }

    fn may_fail(&self, _call: &QueueCall, answer: Option<&QueueAnswer>) -> bool {
        let fails = |answer: &QueueAnswer| matches!(answer, QueueAnswer::Full | QueueAnswer::Empty);
        self.fails_under_contention && answer.is_none_or(fails)
    }

    fn is_read(&self, _call: &QueueCall, answer: Option<&QueueAnswer>) -> bool {
        matches!(answer, Some(QueueAnswer::Full | QueueAnswer::Empty))
    }

    fn bytes(&self, items: &Vec<u32>) -> usize {
        size_of_val(items) + size_of_val(&items[..])
    }
}

impl QueueSpec {
    /// The labels of which each may come out next.
    fn next_out<'a>(&'a self, items: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        (0..items.len()).filter(|&index| self.is_next(items, index)).map(|index| items[index])
    }

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
    fn it_may_give_the_answers_that_it_takes() {
        let mut answers: Vec<_> = spec(Order::Lifo).answers(&vec![7, 8], &Push(9)).into_iter().collect();
        assert_eq!(answers, [Pushed, Full]);
        answers = spec(Order::Unordered).answers(&vec![7, 8], &Pop).into_iter().collect();
        assert_eq!(answers, [Popped(7), Popped(8)]);
        answers = spec(Order::Priority).answers(&vec![], &Pop).into_iter().collect();
        assert_eq!(answers, [Empty]);
    }

    #[test]
    fn of_two_equal_items_the_right_one_comes_out() {
        assert_eq!(spec(Order::Lifo).step(&vec![7, 8, 7], &Pop, &Popped(7)), Some(vec![7, 8]));
        assert_eq!(spec(Order::Fifo).step(&vec![7, 8, 7], &Pop, &Popped(7)), Some(vec![8, 7]));
    }

    #[test]
    fn a_queue_that_waits_never_fails() {
        let spec = QueueSpec { answers_at_once: false, ..spec(Order::Fifo) };
        assert_eq!(spec.step(&vec![1, 2], &Push(3), &Full), None);
        assert_eq!(spec.step(&vec![], &Pop, &Empty), None);
    }
}
