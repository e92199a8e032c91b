//! What a thread looks at, without a lock, while it waits a little before it sleeps.
//!
//! To be woken takes ten to a hundred times as long as to see what another core has done. So who is about to sleep looks a while whether
//! anything has changed, and takes the lock only when something has. It learns nothing by that but when to take the lock: what is
//! true is what it finds there. Between two looks it gives up its processor, which somebody may need to do what is waited for;
//! and who looked more often would take each task by itself, and hold up who submits many.
//!
//! Under an engine nobody looks, and nothing is written: what is proved there needs no looks, and they would add executions that differ
//! in nothing else.
//!
//! Source: the "linger" of [`monitor`](crate::model::threads::lock::monitor), here without its lock.

use crate::model::threads::lock::monitor::LINGERING;
use crate::sync;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::hint::{self, Pauses};
use std::cell::Cell;
use std::fmt;

/// Changes so far.
#[derive(Debug)]
pub(super) struct Glance(AtomicU32);

impl Glance {
    /// Nothing has changed.
    pub(super) fn new(name: fmt::Arguments<'_>) -> Self {
        Self(AtomicU32::new(0).named(name))
    }

    /// Something has changed.
    #[inline]
    pub(super) fn change(&self) {
        if !sync::is_modelled() {
            // Ordering: Relaxed; who sees it takes the lock, which orders what was done.
            self.0.fetch_add(1, Relaxed);
        }
    }

    /// Releases the lock, looks until something has changed or until it is time to sleep, and acquires the lock again.
    pub(super) fn linger<G>(&self, guard: G, lock: impl FnOnce() -> G) -> G {
        if sync::is_modelled() {
            return guard;
        }
        let seen = self.seen();
        drop(guard);
        self.look(seen, LINGERING);
        lock()
    }

    /// The same for who waits for the result of a task. If the thread has not submitted a task since it last did so, it waits for one of many:
    /// then it sleeps at once, and leaves its processor to those who run them. Else it looks more often at first, because it holds up nobody.
    pub(super) fn linger_for_one<G>(&self, guard: G, lock: impl FnOnce() -> G) -> G {
        if sync::is_modelled() || !SUBMITTED.take() {
            return guard;
        }
        let seen = self.seen();
        drop(guard);
        let mut looks = 0;
        while looks < Self::LOOKS && self.seen() == seen {
            hint::spin_briefly();
            looks += 1;
        }
        self.look(seen, LINGERING);
        lock()
    }

    /// The looks at a result between which the thread keeps its processor: about 2 µs.
    const LOOKS: u32 = 64;

    fn look(&self, seen: u32, mut pauses: Pauses) {
        while self.seen() == seen && pauses.pause() {}
    }

    fn seen(&self) -> u32 {
        // Ordering: Relaxed. If a change that came before the lock was taken is seen later, that is one look too many.
        self.0.load(Relaxed)
    }
}

thread_local! {
    /// Whether the thread has submitted a task since it last waited for a result.
    static SUBMITTED: Cell<bool> = const { Cell::new(false) };
}

/// The thread submits a task.
#[inline]
pub(super) fn submitting() {
    SUBMITTED.set(true);
}
