//! The barrier of asyncio: a point where a number of tasks wait for each other, round after round.
//!
//! The last to arrive lets the others go. A wait that is dropped before that was never there; one that is dropped after
//! it has passed. Unlike Python's there is no draining: who is on its way out of a round is in nobody's way.
//!
//! Source: CPython 3.13, `Lib/asyncio/locks.py`, `Barrier`.

use super::waiters::{Correct, Protocol, Ticket, Waiters, wake_all};
use crate::model::threads::lock::barrier::BrokenBarrier;
use crate::sync::Mutex;
use crate::sync::future::Awaits;
use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A barrier for a fixed number of tasks.
///
/// ```
/// use refectory::model::coroutines::lock::Barrier;
/// use refectory::sync::future::block_on;
/// use std::num::NonZeroUsize;
///
/// let alone: Barrier = Barrier::new(NonZeroUsize::MIN);
/// assert_eq!(block_on(alone.wait()), Ok(true));
/// alone.abort();
/// assert!(block_on(alone.wait()).is_err());
/// ```
pub struct Barrier<P: Protocol = Correct> {
    parties: NonZeroUsize,
    state: Mutex<State<P>>,
}

struct State<P> {
    broken: bool,
    waiters: Waiters<P>,
}

impl<P: Protocol> Barrier<P> {
    /// A barrier for so many tasks.
    pub fn new(parties: NonZeroUsize) -> Self {
        let state = State { broken: false, waiters: Waiters::default() };
        Self { parties, state: Mutex::new(state).named(format_args!("barrier")) }
    }

    /// Waits for the others. Tells whether it was the last to arrive.
    ///
    /// Cancel-safe: who is dropped while it waits counts no more.
    #[track_caller]
    pub fn wait(&self) -> Wait<'_, P> {
        Wait { barrier: self, ticket: None, awaits: Awaits::new(format_args!("barrier.wait()")) }
    }

    /// Breaks it: who waits is sent away, and so is who comes, until it is [reset](Self::reset).
    pub fn abort(&self) {
        self.send_away(true);
    }

    /// Whole again, and empty: who waits is sent away.
    pub fn reset(&self) {
        self.send_away(false);
    }

    fn send_away(&self, broken: bool) {
        let mut state = self.state.lock().unwrap();
        state.broken = broken;
        let woken = state.waiters.send_away();
        drop(state);
        wake_all(woken);
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.state.lock().unwrap().waiters.len()
    }
}

/// The future of [`Barrier::wait`]: whether it was the last, or that the barrier is broken.
#[must_use]
pub struct Wait<'b, P: Protocol = Correct> {
    barrier: &'b Barrier<P>,
    ticket: Ticket,
    awaits: Awaits,
}

impl<P: Protocol> Future for Wait<'_, P> {
    type Output = Result<bool, BrokenBarrier>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.awaits.begin();
        let barrier = self.barrier;
        let mut state = barrier.state.lock().unwrap();
        if self.ticket.is_none() {
            if state.broken {
                return Poll::Ready(Err(BrokenBarrier));
            }
            if state.waiters.len() + 1 == barrier.parties.get() {
                let woken = state.waiters.serve_all();
                drop(state);
                wake_all(woken);
                return Poll::Ready(Ok(true));
            }
        }
        let served = state.waiters.poll(&mut self.ticket, context.waker());
        served.map(|served| if served { Ok(false) } else { Err(BrokenBarrier) })
    }
}

impl<P: Protocol> Drop for Wait<'_, P> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            self.barrier.state.lock().unwrap().waiters.leave(&mut self.ticket);
        }
    }
}

impl<P: Protocol> fmt::Debug for Barrier<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").field("parties", &self.parties).finish_non_exhaustive()
    }
}

impl<P: Protocol> fmt::Debug for Wait<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}
