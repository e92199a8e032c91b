//! An executor of one task.

use super::polls_again;
use crate::sync::atomic::AtomicBool;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::thread::{self, Thread};
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
    let mut signal = Signal::new();
    loop {
        let waker = Waker::from(Arc::clone(&signal));
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        if signal.asks_again() {
            // The task waits for somebody who is in its way just now.
            thread::yield_now();
        } else if polls_again() {
            signal = Signal::new();
        } else {
            signal.wait();
        }
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
    #[track_caller]
    fn new() -> Arc<Self> {
        // std's own count: a waker that is made from it cannot be anything else, and it guards nothing
        // that an engine would have to see.
        Arc::new(Self {
            woken: AtomicBool::new(false).named(format_args!("woken")),
            again: std::sync::atomic::AtomicBool::new(false),
            thread: thread::current(),
        })
    }

    fn asks_again(&self) -> bool {
        // Ordering: Relaxed, because only this thread uses it.
        self.again.swap(false, Relaxed)
    }

    /// Waits for a wake-up and takes it. Woken by [`Wake::wake`].
    #[track_caller]
    fn wait(&self) {
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
