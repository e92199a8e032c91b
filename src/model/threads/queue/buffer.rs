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

    fn len(&self) -> usize {
        self.0.len()
    }

    fn plan_insert(&self, _: &T) {}

    fn insert(&mut self, item: T, (): ()) {
        self.0.push_back(item);
    }

    fn plan_remove(&self) -> Option<()> {
        (!self.0.is_empty()).then_some(())
    }

    fn remove(&mut self, (): ()) -> T {
        self.0.pop_front().expect("there is an item")
    }
}

/// Last in, first out.
///
/// ```
/// use refectory::model::threads::queue::{Buffer, Lifo};
///
/// let mut pile = Lifo::default();
/// pile.insert('a', ());
/// pile.insert('b', ());
/// assert_eq!(pile.remove(()), 'b');
/// ```
#[derive(Debug)]
pub struct Lifo<T>(Vec<T>);

impl<T> Default for Lifo<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Buffer<T> for Lifo<T> {
    const ORDER: Order = Order::Lifo;
    type Plan = ();

    fn len(&self) -> usize {
        self.0.len()
    }

    fn plan_insert(&self, _: &T) {}

    fn insert(&mut self, item: T, (): ()) {
        self.0.push(item);
    }

    fn plan_remove(&self) -> Option<()> {
        (!self.0.is_empty()).then_some(())
    }

    fn remove(&mut self, (): ()) -> T {
        self.0.pop().expect("there is an item")
    }
}

/// The least item first; of equal items the one that came first.
///
/// That ties keep their order is a choice: an item is stored with the number of its insertion, which costs eight
/// bytes. CPython's queue makes no such promise.
///
/// ```
/// use refectory::model::threads::queue::{Buffer, Heap};
///
/// let mut heap = Heap::default();
/// for item in [3, 1, 2] {
///     let place = heap.plan_insert(&item);
///     heap.insert(item, place);
/// }
/// let plan = heap.plan_remove().unwrap();
/// assert_eq!(heap.remove(plan), 1);
/// ```
#[derive(Debug)]
pub struct Heap<T> {
    /// No entry comes before its parent.
    entries: Vec<Entry<T>>,
    /// Insertions so far. At one each nanosecond it wraps around after 584 years.
    insertions: u64,
}

#[derive(Debug)]
struct Entry<T> {
    item: T,
    insertion: u64,
}

impl<T: Ord> Entry<T> {
    fn comes_before(&self, other: &Self) -> bool {
        self.item.cmp(&other.item).then(self.insertion.cmp(&other.insertion)).is_lt()
    }
}

const fn parent(index: usize) -> usize {
    (index - 1) / 2
}

impl<T: Ord> Heap<T> {
    /// The one of the children of `index` that comes first, among the first `len` entries.
    fn first_child(&self, index: usize, len: usize) -> Option<usize> {
        let (left, right) = (2 * index + 1, 2 * index + 2);
        if right < len && self.entries[right].comes_before(&self.entries[left]) {
            return Some(right);
        }
        (left < len).then_some(left)
    }
}

impl<T> Default for Heap<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), insertions: 0 }
    }
}

impl<T: Ord> Buffer<T> for Heap<T> {
    const ORDER: Order = Order::Priority;
    type Plan = usize;

    fn len(&self) -> usize {
        self.entries.len()
    }

    /// The index where the item goes: on the way from the end to the root, behind the first entry that is
    /// not greater.
    fn plan_insert(&self, item: &T) -> usize {
        let mut index = self.entries.len();
        while index > 0 && *item < self.entries[parent(index)].item {
            index = parent(index);
        }
        index
    }

    fn insert(&mut self, item: T, place: usize) {
        let mut index = self.entries.len();
        self.entries.push(Entry { item, insertion: self.insertions });
        self.insertions += 1;
        while index > place {
            self.entries.swap(index, parent(index));
            index = parent(index);
        }
    }

    /// The index where the last entry goes when the root has left.
    fn plan_remove(&self) -> Option<usize> {
        let (last, rest) = self.entries.split_last()?;
        let mut index = 0;
        while let Some(child) = self.first_child(index, rest.len())
            && self.entries[child].comes_before(last)
        {
            index = child;
        }
        Some(index)
    }

    /// Moves the last entry to `place`, and what is on the way from there to the root one step up: out comes
    /// the root.
    fn remove(&mut self, place: usize) -> T {
        let mut carried = self.entries.pop().expect("there is an item");
        let mut index = place;
        while index < self.entries.len() {
            std::mem::swap(&mut carried, &mut self.entries[index]);
            if index == 0 {
                break;
            }
            index = parent(index);
        }
        carried.item
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
