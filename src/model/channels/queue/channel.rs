//! The channel of Go: buffered, or a rendezvous.
//!
//! A channel has a buffer, and two queues of waits: of senders that found no room and no receiver, and of receivers that
//! found no item. Who finds the other side waiting hands the item over and wakes it. A wait may stand at several
//! channels ([`select`](mod@super::select)), so it is claimed before it is served.
//!
//! Invariant, under the lock: receivers wait only where the buffer is empty and no sender waits; senders wait only where the
//! buffer is full. Waits that were claimed at another channel may stand anywhere, and count for nothing.
//!
//! Memory (The Go memory model, 2022): a send comes before the completion of the receive of its item. The k-th receive at
//! a channel of capacity C comes before the completion of the k+C-th send; so a rendezvous orders both ways, and a channel of
//! capacity 1 is a lock.
//!
//! Source: C. A. R. Hoare, "Communicating sequential processes", 1978; The Go Programming Language Specification,
//! "Channel types", "Send statements", "Close"; the algorithm is that of Go's runtime (`runtime/chan.go`, 2014).

use super::select::{Receiving, Sending};
use super::ticket::{Ended, Slot, Ticket};
use crate::port::{BlockingQueue, Close, Closed, Full, TryQueue};
use crate::sync::atomic::Ordering::{self, Relaxed, Release};
use crate::sync::{Futex, Mutex, MutexGuard, UnsafeCell};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// What the threads at a channel go by: the twins in [`broken`](super::broken) differ in one of these.
pub trait Protocol: Send + Sync + 'static {
    /// Whether who makes room in the buffer moves the item of a waiting sender in.
    const REFILLS: bool = true;
    /// Whether a close sends the waiting senders away.
    const TELLS_SENDERS: bool = true;

    /// Claims a wait.
    fn claim(word: &Futex, open: u32, taken: u32) -> bool {
        // Ordering: Relaxed, because it only says who serves. What is in the slot comes with the lock of the channel.
        word.compare_exchange(open, taken, Relaxed, Relaxed).is_ok()
    }

    /// Tells the thread that waits how its wait has ended.
    fn tell(word: &Futex, over: u32) {
        // Ordering: Release, for the Acquire of who waits: what was done with the slot comes before what it does next.
        word.store(over, Release);
        word.wake_one();
    }
}

/// Go's protocol.
#[derive(Clone, Copy, Debug)]
pub struct Correct;

impl Protocol for Correct {}

/// A channel for any number of senders and receivers.
///
/// ```
/// use refectory::model::channels::queue::Channel;
/// use refectory::port::{Closed, Full};
///
/// let channel = <Channel<_>>::new(1);
/// channel.send('a').unwrap();
/// assert_eq!(channel.try_send('b'), Err(Full('b')));
/// channel.close();
/// assert_eq!(channel.send('c'), Err(Closed('c')));
/// assert_eq!([channel.receive(), channel.receive()], [Some('a'), None]);
/// ```
pub struct Channel<T, P: Protocol = Correct> {
    /// The order in which those lock who lock several.
    pub(super) number: u64,
    pub(super) lock: Mutex<()>,
    capacity: usize,
    /// Guarded by the lock.
    state: UnsafeCell<State<T, P>>,
}

struct State<T, P> {
    buffer: VecDeque<T>,
    senders: VecDeque<Waiting<T, P>>,
    receivers: VecDeque<Waiting<T, P>>,
    closed: bool,
}

/// A case that waits at a channel.
pub(super) struct Waiting<T, P> {
    pub(super) ticket: Arc<Ticket<P>>,
    pub(super) case: usize,
    pub(super) slot: Arc<Slot<T>>,
}

// SAFETY: the state is guarded by the lock, and items may be sent.
unsafe impl<T: Send, P: Protocol> Sync for Channel<T, P> {}
// SAFETY: the channel owns its items, and items may be sent.
unsafe impl<T: Send, P: Protocol> Send for Channel<T, P> {}

impl<T: Send, P: Protocol> Channel<T, P> {
    /// A channel with room for `capacity` items; with 0, a rendezvous, at which each send waits for its receiver.
    pub fn new(capacity: usize) -> Self {
        // Which number it is does not matter, only that no two channels have the same.
        static NUMBERS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let state = State {
            buffer: VecDeque::with_capacity(capacity),
            senders: VecDeque::new(),
            receivers: VecDeque::new(),
            closed: false,
        };
        Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            lock: Mutex::new(()).named(format_args!("channel")),
            capacity,
            state: UnsafeCell::new(state).named(format_args!("items")),
        }
    }

    /// Waits until the item is received, or in the buffer.
    ///
    /// # Errors
    /// The channel is closed, or was closed meanwhile: the item comes back.
    pub fn send(&self, item: T) -> Result<(), Closed<T>> {
        let mut sending = Sending::new(self, item);
        super::select(&mut [&mut sending]);
        sending.sent()
    }

    /// Waits for an item; `None` once the channel is closed and empty.
    pub fn receive(&self) -> Option<T> {
        let mut receiving = Receiving::new(self);
        super::select(&mut [&mut receiving]);
        receiving.received()
    }

    /// Sends where that needs no wait.
    ///
    /// # Errors
    /// It would have to wait, or the channel is closed: the item comes back.
    pub fn try_send(&self, item: T) -> Result<(), Full<T>> {
        let mut sending = Sending::new(self, item);
        super::try_select(&mut [&mut sending]);
        sending.sent().map_err(|Closed(item)| Full(item))
    }

    /// Receives where that needs no wait.
    pub fn try_receive(&self) -> Option<T> {
        let mut receiving = Receiving::new(self);
        super::try_select(&mut [&mut receiving])?;
        receiving.received()
    }

    /// What is received until the channel is closed and empty.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        std::iter::from_fn(|| self.receive())
    }

    /// No item is accepted any more; those in the buffer can be received. Everybody who waits is sent away. To close it
    /// once more does nothing.
    pub fn close(&self) {
        let _locked = self.locked();
        // SAFETY: the lock is held.
        unsafe {
            self.with(|state| {
                state.closed = true;
                let senders =
                    if P::TELLS_SENDERS { std::mem::take(&mut state.senders) } else { VecDeque::new() };
                let waiting = std::mem::take(&mut state.receivers).into_iter().chain(senders);
                waiting
                    .filter(|waiting| waiting.ticket.claim())
                    .for_each(|waiting| waiting.finish(Ended::Closed));
            });
        }
    }

    fn locked(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap()
    }

    /// # Safety
    /// The caller holds the lock.
    unsafe fn with<R>(&self, act: impl FnOnce(&mut State<T, P>) -> R) -> R {
        // SAFETY: the pointer is valid for the call, and the lock keeps others away.
        self.state.with_mut(|state| act(unsafe { &mut *state }))
    }

    /// Whether a send has not to wait, as far as can be told without trying.
    ///
    /// # Safety
    /// The caller holds the lock.
    pub(super) unsafe fn can_send(&self) -> bool {
        let may = |state: &mut State<T, P>| {
            state.closed || state.buffer.len() < self.capacity || state.receivers.iter().any(Waiting::is_open)
        };
        // SAFETY: the caller's promise.
        unsafe { self.with(may) }
    }

    /// Whether a receive has not to wait, as far as can be told without trying.
    ///
    /// # Safety
    /// The caller holds the lock.
    pub(super) unsafe fn can_receive(&self) -> bool {
        let may = |state: &mut State<T, P>| {
            let meets_sender = || self.capacity == 0 && state.senders.iter().any(Waiting::is_open);
            state.closed || !state.buffer.is_empty() || meets_sender()
        };
        // SAFETY: the caller's promise.
        unsafe { self.with(may) }
    }

    /// Sends; `None` where that would have to wait. The item stays where it is not accepted.
    ///
    /// # Safety
    /// The caller holds the lock.
    pub(super) unsafe fn attempt_send(&self, item: &mut Option<T>) -> Option<Ended> {
        let attempt = |state: &mut State<T, P>| {
            if state.closed {
                return Some(Ended::Closed);
            }
            if let Some(receiver) = claimed(&mut state.receivers) {
                let item = item.take().expect("a case has its item until it is sent");
                // SAFETY: the receiver was claimed.
                unsafe { receiver.slot.put(item) };
                receiver.finish(Ended::Served);
            } else if state.buffer.len() < self.capacity {
                state.buffer.extend(item.take());
            } else {
                return None;
            }
            Some(Ended::Served)
        };
        // SAFETY: the caller's promise.
        unsafe { self.with(attempt) }
    }

    /// Receives; `None` where that would have to wait.
    ///
    /// # Safety
    /// The caller holds the lock.
    pub(super) unsafe fn attempt_receive(&self, into: &mut Option<T>) -> Option<Ended> {
        let attempt = |state: &mut State<T, P>| {
            *into = state.buffer.pop_front();
            let has_room = self.capacity == 0 || into.is_some() && P::REFILLS;
            if let Some(sender) = has_room.then(|| claimed(&mut state.senders)).flatten() {
                // SAFETY: the sender was claimed.
                let item = unsafe { sender.slot.take() };
                sender.finish(Ended::Served);
                match into {
                    Some(_) => state.buffer.extend(item),
                    None => *into = item,
                }
            }
            match into {
                Some(_) => Some(Ended::Served),
                None => state.closed.then_some(Ended::Closed),
            }
        };
        // SAFETY: the caller's promise.
        unsafe { self.with(attempt) }
    }

    /// # Safety
    /// The caller holds the lock, and has found that it has to wait.
    pub(super) unsafe fn add_sender(&self, waiting: Waiting<T, P>) {
        // SAFETY: the caller's promise.
        unsafe { self.with(|state| state.senders.push_back(waiting)) }
    }

    /// # Safety
    /// The caller holds the lock, and has found that it has to wait.
    pub(super) unsafe fn add_receiver(&self, waiting: Waiting<T, P>) {
        // SAFETY: the caller's promise.
        unsafe { self.with(|state| state.receivers.push_back(waiting)) }
    }

    /// The wait no longer stands here.
    ///
    /// # Safety
    /// The caller holds the lock.
    pub(super) unsafe fn remove(&self, ticket: &Arc<Ticket<P>>) {
        let others = |waiting: &Waiting<T, P>| !Arc::ptr_eq(&waiting.ticket, ticket);
        let remove = |state: &mut State<T, P>| {
            state.senders.retain(others);
            state.receivers.retain(others);
        };
        // SAFETY: the caller's promise.
        unsafe { self.with(remove) }
    }
}

/// The first of them that can be claimed; those before it are gone.
fn claimed<T, P: Protocol>(waiting: &mut VecDeque<Waiting<T, P>>) -> Option<Waiting<T, P>> {
    std::iter::from_fn(|| waiting.pop_front()).find(|waiting| waiting.ticket.claim())
}

impl<T, P: Protocol> Waiting<T, P> {
    fn is_open(&self) -> bool {
        self.ticket.is_open()
    }

    fn finish(&self, ended: Ended) {
        self.ticket.finish(self.case, ended);
    }
}

impl<T: Send + 'static, P: Protocol> BlockingQueue<T> for Channel<T, P> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        self.send(item)
    }

    fn pop(&self) -> Option<T> {
        self.receive()
    }
}

impl<T: Send + 'static, P: Protocol> TryQueue<T> for Channel<T, P> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.try_send(item)
    }

    fn try_pop(&self) -> Option<T> {
        self.try_receive()
    }
}

impl<T: Send, P: Protocol> Close for Channel<T, P> {
    fn close(&self) {
        self.close();
    }
}

impl<T, P: Protocol> fmt::Debug for Channel<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

/// A channel without a buffer, as a queue: whatever the capacity that is asked for.
#[derive(Debug)]
pub struct Rendezvous<T, P: Protocol = Correct>(Channel<T, P>);

impl<T: Send + 'static, P: Protocol> BlockingQueue<T> for Rendezvous<T, P> {
    fn with_capacity(_capacity: usize) -> Self {
        Self(Channel::new(0))
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        self.0.send(item)
    }

    fn pop(&self) -> Option<T> {
        self.0.receive()
    }
}

impl<T: Send, P: Protocol> Close for Rendezvous<T, P> {
    fn close(&self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::exchange::{Waiting as Waits, exchange};
    use crate::port::{self, Item};

    #[test]
    fn smoke() {
        let channel = <Channel<_>>::new(2);
        assert_eq!([channel.send(7), channel.send(8)], [Ok(()), Ok(())]);
        assert_eq!(channel.try_send(9), Err(Full(9)));
        assert_eq!(
            [channel.receive(), channel.try_receive(), channel.try_receive()],
            [Some(7), Some(8), None]
        );
    }

    #[test]
    fn close_drains() {
        let channel = <Channel<_>>::new(2);
        channel.send(7).unwrap();
        channel.close();
        channel.close();
        assert_eq!((channel.send(8), channel.iter().collect::<Vec<_>>()), (Err(Closed(8)), vec![7]));
    }

    #[test]
    fn fifo_on_real_cores() {
        for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 4)] {
            let scenario = exchange(Waits::Blocks, 4, &vec![60; producers], consumers);
            port::queue::harness::<Channel<Item>>().program(scenario.clone()).run().unwrap();
            port::queue::harness::<Rendezvous<Item>>().program(scenario).run().unwrap();
        }
    }

    #[test]
    fn drops_what_is_left() {
        let value = Arc::new(());
        let channel = <Channel<_>>::new(2);
        channel.send(Arc::clone(&value)).unwrap();
        drop(channel);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
