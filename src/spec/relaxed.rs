//! A queue in which items may overtake each other a little.

use super::{QueueAnswer, QueueCall, Spec};
use std::num::NonZeroUsize;

/// A queue of labels from which one of the `k` oldest items comes out: it overtakes `k - 1` others at most.
///
/// `Empty` is answered only where nothing is in, and `Full` only where `capacity` items are; it may have room for more. With a `k` of
/// 1 it is a queue.
///
/// Thomas Henzinger, Christoph Kirsch, Hannes Payer, Ali Sezgin, Ana Sokolova, "Quantitative relaxation of concurrent data structures",
/// 2013 (out-of-order relaxation); Christoph Kirsch, Michael Lippautz, Hannes Payer, "Fast and scalable, lock-free k-FIFO queues", 2013.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RelaxedQueueSpec {
    /// One of so many oldest items comes out.
    pub k: NonZeroUsize,
    /// It may answer `Full` where it has so many items.
    pub capacity: usize,
}

impl Spec for RelaxedQueueSpec {
    type State = Vec<u32>;
    type Call = QueueCall;
    type Answer = QueueAnswer;
    /// Of equal items any may be the one that came out.
    type Next = Vec<Vec<u32>>;

    fn initial(&self) -> Vec<u32> {
        Vec::new()
    }

    fn step(&self, items: &Vec<u32>, call: &QueueCall, answer: &QueueAnswer) -> Vec<Vec<u32>> {
        match (*call, *answer) {
            (QueueCall::Push(label), QueueAnswer::Pushed) => vec![[&items[..], &[label]].concat()],
            (QueueCall::Pop, QueueAnswer::Popped(label)) => self.without(items, label),
            (QueueCall::Push(_), QueueAnswer::Full) if items.len() >= self.capacity => vec![items.clone()],
            (QueueCall::Pop, QueueAnswer::Empty) if items.is_empty() => vec![items.clone()],
            _ => Vec::new(),
        }
    }

    fn answers(&self, items: &Vec<u32>, call: &QueueCall) -> impl IntoIterator<Item = QueueAnswer> {
        match call {
            QueueCall::Push(_) if items.len() >= self.capacity => {
                vec![QueueAnswer::Pushed, QueueAnswer::Full]
            }
            QueueCall::Push(_) => vec![QueueAnswer::Pushed],
            QueueCall::Pop if items.is_empty() => vec![QueueAnswer::Empty],
            QueueCall::Pop => self.oldest(items).iter().map(|&label| QueueAnswer::Popped(label)).collect(),
        }
    }

    fn is_read(&self, _call: &QueueCall, answer: Option<&QueueAnswer>) -> bool {
        matches!(answer, Some(QueueAnswer::Full | QueueAnswer::Empty))
    }

    fn bytes(&self, items: &Vec<u32>) -> usize {
        size_of_val(items) + size_of_val(&items[..])
    }
}

impl RelaxedQueueSpec {
    /// Those of which one may come out.
    fn oldest<'a>(&self, items: &'a [u32]) -> &'a [u32] {
        &items[..self.k.get().min(items.len())]
    }

    /// What may be left when an item with this label has come out.
    fn without(&self, items: &[u32], label: u32) -> Vec<Vec<u32>> {
        let places = (0..self.oldest(items).len()).filter(|&place| items[place] == label);
        places.map(|place| [&items[..place], &items[place + 1..]].concat()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use QueueAnswer::{Empty, Full, Popped, Pushed};
    use QueueCall::{Pop, Push};

    fn spec(k: usize) -> RelaxedQueueSpec {
        RelaxedQueueSpec { k: NonZeroUsize::new(k).unwrap(), capacity: 3 }
    }

    #[test]
    fn one_of_the_oldest_comes_out() {
        let items = vec![5, 6, 7];
        assert_eq!(spec(2).step(&items, &Pop, &Popped(5)), [[6, 7]]);
        assert_eq!(spec(2).step(&items, &Pop, &Popped(6)), [[5, 7]]);
        assert!(spec(2).step(&items, &Pop, &Popped(7)).is_empty());
        assert!(spec(1).step(&items, &Pop, &Popped(6)).is_empty());
    }

    #[test]
    fn any_of_two_equal_items_may_be_the_one() {
        assert_eq!(spec(3).step(&vec![5, 6, 5], &Pop, &Popped(5)), [[6, 5], [5, 6]]);
    }

    #[test]
    fn full_and_empty_must_be_true() {
        assert_eq!(spec(2).step(&vec![], &Pop, &Empty), [[0; 0]]);
        assert!(spec(2).step(&vec![5], &Pop, &Empty).is_empty());
        assert!(spec(2).step(&vec![5], &Push(6), &Full).is_empty());
        assert_eq!(spec(2).step(&vec![5, 6, 7], &Push(8), &Full), [[5, 6, 7]]);
        assert_eq!(spec(2).step(&vec![5, 6, 7], &Push(8), &Pushed), [[5, 6, 7, 8]]);
    }
}
