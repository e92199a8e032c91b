//! What is in a queue, and in which order it comes out.
//!
//! Invariant: a panic changes nothing. Code that may panic (a comparison, a hook of the user) is in the methods
//! that plan a change; they have `&self`, and the item by reference. The change itself has no such code.
//! CPython's hooks have one step, and the exception of a comparison in `heapq` loses the item that was to come
//! out, or leaves one inside that was never counted; so does std's `BinaryHeap`.
//!
//! Source of the heap: J. W. J. Williams, "Algorithm 232: Heapsort", Communications of the ACM, 1964.

use crate::port::Order;
use std::collections::VecDeque;

/// The items of a queue. A queue of another order is a queue with another buffer.
///
/// ```
/// use refectory::model::threads::queue::{Buffer, Fifo, Queue};
/// use refectory::port::Order;
///
/// /// Takes nothing but even numbers.
/// #[derive(Default)]
/// struct Even(Fifo<u32>);
///
/// impl Buffer<u32> for Even {
///     const ORDER: Order = Order::Fifo;
///     type Plan = ();
///
///     fn len(&self) -> usize {
///         self.0.len()
///     }
///     fn plan_insert(&self, item: &u32) {
///         assert!(item % 2 == 0, "{item} is odd");
///     }
///     fn insert(&mut self, item: u32, (): ()) {
///         self.0.insert(item, ());
///     }
///     fn plan_remove(&self) -> Option<()> {
///         self.0.plan_remove()
///     }
///     fn remove(&mut self, (): ()) -> u32 {
///         self.0.remove(())
///     }
/// }
///
/// let queue = Queue::<u32, Even>::new(0);
/// queue.put(2).unwrap();
/// std::panic::catch_unwind(|| queue.put(3)).unwrap_err();
/// assert_eq!((queue.get(), queue.len()), (Ok(2), 0));
/// ```
pub trait Buffer<T>: Default {
    /// Which item comes out next.
    const ORDER: Order;

    /// What is to be changed.
    type Plan;

    /// The number of items. Must not panic.
    fn len(&self) -> usize;

    /// Whether there is no item.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the item goes. May panic: then it is not put in.
    fn plan_insert(&self, item: &T) -> Self::Plan;

    /// Puts the item in, after `plan_insert` and no other change. Must not panic.
    fn insert(&mut self, item: T, plan: Self::Plan);

    /// How the next item comes out; `None` where there is none. May panic: then it stays.
    fn plan_remove(&self) -> Option<Self::Plan>;

    /// Takes the next item out, after `plan_remove` and no other change. Must not panic.
    fn remove(&mut self, plan: Self::Plan) -> T;
}

/// First in, first out.
///
/// ```
/// use refectory::model::threads::queue::{Buffer, Fifo};
///
/// let mut line = Fifo::default();
/// line.insert('a', ());
/// line.insert('b', ());
/// assert_eq!(line.remove(()), 'a');
/// ```
#[derive(Debug)]
pub struct Fifo<T>(VecDeque<T>);

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Buffer<T> for Fifo<T> {
    const ORDER: Order = Order::Fifo;
    type Plan = ();

    #[inline]
    fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn plan_insert(&self, _: &T) {}

    #[inline]
    fn insert(&mut self, item: T, (): ()) {
        self.0.push_back(item);
    }

    #[inline]
    fn plan_remove(&self) -> Option<()> {
        (!self.0.is_empty()).then_some(())
    }

    #[inline]
    fn remove(&mut self, (): ()) -> T {
        self.0.pop_front().expect("there is an item")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::regressions::kept;
    use crate::model::threads::queue::{Heap, Lifo};
    use proptest::prelude::*;

    fn put<T, B: Buffer<T>>(buffer: &mut B, item: T) {
        let plan = buffer.plan_insert(&item);
        buffer.insert(item, plan);
    }

    fn take<T, B: Buffer<T>>(buffer: &mut B) -> Option<T> {
        buffer.plan_remove().map(|plan| buffer.remove(plan))
    }

    fn drained<T, B: Buffer<T>>(mut buffer: B, items: impl IntoIterator<Item = T>) -> Vec<T> {
        items.into_iter().for_each(|item| put(&mut buffer, item));
        std::iter::from_fn(|| take(&mut buffer)).collect()
    }

    #[test]
    fn smoke() {
        assert_eq!(drained(Fifo::default(), [1, 3, 2]), [1, 3, 2]);
        assert_eq!(drained(Lifo::default(), [1, 3, 2]), [2, 3, 1]);
        assert_eq!(drained(Heap::default(), [1, 3, 2]), [1, 2, 3]);
    }

    /// Compared by its first part alone.
    #[derive(Debug, PartialEq, Eq)]
    struct Ranked(u8, usize);

    impl Ord for Ranked {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Ranked {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: kept("buffer"), ..ProptestConfig::default() })]

        /// A heap that is drained is a stable sort, whatever came out in between.
        #[test]
        fn the_heap_agrees_with_a_sorted_list(steps in proptest::collection::vec(proptest::option::of(0u8..6), 0..60)) {
            let mut heap = Heap::default();
            let mut list: Vec<Ranked> = Vec::new();
            for (number, step) in steps.into_iter().enumerate() {
                if let Some(rank) = step {
                    put(&mut heap, Ranked(rank, number));
                    let place = list.partition_point(|other| other.0 <= rank);
                    list.insert(place, Ranked(rank, number));
                } else {
                    let least = (!list.is_empty()).then(|| list.remove(0));
                    prop_assert_eq!(take(&mut heap), least);
                }
            }
            prop_assert_eq!(drained(heap, []), list);
        }
    }
}
