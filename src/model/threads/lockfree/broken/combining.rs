//! Twins of the [queue by flat combining](crate::model::threads::lockfree::combining::Combining).

use crate::model::support::heap::Heap;
use crate::model::threads::lockfree::combining::Combiner;
use std::sync::atomic::Ordering;

/// A combiner that forgets the last slot.
///
/// Twin of [`Correct`](crate::model::threads::lockfree::combining::Correct). Whose request is there finds that nobody
/// serves it, not even itself.
#[derive(Debug)]
pub struct ForgetsLastSlot;

impl Combiner for ForgetsLastSlot {
    fn serves(asked: u32, slots: usize) -> u32 {
        asked & !(1 << (slots - 1))
    }
}

/// A combiner that clears the bits of requests when it has served them.
///
/// Twin of [`Correct`](crate::model::threads::lockfree::combining::Correct). Another thread has taken the empty slot by then,
/// and set its bit, which is lost: nobody serves it, not even itself.
#[derive(Debug)]
pub struct ClearsLate;

impl Combiner for ClearsLate {
    const CLEARS_FIRST: bool = false;
}

/// A combiner that says that a request is served with a Relaxed store.
///
/// Twin of [`Correct`](crate::model::threads::lockfree::combining::Correct). The thread may see its slot empty before the
/// answer is there.
#[derive(Debug)]
pub struct RelaxedServed;

impl Combiner for RelaxedServed {
    const SERVED: Ordering = Ordering::Relaxed;
}

/// A pop that takes the item out first, and then restores the order.
///
/// Twin of [`Correct`](crate::model::threads::lockfree::combining::Correct). Where a comparison panics the item that it had
/// in hand is dropped: nobody ever receives it. So does CPython's `PriorityQueue.get` (row Q13), and the `pop` of
/// std's heap.
#[derive(Debug)]
pub struct LosesItemInHand;

impl Combiner for LosesItemInHand {
    fn pop<T: Ord>(heap: &mut Heap<T>) -> Option<T> {
        heap.pop_then_order()
    }
}
