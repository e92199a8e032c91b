//! A priority queue with flat combining.
//!
//! One heap and one lock. A thread that wants something tries to take the lock. Who gets it is the *combiner*: it
//! does its own work, and then serves the requests of all the others, who have published them in slots, find them
//! served, and never take the lock. Under load one thread does the work of many while the heap is in its cache.
//!
//! A request lies on its thread's stack. Its slot holds a pointer to it: a thread takes a free slot, and then sets the bit of the
//! slot in a map of those who ask. When the combiner empties the slot the request is served and belongs to its thread again. So
//! a combiner whom nobody asks reads one word.
//!
//! The combiner clears the bits before it looks into their slots. As soon as a slot is empty the next thread may take it and set
//! its bit, which is not to be lost.
//!
//! Invariant: the heap is touched by the holder of the lock alone; a request by its combiner alone, from its
//! publication until its slot is emptied. A request is served once. A bit that is set is that of a request which waits.
//!
//! A thread whose request is not yet served waits for the combiner: the queue is not lock-free, and a combiner
//! that is put aside holds everybody up.
//!
//! Items that are equal come out in the order in which they were served. A comparison that panics does so in the
//! combiner, who may be another thread: the panic goes to the thread whose request it was, and the combiner goes
//! on with the next one. Nothing is lost: after a push that panics the item is in the queue, after a pop that
//! panics nothing was taken out.
//!
//! Source: Danny Hendler, Itai Incze, Nir Shavit, Moran Tzafrir, "Flat combining and the
//! synchronization-parallelism tradeoff", 2010. Its list of publication records is here a fixed row of slots, with a map.

use crate::model::support::heap::Heap;
use crate::port::{Full, Order, TryQueue};
use crate::sync;
use crate::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use crate::sync::{UnsafeCell, hint, thread};
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::null_mut;

/// What a combiner does.
///
/// It has a name of its own so that the twins in [`broken`](crate::model::threads::lockfree::broken::combining) can differ in just that.
pub trait Combiner: Send + Sync + 'static {
    /// Which requests it serves of those in these slots, of so many.
    fn serves(asked: u32, _slots: usize) -> u32 {
        asked
    }

    /// Whether it clears the bits of requests before it looks into their slots.
    const CLEARS_FIRST: bool = true;

    /// Takes the least item out of the heap.
    fn pop<T: Ord>(heap: &mut Heap<T>) -> Option<T> {
        heap.pop()
    }

    /// The combiner's store that says that a request is served.
    const SERVED: Ordering = Ordering::Release;
}

/// The right one.
///
/// Ordering: its thread's Acquire load reads from the combiner's Release store of the slot, so the answer that
/// was written before the store is visible after the load.
#[derive(Debug)]
pub struct Correct;

impl Combiner for Correct {}

/// An unbounded queue out of which the least item comes first.
///
/// ```
/// use refectory::model::threads::lockfree::combining::Combining;
///
/// let queue = <Combining<u32>>::new();
/// queue.push(7);
/// queue.push(3);
/// assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some(3), Some(7), None));
/// ```
pub struct Combining<T, C: Combiner = Correct> {
    slots: Box<[Slot<T>]>,
    /// The slots whose requests wait, a bit for each.
    asked: Padded<AtomicU32>,
    /// Whether there is a combiner.
    locked: Padded<AtomicBool>,
    heap: UnsafeCell<Heap<T>>,
    combiner: PhantomData<C>,
}

/// A request that waits to be served, or null.
#[repr(align(128))]
struct Slot<T>(AtomicPtr<Request<T>>);

/// Keeps who asks off the cache line of who serves.
#[repr(align(128))]
struct Padded<T>(T);

/// What a thread wants, and then what came of it.
struct Request<T>(UnsafeCell<Job<T>>);

enum Job<T> {
    Push(T),
    Pop,
    Served(Answer<T>),
}

/// The item of a pop; or the panic of a comparison.
type Answer<T> = Result<Option<T>, Box<dyn Any + Send>>;

// SAFETY: a request is touched by its combiner alone while it is published, and its items go from thread to
// thread, which `T: Send` allows. The heap is behind a lock.
unsafe impl<T: Send, C: Combiner> Sync for Combining<T, C> {}
// SAFETY: no request outlives its thread's call, and `T: Send`.
unsafe impl<T: Send, C: Combiner> Send for Combining<T, C> {}

impl<T: Ord + Send, C: Combiner> Combining<T, C> {
    /// Slots: natively more than most machines have cores, and as many as the map has bits; under an engine each is an object.
    /// Threads beyond that wait for a free one.
    const SLOTS: (usize, usize) = (32, 4);

    /// So often a thread looks in a row whether it was served, before it offers its core to the combiner.
    const LOOKS: u32 = 1_000;

    /// An empty queue.
    pub fn new() -> Self {
        let slots = if sync::is_modelled() { Self::SLOTS.1 } else { Self::SLOTS.0 };
        let slot = |i| Slot(AtomicPtr::new(null_mut()).named(format_args!("slot {i}")));
        Self {
            slots: (0..slots).map(slot).collect(),
            asked: Padded(AtomicU32::new(0).named(format_args!("asked"))),
            locked: Padded(AtomicBool::new(false).named(format_args!("locked"))),
            heap: UnsafeCell::new(Heap::new()).named(format_args!("heap")),
            combiner: PhantomData,
        }
    }

    /// Puts an item in.
    ///
    /// # Panics
    /// If a comparison of items panics. The item is in the queue all the same.
    #[inline]
    pub fn push(&self, item: T) {
        self.ask(Job::Push(item));
    }

    /// Takes the least item out; `None` where there is none.
    ///
    /// # Panics
    /// If a comparison of items panics. Then nothing was taken out.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        self.ask(Job::Pop)
    }

    /// Has the job done, by this thread or another.
    #[inline]
    fn ask(&self, job: Job<T>) -> Option<T> {
        let request = Request(UnsafeCell::new(job).named(format_args!("request")));
        let alone = self.try_combine(|heap| request.serve::<C>(heap));
        if !alone {
            self.wait(&request);
        }
        request.answer().unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Publishes the request and waits until it is served.
    #[cold]
    fn wait(&self, request: &Request<T>) {
        let slot = self.publish(request);
        // Woken by nobody: a combiner empties the slot, or leaves the lock to us.
        hint::spin_until(Self::LOOKS, || slot.is_served(request) || self.try_combine(|_| ()));
    }

    /// If nobody else is the combiner: does its own work, and then serves everybody who asks.
    #[inline]
    fn try_combine(&self, own: impl FnOnce(&mut Heap<T>)) -> bool {
        // Ordering: Acquire is for the Release store of the last combiner: we see the heap as it left it.
        let locked = self.locked.0.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
        if locked.is_err() {
            return false;
        }
        self.heap.with_mut(|heap| {
            // SAFETY: the pointer is valid for the call, and we have the lock.
            let heap = unsafe { &mut *heap };
            own(heap);
            self.combine(heap);
        });
        // No panic leaves the combiner. Ordering: Release is for the Acquire above.
        self.locked.0.store(false, Ordering::Release);
        true
    }

    /// Puts the request into a free slot, beginning with the thread's own.
    fn publish(&self, request: &Request<T>) -> &Slot<T> {
        let place = thread::place();
        for i in 0.. {
            if i > 0 && i % self.slots.len() == 0 {
                // All are taken: woken by nobody, a combiner empties one.
                hint::spin_loop();
            }
            let number = (place + i) % self.slots.len();
            let slot = &self.slots[number];
            if slot.take(request) {
                // Ordering: Release is for the Acquire in `combine`: the request is complete, and in its slot.
                self.asked.0.fetch_or(1 << number, Ordering::Release);
                return slot;
            }
        }
        unreachable!("more rounds than there are numbers")
    }

    /// Serves everybody who asks.
    #[inline]
    fn combine(&self, heap: &mut Heap<T>) {
        // Relaxed: whom we do not see yet finds the lock free, or another combiner.
        if self.asked.0.load(Ordering::Relaxed) != 0 {
            self.serve_all(heap);
        }
    }

    #[cold]
    fn serve_all(&self, heap: &mut Heap<T>) {
        // Ordering: Acquire is for the Release in `publish`: the requests are in their slots.
        let asked = match C::CLEARS_FIRST {
            true => self.asked.0.swap(0, Ordering::Acquire),
            false => self.asked.0.load(Ordering::Acquire),
        };
        let served = C::serves(asked, self.slots.len());
        for (_, slot) in self.slots.iter().enumerate().filter(|(number, _)| served >> number & 1 == 1) {
            // SAFETY: a request whose bit is set stays where it is until its slot is emptied, which only we can do.
            // Relaxed: the bit says that it is there.
            let request = unsafe { slot.0.load(Ordering::Relaxed).as_ref() };
            if let Some(request) = request {
                request.serve::<C>(heap);
                slot.0.store(null_mut(), C::SERVED);
            }
        }
        if !C::CLEARS_FIRST {
            self.asked.0.fetch_and(!asked, Ordering::Relaxed);
        }
    }
}

impl<T> Slot<T> {
    fn take(&self, request: &Request<T>) -> bool {
        let request = std::ptr::from_ref(request).cast_mut();
        // Relaxed: that the request is complete its bit says.
        self.0.compare_exchange(null_mut(), request, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    fn is_served(&self, request: &Request<T>) -> bool {
        // Ordering: Acquire is for the combiner's Release: the answer is complete. Another request in the slot
        // means that ours is served too: its exchange goes on with what the combiner has released.
        !std::ptr::eq(self.0.load(Ordering::Acquire), request)
    }
}

impl<T: Ord> Request<T> {
    /// Does what is wanted. The request is the caller's own, or published, and the caller its combiner.
    fn serve<C: Combiner>(&self, heap: &mut Heap<T>) {
        // SAFETY: the pointer is valid for the call, and nobody else touches the request now.
        self.0.with_mut(|job| unsafe { (*job).serve::<C>(heap) });
    }

    /// What came of it, once it is served.
    fn answer(self) -> Answer<T> {
        // SAFETY: the pointer is valid for the call, and a served request is its thread's.
        match self.0.with_mut(|job| std::mem::replace(unsafe { &mut *job }, Job::Pop)) {
            Job::Served(answer) => answer,
            _ => unreachable!("the request is served"),
        }
    }
}

impl<T: Ord> Job<T> {
    fn serve<C: Combiner>(&mut self, heap: &mut Heap<T>) {
        let job = std::mem::replace(self, Self::Pop);
        let does = || match job {
            Self::Push(item) => {
                heap.push(item);
                None
            }
            _ => C::pop(heap),
        };
        // A panic leaves the heap with all its items, and disordered, which it knows.
        *self = Self::Served(catch_unwind(AssertUnwindSafe(does)));
    }
}

impl<T: Ord + Send, C: Combiner> Default for Combining<T, C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Ord + Send + 'static, C: Combiner> TryQueue<T> for Combining<T, C> {
    const ORDER: Order = Order::Priority;

    fn with_capacity(_capacity: usize) -> Self {
        Self::new()
    }

    #[inline]
    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.push(item);
        Ok(())
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        self.pop()
    }
}

impl<T, C: Combiner> fmt::Debug for Combining<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Combining").field("slots", &self.slots.len()).finish_non_exhaustive()
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
        let queue = <Combining<u32>>::new();
        assert_eq!(queue.pop(), None);
        for round in 0..300 {
            (0..3).for_each(|i| queue.push(3 * round + i));
            assert_eq!(
                [(); 4].map(|()| queue.pop()),
                [Some(3 * round), Some(3 * round + 1), Some(3 * round + 2), None]
            );
        }
    }

    #[test]
    fn nothing_lost() {
        for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 4)] {
            let scenario = exchange(Waiting::Tries, 4, &vec![60; producers], consumers);
            port::try_queue::harness::<Combining<Item>>().program(scenario).run().unwrap();
        }
    }

    #[test]
    fn drops() {
        let value = Arc::new(());
        let queue = <Combining<_>>::new();
        (0..300).for_each(|_| queue.push(value.clone()));
        (0..200).for_each(|_| drop(queue.pop()));
        assert_eq!(Arc::strong_count(&value), 101);
        drop(queue);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
