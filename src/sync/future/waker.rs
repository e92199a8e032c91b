//! A slot for the waker of one task.

use crate::sync::UnsafeCell;
use crate::sync::atomic::AtomicUsize;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::fmt;
use std::task::Waker;

/// Nobody uses the slot.
const WAITING: usize = 0;
/// A `register` writes the slot.
const REGISTERING: usize = 1;
/// A `wake` takes the waker; with `REGISTERING`, it came during a `register`, which does it then.
const WAKING: usize = 2;

/// A slot for the waker of one task, which any number of threads may wake.
///
/// A [`wake`](Self::wake) that comes after a [`register`](Self::register), or during it, is not lost.
/// Two calls of `register` at once are a mistake of the caller: the later one wakes its own waker,
/// so that its task polls again.
///
/// The state says who may use the slot; it is changed by read-modify-writes alone. The algorithm is
/// that of the futures library: Carl Lerche, `AtomicWaker`, 2017 (`futures-core`, `task/atomic_waker.rs`).
///
/// ```
/// use refectory::sync::future::AtomicWaker;
/// use std::task::Waker;
///
/// let slot = AtomicWaker::new();
/// slot.register(Waker::noop());
/// assert!(slot.take().is_some());
/// assert!(slot.take().is_none());
/// ```
pub struct AtomicWaker {
    state: AtomicUsize,
    slot: UnsafeCell<Option<Waker>>,
}

// SAFETY: `state` lets one thread at a time reach the slot, and wakers may be sent.
unsafe impl Send for AtomicWaker {}
// SAFETY: as above.
unsafe impl Sync for AtomicWaker {}

impl AtomicWaker {
    const_by_default! {
        /// An empty slot. Const in a build without engines.
        pub fn new() -> Self {
            Self { state: AtomicUsize::new(WAITING), slot: UnsafeCell::new(None) }
        }
    }

    /// Puts the waker into the slot; from then on `wake` wakes it.
    #[track_caller]
    pub fn register(&self, waker: &Waker) {
        // Ordering: Acquire, of the Release that ended the use of the slot before.
        match self.state.compare_exchange(WAITING, REGISTERING, Acquire, Acquire) {
            Ok(_) => {
                let waker = waker.clone();
                // SAFETY: REGISTERING keeps others from the slot.
                let before = self.slot.with_mut(|slot| unsafe { (*slot).replace(waker) });
                self.end_registering();
                drop(before);
            }
            // The waker before is being woken, or another `register` is under way and will be the
            // one that counts: let the task poll again.
            Err(_) => waker.wake_by_ref(),
        }
    }

    /// Gives the slot back, and does the wake-up that came meanwhile.
    #[track_caller]
    fn end_registering(&self) {
        // Ordering: Release shows the slot to the next `take`; Acquire orders a `wake` that came
        // meanwhile before the poll that it causes.
        if self.state.compare_exchange(REGISTERING, WAITING, AcqRel, Acquire).is_err() {
            // SAFETY: the state is REGISTERING and WAKING, and keeps others from the slot.
            let waker = self.slot.with_mut(|slot| unsafe { (*slot).take() });
            // Ordering: as above.
            self.state.swap(WAITING, AcqRel);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Wakes the waker in the slot, if there is one, and empties the slot.
    #[track_caller]
    pub fn wake(&self) {
        if let Some(waker) = self.take() {
            waker.wake();
        }
    }

    /// Empties the slot. `None` also where a `register` is under way: that one wakes.
    #[track_caller]
    pub fn take(&self) -> Option<Waker> {
        // Ordering: Acquire of the slot's Release in `register`; Release, so that what came before
        // this wake-up is seen by the `register` that does it.
        if self.state.fetch_or(WAKING, AcqRel) != WAITING {
            return None;
        }
        // SAFETY: WAKING keeps others from the slot.
        let waker = self.slot.with_mut(|slot| unsafe { (*slot).take() });
        // Ordering: Release shows the empty slot to the next `register`.
        self.state.fetch_and(!WAKING, Release);
        waker
    }
}

impl Default for AtomicWaker {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for AtomicWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtomicWaker").finish_non_exhaustive()
    }
}
