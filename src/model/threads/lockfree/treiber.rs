//! The lock-free stack.
//!
//! The items are in a list whose first node is the newest. A push links a new node before the first, a pop
//! unlinks the first, each with one compare-and-exchange of `head`.
//!
//! Invariant: the nodes that can be reached from `head` hold an item each, and a node's `next` never changes
//! while it can be reached.
//!
//! A pop that has read the first node and its successor must not succeed where the first node went and came
//! back in between (ABA): the successor would be an old one. A node comes back only if its memory is used
//! again, and that [hazard pointers](crate::model::threads::lockfree::hazard) prevent for as long as anybody looks into it.
//!
//! What it does not do: back off. Threads that get in each other's way try again at once, and one of them
//! always succeeds; a single one may fail for ever.
//!
//! Source: R. Kent Treiber, "Systems programming: coping with parallelism", 1986; with hazard pointers as in
//! Maged M. Michael, "Hazard pointers: safe memory reclamation for lock-free objects", 2004, figure 6.

use crate::model::threads::lockfree::hazard::{Correct, Domain, Node, Protection};
use crate::port::{Full, Order, TryQueue};
use crate::sync::UnsafeCell;
use crate::sync::atomic::{AtomicPtr, Ordering};
use std::fmt;
use std::ptr::null_mut;

/// An unbounded last-in first-out stack.
///
/// ```
/// use refectory::model::threads::lockfree::treiber::Treiber;
///
/// let stack = <Treiber<char>>::new();
/// stack.push('a');
/// stack.push('b');
/// assert_eq!((stack.pop(), stack.pop(), stack.pop()), (Some('b'), Some('a'), None));
/// ```
pub struct Treiber<T, P: Protection = Correct> {
    head: AtomicPtr<Node<Link<T>>>,
    nodes: Domain<Link<T>, 1, P>,
}

/// So many retired nodes are worth a scan: its fence takes a microsecond or two, which is then a few nanoseconds a node. Under an
/// engine the second node of a thread has one.
const SCANS_AT: (usize, usize) = (512, 2);

struct Link<T> {
    /// Written before the node can be reached, and not afterwards.
    next: UnsafeCell<*mut Node<Self>>,
    /// Taken by whoever unlinks the node.
    item: UnsafeCell<Option<T>>,
}

// SAFETY: `next` is not written while it is shared, and the item is touched only by the thread that unlinked the
// node, to which `T: Send` lets it go.
unsafe impl<T: Send> Sync for Link<T> {}
// SAFETY: the successor is not owned, and `T: Send`.
unsafe impl<T: Send> Send for Link<T> {}

impl<T: Send, P: Protection> Treiber<T, P> {
    /// An empty stack.
    pub fn new() -> Self {
        Self {
            head: AtomicPtr::new(null_mut()).named(format_args!("head")),
            nodes: Domain::scanning_at(SCANS_AT),
        }
    }

    /// Puts an item in.
    #[inline]
    pub fn push(&self, item: T) {
        let link = Link {
            next: UnsafeCell::new(null_mut()).named(format_args!("next")),
            item: UnsafeCell::new(Some(item)).named(format_args!("item")),
        };
        let node = self.nodes.node(link);
        // Relaxed: what was first becomes our successor, and we do not look into it.
        let mut first = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: nobody else knows the node yet.
            unsafe { Node::body(node).next.with_mut(|next| *next = first) };
            // Ordering: Release is for the Acquire loads of `head`: the node is complete.
            match self.head.compare_exchange_weak(first, node, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(found) => first = found,
            }
        }
    }

    /// Takes the newest item out; `None` where there is none.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        let mut first = self.nodes.protect(&self.head)?;
        loop {
            let node = first.node();
            // SAFETY: nobody writes to `next` any more.
            let next = first.body().next.with(|next| unsafe { *next });
            // Relaxed on success: the push's Release reaches later loads of `head` through our exchange. Relaxed on
            // failure: `turn_to` looks again before we look into what was found.
            match self.head.compare_exchange(node, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    // SAFETY: we have unlinked the node, so its item is ours.
                    let item = first.body().item.with_mut(|item| unsafe { (*item).take() });
                    // SAFETY: we have unlinked the node, which is in the list once.
                    unsafe { first.retire(node) };
                    return item;
                }
                Err(found) => {
                    if !first.turn_to(&self.head, found) {
                        return None;
                    }
                }
            }
        }
    }
}

impl<T: Send, P: Protection> Default for Treiber<T, P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + 'static, P: Protection> TryQueue<T> for Treiber<T, P> {
    const ORDER: Order = Order::Lifo;

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

impl<T, P: Protection> Drop for Treiber<T, P> {
    /// Drops the items that nobody took out, the rest of them even where the drop of one panics.
    fn drop(&mut self) {
        let mut items = Vec::new();
        let mut node = *self.head.get_mut();
        while !node.is_null() {
            // SAFETY: nobody else is left, and the node is in the list once.
            let link = unsafe { Node::free(node) };
            node = link.next.into_inner();
            items.push(link.item);
        }
    }
}

impl<T, P: Protection> fmt::Debug for Treiber<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Treiber").field("nodes", &self.nodes).finish_non_exhaustive()
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
        let stack = <Treiber<u32>>::new();
        assert_eq!(stack.pop(), None);
        for round in 0..300 {
            (0..3).for_each(|i| stack.push(3 * round + i));
            assert_eq!(
                [(); 4].map(|()| stack.pop()),
                [Some(3 * round + 2), Some(3 * round + 1), Some(3 * round), None]
            );
        }
    }

    #[test]
    fn nothing_lost() {
        for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 4)] {
            let scenario = exchange(Waiting::Tries, 4, &vec![60; producers], consumers);
            port::try_queue::harness::<Treiber<Item>>().program(scenario).run().unwrap();
        }
    }

    #[test]
    fn drops() {
        let value = Arc::new(());
        let stack = <Treiber<_>>::new();
        (0..300).for_each(|_| stack.push(value.clone()));
        (0..200).for_each(|_| drop(stack.pop()));
        assert_eq!(Arc::strong_count(&value), 101);
        drop(stack);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
