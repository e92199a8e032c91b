//! The work-stealing deque: its owner pushes and pops at the bottom, thieves steal at the top.
//!
//! Positions count up for ever; position `p` lives in slot `p mod capacity`. Invariant: the items are those
//! at the positions from `top` up to `bottom`. Only the owner moves `bottom`; `top` only grows, and whoever
//! moves it by compare-and-exchange has the item. The owner needs that too for the last item, which is
//! all that it ever has to fight for.
//!
//! A full buffer is replaced by one of twice the size. A thief may still read the old one, so it is kept
//! until the deque is dropped: what is kept is smaller than the buffer in use, because sizes double. The deque
//! never shrinks.
//!
//! What is stored are [words](Word), by relaxed atomic operations: a thief may read a slot that the owner
//! overwrites. It then has a word that means nothing, fails to move `top`, and forgets the word.
//!
//! What it does not do: a thief's [`Steal::Retry`] says that another thread was faster, not that there is
//! nothing. And a thief takes one item at a time.
//!
//! Sources: David Chase and Yossi Lev, "Dynamic circular work-stealing deque", SPAA 2005; the orderings after
//! Nhat Minh Lê, Antoniu Pop, Albert Cohen, Francesco Zappa Nardelli, "Correct and efficient work-stealing
//! for weak memory models", PPoPP 2013; that a new buffer has to be released was found by Brian Norris and
//! Brian Demsky, "CDSchecker: checking concurrent data structures written with C/C++ atomics", OOPSLA 2013.

use super::Word;
use crate::port::{self, Steal};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr;

/// The steps on which the deque's correctness rests.
///
/// They have names so that each of the twins in [`broken`](crate::model::pool::deque::broken) can differ in one of them.
pub trait Protocol: Send + Sync + 'static {
    /// The owner fences between its store of an item and that of `bottom`.
    const PUSH_FENCE: bool = true;
    /// The owner fences between its store of `bottom` and its load of `top`.
    const POP_FENCE: bool = true;
    /// The owner's store of a new buffer.
    const NEW_BUFFER: Ordering = Ordering::Release;
    /// A thief reads the item only when it has moved `top`.
    const LATE_READ: bool = false;
    /// A thief chooses the buffer before it has looked at the positions.
    const EARLY_BUFFER: bool = false;
}

/// The right ones.
#[derive(Debug)]
pub struct ChaseLev;

impl Protocol for ChaseLev {}

/// The owner's end of a deque; last in, first out.
///
/// ```
/// use refectory::model::pool::deque::chase_lev::Worker;
/// use refectory::port::Steal;
///
/// let worker = <Worker<usize>>::new(2);
/// let stealer = worker.stealer();
/// (1..=3).for_each(|item| worker.push(item));
/// assert_eq!(worker.pop(), Some(3));
/// assert_eq!(stealer.steal(), Steal::Success(1));
/// ```
pub struct Worker<T: Word, P: Protocol = ChaseLev> {
    shared: Arc<Shared<T, P>>,
    /// The owner's copy of `bottom`, which nobody else changes.
    bottom: Cell<usize>,
    /// A `top` of the past: the present one is not smaller.
    top: Cell<usize>,
    /// The buffer in use.
    buffer: Cell<*const Buffer>,
}

/// A thief's end of a deque; first in, first out.
pub struct Stealer<T: Word, P: Protocol = ChaseLev> {
    shared: Arc<Shared<T, P>>,
}

struct Shared<T: Word, P> {
    top: Padded<AtomicUsize>,
    bottom: Padded<AtomicUsize>,
    buffer: AtomicPtr<Buffer>,
    /// It has items in it and is shared by threads; a word may be sent, and that is all that happens to it.
    holds: PhantomData<fn() -> (T, P)>,
}

/// Keeps owner and thieves off each other's cache lines, which current x86 processors fetch in pairs.
#[repr(align(128))]
struct Padded<T>(T);

struct Buffer {
    slots: Box<[AtomicPtr<()>]>,
    /// The one that this one replaced; null for the first.
    older: *mut Buffer,
    /// Whoever forgets a buffer leaks this, which an engine sees.
    #[cfg(feature = "instrumented")]
    _owner: Arc<()>,
}

// SAFETY: what it points to (the buffers) is reached by `&self` as long as the shared part lives, of which
// it owns a part; the copies are its own, and are not shared: cells are not `Sync`.
unsafe impl<T: Word, P: Protocol> Send for Worker<T, P> {}

impl<T: Word, P: Protocol> Worker<T, P> {
    /// An empty deque with room for so many items, at least 1, rounded up to a power of two; it grows.
    pub fn new(capacity: usize) -> Self {
        Self::starting_at(0, capacity)
    }

    /// A deque whose first item gets this position.
    pub(crate) fn starting_at(first: usize, capacity: usize) -> Self {
        let buffer = Buffer::replacing(ptr::null_mut(), capacity.max(1).next_power_of_two());
        let shared = Shared {
            top: Padded(AtomicUsize::new(first).named(format_args!("top"))),
            bottom: Padded(AtomicUsize::new(first).named(format_args!("bottom"))),
            buffer: AtomicPtr::new(buffer).named(format_args!("buffer")),
            holds: PhantomData,
        };
        let [bottom, top] = [first; 2].map(Cell::new);
        Self { shared: Arc::new(shared), bottom, top, buffer: Cell::new(buffer) }
    }

    /// Another thief's end.
    pub fn stealer(&self) -> Stealer<T, P> {
        Stealer { shared: Arc::clone(&self.shared) }
    }

    /// Puts an item in, at the bottom.
    #[inline]
    pub fn push(&self, item: T) {
        self.make_room();
        let bottom = self.bottom.get();
        self.buffer().slot(bottom).store(item.into_word(), Ordering::Relaxed);
        if P::PUSH_FENCE {
            // Ordering: with this fence every later store of `bottom`, also one in `pop`, is read by the
            // Acquire load in `steal`: the item, its word and the buffer are then visible to the thief.
            fence(Ordering::Release);
        }
        self.set_bottom(bottom.wrapping_add(1));
    }

    /// Takes the item out that was put in last; `None` where there is none.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        if self.bottom == self.top {
            // `top` does not pass `bottom`. What follows would come to the same, but for the cost of the fence.
            return None;
        }
        let bottom = self.bottom.get().wrapping_sub(1);
        self.set_bottom(bottom);
        if P::POP_FENCE {
            // Ordering: SeqCst because each side stores its own position and then loads that of the other,
            // and one of the two has to see the other's store. The partner is the fence in `steal`: if it
            // comes later, that thief sees this `bottom`; if earlier, `top` is seen here as it was there.
            fence(Ordering::SeqCst);
        }
        // Ordering: Acquire, for the copy that `make_room` trusts.
        let top = self.shared.top.0.load(Ordering::Acquire);
        self.top.set(top);
        match bottom.wrapping_sub(top) as isize {
            ..0 => self.set_bottom(top),
            0 => {
                // The last item: thieves may want it too, and `top` decides. The deque is empty then.
                let taken = self.shared.take_top(top);
                self.set_bottom(top.wrapping_add(1));
                // SAFETY: `top` was moved over this position, by us.
                return taken.then(|| unsafe { self.take(top) });
            }
            // SAFETY: no thief takes what lies above `bottom`, nor will see an older `bottom`.
            _ => return Some(unsafe { self.take(bottom) }),
        }
        None
    }

    fn set_bottom(&self, bottom: usize) {
        self.bottom.set(bottom);
        // Relaxed: the fences in `push` and `pop` do the ordering.
        self.shared.bottom.0.store(bottom, Ordering::Relaxed);
    }

    /// # Safety
    /// The position has an item, and nobody else takes it.
    unsafe fn take(&self, position: usize) -> T {
        // Relaxed: the owner has written the slot itself.
        let word = self.buffer().slot(position).load(Ordering::Relaxed);
        // SAFETY: the owner has put the item's word there, and the caller says that nobody else turns it back.
        unsafe { T::from_word(word) }
    }

    fn buffer(&self) -> &Buffer {
        // SAFETY: the buffer lives as long as the shared part, of which `self` owns a part.
        unsafe { &*self.buffer.get() }
    }

    /// Sees to it that the slot at `bottom` is free.
    #[inline]
    fn make_room(&self) {
        let full = || self.bottom.get().wrapping_sub(self.top.get()) >= self.buffer().slots.len();
        if full() {
            // Ordering: Acquire reads from the exchange in `take_top`: the thief has read the word before the slot
            // is written again. Without it C11 lets the thief's read take its value from that write, which is
            // still to come. No engine shows that: under loom too a load reads from stores that have been made.
            self.top.set(self.shared.top.0.load(Ordering::Acquire));
            if full() {
                self.grow();
            }
        }
    }

    #[cold]
    fn grow(&self) {
        let old = self.buffer();
        let new = Buffer::replacing(self.buffer.get().cast_mut(), 2 * old.slots.len());
        self.buffer.set(new);
        let mut position = self.top.get();
        while position != self.bottom.get() {
            // Relaxed: a thief sees these stores by way of the next one.
            let word = old.slot(position).load(Ordering::Relaxed);
            self.buffer().slot(position).store(word, Ordering::Relaxed);
            position = position.wrapping_add(1);
        }
        // Ordering: Release is read by the Acquire load in `steal`: the slots and their words are visible to a
        // thief that does not yet see the `bottom` of the item for which there was no room.
        self.shared.buffer.store(new, P::NEW_BUFFER);
    }
}

impl<T: Word, P: Protocol> Stealer<T, P> {
    /// Takes the item out that was put in first.
    pub fn steal(&self) -> Steal<T> {
        let early = P::EARLY_BUFFER.then(|| self.shared.buffer());
        // Relaxed: the fence that follows acquires.
        let top = self.shared.top.0.load(Ordering::Relaxed);
        // Ordering: SeqCst, the partner of the fence in `pop`, which says why.
        fence(Ordering::SeqCst);
        // Ordering: Acquire, by way of the fence in `push`: the item, its word and its buffer are visible.
        let bottom = self.shared.bottom.0.load(Ordering::Acquire);
        if bottom.wrapping_sub(top) as isize <= 0 {
            return Steal::Empty;
        }
        // A buffer that is replaced from here on still has the item: nobody writes it any more.
        let buffer = early.unwrap_or_else(|| self.shared.buffer());
        // Relaxed: if the owner overwrites the slot, `top` has moved and the word is forgotten.
        let read = || buffer.slot(top).load(Ordering::Relaxed);
        let word = (!P::LATE_READ).then(read);
        if !self.shared.take_top(top) {
            return Steal::Retry;
        }
        // SAFETY: `top` was moved over this position, by us, and until then the slot had its word.
        Steal::Success(unsafe { T::from_word(word.unwrap_or_else(read)) })
    }
}

impl<T: Word, P: Protocol> Stealer<T, P> {
    /// Whether there was no item. Who sleeps on the answer fences first.
    pub fn is_empty(&self) -> bool {
        // Relaxed: an answer, and no access to an item.
        let top = self.shared.top.0.load(Ordering::Relaxed);
        self.shared.bottom.0.load(Ordering::Relaxed).wrapping_sub(top) as isize <= 0
    }
}

impl<T: Word, P> Shared<T, P> {
    /// Moves `top` on, unless another thread has.
    #[inline]
    fn take_top(&self, top: usize) -> bool {
        // Ordering: its Release part is read by the Acquire loads of `top` by the owner; see `make_room`. SeqCst as
        // the proof of Lê et al. asks, by the axioms of C11: there a thief that reads this `top` before its fence does
        // not yet make the owner see it after its own. Since C++20 fences order such reads too, and Release would do;
        // no engine here, and no x86 processor, tells the two apart.
        let next = top.wrapping_add(1);
        self.top.0.compare_exchange(top, next, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    fn buffer(&self) -> &Buffer {
        // Ordering: Acquire reads from the Release store in `grow`: the slots and their words are visible.
        let buffer = self.buffer.load(Ordering::Acquire);
        // SAFETY: no buffer is freed before the shared part is dropped.
        unsafe { &*buffer }
    }
}

impl Buffer {
    /// A buffer of so many empty slots, to be freed by whoever frees the last of the chain.
    fn replacing(older: *mut Self, capacity: usize) -> *mut Self {
        let empty = |i| AtomicPtr::new(ptr::null_mut()).named(format_args!("slot {i} of {capacity}"));
        Box::into_raw(Box::new(Self {
            slots: (0..capacity).map(empty).collect(),
            older,
            #[cfg(feature = "instrumented")]
            _owner: Arc::new(()),
        }))
    }

    #[inline]
    fn slot(&self, position: usize) -> &AtomicPtr<()> {
        // SAFETY: there are slots, so that what is left of the position is smaller than their number.
        unsafe { self.slots.get_unchecked(position & (self.slots.len() - 1)) }
    }
}

impl<T: Word, P> Drop for Shared<T, P> {
    /// Drops the items that nobody took out, and all buffers.
    fn drop(&mut self) {
        // Relaxed throughout: the drops of the other owners of the shared part come before this one.
        let bottom = self.bottom.0.load(Ordering::Relaxed);
        let mut top = self.top.0.load(Ordering::Relaxed);
        let mut chain = self.buffer.load(Ordering::Relaxed);
        while (bottom.wrapping_sub(top) as isize) > 0 {
            // SAFETY: buffers are freed below; between `top` and `bottom` are items that nobody else has.
            drop(unsafe { T::from_word((*chain).slot(top).load(Ordering::Relaxed)) });
            top = top.wrapping_add(1);
        }
        while !chain.is_null() {
            // SAFETY: each buffer of the chain was made by `replacing`, and nobody can reach it any more.
            chain = unsafe { Box::from_raw(chain) }.older;
        }
    }
}

impl<T: Word, P: Protocol> port::Deque<T> for Worker<T, P> {
    type Stealer = Stealer<T, P>;

    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn push(&self, item: T) {
        self.push(item);
    }

    fn pop(&self) -> Option<T> {
        self.pop()
    }

    fn stealer(&self) -> Stealer<T, P> {
        self.stealer()
    }
}

impl<T: Word, P: Protocol> port::Stealer<T> for Stealer<T, P> {
    fn steal(&self) -> Steal<T> {
        self.steal()
    }
}

impl<T: Word, P: Protocol> Clone for Stealer<T, P> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T: Word, P: Protocol> fmt::Debug for Worker<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("capacity", &self.buffer().slots.len()).finish_non_exhaustive()
    }
}

impl<T: Word, P: Protocol> fmt::Debug for Stealer<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stealer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoke() {
        let worker = <Worker<usize>>::new(1);
        worker.push(7);
        assert_eq!(worker.pop(), Some(7));
        worker.push(8);
        assert_eq!(worker.stealer().steal(), Steal::Success(8));
        assert_eq!(worker.pop(), None);
        assert_eq!(worker.stealer().steal(), Steal::Empty);
    }

    #[test]
    fn owner_pops_the_newest_thief_steals_the_oldest() {
        let worker = <Worker<usize>>::new(2);
        let thief = worker.stealer();
        for item in 0..10 {
            worker.push(item);
        }
        assert_eq!([(); 4].map(|()| worker.pop().unwrap()), [9, 8, 7, 6]);
        assert_eq!([(); 4].map(|()| thief.steal()), [0, 1, 2, 3].map(Steal::Success));
        assert_eq!((worker.pop(), worker.pop(), worker.pop()), (Some(5), Some(4), None));
        assert_eq!(thief.steal(), Steal::Empty);
    }

    #[test]
    fn grows_while_items_lie_across_the_end_of_the_buffer() {
        let worker = <Worker<usize>>::new(4);
        let thief = worker.stealer();
        for item in 0..3 {
            worker.push(item);
            assert_eq!(thief.steal(), Steal::Success(item));
        }
        for item in 3..12 {
            worker.push(item);
        }
        for item in 3..12 {
            assert_eq!(thief.steal(), Steal::Success(item));
        }
        assert_eq!(worker.pop(), None);
    }

    #[test]
    fn positions_wrap_around() {
        let worker = <Worker<usize>>::starting_at(usize::MAX - 2, 2);
        let thief = worker.stealer();
        for item in 0..8 {
            worker.push(item);
            worker.push(item + 100);
            worker.push(item + 200);
            assert_eq!(thief.steal(), Steal::Success(item));
            assert_eq!(
                (worker.pop(), worker.pop(), worker.pop()),
                (Some(item + 200), Some(item + 100), None)
            );
            assert_eq!(thief.steal(), Steal::Empty);
        }
    }

    #[test]
    fn drops() {
        let value = std::sync::Arc::new(());
        let worker = <Worker<Box<_>>>::new(1);
        for _ in 0..5 {
            worker.push(Box::new(value.clone()));
        }
        drop(worker.pop());
        let thief = worker.stealer();
        drop(thief.steal());
        assert_eq!(std::sync::Arc::strong_count(&value), 4);
        drop(worker);
        assert_eq!(std::sync::Arc::strong_count(&value), 4);
        drop(thief);
        assert_eq!(std::sync::Arc::strong_count(&value), 1);
    }
}
