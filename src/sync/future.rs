//! Futures on the facade: [`block_on`] and [`AtomicWaker`].
//!
//! Both are written once, over the facade's own atomics and threads, so that every engine sees each
//! of their steps.

use super::UnsafeCell;
use super::atomic::AtomicBool;
use super::atomic::AtomicUsize;
use super::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use super::thread::{self, Thread};
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// Runs a future to its end on the calling thread, which parks while the future waits.
///
/// ```
/// use refectory::sync::future::block_on;
///
/// assert_eq!(block_on(async { 6 * 7 }), 42);
/// ```
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    // std's own count: a waker that is made from it cannot be anything else, and it guards nothing
    // that an engine would have to see.
    let signal = Arc::new(Signal {
        woken: AtomicBool::new(false),
        again: std::sync::atomic::AtomicBool::new(false),
        thread: thread::current(),
    });
    let waker = Waker::from(Arc::clone(&signal));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        signal.wait();
    }
}

/// What a waker of [`block_on`] leaves for its thread.
struct Signal {
    /// Read and written by read-modify-writes alone, so that no engine takes one for stale.
    woken: AtomicBool,
    /// The thread has woken itself: its task asks to be polled again. Nobody else looks at it, so it is std's.
    again: std::sync::atomic::AtomicBool,
    thread: Thread,
}

impl Signal {
    /// Waits for a wake-up and takes it. Woken by [`Wake::wake`].
    #[track_caller]
    fn wait(&self) {
        // Ordering: Relaxed, because only this thread uses it.
        if self.again.swap(false, Relaxed) {
            // The task waits for somebody who is in its way just now.
            return thread::yield_now();
        }
        // Ordering: Acquire, of the Release in `wake`: what the waker did comes before the next poll.
        while !self.woken.swap(false, Acquire) {
            thread::park();
        }
    }
}

impl Wake for Signal {
    #[track_caller]
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    #[track_caller]
    fn wake_by_ref(self: &Arc<Self>) {
        if thread::current().id() == self.thread.id() {
            // Ordering: Relaxed, because only this thread uses it.
            return self.again.store(true, Relaxed);
        }
        // Ordering: Release, for the Acquire in `wait`.
        self.woken.swap(true, Release);
        self.thread.unpark();
    }
}

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
