//! Channels: [`std::sync::mpsc`] behind the facade.
//!
//! A line of items under the facade's mutex, with a condition variable for each side, in every build: an engine sees
//! each of its steps. It is as simple as can be, and natively not as fast as std's.
//!
//! Invariant: all of a channel's state is under its mutex, and who changes what the other side waits for notifies it
//! before the call returns. The item of a rendezvous is in the line only while its sender waits for a receiver to take
//! it.

use super::{Condvar, Mutex, MutexGuard, PoisonError};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::time::Duration;

/// A channel without a bound, as [`std::sync::mpsc::channel`].
///
/// ```
/// use refectory::sync::{mpsc, thread};
///
/// let (order, orders) = mpsc::channel();
/// let guest = thread::spawn(move || order.send("soup"));
/// assert_eq!(orders.recv(), Ok("soup"));
/// guest.join().unwrap().unwrap();
/// assert!(orders.recv().is_err(), "nobody is left to order");
/// ```
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let channel = Arc::new(Channel::new(None));
    (Sender(Sending(Arc::clone(&channel))), Receiver(channel))
}

/// A channel that holds so many items at most, as [`std::sync::mpsc::sync_channel`]. With a bound of 0 a sender waits
/// until its item is received.
///
/// ```
/// use refectory::sync::mpsc;
///
/// let (order, orders) = mpsc::sync_channel(1);
/// order.send("soup").unwrap();
/// assert!(order.try_send("bread").is_err(), "the line is full");
/// assert_eq!(orders.recv(), Ok("soup"));
/// ```
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let channel = Arc::new(Channel::new(Some(bound)));
    (SyncSender(Sending(Arc::clone(&channel))), Receiver(channel))
}

/// The sending half of a [`channel`].
pub struct Sender<T>(Sending<T>);

/// The sending half of a [`sync_channel`].
pub struct SyncSender<T>(Sending<T>);

/// The receiving half of a channel.
pub struct Receiver<T>(Arc<Channel<T>>);

/// One of the senders; std's own count, because what it guards is under the mutex.
struct Sending<T>(Arc<Channel<T>>);

struct Channel<T> {
    line: Mutex<Line<T>>,
    not_empty: Condvar,
    not_full: Condvar,
}

struct Line<T> {
    items: VecDeque<T>,
    bound: Option<usize>,
    senders: usize,
    has_receiver: bool,
    /// A receiver waits for an item.
    wanted: bool,
    /// Items that were sent, and those of them that were received.
    sent: u64,
    received: u64,
}

type Guard<'a, T> = MutexGuard<'a, Line<T>>;

impl<T> Channel<T> {
    #[track_caller]
    fn new(bound: Option<usize>) -> Self {
        let line = Line {
            items: VecDeque::new(),
            bound,
            senders: 1,
            has_receiver: true,
            wanted: false,
            sent: 0,
            received: 0,
        };
        Self { line: Mutex::new(line), not_empty: Condvar::new(), not_full: Condvar::new() }
    }

    /// No item is dropped under the mutex, so that a panic leaves nothing half done.
    #[track_caller]
    fn lock(&self) -> Guard<'_, T> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn wait<'a>(on: &Condvar, line: Guard<'a, T>) -> Guard<'a, T> {
        on.wait(line).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room, and in a rendezvous for the receiver. Woken by `take` and by the receiver's end.
    #[track_caller]
    fn send(&self, item: T) -> Result<(), SendError<T>> {
        let mut line = self.lock();
        while line.has_receiver && line.is_full() {
            line = Self::wait(&self.not_full, line);
        }
        if !line.has_receiver {
            return Err(SendError(item));
        }
        let number = self.push(&mut line, item);
        while line.bound == Some(0) && line.received < number {
            if !line.has_receiver {
                let item = line.items.pop_front().expect("the item that nobody received");
                return Err(SendError(item));
            }
            line = Self::wait(&self.not_full, line);
        }
        Ok(())
    }

    #[track_caller]
    fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        let mut line = self.lock();
        if !line.has_receiver {
            return Err(TrySendError::Disconnected(item));
        }
        let met = line.bound == Some(0) && line.wanted && line.items.is_empty();
        if !met && (line.is_full() || line.bound == Some(0)) {
            return Err(TrySendError::Full(item));
        }
        self.push(&mut line, item);
        Ok(())
    }

    /// The item's number, from 1.
    #[track_caller]
    fn push(&self, line: &mut Guard<'_, T>, item: T) -> u64 {
        line.items.push_back(item);
        line.sent += 1;
        self.not_empty.notify_one();
        line.sent
    }

    #[track_caller]
    fn take(&self, line: &mut Guard<'_, T>) -> Option<T> {
        let item = line.items.pop_front()?;
        line.received += 1;
        // All: in a rendezvous the one whose item it was, and the next, wait at the same place.
        if line.bound.is_some() {
            self.not_full.notify_all();
        }
        Some(item)
    }

    /// Woken by `push` and by the last sender's end.
    #[track_caller]
    fn recv(&self) -> Result<T, RecvError> {
        let mut line = self.lock();
        loop {
            if let Some(item) = self.take(&mut line) {
                return Ok(item);
            }
            if line.senders == 0 {
                return Err(RecvError);
            }
            line.wanted = true;
            line = Self::wait(&self.not_empty, line);
            line.wanted = false;
        }
    }

    #[track_caller]
    fn try_recv(&self) -> Result<T, TryRecvError> {
        let mut line = self.lock();
        match self.take(&mut line) {
            Some(item) => Ok(item),
            None if line.senders == 0 => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }

    /// Woken as `recv` is.
    #[track_caller]
    fn recv_timeout(&self, duration: Duration) -> Result<T, RecvTimeoutError> {
        let mut line = self.lock();
        line.wanted = true;
        let nothing = |line: &mut Line<T>| line.items.is_empty() && line.senders > 0;
        let (mut line, _) = self
            .not_empty
            .wait_timeout_while(line, duration, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        line.wanted = false;
        match self.take(&mut line) {
            Some(item) => Ok(item),
            None if line.senders == 0 => Err(RecvTimeoutError::Disconnected),
            None => Err(RecvTimeoutError::Timeout),
        }
    }
}

impl<T> Line<T> {
    fn is_full(&self) -> bool {
        // A rendezvous has one item at a time in the line.
        self.bound.is_some_and(|bound| self.items.len() >= bound.max(1))
    }
}

impl<T> Sender<T> {
    /// Sends an item.
    ///
    /// # Errors
    /// If the receiver is gone: the item.
    #[track_caller]
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        self.0.0.send(item)
    }
}

impl<T> SyncSender<T> {
    /// Waits for room, and sends an item.
    ///
    /// # Errors
    /// If the receiver is gone: the item.
    #[track_caller]
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        self.0.0.send(item)
    }

    /// Sends an item if there is room.
    ///
    /// # Errors
    /// If there is none, or the receiver is gone: the item.
    #[track_caller]
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        self.0.0.try_send(item)
    }
}

impl<T> Receiver<T> {
    /// Waits for an item.
    ///
    /// # Errors
    /// If there is none, and every sender is gone.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.0.recv()
    }

    /// An item, if there is one.
    ///
    /// # Errors
    /// If there is none, or can be none any more.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.0.try_recv()
    }

    /// Waits for an item, but not longer than `duration`. Under an engine the time may run out at any moment of the
    /// wait.
    ///
    /// # Errors
    /// If the time ran out, or every sender is gone.
    #[track_caller]
    pub fn recv_timeout(&self, duration: Duration) -> Result<T, RecvTimeoutError> {
        self.0.recv_timeout(duration)
    }

    /// Items as they come, until every sender is gone.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        std::iter::from_fn(|| self.recv().ok())
    }

    /// The items that are there.
    pub fn try_iter(&self) -> impl Iterator<Item = T> + '_ {
        std::iter::from_fn(|| self.try_recv().ok())
    }
}

impl<T> Clone for Sending<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.0.lock().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sending<T> {
    fn drop(&mut self) {
        let mut line = self.0.lock();
        line.senders -= 1;
        if line.senders == 0 {
            self.0.not_empty.notify_all();
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut line = self.0.lock();
        line.has_receiver = false;
        // The item of a rendezvous goes back to its sender.
        let left = if line.bound == Some(0) { VecDeque::new() } else { std::mem::take(&mut line.items) };
        self.0.not_full.notify_all();
        drop(line);
        drop(left);
    }
}

impl<T> Clone for Sender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Clone for SyncSender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

macro_rules! opaque {
    ($($name:ident)+) => {$(
        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

opaque!(Sender SyncSender Receiver);

/// Items as they come, until every sender is gone.
impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}

/// The items of a channel, and its receiver.
#[derive(Debug)]
pub struct IntoIter<T>(Receiver<T>);

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}
