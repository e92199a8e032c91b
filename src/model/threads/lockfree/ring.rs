//! The bounded ring without locks for any number of producers and consumers. It is not lock-free: who has taken a
//! position and stands still keeps the others waiting at that slot.
//!
//! Positions count up for ever; position `p` lives in slot `p mod capacity`. Every slot carries a
//! sequence number that says whose turn it is:
//!
//! | sequence     | the slot is                            |
//! |--------------|----------------------------------------|
//! | `p`          | empty, for the producer of position `p` |
//! | `p + 1`      | full, for the consumer of position `p`  |
//!
//! A consumer leaves `p + capacity`: empty, for the producer one lap later. Positions are handed out by
//! compare-and-exchange on `tail` and `head`; only the one thread that holds a position whose turn it
//! is touches the slot's value, and the sequence number alone carries that right from thread to thread.
//!
//! Invariant: `head ≤ tail ≤ head + capacity`, and a slot holds an item exactly when its sequence is
//! `p + 1`.
//!
//! What it does not do: a producer that has its position but has not yet published hides the items
//! behind it, so `try_pop` may answer "empty" although a later push has returned. Likewise for "full".
//!
//! Source: Dmitry Vyukov, "Bounded MPMC queue", 1024cores.net, 2010.

use crate::port::{Full, TryQueue};
use crate::sync::UnsafeCell;
use crate::sync::atomic::{AtomicUsize, Ordering};
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// The pair of orderings by which an item goes from its producer to its consumer.
///
/// It has a name of its own so that the twins in [`broken`](crate::model::threads::lockfree::broken::ring) can differ in just that.
pub trait Handover: Send + Sync + 'static {
    /// The producer's store of the sequence number, after it has written the item.
    const PUBLISH: Ordering;
    /// The consumer's load of the sequence number, before it reads the item.
    const CONSUME: Ordering;
}

/// The right pair.
///
/// Ordering: the consumer's Acquire load reads from the producer's Release store, so the item that
/// was written before the store is visible after the load.
#[derive(Debug)]
pub struct ReleaseAcquire;

impl Handover for ReleaseAcquire {
    const PUBLISH: Ordering = Ordering::Release;
    const CONSUME: Ordering = Ordering::Acquire;
}

/// A first-in first-out ring of a power of two slots.
///
/// ```
/// use refectory::model::threads::lockfree::ring::Ring;
/// use refectory::port::{Full, TryQueue};
///
/// let ring = <Ring<char>>::new(2);
/// assert_eq!(ring.try_push('a'), Ok(()));
/// assert_eq!(ring.try_push('b'), Ok(()));
/// assert_eq!(ring.try_push('c'), Err(Full('c')));
/// assert_eq!(ring.try_pop(), Some('a'));
/// ```
pub struct Ring<T, H: Handover = ReleaseAcquire> {
    slots: Box<[Slot<T>]>,
    tail: Padded<AtomicUsize>,
    head: Padded<AtomicUsize>,
    handover: PhantomData<H>,
}

struct Slot<T> {
    sequence: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// Keeps producers and consumers off each other's cache lines. Two lines of 64 bytes, because
/// current x86 processors fetch lines in pairs.
#[repr(align(128))]
struct Padded<T>(T);

/// Where a slot stands with respect to a position.
enum Turn {
    /// The turn of the position has come.
    Now,
    /// The slot is still a lap behind.
    NotYet,
    /// Another thread has had the position.
    Over,
}

impl Turn {
    /// `awaited` is the sequence number for which the position's holder looks.
    fn of(sequence: usize, awaited: usize) -> Self {
        // Sequence numbers wrap around, so it is their distance that is compared.
        match sequence.wrapping_sub(awaited) as isize {
            0 => Self::Now,
            ..0 => Self::NotYet,
            _ => Self::Over,
        }
    }
}

// SAFETY: a slot's value is touched only by the thread whose turn its sequence number says it is, and
// items are moved from one thread to another, which `T: Send` allows.
unsafe impl<T: Send, H: Handover> Sync for Ring<T, H> {}
// SAFETY: the ring owns its items, and `T: Send`.
unsafe impl<T: Send, H: Handover> Send for Ring<T, H> {}

impl<T, H: Handover> Ring<T, H> {
    /// An empty ring; the capacity is rounded up to a power of two, at least 2: with one slot "full, for
    /// this position" and "empty, for the next one" would be the same number.
    pub fn new(capacity: usize) -> Self {
        Self::starting_at(0, capacity.max(2).next_power_of_two())
    }

    /// A ring whose first item gets this position.
    pub(crate) fn starting_at(first: usize, capacity: usize) -> Self {
        let first_in = |index: usize| first.wrapping_add(index.wrapping_sub(first) & (capacity - 1));
        Self {
            slots: (0..capacity).map(|index| Slot::empty(index, first_in(index))).collect(),
            tail: Padded(AtomicUsize::new(first).named(format_args!("tail"))),
            head: Padded(AtomicUsize::new(first).named(format_args!("head"))),
            handover: PhantomData,
        }
    }

    /// The number of items for which there is room.
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    #[inline]
    fn slot(&self, position: usize) -> &Slot<T> {
        &self.slots[position & (self.capacity() - 1)]
    }

    #[inline]
    fn push(&self, item: T) -> Result<(), Full<T>> {
        // Relaxed throughout for `tail`: it only hands out numbers, and publishes nothing.
        let mut position = self.tail.0.load(Ordering::Relaxed);
        loop {
            let slot = self.slot(position);
            // Ordering: Acquire reads from the Release store at the end of `pop`: the consumer of one
            // lap earlier has moved its item out before we write ours.
            match Turn::of(slot.sequence.load(Ordering::Acquire), position) {
                Turn::Now => match Self::claim(&self.tail.0, position) {
                    Ok(()) => {
                        slot.write(item);
                        slot.sequence.store(position.wrapping_add(1), H::PUBLISH);
                        return Ok(());
                    }
                    Err(current) => position = current,
                },
                Turn::NotYet => return Err(Full(item)),
                Turn::Over => position = self.tail.0.load(Ordering::Relaxed),
            }
        }
    }

    #[inline]
    fn pop(&self) -> Option<T> {
        // Relaxed throughout for `head`, as for `tail`.
        let mut position = self.head.0.load(Ordering::Relaxed);
        loop {
            let slot = self.slot(position);
            match Turn::of(slot.sequence.load(H::CONSUME), position.wrapping_add(1)) {
                Turn::Now => match Self::claim(&self.head.0, position) {
                    Ok(()) => {
                        // SAFETY: the turn says that the producer of this position has written its
                        // item, and the claim that nobody else takes it out.
                        let item = unsafe { slot.read() };
                        // Ordering: Release is read by the Acquire load in `push`: the producer of the
                        // next lap writes only after we have moved the item out.
                        slot.sequence.store(position.wrapping_add(self.capacity()), Ordering::Release);
                        return Some(item);
                    }
                    Err(current) => position = current,
                },
                Turn::NotYet => return None,
                Turn::Over => position = self.head.0.load(Ordering::Relaxed),
            }
        }
    }

    /// Takes `position` from `counter`, unless another thread was faster: then tells the new position.
    fn claim(counter: &AtomicUsize, position: usize) -> Result<(), usize> {
        let next = position.wrapping_add(1);
        counter.compare_exchange_weak(position, next, Ordering::Relaxed, Ordering::Relaxed).map(drop)
    }
}

impl<T> Slot<T> {
    /// The empty slot at `index`, for the producer of `position`.
    fn empty(index: usize, position: usize) -> Self {
        Self {
            sequence: AtomicUsize::new(position).named(format_args!("sequence {index}")),
            value: UnsafeCell::new(MaybeUninit::uninit()).named(format_args!("slot {index}")),
        }
    }

    fn write(&self, item: T) {
        // SAFETY: the pointer is valid for the call, and it is the caller's turn: nobody else has access.
        self.value.with_mut(|value| unsafe { (*value).write(item) });
    }

    /// # Safety
    /// The slot holds an item, and the caller is the only one to take it out.
    unsafe fn read(&self) -> T {
        // SAFETY: the pointer is valid for the call; the rest is the caller's promise.
        self.value.with(|value| unsafe { (*value).assume_init_read() })
    }
}

impl<T: Send + 'static, H: Handover> TryQueue<T> for Ring<T, H> {
    /// A producer that has its position but has not yet published hides the items behind it.
    const FAILS_UNDER_CONTENTION: bool = true;

    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.push(item)
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        self.pop()
    }
}

impl<T, H: Handover> fmt::Debug for Ring<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("capacity", &self.slots.len()).finish_non_exhaustive()
    }
}

impl<T, H: Handover> Drop for Ring<T, H> {
    /// Drops the items that nobody took out.
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::exchange::{Waiting, exchange};
    use crate::port::{self, Item};
    use std::sync::Arc;

    #[test]
    fn smoke() {
        let ring = <Ring<u32>>::new(2);
        assert_eq!(ring.try_push(7), Ok(()));
        assert_eq!(ring.try_pop(), Some(7));
        assert_eq!(ring.try_push(8), Ok(()));
        assert_eq!(ring.try_pop(), Some(8));
        assert_eq!(ring.try_pop(), None);
    }

    #[test]
    fn len_empty_full() {
        let ring = <Ring<u32>>::new(3);
        assert_eq!(ring.capacity(), 4);
        for lap in 0..3 {
            for i in 0..4 {
                assert_eq!(ring.try_push(4 * lap + i), Ok(()));
            }
            assert_eq!(ring.try_push(99), Err(Full(99)));
            for i in 0..4 {
                assert_eq!(ring.try_pop(), Some(4 * lap + i));
            }
            assert_eq!(ring.try_pop(), None);
        }
    }

    #[test]
    fn capacity_is_a_power_of_two() {
        let capacities = [1, 2, 3, 4, 5, 1000].map(|n| <Ring<()>>::new(n).capacity());
        assert_eq!(capacities, [2, 2, 4, 4, 8, 1024]);
    }

    #[test]
    fn positions_wrap_around() {
        let ring = <Ring<u32>>::starting_at(usize::MAX - 2, 4);
        for i in 0..16 {
            assert_eq!(ring.try_push(i), Ok(()));
            assert_eq!(ring.try_push(i + 100), Ok(()));
            assert_eq!((ring.try_pop(), ring.try_pop()), (Some(i), Some(i + 100)));
            assert_eq!(ring.try_pop(), None);
        }
    }

    #[test]
    fn fifo_per_producer() {
        for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 4)] {
            let scenario = exchange(Waiting::Tries, 4, &vec![60; producers], consumers);
            port::try_queue::harness::<Ring<Item>>().program(scenario).run().unwrap();
        }
    }

    #[test]
    fn drops() {
        let value = Arc::new(());
        let ring = <Ring<_>>::new(4);
        for _ in 0..3 {
            ring.try_push(value.clone()).unwrap();
        }
        drop(ring.try_pop());
        assert_eq!(Arc::strong_count(&value), 3);
        drop(ring);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
