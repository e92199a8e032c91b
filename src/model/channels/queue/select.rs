//! One of several sends and receives: whichever can take place.
//!
//! A select locks the channels of all its cases, in one order for all, so that it sees them at one moment. Where a case
//! can take place it does; of several, which one is [chosen](crate::sync::hint::choose). Where none can, the wait stands at
//! all channels; who serves it claims it, at one of them, and it leaves the others before it returns.
//!
//! Source: The Go Programming Language Specification, "Select statements"; the algorithm is that of Go's runtime
//! (`runtime/select.go`, 2014).

use super::channel::{Channel, Correct, Protocol, Waiting};
use super::ticket::{Ended, Slot, Ticket};
use crate::port::Closed;
use crate::sync::hint::choose;
use crate::sync::time::Deadline;
use crate::sync::{Mutex, MutexGuard};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A send or a receive that a [`select`] may take. All cases of one select go by one protocol.
pub trait Case<'c, P: Protocol = Correct>: sealed::Case<'c, P> {}

impl<'c, P: Protocol, C: sealed::Case<'c, P> + ?Sized> Case<'c, P> for C {}

mod sealed {
    use super::{Arc, Ended, Mutex, Protocol, Ticket};

    pub trait Case<'c, P: Protocol> {
        /// The number of the channel, and its lock; `None` where there is none.
        fn lock(&self) -> Option<(u64, &'c Mutex<()>)>;

        /// Whether the case can take place, as far as can be told without trying.
        ///
        /// # Safety
        /// The caller holds the lock of the channel.
        unsafe fn is_ready(&self) -> bool;

        /// The case takes place, if it can.
        ///
        /// # Safety
        /// The caller holds the lock of the channel.
        unsafe fn attempt(&mut self) -> Option<Ended>;

        /// The wait stands at the channel from now on, as this case.
        ///
        /// # Safety
        /// The caller holds the lock of the channel, and has found that no case can take place.
        unsafe fn enter(&mut self, ticket: &Arc<Ticket<P>>, case: usize);

        /// The wait no longer stands at the channel.
        ///
        /// # Safety
        /// The caller holds the lock of the channel.
        unsafe fn leave(&mut self, ticket: &Arc<Ticket<P>>);

        /// The wait is over; `ended` where this case ended it.
        ///
        /// # Safety
        /// The wait was served, or given up.
        unsafe fn settle(&mut self, ended: Option<Ended>);
    }
}

/// A send that may take place.
pub struct Sending<'c, T, P: Protocol = Correct> {
    channel: &'c Channel<T, P>,
    item: Option<T>,
    slot: Option<Arc<Slot<T>>>,
}

/// A receive that may take place.
pub struct Receiving<'c, T, P: Protocol = Correct> {
    channel: &'c Channel<T, P>,
    item: Option<T>,
    slot: Option<Arc<Slot<T>>>,
}

/// A case of no channel, Go's nil channel: it never takes place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Never;

impl<'c, T: Send, P: Protocol> Sending<'c, T, P> {
    /// Sends this item there, if it is taken.
    pub fn new(channel: &'c Channel<T, P>, item: T) -> Self {
        Self { channel, item: Some(item), slot: None }
    }

    /// Whether the item was sent.
    ///
    /// # Errors
    /// It was not: another case was taken, or the channel is closed.
    pub fn sent(self) -> Result<(), Closed<T>> {
        self.item.map_or(Ok(()), |item| Err(Closed(item)))
    }
}

impl<'c, T: Send, P: Protocol> Receiving<'c, T, P> {
    /// Receives an item from there, if it is taken.
    pub const fn new(channel: &'c Channel<T, P>) -> Self {
        Self { channel, item: None, slot: None }
    }

    /// The item; `None` where another case was taken, or the channel is closed and empty.
    pub fn received(self) -> Option<T> {
        self.item
    }
}

impl<'c, 'l: 'c, T: Send, P: Protocol> sealed::Case<'c, P> for Sending<'l, T, P> {
    fn lock(&self) -> Option<(u64, &'c Mutex<()>)> {
        Some((self.channel.number, &self.channel.lock))
    }

    unsafe fn is_ready(&self) -> bool {
        // SAFETY: the caller's promise.
        unsafe { self.channel.can_send() }
    }

    unsafe fn attempt(&mut self) -> Option<Ended> {
        // SAFETY: the caller's promise.
        unsafe { self.channel.attempt_send(&mut self.item) }
    }

    unsafe fn enter(&mut self, ticket: &Arc<Ticket<P>>, case: usize) {
        let slot = Slot::new(self.item.take());
        self.slot = Some(Arc::clone(&slot));
        // SAFETY: the caller's promise.
        unsafe { self.channel.add_sender(Waiting { ticket: Arc::clone(ticket), case, slot }) };
    }

    unsafe fn leave(&mut self, ticket: &Arc<Ticket<P>>) {
        // SAFETY: the caller's promise.
        unsafe { self.channel.remove(ticket) };
    }

    unsafe fn settle(&mut self, ended: Option<Ended>) {
        let slot = self.slot.take();
        if ended != Some(Ended::Served) {
            // SAFETY: the caller's promise: nobody else has the slot any more.
            self.item = slot.and_then(|slot| unsafe { slot.take() });
        }
    }
}

impl<'c, 'l: 'c, T: Send, P: Protocol> sealed::Case<'c, P> for Receiving<'l, T, P> {
    fn lock(&self) -> Option<(u64, &'c Mutex<()>)> {
        Some((self.channel.number, &self.channel.lock))
    }

    unsafe fn is_ready(&self) -> bool {
        // SAFETY: the caller's promise.
        unsafe { self.channel.can_receive() }
    }

    unsafe fn attempt(&mut self) -> Option<Ended> {
        // SAFETY: the caller's promise.
        unsafe { self.channel.attempt_receive(&mut self.item) }
    }

    unsafe fn enter(&mut self, ticket: &Arc<Ticket<P>>, case: usize) {
        let slot = Slot::new(None);
        self.slot = Some(Arc::clone(&slot));
        // SAFETY: the caller's promise.
        unsafe { self.channel.add_receiver(Waiting { ticket: Arc::clone(ticket), case, slot }) };
    }

    unsafe fn leave(&mut self, ticket: &Arc<Ticket<P>>) {
        // SAFETY: the caller's promise.
        unsafe { self.channel.remove(ticket) };
    }

    unsafe fn settle(&mut self, ended: Option<Ended>) {
        let slot = self.slot.take();
        if ended == Some(Ended::Served) {
            // SAFETY: the caller's promise: who served is done with the slot.
            self.item = slot.and_then(|slot| unsafe { slot.take() });
        }
    }
}

impl<'c, P: Protocol> sealed::Case<'c, P> for Never {
    fn lock(&self) -> Option<(u64, &'c Mutex<()>)> {
        None
    }

    unsafe fn is_ready(&self) -> bool {
        false
    }

    unsafe fn attempt(&mut self) -> Option<Ended> {
        None
    }

    unsafe fn enter(&mut self, _ticket: &Arc<Ticket<P>>, _case: usize) {}

    unsafe fn leave(&mut self, _ticket: &Arc<Ticket<P>>) {}

    unsafe fn settle(&mut self, _ended: Option<Ended>) {}
}

/// Waits until one of the cases has taken place, a receive or a send at a closed channel included; tells which one.
///
/// # Panics
/// If there are more than 64 cases.
///
/// ```
/// use refectory::model::channels::queue::select::{Receiving, Sending, select};
/// use refectory::model::channels::queue::Channel;
///
/// let (numbers, letters) = (<Channel<_>>::new(1), <Channel<_>>::new(0));
/// let (mut put, mut get) = (Sending::new(&numbers, 7), Receiving::<char>::new(&letters));
/// assert_eq!(select(&mut [&mut put, &mut get]), 0);
/// assert_eq!((put.sent(), get.received(), numbers.receive()), (Ok(()), None, Some(7)));
/// ```
pub fn select<'c, P: Protocol>(cases: &mut [&mut dyn Case<'c, P>]) -> usize {
    begin_and_wait(cases, |ticket| Some(ticket.wait())).expect("it waits as long as it takes")
}

/// One of the cases, if one can take place at once: a select with a default.
pub fn try_select<'c, P: Protocol>(cases: &mut [&mut dyn Case<'c, P>]) -> Option<usize> {
    match begin(cases, false) {
        Begun::TookPlace(case) => Some(case),
        Begun::Waits(_) | Begun::WouldWait => None,
    }
}

/// The same as [`select`], but not longer than `duration`; `None` where none has taken place by then.
pub fn select_timeout<'c, P: Protocol>(
    cases: &mut [&mut dyn Case<'c, P>],
    duration: Duration,
) -> Option<usize> {
    let deadline = Deadline::after(duration);
    begin_and_wait(cases, |ticket| ticket.wait_until(&deadline))
}

/// Where no case can take place at once, `wait` waits, or gives up.
fn begin_and_wait<'c, P: Protocol>(
    cases: &mut [&mut dyn Case<'c, P>],
    wait: impl FnOnce(&Ticket<P>) -> Option<(usize, Ended)>,
) -> Option<usize> {
    let ticket = match begin(cases, true) {
        Begun::TookPlace(case) => return Some(case),
        Begun::Waits(ticket) => ticket,
        Begun::WouldWait => unreachable!("it may wait"),
    };
    let ended = wait(&ticket);
    end(cases, &ticket, ended);
    ended.map(|(case, _)| case)
}

enum Begun<P> {
    TookPlace(usize),
    WouldWait,
    Waits(Arc<Ticket<P>>),
}

fn begin<'c, P: Protocol>(cases: &mut [&mut dyn Case<'c, P>], may_wait: bool) -> Begun<P> {
    assert!(cases.len() <= 64, "a select has up to 64 cases, not {}", cases.len());
    // Most selects have one case, and need no list of locks.
    if let [case] = cases {
        let _locked = case.lock().map(|(_, lock)| lock.lock().unwrap());
        // SAFETY: the lock is held.
        return unsafe { begin_locked(cases, may_wait) };
    }
    let _locked = lock_all(cases.iter().filter_map(|case| case.lock()).collect());
    // SAFETY: the locks are held.
    unsafe { begin_locked(cases, may_wait) }
}

/// # Safety
/// The caller holds the locks of all cases.
unsafe fn begin_locked<'c, P: Protocol>(cases: &mut [&mut dyn Case<'c, P>], may_wait: bool) -> Begun<P> {
    loop {
        // SAFETY: the caller's promise.
        let is_ready = |case: &usize| unsafe { cases[*case].is_ready() };
        // A bit each: a case that can take place needs no memory.
        let ready = (0..cases.len()).filter(is_ready).fold(0u64, |ready, case| ready | 1 << case);
        if ready == 0 {
            break;
        }
        let chosen = choose(ready.count_ones() as usize);
        let case =
            (0..cases.len()).filter(|case| ready & 1 << case != 0).nth(chosen).expect("so many are ready");
        // SAFETY: the caller's promise.
        if unsafe { cases[case].attempt() }.is_some() {
            return Begun::TookPlace(case);
        }
        // A wait that was found there was claimed at another channel meanwhile.
    }
    if !may_wait {
        return Begun::WouldWait;
    }
    let ticket = Ticket::new();
    for (number, case) in cases.iter_mut().enumerate() {
        // SAFETY: the caller's promise; none can take place.
        unsafe { case.enter(&ticket, number) };
    }
    Begun::Waits(ticket)
}

/// The wait is over: it leaves the channels at which it was not served.
fn end<'c, P: Protocol>(
    cases: &mut [&mut dyn Case<'c, P>],
    ticket: &Arc<Ticket<P>>,
    ended: Option<(usize, Ended)>,
) {
    for (number, case) in cases.iter_mut().enumerate() {
        let ended = ended.filter(|(by, _)| *by == number).map(|(_, ended)| ended);
        if let (None, Some((_, lock))) = (ended, case.lock()) {
            let _locked = lock.lock().unwrap();
            // SAFETY: the lock is held.
            unsafe { case.leave(ticket) };
        }
        // SAFETY: who served has said that it is over, or the thread itself has claimed it.
        unsafe { case.settle(ended) };
    }
}

/// Locks each of them once, in the order of their numbers.
fn lock_all<'c>(mut locks: Vec<(u64, &'c Mutex<()>)>) -> Vec<MutexGuard<'c, ()>> {
    locks.sort_unstable_by_key(|(number, _)| *number);
    locks.dedup_by_key(|(number, _)| *number);
    locks.into_iter().map(|(_, lock)| lock.lock().unwrap()).collect()
}

impl<T, P: Protocol> fmt::Debug for Sending<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("channel", self.channel).finish_non_exhaustive()
    }
}

impl<T, P: Protocol> fmt::Debug for Receiving<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiving").field("channel", self.channel).finish_non_exhaustive()
    }
}
