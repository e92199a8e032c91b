//! Permits, which are free, or go to who has waited longest.

use super::waiters::{Protocol, Ticket, Waiters};
use std::task::{Poll, Waker};

/// Permits, and who waits for one. Plain data: whoever owns it guards it.
///
/// Invariant: where permits are free nobody waits.
#[derive(Debug)]
pub(in crate::model::coroutines) struct Permits<P> {
    free: usize,
    closed: bool,
    waiters: Waiters<P>,
}

/// What comes of a wait for a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model::coroutines) enum Acquired {
    /// It has one.
    Permit,
    /// There will be none.
    Closed,
}

impl<P: Protocol> Permits<P> {
    pub(in crate::model::coroutines) fn new(free: usize) -> Self {
        Self { free, closed: false, waiters: Waiters::default() }
    }

    pub(in crate::model::coroutines) const fn free(&self) -> usize {
        self.free
    }

    /// Takes a free one, without waiting.
    pub(in crate::model::coroutines) fn try_acquire(&mut self) -> bool {
        let is_free = self.free > 0;
        self.free -= usize::from(is_free);
        is_free
    }

    /// The waiter's turn.
    pub(in crate::model::coroutines) fn poll(
        &mut self,
        ticket: &mut Ticket,
        waker: &Waker,
    ) -> Poll<Acquired> {
        if ticket.is_none() {
            if self.try_acquire() {
                return Poll::Ready(Acquired::Permit);
            }
            if self.closed {
                return Poll::Ready(Acquired::Closed);
            }
        }
        self.waiters
            .poll(ticket, waker)
            .map(|served| if served { Acquired::Permit } else { Acquired::Closed })
    }

    /// A permit comes back: to who has waited longest, whom the caller wakes, or to be free.
    #[must_use]
    pub(in crate::model::coroutines) fn release(&mut self) -> Option<Waker> {
        let woken = self.waiters.serve_first();
        if woken.is_none() {
            self.free += 1;
        }
        woken
    }

    /// The waiter is dropped. A permit that it did not know of goes to the next, whom the caller wakes.
    #[must_use]
    pub(in crate::model::coroutines) fn leave(&mut self, ticket: &mut Ticket) -> Option<Waker> {
        if self.waiters.leave(ticket) { self.release() } else { None }
    }

    /// Nobody waits any more: those who do are sent away, and to be woken by the caller. Free permits can still be taken.
    #[must_use]
    pub(in crate::model::coroutines) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        self.waiters.send_away()
    }
}
