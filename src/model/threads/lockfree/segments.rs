//! The unbounded lock-free queue whose list has a segment of slots in each node.
//!
//! The list is that of [Michael and Scott's queue](crate::model::threads::lockfree::michael_scott): `head` points to the first
//! segment, `tail` to the last one or to the one before it, and segments are protected by
//! [hazard pointers](crate::model::threads::lockfree::hazard). Within a segment a slot is used once:
//!
//! | state of the slot | then | who makes it so |
//! |-------------------|------|-----------------|
//! | empty             |      |                 |
//! | full              | for a pop to take the item out | the push to which the slot was given |
//! | void              | for nobody: its push looks for another slot | a pop that would not wait for the push |
//!
//! A push is given the next slot by one `fetch_add`, writes its item and exchanges the state. A pop takes the first slot that
//! is full by one exchange of `taken`. If that slot is empty, and was given to a push, the push is under way: the pop makes the
//! slot void and goes on, so that nobody waits for anybody. Where the slots are all given, a push adds a segment that has its item
//! in already: pops can make slots void no longer than that. Allocation, and the exchange of `head` and `tail`, are paid once
//! a segment.
//!
//! Invariant: `taken ≤ given`; a slot before `taken` is full or void, and a slot's item is touched by its push until
//! the slot is full, and by the one pop that has moved `taken` past it then.
//!
//! A pop finds nothing only where nothing is in. It reads `given` after it has found its slot empty, so where that is no
//! more than `taken` the two were equal, and no later segment is begun before all slots of this one are given.
//!
//! What it does not do: use a segment again at once. One that its last item has left is [retired](super::hazard), and of what is
//! given back each thread keeps some for its next segments.
//!
//! Source: Pedro Ramalhete, Andreia Correia, "FAAArrayQueue – MPMC lock-free queue", 2016, which goes back to Adam Morrison,
//! Yehuda Afek, "Fast concurrent queues for x86 processors", 2013, for the slots that are given by `fetch_add` and made void. Its
//! pops are given their slots likewise, and spoil one each where nothing is in; that ours look first, and take a slot
//! by an exchange, is as in Dmitry Vyukov, "Bounded MPMC queue", 1024cores.net, 2010.

use crate::model::threads::lockfree::hazard::{self, Domain, Guard, Node, Protection};
use crate::port::{Full, TryQueue};
use crate::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};
use crate::sync::{self, UnsafeCell, hint};
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

/// How an item goes through its slot.
///
/// It has a name of its own so that the twins in [`broken`](crate::model::threads::lockfree::broken::segments) can differ in just that.
pub trait Filling: Send + Sync + 'static {
    /// How segments are protected.
    type Protection: Protection;
    /// Slots of a segment, natively and under an engine.
    const SLOTS: (usize, usize) = (64, 2);
    /// A push's exchange of the state, after it has written the item.
    const FILL: Ordering = Ordering::Release;
    /// A pop's load of the state, before it takes the item.
    const LOOK: Ordering = Ordering::Acquire;
    /// Whether a push looks if its slot has been made void.
    const MINDS_VOID: bool = true;
    /// Whether a pop goes past a push that is under way. One that does not says that nothing is in.
    const GOES_PAST: bool = true;
}

/// The right way.
///
/// Ordering: the pop's Acquire load reads from the push's Release exchange, so the item that was written before the
/// exchange is visible after the load.
#[derive(Debug)]
pub struct Correct;

impl Filling for Correct {
    type Protection = hazard::Correct;
}

/// The same with one slot a segment under an engine, where segments come and go.
#[derive(Debug)]
pub struct OneSlot;

impl Filling for OneSlot {
    type Protection = hazard::Correct;
    const SLOTS: (usize, usize) = (64, 1);
}

/// An unbounded first-in first-out queue.
///
/// ```
/// use refectory::model::threads::lockfree::segments::Segments;
///
/// let queue = <Segments<char>>::new();
/// queue.push('a');
/// queue.push('b');
/// assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some('a'), Some('b'), None));
/// ```
pub struct Segments<T, F: Filling = Correct> {
    head: Padded<AtomicPtr<Node<Segment<T>>>>,
    tail: Padded<AtomicPtr<Node<Segment<T>>>>,
    nodes: Domain<Segment<T>, 1, F::Protection>,
    filling: PhantomData<F>,
}

/// Keeps producers and consumers off each other's cache lines.
#[repr(align(128))]
struct Padded<T>(T);

/// So many slots, and where the next ones are.
struct Segment<T> {
    /// Slots that were given to pushes; it counts on when there is none left.
    given: Padded<AtomicUsize>,
    /// Slots that pops are done with.
    taken: Padded<AtomicUsize>,
    slots: Box<[Slot<T>]>,
    next: AtomicPtr<Node<Self>>,
}

/// Where a segment is.
type Link<T> = *mut Node<Segment<T>>;

struct Slot<T> {
    /// [`EMPTY`], [`FULL`] or [`VOID`].
    state: AtomicU8,
    item: UnsafeCell<MaybeUninit<T>>,
}

const EMPTY: u8 = 0;
const FULL: u8 = 1;
const VOID: u8 = 2;

/// So many retired segments are worth a scan: its fence takes a microsecond or two, which is then a few nanoseconds an item. Under
/// an engine each has one.
const SCANS_AT: (usize, usize) = (16, 1);

/// So often a pop looks whether a push that is under way has filled its slot. A push that is not interrupted takes a few
/// nanoseconds.
const PATIENCE: u32 = 64;

/// What a pop found in a segment.
enum Found<T> {
    Item(T),
    /// Nothing is in, and there are slots left.
    Nothing,
    /// Pops are done with all slots.
    Spent,
}

// SAFETY: an item is touched by the push that has the slot, and then by the pop that has taken it; `T: Send` lets it go from
// thread to thread.
unsafe impl<T: Send> Sync for Segment<T> {}
// SAFETY: the segment owns its items, and `T: Send`.
unsafe impl<T: Send> Send for Segment<T> {}

impl<T: Send, F: Filling> Segments<T, F> {
    /// An empty queue.
    pub fn new() -> Self {
        let first = Node::new(Segment::new::<F>());
        Self {
            head: Padded(AtomicPtr::new(first).named(format_args!("head"))),
            tail: Padded(AtomicPtr::new(first).named(format_args!("tail"))),
            nodes: Domain::scanning_at(SCANS_AT),
            filling: PhantomData,
        }
    }

    /// Puts an item in.
    #[inline]
    pub fn push(&self, item: T) {
        let mut last = self.nodes.protect(&self.tail.0).expect("there is always a segment");
        let mut item = item;
        while let Err(back) = last.body().put::<F>(item) {
            match self.lengthen(&mut last, back) {
                Ok(()) => return,
                Err(back) => item = back,
            }
        }
    }

    /// Takes the oldest item out; `None` where there is none.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        let mut first = self.nodes.protect(&self.head.0).expect("there is always a segment");
        loop {
            match first.body().take::<F>() {
                Found::Item(item) => return Some(item),
                Found::Nothing => return None,
                Found::Spent if self.shorten(&mut first) => {}
                Found::Spent => return None,
            }
        }
    }

    /// Adds a segment with the item after the last one, whose slots are all given. Where another thread was faster it turns to
    /// that one's segment, and gives the item back.
    #[cold]
    fn lengthen(&self, last: &mut Guard<'_, Segment<T>, 1, F::Protection>, item: T) -> Result<(), T> {
        // Ordering: Acquire is for the Release in `add`: the segment is complete, and our exchange of `tail` publishes it once more.
        let next = last.body().next.load(Ordering::Acquire);
        let added = if next.is_null() { self.add(last.body(), item) } else { Err((next, item)) };
        let (next, left) = match added {
            Ok(new) => (new, None),
            Err((next, item)) => (next, Some(item)),
        };
        let now = Self::advance(&self.tail.0, last.node(), next);
        left.map_or(Ok(()), |item| {
            last.turn_to(&self.tail.0, now.map_or_else(|now| now, |_| next));
            Err(item)
        })
    }

    /// Adds a segment with the item after this one, unless another thread does: then tells of that one.
    fn add(&self, last: &Segment<T>, item: T) -> Result<Link<T>, (Link<T>, T)> {
        let new = match self.nodes.spare() {
            Some(spare) => spare.renewed(|segment| segment.begin_again(item)),
            None => Node::new(Segment::beginning_with::<F>(item)),
        };
        // Ordering: Release is for the Acquire loads of `next`: the segment is complete. Acquire where another thread was faster,
        // as there.
        match last.next.compare_exchange(null_mut(), new, Ordering::Release, Ordering::Acquire) {
            Ok(_) => Ok(new),
            Err(next) => {
                // SAFETY: nobody else has seen it.
                let mut unseen = unsafe { Node::free(new) };
                Err((next, unseen.left().next().expect("the item is in")))
            }
        }
    }

    /// Turns from the first segment, which is spent, to the next one, and retires it if it was us who unlinked it; false where
    /// there is no next one.
    #[cold]
    fn shorten(&self, first: &mut Guard<'_, Segment<T>, 1, F::Protection>) -> bool {
        let node = first.node();
        // Ordering: Acquire is for the Release in `add`: the segment is complete, and our exchange of `head` publishes it once more.
        let next = first.body().next.load(Ordering::Acquire);
        if next.is_null() {
            return false;
        }
        let now = Self::advance(&self.head.0, node, next);
        if now.is_ok() {
            self.leave_tail(node, next);
            // SAFETY: neither `head` nor `tail` points to the node, nor will again, and we have unlinked it.
            unsafe { first.retire(node) };
        }
        first.turn_to(&self.head.0, now.map_or_else(|now| now, |_| next))
    }

    /// Moves `head` or `tail` on to the next segment, unless somebody else did: then tells where it points.
    fn advance(end: &AtomicPtr<Node<Segment<T>>>, node: Link<T>, next: Link<T>) -> Result<Link<T>, Link<T>> {
        // Ordering: Release is for the Acquire look of `turn_to` at the same end: `next` is complete. Relaxed on failure: who
        // looks into what it finds turns to it first.
        end.compare_exchange(node, next, Ordering::Release, Ordering::Relaxed)
    }

    /// Makes sure that `tail` does not point to the segment that is about to be retired.
    fn leave_tail(&self, node: Link<T>, next: Link<T>) {
        // Relaxed: we do not look into what we find.
        if self.tail.0.load(Ordering::Relaxed) == node {
            let _ = Self::advance(&self.tail.0, node, next);
        }
    }
}

impl<T> Segment<T> {
    fn new<F: Filling>() -> Self {
        let slots = if sync::is_modelled() { F::SLOTS.1 } else { F::SLOTS.0 };
        Self::with(0, (0..slots).map(|number| Slot::with(number, None)).collect())
    }

    /// A segment with this item in it.
    fn beginning_with<F: Filling>(item: T) -> Self {
        let slots = if sync::is_modelled() { F::SLOTS.1 } else { F::SLOTS.0 };
        let mut item = Some(item);
        Self::with(1, (0..slots).map(|number| Slot::with(number, item.take())).collect())
    }

    fn with(given: usize, slots: Box<[Slot<T>]>) -> Self {
        Self {
            given: Padded(AtomicUsize::new(given).named(format_args!("given"))),
            taken: Padded(AtomicUsize::new(0).named(format_args!("taken"))),
            slots,
            next: AtomicPtr::new(null_mut()).named(format_args!("next")),
        }
    }

    /// Makes a spent segment one with this item in it.
    fn begin_again(&mut self, item: T) {
        (*self.given.0.get_mut(), *self.taken.0.get_mut()) = (1, 0);
        *self.next.get_mut() = null_mut();
        self.slots.iter_mut().for_each(|slot| *slot.state.get_mut() = EMPTY);
        self.slots[0].item.get_mut().write(item);
        *self.slots[0].state.get_mut() = FULL;
    }

    /// Puts the item into the next slot that is given to us and not made void; gives it back where there is none left.
    #[inline]
    fn put<F: Filling>(&self, mut item: T) -> Result<(), T> {
        loop {
            // Relaxed: it only hands out numbers, and publishes nothing.
            let Some(slot) = self.slots.get(self.given.0.fetch_add(1, Ordering::Relaxed)) else {
                return Err(item);
            };
            match slot.fill::<F>(item) {
                Ok(()) => return Ok(()),
                Err(back) => item = back,
            }
        }
    }

    /// Takes the first item out.
    #[inline]
    fn take<F: Filling>(&self) -> Found<T> {
        loop {
            // Relaxed throughout for `taken`: it publishes nothing, the state of each slot does.
            let at = self.taken.0.load(Ordering::Relaxed);
            let Some(slot) = self.slots.get(at) else { return Found::Spent };
            let mut state = slot.state.load(F::LOOK);
            if state == EMPTY {
                // Relaxed: a push that has come before us in any way is in what we find. See above for what it says.
                if self.given.0.load(Ordering::Relaxed) <= at || !F::GOES_PAST {
                    return Found::Nothing;
                }
                state = slot.settle::<F>();
            }
            let claimed = self.taken.0.compare_exchange(at, at + 1, Ordering::Relaxed, Ordering::Relaxed);
            if claimed.is_ok() && state == FULL {
                // SAFETY: the slot is full, and it is us who moved `taken` past it.
                return Found::Item(unsafe { slot.read() });
            }
        }
    }

    /// The items that nobody took out.
    fn left(&mut self) -> impl Iterator<Item = T> {
        let taken = *self.taken.0.get_mut();
        let full = self.slots.iter_mut().skip(taken).filter_map(|slot| {
            // SAFETY: the slot is full, nobody has taken its item, and nobody else is left.
            (*slot.state.get_mut() == FULL).then(|| unsafe { slot.read() })
        });
        full.collect::<Vec<_>>().into_iter()
    }
}

impl<T> Slot<T> {
    /// The slot of this number, with this in it.
    fn with(number: usize, item: Option<T>) -> Self {
        let state = if item.is_some() { FULL } else { EMPTY };
        let item = item.map_or_else(MaybeUninit::uninit, MaybeUninit::new);
        Self {
            state: AtomicU8::new(state).named(format_args!("state {number}")),
            item: UnsafeCell::new(item).named(format_args!("slot {number}")),
        }
    }

    /// Puts the item into the slot that was given to the caller; gives it back where the slot was made void.
    #[inline]
    fn fill<F: Filling>(&self, item: T) -> Result<(), T> {
        // SAFETY: the pointer is valid for the call, and as long as the slot is not full it is ours.
        self.item.with_mut(|place| unsafe { (*place).write(item) });
        // Relaxed on failure: nothing was written by whoever made the slot void.
        match self.state.compare_exchange(EMPTY, FULL, F::FILL, Ordering::Relaxed) {
            // SAFETY: we have just written it, and nobody takes an item out of a slot that is void.
            Err(_) if F::MINDS_VOID => Err(unsafe { self.read() }),
            _ => Ok(()),
        }
    }

    /// The state of an empty slot that was given to a push: full, if it is so soon, or else void.
    #[cold]
    fn settle<F: Filling>(&self) -> u8 {
        for _ in 0..hint::spins(PATIENCE) {
            match self.state.load(F::LOOK) {
                EMPTY => hint::spin_briefly(),
                state => return state,
            }
        }
        // Relaxed on success: we have nothing to say. On failure it is the look of a pop.
        self.state
            .compare_exchange(EMPTY, VOID, Ordering::Relaxed, F::LOOK)
            .map_or_else(|found| found, |_| VOID)
    }

    /// # Safety
    /// An item was written, and the caller is the only one to take it out.
    #[inline]
    unsafe fn read(&self) -> T {
        // SAFETY: the pointer is valid for the call; the rest is the caller's promise.
        self.item.with(|item| unsafe { (*item).assume_init_read() })
    }
}

impl<T: Send, F: Filling> Default for Segments<T, F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + 'static, F: Filling> TryQueue<T> for Segments<T, F> {
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

impl<T, F: Filling> Drop for Segments<T, F> {
    /// Drops the items that nobody took out, the rest of them even where the drop of one panics.
    fn drop(&mut self) {
        let mut items = Vec::new();
        let mut node = *self.head.0.get_mut();
        while !node.is_null() {
            // SAFETY: nobody else is left, and the node is in the list once.
            let mut segment = unsafe { Node::free(node) };
            items.extend(segment.left());
            node = segment.next.into_inner();
        }
    }
}

impl<T, F: Filling> fmt::Debug for Segments<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments").field("nodes", &self.nodes).finish_non_exhaustive()
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
        let queue = <Segments<u32>>::new();
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
    fn a_void_slot_is_passed_over() {
        let segment = Segment::new::<Correct>();
        segment.given.0.fetch_add(1, Ordering::Relaxed);
        assert!(
            matches!(segment.take::<Correct>(), Found::Nothing),
            "the push that is under way may still come"
        );
        assert_eq!(segment.slots[0].fill::<Correct>(7), Err(7));
        assert_eq!(segment.put::<Correct>(8), Ok(()));
        assert!(matches!(segment.take::<Correct>(), Found::Item(8)));
    }

    #[test]
    fn fifo_per_producer() {
        for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 4)] {
            let scenario = exchange(Waiting::Tries, 4, &vec![200; producers], consumers);
            port::try_queue::harness::<Segments<Item>>().program(scenario).run().unwrap();
        }
    }

    #[test]
    fn drops() {
        let value = Arc::new(());
        let queue = <Segments<_>>::new();
        (0..300).for_each(|_| queue.push(value.clone()));
        (0..200).for_each(|_| drop(queue.pop()));
        assert_eq!(Arc::strong_count(&value), 101);
        drop(queue);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
