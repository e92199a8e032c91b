//! Who waits, in the order of arrival.
//!
//! A waiter is *served* by whoever has something for it, and learns that when it is polled next. In between it may be
//! dropped, and must say so: what it was served with is to go to the next one.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::task::{Poll, Waker};

/// What those who wait go by: the twins in [`broken`](super::broken) differ in one of these.
pub trait Protocol: Send + Sync + 'static {
    /// Whether a waiter that was served, and is dropped before it knows, passes that on.
    const PASSES_ON: bool = true;
    /// Whether a waiter that is dropped leaves the queue.
    const LEAVES: bool = true;
    /// Whether each poll leaves its own waker.
    const RENEWS: bool = true;

    /// Whether a waiter that is dropped had been served.
    fn was_served(served: bool) -> bool {
        served
    }
}

/// Nothing is lost.
#[derive(Clone, Copy, Debug)]
pub struct Correct;

impl Protocol for Correct {}

/// A place in the queue; `None` before the first poll, and after the last.
pub(in crate::model::coroutines) type Ticket = Option<u64>;

/// Those who wait. Plain data: whoever owns it guards it.
#[derive(Debug)]
pub(in crate::model::coroutines) struct Waiters<P> {
    next: u64,
    /// With rising numbers. Those who were served or sent away stay until they have been told.
    queue: VecDeque<Waiter>,
    protocol: PhantomData<P>,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    fate: Fate,
}

#[derive(Debug)]
enum Fate {
    Waits(Waker),
    Served,
    SentAway,
}

impl<P> Default for Waiters<P> {
    fn default() -> Self {
        Self { next: 0, queue: VecDeque::new(), protocol: PhantomData }
    }
}

impl<P: Protocol> Waiters<P> {
    /// How many wait.
    pub(in crate::model::coroutines) fn len(&self) -> usize {
        self.queue.iter().filter(|waiter| waiter.waits()).count()
    }

    /// The waiter's turn: whether it was served, and not sent away. One that waits leaves its waker, and a new one enters.
    pub(in crate::model::coroutines) fn poll(&mut self, ticket: &mut Ticket, waker: &Waker) -> Poll<bool> {
        let Some(number) = *ticket else {
            *ticket = Some(self.next);
            self.queue.push_back(Waiter { number: self.next, fate: Fate::Waits(waker.clone()) });
            self.next += 1;
            return Poll::Pending;
        };
        let at = self.position(number).expect("who has a ticket is in the queue");
        let served = match &mut self.queue[at].fate {
            Fate::Waits(last) if P::RENEWS => {
                last.clone_from(waker);
                return Poll::Pending;
            }
            Fate::Waits(_) => return Poll::Pending,
            Fate::Served => true,
            Fate::SentAway => false,
        };
        self.queue.remove(at);
        *ticket = None;
        Poll::Ready(served)
    }

    /// Serves the first who waits; `None` where nobody does. The caller wakes it.
    #[must_use]
    pub(in crate::model::coroutines) fn serve_first(&mut self) -> Option<Waker> {
        self.queue.iter_mut().find(|waiter| waiter.waits())?.end(Fate::Served)
    }

    /// Serves all who wait. The caller wakes them.
    #[must_use]
    pub(in crate::model::coroutines) fn serve_all(&mut self) -> Vec<Waker> {
        self.queue.iter_mut().filter_map(|waiter| waiter.end(Fate::Served)).collect()
    }

    /// Sends all away who wait. The caller wakes them.
    #[must_use]
    pub(in crate::model::coroutines) fn send_away(&mut self) -> Vec<Waker> {
        self.queue.iter_mut().filter_map(|waiter| waiter.end(Fate::SentAway)).collect()
    }

    /// The waiter is dropped. Whether it was served, so that the caller has to pass that on.
    pub(in crate::model::coroutines) fn leave(&mut self, ticket: &mut Ticket) -> bool {
        let Some(at) = ticket.take().and_then(|number| self.position(number)) else { return false };
        if self.queue[at].waits() && !P::LEAVES {
            return false;
        }
        let waiter = self.queue.remove(at).expect("it is in the queue");
        P::PASSES_ON && P::was_served(matches!(waiter.fate, Fate::Served))
    }

    fn position(&self, number: u64) -> Option<usize> {
        self.queue.binary_search_by_key(&number, |waiter| waiter.number).ok()
    }
}

impl Waiter {
    fn waits(&self) -> bool {
        matches!(self.fate, Fate::Waits(_))
    }

    /// Its wait is over, if it waits.
    fn end(&mut self, fate: Fate) -> Option<Waker> {
        if !self.waits() {
            return None;
        }
        match std::mem::replace(&mut self.fate, fate) {
            Fate::Waits(waker) => Some(waker),
            Fate::Served | Fate::SentAway => unreachable!("it waits"),
        }
    }
}

/// Wakes these tasks. To be called without the lock.
pub(in crate::model::coroutines) fn wake_all(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}
