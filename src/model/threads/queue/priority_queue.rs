//! The queue of which the least item comes out first.
//!
//! Source of the heap: J. W. J. Williams, "Algorithm 232: Heapsort", Communications of the ACM, 1964.

use super::{Buffer, Queue};
use crate::port::Order;

/// A queue of which the least item comes out first; of equal ones the one that came first.
pub type PriorityQueue<T> = Queue<T, Heap<T>>;

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
