//! The sequential heap of the priority queues.
//!
//! Invariant: as long as no comparison has panicked, no item is less than its parent, the one at half its
//! index. Items that are equal come out in the order in which they were put in.
//!
//! A comparison that panics loses nothing: items are only ever swapped where they lie, and the least one is
//! taken off the end after all comparisons. Then the order is lost, not the items, and the next operation first
//! restores it. That is why this is not [`std::collections::BinaryHeap`], whose `pop` drops the item that it
//! has in hand.
//!
//! Source: J. W. J. Williams, "Algorithm 232: heapsort", 1964.

use std::fmt;

/// Items, the least one first.
///
/// ```
/// use refectory::model::support::heap::Heap;
///
/// let mut heap = Heap::new();
/// heap.push(7);
/// heap.push(3);
/// assert_eq!((heap.pop(), heap.pop(), heap.pop()), (Some(3), Some(7), None));
/// ```
pub struct Heap<T> {
    items: Vec<Entry<T>>,
    /// The number of items that were ever put in.
    put: u64,
    /// A comparison has panicked since the order was last sound.
    disordered: bool,
}

/// An item, and when it came.
struct Entry<T> {
    item: T,
    number: u64,
}

impl<T: Ord> Entry<T> {
    fn precedes(&self, other: &Self) -> bool {
        self.item.cmp(&other.item).then(self.number.cmp(&other.number)).is_lt()
    }
}

impl<T> Heap<T> {
    /// A heap without items.
    #[must_use]
    pub const fn new() -> Self {
        Self { items: Vec::new(), put: 0, disordered: false }
    }
}

impl<T: Ord> Heap<T> {
    /// Puts an item in.
    ///
    /// # Panics
    /// If a comparison panics. The item is in all the same.
    pub fn push(&mut self, item: T) {
        self.items.push(Entry { item, number: self.put });
        self.put += 1;
        let last = self.items.len() - 1;
        self.ordered(|heap| heap.rise(last));
    }

    /// Takes the least item out.
    ///
    /// # Panics
    /// If a comparison panics. Then nothing was taken out.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.items.len().checked_sub(1)?;
        self.ordered(|heap| {
            heap.items.swap(0, last);
            heap.sink(0, last);
        });
        self.items.pop().map(|least| least.item)
    }

    /// The same, but takes the item out before it restores the order, as the `pop` of std's heap does: for a
    /// twin. Where a comparison panics the item is lost.
    pub(in crate::model) fn pop_then_order(&mut self) -> Option<T> {
        if self.items.is_empty() {
            return None;
        }
        let least = self.items.swap_remove(0).item;
        self.ordered(|heap| heap.sink(0, heap.items.len()));
        Some(least)
    }

    /// Does what it is told to an ordered heap, and notes where it does not come back.
    fn ordered(&mut self, what: impl FnOnce(&mut Self)) {
        if std::mem::replace(&mut self.disordered, true) {
            let len = self.items.len();
            (0..len / 2).rev().for_each(|parent| self.sink(parent, len));
        }
        what(self);
        self.disordered = false;
    }

    /// Swaps the item with its parents until it is not less.
    fn rise(&mut self, mut child: usize) {
        while child > 0 {
            let parent = (child - 1) / 2;
            if !self.items[child].precedes(&self.items[parent]) {
                return;
            }
            self.items.swap(child, parent);
            child = parent;
        }
    }

    /// Swaps the item with the lesser of its children, among the first `len`, until none is less.
    fn sink(&mut self, mut parent: usize, len: usize) {
        loop {
            let first = 2 * parent + 1;
            let Some(child) = (first..len.min(first + 2)).reduce(|a, b| self.lesser(a, b)) else { return };
            if !self.items[child].precedes(&self.items[parent]) {
                return;
            }
            self.items.swap(child, parent);
            parent = child;
        }
    }

    fn lesser(&self, a: usize, b: usize) -> usize {
        if self.items[b].precedes(&self.items[a]) { b } else { a }
    }
}

impl<T> Default for Heap<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Heap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap").field("len", &self.items.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::regressions::kept;
    use proptest::prelude::*;
    use std::cell::Cell;
    use std::cmp::Ordering;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    thread_local! {
        /// So many comparisons go well.
        static GOOD: Cell<u32> = const { Cell::new(u32::MAX) };
    }

    #[derive(Debug, PartialEq, Eq)]
    struct SometimesPanics(u32);

    impl Ord for SometimesPanics {
        fn cmp(&self, other: &Self) -> Ordering {
            match GOOD.replace(GOOD.get().saturating_sub(1)) {
                0 => resume_unwind(Box::new("moody")),
                _ => self.0.cmp(&other.0),
            }
        }
    }

    impl PartialOrd for SometimesPanics {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    fn drain<T: Ord>(heap: &mut Heap<T>) -> Vec<T> {
        std::iter::from_fn(|| heap.pop()).collect()
    }

    #[test]
    fn smoke() {
        let mut heap = Heap::new();
        [3, 1, 2].into_iter().for_each(|item| heap.push(item));
        assert_eq!(drain(&mut heap), [1, 2, 3]);
    }

    #[test]
    fn ties_come_out_as_they_went_in() {
        let mut heap = Heap::new();
        #[derive(Debug)]
        struct Tie(u32);
        impl PartialEq for Tie {
            fn eq(&self, _: &Self) -> bool {
                true
            }
        }
        impl Eq for Tie {}
        impl PartialOrd for Tie {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for Tie {
            fn cmp(&self, _: &Self) -> Ordering {
                Ordering::Equal
            }
        }
        (0..20).for_each(|i| heap.push(Tie(i)));
        assert!(drain(&mut heap).iter().map(|tie| tie.0).eq(0..20));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: kept("heap"), ..ProptestConfig::default() })]

        #[test]
        fn a_comparison_that_panics_loses_nothing(
            items in prop::collection::vec(0..50_u32, 1..20),
            good in 0..60_u32,
        ) {
            let mut heap = Heap::new();
            let mut out = Vec::new();
            GOOD.set(good);
            let calm = |result: std::thread::Result<_>| result.inspect_err(|_| GOOD.set(u32::MAX)).ok().flatten();
            for &item in &items {
                calm(catch_unwind(AssertUnwindSafe(|| { heap.push(SometimesPanics(item)); None::<SometimesPanics> })));
            }
            for _ in 0..items.len() / 2 {
                out.extend(calm(catch_unwind(AssertUnwindSafe(|| heap.pop()))));
            }
            GOOD.set(u32::MAX);
            let rest: Vec<u32> = drain(&mut heap).iter().map(|item| item.0).collect();
            prop_assert!(rest.is_sorted());
            let mut all: Vec<u32> = out.iter().map(|item| item.0).chain(rest).collect();
            all.sort_unstable();
            let mut items = items;
            items.sort_unstable();
            prop_assert_eq!(all, items);
        }
    }
}
