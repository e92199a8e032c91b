//! The bounded ring for one producer and one consumer.
//!
//! Positions count up for ever; position `p` lives in slot `p mod capacity`. `tail` is the number of items
//! that were put in, `head` the number of those that were taken out. Only the producer writes `tail`, only
//! the consumer writes `head`, so each knows its own without looking. Of the other's each side keeps a copy,
//! and looks again only when by that copy the ring is full, or empty: as long as the two are apart, an
//! operation touches no memory that the other side writes, except the slot.
//!
//! An item is published at once, because who comes next may look for it. Room is not: the consumer tells of the slots
//! that it has emptied a *batch* at a time, so that a producer who finds the ring full does not meet the consumer at every slot
//! from then on. There are spare slots for what it has not told of yet: the ring is full only where it holds as many items as
//! there was to be room for.
//!
//! Invariant: `head ≤ tail ≤ head + slots`, a copy is never ahead of its original, the published `head` is less than a batch
//! behind the consumer's own, and the slots from the consumer's `head` to `tail` hold items.
//!
//! What it does not do: serve a second producer or consumer. The two ends are values of their own, with
//! `&mut self` methods, so the types rule that out.
//!
//! Source: Leslie Lamport, "Specifying concurrent program modules", 1983, for the two counters; John
//! Giacomoni, Tipp Moseley, Manish Vachharajani, "FastForward for efficient pipeline parallelism", 2008,
//! for keeping the sides off each other's cache lines; Nhat Minh Lê, Adrien Guatto, Albert Cohen,
//! Antoniu Pop, "Correct and efficient bounded FIFO queues", 2013, for the copies and the orderings; Patrick P. C. Lee, Tian
//! Bu, Girish Chandranmenon, "A lock-free, cache-efficient multi-core synchronization mechanism for line-rate network traffic
//! monitoring", 2010, for the batches.

use crate::port::{Full, SpscConsumer, SpscProducer, SpscQueue};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Arc, UnsafeCell};
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// How an item goes from one side to the other.
///
/// It has a name of its own so that the twins in [`broken`](crate::model::threads::lockfree::broken::spsc) can differ in just that.
pub trait Passage: Send + Sync + 'static {
    /// A side's store of its own counter, after it has written, or emptied, the slot.
    const PUBLISH: Ordering;
    /// A side's load of the other's counter, before it touches the slot.
    const CONSUME: Ordering;

    /// The number of items between the two counters, in a ring of so many slots.
    #[inline]
    fn distance(tail: usize, head: usize, _slots: usize) -> usize {
        // The counters wrap around, their distance does not.
        tail.wrapping_sub(head)
    }

    /// How many slots the consumer empties before it tells the producer, a power of two, where there is to be room for so many
    /// items.
    fn batch(capacity: usize) -> usize {
        (capacity.next_power_of_two() / 4).max(1)
    }

    /// The number of slots that the ring has beyond the items that there is to be room for.
    fn spare(batch: usize) -> usize {
        batch - 1
    }

    /// Whether the consumer, when it goes, tells of the slots that it has emptied.
    const TELLS_AT_THE_END: bool = true;
}

/// The right one.
///
/// Ordering: the consumer's Acquire load reads from the producer's Release store, so the item that was
/// written before the store is visible after the load. The other way round, the producer writes a slot
/// again only after the consumer has moved the item out of it.
#[derive(Debug)]
pub struct Correct;

impl Passage for Correct {
    const PUBLISH: Ordering = Ordering::Release;
    const CONSUME: Ordering = Ordering::Acquire;
}

/// The same, and it tells of two slots at once in small rings too.
#[derive(Debug)]
pub struct InPairs;

impl Passage for InPairs {
    const PUBLISH: Ordering = Correct::PUBLISH;
    const CONSUME: Ordering = Correct::CONSUME;

    fn batch(_capacity: usize) -> usize {
        2
    }
}

/// A first-in first-out ring of a power of two slots; [`split`](Self::split) gives its two ends.
///
/// ```
/// use refectory::model::threads::lockfree::spsc::Spsc;
/// use refectory::port::Full;
///
/// let (mut producer, mut consumer) = <Spsc<char>>::new(2).split();
/// assert_eq!(producer.try_push('a'), Ok(()));
/// assert_eq!(producer.try_push('b'), Ok(()));
/// assert_eq!(producer.try_push('c'), Err(Full('c')));
/// assert_eq!(consumer.try_pop(), Some('a'));
/// ```
pub struct Spsc<T, P: Passage = Correct> {
    slots: Box<[UnsafeCell<MaybeUninit<T>>]>,
    /// How many slots the consumer tells of at once, a power of two.
    batch: usize,
    tail: Padded<AtomicUsize>,
    head: Padded<AtomicUsize>,
    passage: PhantomData<P>,
}

/// Two cache lines of 64 bytes, because current x86 processors fetch lines in pairs.
#[repr(align(128))]
struct Padded<T>(T);

// SAFETY: a slot is touched only by the side to which the counters give it, and items are moved from one
// thread to another, which `T: Send` allows.
unsafe impl<T: Send, P: Passage> Sync for Spsc<T, P> {}
// SAFETY: the ring owns its items, and `T: Send`.
unsafe impl<T: Send, P: Passage> Send for Spsc<T, P> {}

/// The end that puts items in. It has cache lines of its own, wherever it lies, because it writes to itself.
///
/// ```
/// use refectory::model::threads::lockfree::spsc::Spsc;
///
/// let (mut producer, _consumer) = <Spsc<char>>::new(1).split();
/// assert_eq!(producer.try_push('a'), Ok(()));
/// ```
#[repr(align(128))]
pub struct Producer<T, P: Passage = Correct> {
    ring: Arc<Spsc<T, P>>,
    tail: usize,
    /// What `head` was when we last looked.
    head: usize,
}

/// The end that takes items out; as to cache lines, as [`Producer`].
///
/// ```
/// use refectory::model::threads::lockfree::spsc::Spsc;
///
/// let (_producer, mut consumer) = <Spsc<char>>::new(1).split();
/// assert_eq!(consumer.try_pop(), None);
/// ```
#[repr(align(128))]
pub struct Consumer<T, P: Passage = Correct> {
    ring: Arc<Spsc<T, P>>,
    head: usize,
    /// What `tail` was when we last looked.
    tail: usize,
}

impl<T, P: Passage> Spsc<T, P> {
    /// An empty ring. There is room for `capacity` items, or more: the slots are a power of two, about a quarter of them spare.
    pub fn new(capacity: usize) -> Self {
        Self::starting_at(0, capacity)
    }

    /// A ring whose first item gets this position.
    pub(crate) fn starting_at(first: usize, capacity: usize) -> Self {
        let batch = P::batch(capacity);
        let slots = (capacity + P::spare(batch)).next_power_of_two();
        let slot = |i| UnsafeCell::new(MaybeUninit::uninit()).named(format_args!("slot {i}"));
        Self {
            slots: (0..slots).map(slot).collect(),
            batch,
            tail: Padded(AtomicUsize::new(first).named(format_args!("tail"))),
            head: Padded(AtomicUsize::new(first).named(format_args!("head"))),
            passage: PhantomData,
        }
    }

    /// The two ends of the empty ring.
    pub fn split(self) -> (Producer<T, P>, Consumer<T, P>) {
        // Relaxed: nobody else knows the ring yet.
        let (tail, head) = (self.tail.0.load(Ordering::Relaxed), self.head.0.load(Ordering::Relaxed));
        let ring = Arc::new(self);
        (Producer { ring: Arc::clone(&ring), tail, head }, Consumer { ring, head, tail })
    }

    /// The number of items for which there is room at all times; there may be room for some more.
    pub fn capacity(&self) -> usize {
        self.slots.len() - (self.batch - 1)
    }

    #[inline]
    fn slot(&self, position: usize) -> &UnsafeCell<MaybeUninit<T>> {
        &self.slots[position & (self.slots.len() - 1)]
    }

    #[inline]
    fn distance(&self, tail: usize, head: usize) -> usize {
        P::distance(tail, head, self.slots.len())
    }
}

impl<T, P: Passage> Producer<T, P> {
    /// Puts an item in.
    ///
    /// # Errors
    /// There is no room: the item comes back.
    #[inline]
    pub fn try_push(&mut self, item: T) -> Result<(), Full<T>> {
        if !self.has_room() {
            return Err(Full(item));
        }
        // SAFETY: the pointer is valid for the call, and the slot at `tail` is ours: the consumer has
        // emptied it, or it was never full, and goes only as far as the `tail` that we publish.
        self.ring.slot(self.tail).with_mut(|slot| unsafe { (*slot).write(item) });
        self.tail = self.tail.wrapping_add(1);
        self.ring.tail.0.store(self.tail, P::PUBLISH);
        Ok(())
    }

    #[inline]
    fn has_room(&mut self) -> bool {
        let slots = self.ring.slots.len();
        if self.ring.distance(self.tail, self.head) == slots {
            self.head = self.ring.head.0.load(P::CONSUME);
        }
        self.ring.distance(self.tail, self.head) < slots
    }
}

impl<T, P: Passage> Consumer<T, P> {
    /// Takes an item out; `None` where there is none.
    #[inline]
    pub fn try_pop(&mut self) -> Option<T> {
        if !self.has_item() {
            return None;
        }
        // SAFETY: the pointer is valid for the call, and the producer has published an item at `head`,
        // which nobody else takes out.
        let item = self.ring.slot(self.head).with(|slot| unsafe { (*slot).assume_init_read() });
        self.head = self.head.wrapping_add(1);
        if !self.is_within_a_batch() {
            self.ring.head.0.store(self.head, P::PUBLISH);
        }
        Some(item)
    }

    /// Whether there are slots that we have emptied and not told of.
    #[inline]
    fn is_within_a_batch(&self) -> bool {
        self.head & (self.ring.batch - 1) != 0
    }

    #[inline]
    fn has_item(&mut self) -> bool {
        if self.ring.distance(self.tail, self.head) == 0 {
            self.tail = self.ring.tail.0.load(P::CONSUME);
        }
        self.ring.distance(self.tail, self.head) > 0
    }
}

impl<T, P: Passage> Drop for Consumer<T, P> {
    /// Tells of the slots that it has emptied, so that the ring does not drop what was in them.
    fn drop(&mut self) {
        if P::TELLS_AT_THE_END && self.is_within_a_batch() {
            self.ring.head.0.store(self.head, P::PUBLISH);
        }
    }
}

impl<T: Send + 'static, P: Passage> SpscQueue<T> for Spsc<T, P> {
    type Producer = Producer<T, P>;
    type Consumer = Consumer<T, P>;

    fn with_capacity(capacity: usize) -> (Self::Producer, Self::Consumer) {
        Self::new(capacity).split()
    }
}

impl<T: Send + 'static, P: Passage> SpscProducer<T> for Producer<T, P> {
    #[inline]
    fn try_push(&mut self, item: T) -> Result<(), Full<T>> {
        self.try_push(item)
    }
}

impl<T: Send + 'static, P: Passage> SpscConsumer<T> for Consumer<T, P> {
    #[inline]
    fn try_pop(&mut self) -> Option<T> {
        self.try_pop()
    }
}

impl<T, P: Passage> Drop for Spsc<T, P> {
    /// Drops the items that nobody took out, the rest of them even where the drop of one panics.
    fn drop(&mut self) {
        let (tail, head) = (*self.tail.0.get_mut(), *self.head.0.get_mut());
        let left = self.distance(tail, head);
        let mut items: Vec<T> = Vec::with_capacity(left);
        for i in 0..left {
            let slot = &self.slots[head.wrapping_add(i) & (self.slots.len() - 1)];
            // SAFETY: the slots from `head` to `tail` hold items, and nobody else is left.
            items.push(slot.with(|slot| unsafe { (*slot).assume_init_read() }));
        }
    }
}

impl<T, P: Passage> fmt::Debug for Spsc<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spsc").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

impl<T, P: Passage> fmt::Debug for Producer<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("ring", &self.ring).field("tail", &self.tail).finish_non_exhaustive()
    }
}

impl<T, P: Passage> fmt::Debug for Consumer<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("ring", &self.ring).field("head", &self.head).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::exchange::{Waiting, exchange};
    use crate::port::{self, Item};

    #[test]
    fn len_empty_full() {
        let (mut producer, mut consumer) = <Spsc<u32>>::new(3).split();
        for lap in 0..3 {
            for i in 0..4 {
                assert_eq!(producer.try_push(4 * lap + i), Ok(()));
            }
            assert_eq!(producer.try_push(99), Err(Full(99)));
            for i in 0..4 {
                assert_eq!(consumer.try_pop(), Some(4 * lap + i));
            }
            assert_eq!(consumer.try_pop(), None);
        }
    }

    #[test]
    fn positions_wrap_around() {
        let (mut producer, mut consumer) = <Spsc<u32>>::starting_at(usize::MAX - 2, 2).split();
        for i in 0..8 {
            assert_eq!(producer.try_push(i), Ok(()));
            assert_eq!(producer.try_push(i + 100), Ok(()));
            assert_eq!(producer.try_push(99), Err(Full(99)));
            assert_eq!((consumer.try_pop(), consumer.try_pop()), (Some(i), Some(i + 100)));
            assert_eq!(consumer.try_pop(), None);
        }
    }

    #[test]
    fn fifo_per_producer() {
        let scenario = exchange(Waiting::Tries, 4, &[1_000], 1);
        port::spsc::harness::<Spsc<Item>>().program(scenario).run().unwrap();
    }

    #[test]
    fn room_is_told_of_in_batches() {
        let ring = <Spsc<u32>>::new(16);
        assert_eq!((ring.slots.len(), ring.batch, ring.capacity()), (32, 4, 29));
        let (mut producer, mut consumer) = ring.split();
        assert!((0..32).all(|i| producer.try_push(i).is_ok()));
        for taken in 1..=4 {
            assert_eq!(producer.try_push(99), Err(Full(99)));
            assert_eq!(consumer.try_pop(), Some(taken - 1));
        }
        assert!((0..4).all(|i| producer.try_push(i).is_ok()));
        assert_eq!(producer.try_push(99), Err(Full(99)));
    }

    fn drops_of<P: Passage>() {
        let value = Arc::new(());
        let (mut producer, mut consumer) = Spsc::<_, P>::starting_at(usize::MAX, 4).split();
        for _ in 0..3 {
            producer.try_push(Arc::clone(&value)).unwrap();
        }
        drop((consumer.try_pop(), consumer.try_pop()));
        assert_eq!(Arc::strong_count(&value), 2);
        drop((producer, consumer));
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn drops() {
        drops_of::<Correct>();
        drops_of::<InPairs>();
    }
}
