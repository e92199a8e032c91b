//! Hazard pointers: who may give a node's memory back, and when.
//!
//! A thread that is about to look into a node says so first: it *publishes* a hazard pointer to it. A thread
//! that has unlinked a node does not free it, but *retires* it, and frees its retired nodes only after a
//! *scan* of all hazard pointers has shown that nobody looks into them.
//!
//! The one delicate step is that between publishing and looking. The node may have been unlinked, scanned
//! for and freed before the hazard pointer was there to be seen; so the thread looks again whether the
//! source still points to the node. Between the two it needs a fence, as the scanning thread does between its
//! unlinking and its scan (store buffering): of the two at least one sees the other. Threads look often and scan seldom, so the
//! fences are an [asymmetric](crate::sync::asymmetric) pair: that of the scan makes the other one cheap.
//!
//! Invariant: a node is freed once, by one thread, and no thread looks into it afterwards, nor at the same
//! time. Nodes that are still retired when the domain goes are freed with it.
//!
//! Under an engine that is checked, not assumed: a freed node keeps its memory until its domain is dropped, and
//! has beside it a `Life`, which freeing *writes* and every look *reads*. A look that is not ordered before
//! the freeing is a data race; a look that comes after it panics; a node that is never freed is a leak. In
//! a build without engines a `Life` is nothing.
//!
//! A thread finds its record by a number of its own, so that to protect a node it writes nothing but the hazard pointer.
//! The records grow in number with the threads that live at once, and are never given back. A thread has one guard of a domain
//! at a time.
//!
//! Nodes that are free are used again, by the thread that had the scan or by another one: a thread that only puts nodes in gets them
//! from those that take them out. At most so many are kept as two scans of each thread may free.
//!
//! What it does not do: free a node at once, or in the end. A record keeps its retired nodes until its thread, or the next one
//! with its number, has a scan; each keeps as many as are worth one, and one more for every hazard pointer.
//!
//! Source: Maged M. Michael, "Hazard pointers: safe memory reclamation for lock-free objects", 2004; the asymmetric fences are
//! those of David Goldblatt, "P1202R5: Asymmetric fences", 2023, whose example they are.

use crate::sync;
#[cfg(feature = "instrumented")]
use crate::sync::Arc;
use crate::sync::UnsafeCell;
use crate::sync::asymmetric::{heavy_fence, light_fence, prepare};
use crate::sync::atomic::{AtomicPtr, Ordering};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::{self, null_mut};

mod life;
mod number;
#[cfg(test)]
mod tests;

use life::Life;

/// What a thread does between publishing a hazard pointer and relying on it.
///
/// It has a name of its own so that the twins in [`broken`](crate::model::threads::lockfree::broken::treiber) can differ in just that.
pub trait Protection: Send + Sync + 'static {
    /// Whether it looks again if the source still points to the node.
    const LOOKS_AGAIN: bool = true;
    /// Whether there is a fence before that look.
    const FENCED: bool = true;
    /// Records of a segment: natively more than most machines have cores. Under an engine each is an object to
    /// read in a scan.
    const RECORDS: (usize, usize) = (32, 4);
    /// Whether memory goes back to the allocator while the domain lives. A twin, which would use it, keeps it for nodes to come:
    /// who still looks into what was freed finds another item there.
    const GIVES_BACK: bool = Self::LOOKS_AGAIN && Self::FENCED;
}

/// The right way.
#[derive(Debug)]
pub struct Correct;

impl Protection for Correct {}

/// The same where there are fewer records than threads, so that more are added.
#[derive(Debug)]
pub struct Crowded;

impl Protection for Crowded {
    const RECORDS: (usize, usize) = (1, 1);
}

/// A node that a domain reclaims.
pub(super) struct Node<B> {
    life: Life,
    body: B,
}

/// The hazard pointers and the retired nodes of one structure; `H` is the number of nodes that an operation
/// looks into at once.
pub(super) struct Domain<B, const H: usize, P: Protection = Correct> {
    records: Segment<B, H>,
    scans_at: usize,
    /// Spare nodes for whoever has none, or null.
    pool: AtomicPtr<Vec<Box<Node<B>>>>,
    protection: PhantomData<P>,
}

/// So many records, and where more are.
struct Segment<B, const H: usize> {
    records: Box<[Record<B, H>]>,
    next: AtomicPtr<Self>,
    /// Whoever forgets a segment leaks this, which an engine sees.
    #[cfg(feature = "instrumented")]
    _owner: Arc<()>,
}

/// What the thread with its number needs.
#[repr(align(128))]
struct Record<B, const H: usize> {
    hazards: [AtomicPtr<Node<B>>; H],
    nodes: UnsafeCell<Nodes<B>>,
}

/// Nodes that are out of the structure.
struct Nodes<B> {
    retired: Vec<*mut Node<B>>,
    /// Freed, but kept for an engine to see who still looks into them.
    kept: Vec<*mut Node<B>>,
    /// Freed, and to be used again. Natively only: under an engine no memory is used again, so that it sees who still looks into
    /// what was freed.
    spare: Vec<Box<Node<B>>>,
}

/// A node that stays for as long as this lives.
pub(super) struct Guard<'a, B, const H: usize, P: Protection> {
    domain: &'a Domain<B, H, P>,
    record: &'a Record<B, H>,
    node: *mut Node<B>,
    /// Whether there is a second node.
    two: bool,
}

// SAFETY: a record's nodes are touched only by the thread that has its number, and go from thread to thread
// with the bodies, which are `Send`; the bodies are shared, and `Sync`.
unsafe impl<B: Send + Sync, const H: usize, P: Protection> Sync for Domain<B, H, P> {}
// SAFETY: the domain owns the nodes that it holds, and `B: Send`.
unsafe impl<B: Send + Sync, const H: usize, P: Protection> Send for Domain<B, H, P> {}

impl<B> Node<B> {
    /// A new node, which is freed by [`Guard::retire`] or [`free`](Self::free).
    pub(super) fn new(body: B) -> *mut Self {
        Box::into_raw(Box::new(Self { life: Life::begin(), body }))
    }

    /// This free node as a new one, with what is in it made new.
    #[inline]
    pub(super) fn renewed(mut self: Box<Self>, renew: impl FnOnce(&mut B)) -> *mut Self {
        self.life = Life::begin();
        renew(&mut self.body);
        Box::into_raw(self)
    }

    /// What is in the node.
    ///
    /// # Safety
    /// The node was made by [`new`](Self::new) or a domain, and is not freed as long as the reference is used.
    #[inline]
    pub(super) unsafe fn body<'a>(node: *const Self) -> &'a B {
        // SAFETY: the caller's promise.
        let node = unsafe { &*node };
        node.life.look();
        &node.body
    }

    /// Frees a node at once.
    ///
    /// # Safety
    /// It was made by [`new`](Self::new) or a domain, nobody can reach it any more, and nobody frees it once more.
    pub(super) unsafe fn free(node: *mut Self) -> B {
        // SAFETY: the caller's promise.
        let node = unsafe { Box::from_raw(node) };
        node.life.look();
        node.body
    }
}

impl<B, const H: usize, P: Protection> Domain<B, H, P> {
    /// A domain without nodes, which scans when a thread has retired so many of them, natively and under an engine. A twin
    /// scans as often as under an engine, to use what it has freed soon.
    pub(super) fn scanning_at((natively, modelled): (usize, usize)) -> Self {
        match sync::is_modelled() {
            true => Self::with_records(P::RECORDS.1, modelled),
            false => Self::with_records(P::RECORDS.0, if P::GIVES_BACK { natively } else { modelled }),
        }
    }

    /// A domain with so many records in each segment.
    fn with_records(records: usize, scans_at: usize) -> Self {
        prepare();
        let pool = AtomicPtr::new(null_mut()).named(format_args!("pool"));
        Self { records: Segment::new(records), scans_at, pool, protection: PhantomData }
    }

    /// A node with this in it, which is freed by [`Guard::retire`] or [`Node::free`].
    #[inline]
    pub(super) fn node(&self, body: B) -> *mut Node<B> {
        match self.spare() {
            Some(spare) => spare.renewed(|old| *old = body),
            None => Node::new(body),
        }
    }

    /// A node that was freed, with what it had in it when it was retired.
    #[inline]
    pub(super) fn spare(&self) -> Option<Box<Node<B>>> {
        if sync::is_modelled() {
            return None;
        }
        self.record().nodes.with_mut(|nodes| {
            // SAFETY: the pointer is valid for the call, and the record is ours.
            let spare = unsafe { &mut (*nodes).spare };
            if spare.is_empty() {
                *spare = self.take_pool()?;
            }
            spare.pop()
        })
    }

    /// What is in the pool.
    fn take_pool(&self) -> Option<Vec<Box<Node<B>>>> {
        // Relaxed: only whether it is worth an exchange.
        if self.pool.load(Ordering::Relaxed).is_null() {
            return None;
        }
        self.exchange_pool(null_mut())
    }

    /// Leaves these nodes in the pool, unless there are some.
    fn fill_pool(&self, spare: &mut Vec<Box<Node<B>>>) {
        // Relaxed: as in `take_pool`.
        if !spare.is_empty() && self.pool.load(Ordering::Relaxed).is_null() {
            let nodes = Box::into_raw(Box::new(std::mem::take(spare)));
            // Where another thread was faster its nodes are ours.
            spare.extend(self.exchange_pool(nodes).into_iter().flatten());
        }
    }

    fn exchange_pool(&self, nodes: *mut Vec<Box<Node<B>>>) -> Option<Vec<Box<Node<B>>>> {
        // Ordering: Acquire is for the Release of the exchange that left the nodes: all that was done to them comes before.
        let found = self.pool.swap(nodes, Ordering::AcqRel);
        // SAFETY: it was made by `Box`, and whoever has exchanged it owns it.
        (!found.is_null()).then(|| *unsafe { Box::from_raw(found) })
    }

    /// Protects the node to which `source` points; `None` where it points to none.
    #[inline]
    pub(super) fn protect(&self, source: &AtomicPtr<Node<B>>) -> Option<Guard<'_, B, H, P>> {
        // Relaxed: the look in `settle` is the one that counts.
        let node = source.load(Ordering::Relaxed);
        if node.is_null() {
            return None;
        }
        let mut guard = Guard { domain: self, record: self.record(), node, two: false };
        guard.publish(0, node);
        guard.settle(source).then_some(guard)
    }

    /// The record of the thread that calls.
    #[inline]
    fn record(&self) -> &Record<B, H> {
        let number = number::mine();
        self.records.records.get(number).unwrap_or_else(|| self.later_record(number))
    }

    /// A record beyond the first segment.
    #[cold]
    fn later_record(&self, mut number: usize) -> &Record<B, H> {
        let mut segment = &self.records;
        while number >= segment.records.len() {
            number -= segment.records.len();
            segment = segment.next_or_new();
        }
        &segment.records[number]
    }

    /// Frees what nobody looks into. `mine` is the caller's record.
    #[cold]
    fn scan(&self, mine: &Record<B, H>, nodes: &mut Nodes<B>) {
        // With the light fence in `settle`. Whoever is not seen in the scan sees that the nodes have been
        // unlinked, and does not look into them.
        heavy_fence();
        let others =
            self.segments().flat_map(|segment| &segment.records).filter(|&other| !ptr::eq(other, mine));
        // Ordering: Acquire is for the Release stores of a guard: who has taken its hazard pointer back, looked
        // into the node before we free it.
        let hazards = others.flat_map(|other| &other.hazards).map(|hazard| hazard.load(Ordering::Acquire));
        let mut hazards: Vec<_> = hazards.filter(|hazard| !hazard.is_null()).collect();
        hazards.sort_unstable();
        let (retired, free): (Vec<_>, _) =
            nodes.retired.drain(..).partition(|node| hazards.binary_search(node).is_ok());
        nodes.retired = retired;
        for node in free {
            // SAFETY: the node was unlinked before the scan, and no hazard pointer protects it.
            unsafe { self.give_back(node, nodes) };
        }
        self.fill_pool(&mut nodes.spare);
    }

    /// # Safety
    /// Nobody looks into the node, and nobody frees it once more.
    unsafe fn give_back(&self, node: *mut Node<B>, nodes: &mut Nodes<B>) {
        // SAFETY: the node was not freed before.
        unsafe { &(*node).life }.end();
        if sync::is_modelled() {
            return nodes.kept.push(node);
        }
        // SAFETY: the node was made by `Box`; the rest is the caller's promise.
        let node = unsafe { Box::from_raw(node) };
        if nodes.spare.len() < self.scans_at || !P::GIVES_BACK {
            nodes.spare.push(node);
        }
    }

    fn segments(&self) -> impl Iterator<Item = &Segment<B, H>> {
        std::iter::successors(Some(&self.records), |segment| segment.next())
    }
}

impl<B, const H: usize> Segment<B, H> {
    fn new(records: usize) -> Self {
        let next = AtomicPtr::new(null_mut()).named(format_args!("more records"));
        Self {
            records: (0..records).map(Record::new).collect(),
            next,
            #[cfg(feature = "instrumented")]
            _owner: Arc::new(()),
        }
    }

    fn next(&self) -> Option<&Self> {
        // Ordering: Acquire is for the Release in `next_or_new`: the segment is complete.
        let next = self.next.load(Ordering::Acquire);
        // SAFETY: a segment is never taken away as long as the domain lives.
        unsafe { next.as_ref() }
    }

    /// The next segment, which one of those who miss it adds.
    fn next_or_new(&self) -> &Self {
        self.next().unwrap_or_else(|| {
            let new = Box::into_raw(Box::new(Self::new(self.records.len())));
            // Ordering: Release for the loads in `next`; Acquire where another thread was faster, as there.
            let added = self.next.compare_exchange(null_mut(), new, Ordering::Release, Ordering::Acquire);
            if added.is_err() {
                // SAFETY: nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
            }
            // SAFETY: whoever added it, it stays as long as the domain lives.
            unsafe { &*added.err().unwrap_or(new) }
        })
    }
}

impl<B, const H: usize> Record<B, H> {
    fn new(index: usize) -> Self {
        let hazard = |h| {
            AtomicPtr::new(null_mut()).named(format_args!("hazard {index}{}", ["", "'"][usize::from(h > 0)]))
        };
        Self {
            hazards: std::array::from_fn(hazard),
            nodes: UnsafeCell::new(Nodes { retired: Vec::new(), kept: Vec::new(), spare: Vec::new() })
                .named(format_args!("retired {index}")),
        }
    }
}

impl<B, const H: usize, P: Protection> Guard<'_, B, H, P> {
    /// The protected node.
    #[inline]
    pub(super) fn node(&self) -> *mut Node<B> {
        self.node
    }

    /// What is in the protected node.
    #[inline]
    pub(super) fn body(&self) -> &B {
        // SAFETY: the node is protected.
        unsafe { Node::body(self.node) }
    }

    /// Protects another node instead: `found`, to which `source` points as far as we know, or what it points to
    /// when we look again. False where that is none.
    #[inline]
    pub(super) fn turn_to(&mut self, source: &AtomicPtr<Node<B>>, found: *mut Node<B>) -> bool {
        if found.is_null() {
            return false;
        }
        self.publish(0, found);
        self.node = found;
        self.settle(source)
    }

    /// Protects a second node too, if the first one is the source's when the caller next looks.
    #[inline]
    pub(super) fn also(&mut self, node: *mut Node<B>) {
        self.publish(1, node);
        self.two = true;
    }

    /// Looks again until the source points to the node that is published; false where it points to none.
    #[inline]
    fn settle(&mut self, source: &AtomicPtr<Node<B>>) -> bool {
        loop {
            if P::FENCED {
                // With the heavy fence in `scan`. Either the scan sees our hazard pointer, or we see that
                // the source does not point to the node any more.
                light_fence();
            }
            if !P::LOOKS_AGAIN {
                return true;
            }
            // Ordering: Acquire is for the Release of whoever linked the node: it is complete. The fence above would
            // do for the look before it, but the node may have gone and come back since then. No engine shows
            // that, because there a node's memory is not used again.
            let found = source.load(Ordering::Acquire);
            if found == self.node {
                return true;
            }
            if found.is_null() {
                return false;
            }
            self.publish(0, found);
            self.node = found;
        }
    }

    #[inline]
    fn publish(&self, hazard: usize, node: *mut Node<B>) {
        // Ordering: Release is for the Acquire loads in `scan`: we have finished with the node that was there.
        self.record.hazards[hazard].store(node, Ordering::Release);
    }

    /// Frees the node as soon as nobody looks into it.
    ///
    /// # Safety
    /// The node was made by [`Node::new`] or the domain, and unlinked by the caller; nobody can find it any more, and nobody
    /// else retires it.
    #[inline]
    pub(super) unsafe fn retire(&self, node: *mut Node<B>) {
        // SAFETY: the pointer is valid for the call, and the record is ours.
        self.record.nodes.with_mut(|nodes| unsafe {
            (*nodes).retired.push(node);
            if (*nodes).retired.len() >= self.domain.scans_at {
                self.domain.scan(self.record, &mut *nodes);
            }
        });
    }
}

impl<B, const H: usize, P: Protection> Drop for Guard<'_, B, H, P> {
    /// Takes the hazard pointers back.
    #[inline]
    fn drop(&mut self) {
        if self.two {
            self.publish(1, null_mut());
        }
        self.publish(0, null_mut());
    }
}

impl<B, const H: usize, P: Protection> Drop for Domain<B, H, P> {
    /// Frees what is retired.
    fn drop(&mut self) {
        for segment in self.segments() {
            for record in &segment.records {
                // SAFETY: nobody else is left.
                record.nodes.with_mut(|nodes| unsafe { (*nodes).free_all() });
            }
        }
        drop(self.exchange_pool(null_mut()));
        let mut next = *self.records.next.get_mut();
        while !next.is_null() {
            // SAFETY: it was made by `next_or_new`, and is taken from its only owner.
            let mut segment = unsafe { Box::from_raw(next) };
            next = std::mem::replace(segment.next.get_mut(), null_mut());
        }
    }
}

impl<B> Nodes<B> {
    /// # Safety
    /// Nobody looks into the nodes.
    unsafe fn free_all(&mut self) {
        for node in self.retired.drain(..).chain(self.kept.drain(..)) {
            // SAFETY: each node is in one list once, and was made by `Box`.
            drop(unsafe { Box::from_raw(node) });
        }
    }
}

impl<B, const H: usize, P: Protection> fmt::Debug for Domain<B, H, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domain").field("scans_at", &self.scans_at).finish_non_exhaustive()
    }
}
