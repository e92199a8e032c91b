//! The condition of asyncio: to wait, with a lock, until somebody says that something has changed.
//!
//! A notification goes to who has waited longest. Who was notified has to take the lock again; where it is dropped before
//! it has it, be it in the queue of the condition or in that of the lock, the notification goes to the next.
//!
//! Unlike Python's, a wait that is cancelled does not take the lock again: in Rust nobody is left who would use it.
//!
//! Source: C. A. R. Hoare, "Monitors: an operating system structuring concept", 1974; CPython 3.13,
//! `Lib/asyncio/locks.py`, `Condition`.

use super::mutex::{Held, Lock, Locking};
use super::waiters::{Correct, Protocol, Ticket, Waiters, wake_all};
use crate::sync::Mutex;
use crate::sync::future::Awaits;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A condition, for tasks that hold one lock.
///
/// ```
/// use refectory::model::coroutines::lock::{Condition, Lock};
/// use refectory::sync::future::block_on;
///
/// let (lock, changed): (Lock, Condition) = (Lock::new(), Condition::new());
/// block_on(async {
///     let held = lock.lock().await;
///     changed.notify(1, &held);
///     let held = changed.wait_for(held, || true).await;
///     assert!(lock.try_lock().is_none());
///     drop(held);
/// });
/// ```
pub struct Condition<P: Protocol = Correct> {
    waiters: Mutex<Waiters<P>>,
}

impl<P: Protocol> Condition<P> {
    /// A condition at which nobody waits.
    pub fn new() -> Self {
        Self { waiters: Mutex::new(Waiters::default()).named(format_args!("condition")) }
    }

    /// Gives the lock back, waits for a notification, and takes the lock again.
    ///
    /// Cancel-safe, but a wait that is dropped loses its place.
    #[track_caller]
    pub fn wait<'a>(&'a self, held: Held<'a, P>) -> Wait<'a, P> {
        let awaits = Awaits::new(format_args!("condition.wait()"));
        Wait { condition: self, stage: Stage::Begins(held), awaits }
    }

    /// Waits until it is so. The predicate is asked with the lock held.
    #[track_caller]
    pub fn wait_for<'a>(
        &'a self,
        mut held: Held<'a, P>,
        mut is_so: impl FnMut() -> bool,
    ) -> impl Future<Output = Held<'a, P>> {
        let mut awaits = Awaits::new(format_args!("condition.wait_for()"));
        async move {
            awaits.begin();
            while !is_so() {
                held = self.wait(held).await;
            }
            held
        }
    }

    /// So many of those who wait may go on, those first who have waited longest. The caller holds the lock.
    pub fn notify(&self, number: usize, _held: &Held<'_, P>) {
        self.wake(number);
    }

    /// All who wait may go on. The caller holds the lock.
    pub fn notify_all(&self, _held: &Held<'_, P>) {
        let woken = self.waiters.lock().unwrap().serve_all();
        wake_all(woken);
    }

    fn wake(&self, number: usize) {
        let mut waiters = self.waiters.lock().unwrap();
        let woken: Vec<_> = (0..number).map_while(|_| waiters.serve_first()).collect();
        drop(waiters);
        wake_all(woken);
    }
}

impl<P: Protocol> Default for Condition<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// The future of [`Condition::wait`].
#[must_use]
pub struct Wait<'a, P: Protocol = Correct> {
    condition: &'a Condition<P>,
    stage: Stage<'a, P>,
    awaits: Awaits,
}

enum Stage<'a, P: Protocol> {
    Begins(Held<'a, P>),
    /// In the queue of the condition.
    Waits(&'a Lock<P>, Ticket),
    /// Notified, and in the queue of the lock.
    Locks(Locking<'a, P>),
    Ended,
}

impl<'a, P: Protocol> Future for Wait<'a, P> {
    type Output = Held<'a, P>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Held<'a, P>> {
        self.awaits.begin();
        let condition = self.condition;
        let poll_waiters =
            |ticket: &mut Ticket| condition.waiters.lock().unwrap().poll(ticket, context.waker());
        if let Stage::Begins(held) = &self.stage {
            let (lock, mut ticket) = (held.lock(), None);
            // It is in the queue before others can have the lock.
            let _entered = poll_waiters(&mut ticket);
            self.stage = Stage::Waits(lock, ticket);
            return Poll::Pending;
        }
        if let Stage::Waits(lock, ticket) = &mut self.stage {
            ready!(poll_waiters(ticket));
            self.stage = Stage::Locks(lock.lock());
        }
        let Stage::Locks(locking) = &mut self.stage else { panic!("a future is not polled after its end") };
        let held = ready!(Pin::new(locking).poll(context));
        self.stage = Stage::Ended;
        Poll::Ready(held)
    }
}

impl<P: Protocol> Drop for Wait<'_, P> {
    fn drop(&mut self) {
        let passes_on = match &mut self.stage {
            Stage::Begins(_) | Stage::Ended => false,
            Stage::Waits(_, ticket) => self.condition.waiters.lock().unwrap().leave(ticket),
            Stage::Locks(_) => P::PASSES_ON,
        };
        if passes_on {
            self.condition.wake(1);
        }
    }
}

impl<P: Protocol> fmt::Debug for Condition<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}

impl<P: Protocol> fmt::Debug for Wait<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}
