//! The unbounded lock-free queue for any number of producers and consumers.
//!
//! The items are in a list of nodes. `head` points to a node whose item is gone, the *dummy*; the items are in
//! those after it. A push links a new node after the last one, then moves `tail` on to it. A pop moves `head`
//! on to the next node, takes the item out of it, and retires the old dummy.
//!
//! Between the two steps of a push `tail` lags one node behind. Whoever finds it so moves it on, and goes on
//! with their own work: nobody waits for anybody.
//!
//! Invariant: `tail` points to the last node or to the one before it, never to one that is retired; all nodes
//! after the dummy hold an item.
//!
//! A pop needs two nodes to stay: the dummy, so that it does not go and come back before the exchange of `head`
//! (ABA), and its successor, out of which it takes the item afterwards. For the second no second look is needed:
//! that the exchange succeeds says that the dummy was still in its place, so the successor had not been
//! retired when its [hazard pointer](crate::model::threads::lockfree::hazard) was published.
//!
//! What it does not do: back off, or put more than one item into a node; [segments](crate::model::threads::lockfree::segments) do.
//!
//! Source: Maged M. Michael, Michael L. Scott, "Simple, fast, and practical non-blocking and blocking
//! concurrent queue algorithms", 1996; with hazard pointers as in Maged M. Michael, "Hazard pointers: safe
//! memory reclamation for lock-free objects", 2004, figure 4. That `tail` is moved off the dummy after the
//! exchange of `head`, not before it, is as in crossbeam's queue.

use crate::model::threads::lockfree::hazard::{self, Domain, Node, Protection};
use crate::port::{Full, TryQueue};
use crate::sync::UnsafeCell;
use crate::sync::atomic::{AtomicPtr, Ordering};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::null_mut;

/// How an item goes from its push to its pop.
///
/// It has a name of its own so that the twins in [`broken`](crate::model::threads::lockfree::broken::michael_scott) can differ in just that.
pub trait Handover: Send + Sync + 'static {
    /// How nodes are protected.
    type Protection: Protection;
    /// A push's exchange that links its node, after the item was written.
    const LINK: Ordering;
    /// A pop's load of the link, before it looks into the node.
    const FOLLOW: Ordering;

    /// Takes the item out of its node.
    fn take<T>(item: &mut Option<T>) -> Option<T> {
        item.take()
    }
}

/// The right way.
///
/// Ordering: the pop's Acquire load reads from the push's Release exchange, so the item that was written
/// before the exchange is visible after the load.
#[derive(Debug)]
pub struct Correct;

impl Handover for Correct {
    type Protection = hazard::Correct;
    const LINK: Ordering = Ordering::Release;
    const FOLLOW: Ordering = Ordering::Acquire;
}

/// The same with [fewer hazard pointers](hazard::Crowded) than threads.
#[derive(Debug)]
pub struct FewRecords;

impl Handover for FewRecords {
    type Protection = hazard::Crowded;
    const LINK: Ordering = Correct::LINK;
    const FOLLOW: Ordering = Correct::FOLLOW;
}

/// An unbounded first-in first-out queue.
///
/// ```
/// use refectory::model::threads::lockfree::michael_scott::MichaelScott;
///
/// let queue = <MichaelScott<char>>::new();
/// queue.push('a');
/// queue.push('b');
/// assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some('a'), Some('b'), None));
/// ```
pub struct MichaelScott<T, H: Handover = Correct> {
    head: Padded<AtomicPtr<Node<Link<T>>>>,
    tail: Padded<AtomicPtr<Node<Link<T>>>>,
    nodes: Domain<Link<T>, 2, H::Protection>,
    handover: PhantomData<H>,
}

/// Keeps producers and consumers off each other's cache lines.
#[repr(align(128))]
struct Padded<T>(T);

/// So many retired nodes are worth a scan: its fence takes a microsecond or two, which is then a few nanoseconds a node. Under an
/// engine the second node of a thread has one.
const SCANS_AT: (usize, usize) = (512, 2);

struct Link<T> {
    next: AtomicPtr<Node<Self>>,
    /// Taken by whoever makes the node the dummy.
    item: UnsafeCell<Option<T>>,
}

// SAFETY: the item is touched only by the thread that made the node the dummy, to which `T: Send` lets it go.
unsafe impl<T: Send> Sync for Link<T> {}

impl<T> Link<T> {
    fn new(item: Option<T>) -> Self {
        Self {
            next: AtomicPtr::new(null_mut()).named(format_args!("next")),
            item: UnsafeCell::new(item).named(format_args!("item")),
        }
    }
}

impl<T: Send, H: Handover> MichaelScott<T, H> {
    /// An empty queue.
    pub fn new() -> Self {
        let dummy = Node::new(Link::new(None));
        Self {
            head: Padded(AtomicPtr::new(dummy).named(format_args!("head"))),
            tail: Padded(AtomicPtr::new(dummy).named(format_args!("tail"))),
            nodes: Domain::scanning_at(SCANS_AT),
            handover: PhantomData,
        }
    }

    /// Puts an item in.
    #[inline]
    pub fn push(&self, item: T) {
        let tail = &self.tail.0;
        let mut last = self.nodes.protect(tail).expect("there is always a node");
        let node = self.nodes.node(Link::new(Some(item)));
        loop {
            // Ordering: Acquire on failure is for the Release on success: the node that another push has linked
            // is complete, and our exchange of `tail` publishes it once more.
            match last.body().next.compare_exchange(null_mut(), node, H::LINK, Ordering::Acquire) {
                Ok(_) => {
                    // A failure is the help of another thread.
                    let _ = Self::advance(tail, last.node(), node);
                    return;
                }
                Err(next) => {
                    let now = Self::advance(tail, last.node(), next);
                    last.turn_to(tail, now.map_or_else(|now| now, |_| next));
                }
            }
        }
    }

    /// Takes the oldest item out; `None` where there is none.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        let mut dummy = self.nodes.protect(&self.head.0)?;
        loop {
            let node = dummy.node();
            let next = dummy.body().next.load(H::FOLLOW);
            if next.is_null() {
                return None;
            }
            dummy.also(next);
            match Self::advance(&self.head.0, node, next) {
                Ok(_) => {
                    // SAFETY: the second hazard pointer was there before the exchange of `head`, see above.
                    let link = unsafe { Node::body(next) };
                    // SAFETY: whoever makes the node the dummy takes its item, and that is us.
                    let item = link.item.with_mut(|item| H::take(unsafe { &mut *item }));
                    self.leave_tail(node, next);
                    // SAFETY: neither `head` nor `tail` points to the node, nor will again, and we have unlinked it.
                    unsafe { dummy.retire(node) };
                    return item;
                }
                Err(found) => {
                    dummy.turn_to(&self.head.0, found);
                }
            }
        }
    }

    /// Moves `head` or `tail` on to the next node, unless somebody else did.
    fn advance(
        end: &AtomicPtr<Node<Link<T>>>,
        node: *mut Node<Link<T>>,
        next: *mut Node<Link<T>>,
    ) -> Result<*mut Node<Link<T>>, *mut Node<Link<T>>> {
        // Ordering: Release is for the Acquire look of `turn_to` at the same end: `next` is complete, and the hazard
        // pointer to it is there for who retires it later. Relaxed on failure: who looks into what it finds turns
        // to it first.
        end.compare_exchange(node, next, Ordering::Release, Ordering::Relaxed)
    }

    /// Makes sure that `tail` does not point to the node that is about to be retired. It may lag behind as
    /// long as `next` is the last one.
    fn leave_tail(&self, node: *mut Node<Link<T>>, next: *mut Node<Link<T>>) {
        // Relaxed: we do not look into what we find.
        if self.tail.0.load(Ordering::Relaxed) == node {
            let _ = Self::advance(&self.tail.0, node, next);
        }
    }
}

impl<T: Send, H: Handover> Default for MichaelScott<T, H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + 'static, H: Handover> TryQueue<T> for MichaelScott<T, H> {
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

impl<T, H: Handover> Drop for MichaelScott<T, H> {
    /// Drops the items that nobody took out, the rest of them even where the drop of one panics.
    fn drop(&mut self) {
        let mut items = Vec::new();
        let mut node = *self.head.0.get_mut();
        while !node.is_null() {
            // SAFETY: nobody else is left, and the node is in the list once.
            let link = unsafe { Node::free(node) };
            node = link.next.into_inner();
            items.push(link.item);
        }
    }
}

impl<T, H: Handover> fmt::Debug for MichaelScott<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MichaelScott").field("nodes", &self.nodes).finish_non_exhaustive()
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
        let queue = <MichaelScott<u32>>::new();
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
            port::try_queue::harness::<MichaelScott<Item>>().program(scenario).run().unwrap();
        }
    }

    #[test]
    fn drops() {
        let value = Arc::new(());
        let queue = <MichaelScott<_>>::new();
        (0..300).for_each(|_| queue.push(value.clone()));
        (0..200).for_each(|_| drop(queue.pop()));
        assert_eq!(Arc::strong_count(&value), 101);
        drop(queue);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
