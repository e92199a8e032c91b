//! The bounded lock-free stack on an arena, whose nodes are used again at once.
//!
//! All nodes are made beforehand and named by an index. Two lists share them: the full ones, newest first, and the
//! free ones. A push moves a node from the second to the first, a pop back, so a node that has just gone may come
//! back as the first of its list, with another successor. A thread that has read the old successor must not
//! succeed then (ABA): beside the index the head of a list has a *tag*, which counts the nodes that were taken.
//!
//! Invariant: a node is in one list, or in the hands of one thread; a node of the full list holds an item.
//!
//! What it does not do: a thread that has a node in its hands hides it, so a push may find no room although the
//! items are fewer than the nodes. The tag wraps around after 2³² takings: a thread that sleeps through exactly
//! so many is fooled.
//!
//! Source: R. Kent Treiber, "Systems programming: coping with parallelism", 1986; the tag is that of IBM's
//! System/370 "Principles of Operation", 1983, appendix A, for free-pool lists.

use crate::port::{Full, Order, TryQueue};
use crate::sync::UnsafeCell;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::fmt;
use std::marker::PhantomData;

/// What becomes of the tag when a node is taken.
///
/// It has a name of its own so that the twins in [`broken`](crate::model::threads::broken) can differ in just that.
pub trait Tagging: Send + Sync + 'static {
    /// The next tag.
    fn next(tag: u32) -> u32;
}

/// It counts.
#[derive(Debug)]
pub struct Counting;

impl Tagging for Counting {
    fn next(tag: u32) -> u32 {
        tag.wrapping_add(1)
    }
}

/// A last-in first-out stack with room for a fixed number of items.
///
/// ```
/// use refectory::model::threads::lockfree::arena::Arena;
/// use refectory::port::{Full, TryQueue};
///
/// let stack = <Arena<char>>::new(2);
/// assert_eq!(stack.try_push('a'), Ok(()));
/// assert_eq!(stack.try_push('b'), Ok(()));
/// assert_eq!(stack.try_push('c'), Err(Full('c')));
/// assert_eq!(stack.try_pop(), Some('b'));
/// ```
pub struct Arena<T, G: Tagging = Counting> {
    nodes: Box<[Node<T>]>,
    full: AtomicU64,
    free: AtomicU64,
    tagging: PhantomData<G>,
}

struct Node<T> {
    /// The index of the next node of the list; [`NONE`] at its end.
    next: AtomicU32,
    item: UnsafeCell<Option<T>>,
}

/// No node.
const NONE: u32 = u32::MAX;

/// The head of a list: a tag, and the index of the first node.
#[derive(Clone, Copy)]
struct Head {
    tag: u32,
    first: u32,
}

impl Head {
    fn of(bits: u64) -> Self {
        Self { tag: (bits >> 32) as u32, first: bits as u32 }
    }

    fn bits(self) -> u64 {
        u64::from(self.tag) << 32 | u64::from(self.first)
    }
}

// SAFETY: an item is touched only by the thread that has its node in hand, and goes from thread to thread, which
// `T: Send` allows.
unsafe impl<T: Send, G: Tagging> Sync for Arena<T, G> {}

impl<T, G: Tagging> Arena<T, G> {
    /// An empty stack with room for `capacity` items.
    ///
    /// # Panics
    /// If `capacity` is not less than 2³² − 1.
    pub fn new(capacity: usize) -> Self {
        let last = u32::try_from(capacity).ok().filter(|&capacity| capacity != NONE);
        let nodes = last.expect("an index has 32 bits");
        let next = |i| if i + 1 < nodes { i + 1 } else { NONE };
        let node = |i| Node {
            next: AtomicU32::new(next(i)).named(format_args!("next {i}")),
            item: UnsafeCell::new(None).named(format_args!("item {i}")),
        };
        let head = |first| AtomicU64::new(Head { tag: 0, first }.bits());
        Self {
            nodes: (0..nodes).map(node).collect(),
            full: head(NONE).named(format_args!("full")),
            free: head(if nodes > 0 { 0 } else { NONE }).named(format_args!("free")),
            tagging: PhantomData,
        }
    }

    /// Takes the first node of a list.
    fn take(&self, list: &AtomicU64) -> Option<u32> {
        // Ordering: Acquire is for the Release in `put`: who had the node in hand is done with it.
        let mut bits = list.load(Ordering::Acquire);
        loop {
            let Head { tag, first } = Head::of(bits);
            let node = self.nodes.get(first as usize)?;
            // Relaxed: if the node is not the first any more this is some index, and the exchange fails.
            let rest = Head { tag: G::next(tag), first: node.next.load(Ordering::Relaxed) };
            // Relaxed on success: the Release of each `put` reaches later loads through our exchange.
            match list.compare_exchange_weak(bits, rest.bits(), Ordering::Relaxed, Ordering::Acquire) {
                Ok(_) => return Some(first),
                Err(found) => bits = found,
            }
        }
    }

    /// Makes the node that the caller has in hand the first of a list.
    fn put(&self, list: &AtomicU64, index: u32) {
        let node = &self.nodes[index as usize];
        // Relaxed: we do not look into the node that we find.
        let mut bits = list.load(Ordering::Relaxed);
        loop {
            let Head { tag, first } = Head::of(bits);
            // Relaxed: the exchange publishes it.
            node.next.store(first, Ordering::Relaxed);
            let head = Head { tag, first: index };
            // Ordering: Release is for the Acquire loads in `take`: the item is in, or out.
            match list.compare_exchange_weak(bits, head.bits(), Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(found) => bits = found,
            }
        }
    }
}

impl<T: Send + 'static, G: Tagging> TryQueue<T> for Arena<T, G> {
    const ORDER: Order = Order::Lifo;
    const FAILS_UNDER_CONTENTION: bool = true;

    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        let Some(node) = self.take(&self.free) else { return Err(Full(item)) };
        // SAFETY: the pointer is valid for the call, and the node is in our hands.
        self.nodes[node as usize].item.with_mut(|slot| unsafe { *slot = Some(item) });
        self.put(&self.full, node);
        Ok(())
    }

    fn try_pop(&self) -> Option<T> {
        let node = self.take(&self.full)?;
        // SAFETY: the pointer is valid for the call, and the node is in our hands.
        let item = self.nodes[node as usize].item.with_mut(|slot| unsafe { (*slot).take() });
        self.put(&self.free, node);
        item
    }
}

impl<T, G: Tagging> fmt::Debug for Arena<T, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("capacity", &self.nodes.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn len_empty_full() {
        let stack = <Arena<u32>>::new(3);
        for _ in 0..3 {
            for i in 0..3 {
                assert_eq!(stack.try_push(i), Ok(()));
            }
            assert_eq!(stack.try_push(9), Err(Full(9)));
            assert_eq!([(); 4].map(|()| stack.try_pop()), [Some(2), Some(1), Some(0), None]);
        }
    }

    #[test]
    fn drops() {
        let value = Arc::new(());
        let stack = <Arena<_>>::new(4);
        for _ in 0..3 {
            stack.try_push(value.clone()).unwrap();
        }
        drop(stack.try_pop());
        assert_eq!(Arc::strong_count(&value), 3);
        drop(stack);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
