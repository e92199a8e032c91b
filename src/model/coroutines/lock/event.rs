//! The event of asyncio: a flag that one can wait for.
//!
//! Source: CPython 3.13, `Lib/asyncio/locks.py`, `Event`.

use super::waiters::{Correct, Protocol, Ticket, Waiters, wake_all};
use crate::sync::Mutex;
use crate::sync::future::Awaits;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A flag. Whoever waits when it is set goes on, even where it is cleared at once.
///
/// ```
/// use refectory::model::coroutines::lock::Event;
/// use refectory::sync::future::block_on;
///
/// let open: Event = Event::new();
/// open.set();
/// block_on(open.wait());
/// open.clear();
/// assert!(!open.is_set());
/// ```
pub struct Event<P: Protocol = Correct> {
    state: Mutex<State<P>>,
}

struct State<P> {
    set: bool,
    waiters: Waiters<P>,
}

impl<P: Protocol> Event<P> {
    /// An event that is not set.
    pub fn new() -> Self {
        let state = State { set: false, waiters: Waiters::default() };
        Self { state: Mutex::new(state).named(format_args!("event")) }
    }

    /// Sets it: whoever waits goes on.
    pub fn set(&self) {
        let mut state = self.state.lock().unwrap();
        state.set = true;
        let woken = state.waiters.serve_all();
        drop(state);
        wake_all(woken);
    }

    /// From now on one has to wait for it again.
    pub fn clear(&self) {
        self.state.lock().unwrap().set = false;
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.state.lock().unwrap().set
    }

    /// Waits until it is set. Cancel-safe.
    #[track_caller]
    pub fn wait(&self) -> Wait<'_, P> {
        Wait { event: self, ticket: None, awaits: Awaits::new(format_args!("event.wait()")) }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.state.lock().unwrap().waiters.len()
    }
}

impl<P: Protocol> Default for Event<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// The future of [`Event::wait`].
#[must_use]
pub struct Wait<'e, P: Protocol = Correct> {
    event: &'e Event<P>,
    ticket: Ticket,
    awaits: Awaits,
}

impl<P: Protocol> Future for Wait<'_, P> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.awaits.begin();
        let mut state = self.event.state.lock().unwrap();
        if self.ticket.is_none() && state.set {
            return Poll::Ready(());
        }
        state.waiters.poll(&mut self.ticket, context.waker()).map(|_served| ())
    }
}

impl<P: Protocol> Drop for Wait<'_, P> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            self.event.state.lock().unwrap().waiters.leave(&mut self.ticket);
        }
    }
}

impl<P: Protocol> fmt::Debug for Event<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").finish_non_exhaustive()
    }
}

impl<P: Protocol> fmt::Debug for Wait<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::future::block_on;

    #[test]
    fn smoke() {
        let event = <Event>::new();
        event.set();
        block_on(event.wait());
        assert!(event.is_set());
        event.clear();
        assert_eq!((event.is_set(), event.waiting()), (false, 0));
    }
}
