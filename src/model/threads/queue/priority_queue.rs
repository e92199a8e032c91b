//! The queue of which the least item comes out first.
//!
//! Source of the heap: J. W. J. Williams, "Algorithm 232: Heapsort", Communications of the ACM, 1964; the way down to the bottom and
//! then up is Robert W. Floyd's, "Algorithm 245: Treesort 3", 1964, named by Ingo Wegener, "Bottom-up heapsort", 1993.

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
    /// Of equal items the one that was put in first. What is equal, the order of the items says, and not their `==`.
    #[inline]
    fn comes_before(&self, other: &Self) -> bool {
        self.item < other.item || (self.insertion < other.insertion && self.item <= other.item)
    }
}

const fn parent(index: usize) -> usize {
    (index - 1) / 2
}

impl<T: Ord> Heap<T> {
    /// Where the way ends that leads from the root down to a leaf of the first `len` entries, each time to the child that comes first.
    #[inline]
    fn leaf(&self, len: usize) -> usize {
        let entries = &self.entries[..len];
        let mut index = 0;
        while 2 * index + 2 < len {
            let left = 2 * index + 1;
            index = if entries[left + 1].comes_before(&entries[left]) { left + 1 } else { left };
        }
        if 2 * index + 1 < len { 2 * index + 1 } else { index }
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

    #[inline]
    fn len(&self) -> usize {
        self.entries.len()
    }

    /// The index where the item goes: on the way from the end to the root, behind the first entry that is
    /// not greater.
    #[inline]
    fn plan_insert(&self, item: &T) -> usize {
        let mut index = self.entries.len();
        while index > 0 && *item < self.entries[parent(index)].item {
            index = parent(index);
        }
        index
    }

    #[inline]
    fn insert(&mut self, item: T, place: usize) {
        self.entries.reserve(1);
        let len = self.entries.len();
        let entries = self.entries.as_mut_ptr();
        let mut index = len;
        // SAFETY: there is room for one entry more, and no index is beyond it. Each entry is moved to a place that is vacant, the
        // last one of which is filled. Nothing in between can panic.
        unsafe {
            while index > place {
                entries.add(parent(index)).copy_to_nonoverlapping(entries.add(index), 1);
                index = parent(index);
            }
            entries.add(index).write(Entry { item, insertion: self.insertions });
            self.entries.set_len(len + 1);
        }
        self.insertions = self.insertions.wrapping_add(1);
    }

    /// The index where the last entry goes when the root has left. It was at the bottom and mostly belongs there, so the way is
    /// walked down to a leaf, with one comparison at each level, and from there up to where the entry belongs.
    #[inline]
    fn plan_remove(&self) -> Option<usize> {
        let (last, rest) = self.entries.split_last()?;
        let mut index = self.leaf(rest.len());
        while index > 0 && last.comes_before(&rest[index]) {
            index = parent(index);
        }
        Some(index)
    }

    /// Moves the last entry to `place`, and what is on the way from there to the root one step up: out comes
    /// the root.
    #[inline]
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
