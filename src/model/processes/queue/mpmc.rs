//! A ring of bytes in a region from many processes to many, any of which may be killed.
//!
//! It is a [ring](super::ring), and a [robust lock](crate::model::processes::lock::robust) for each of its ends: one sender at a time, and
//! one receiver. Who is killed with a lock leaves its end to the next one. A receiver leaves nothing else: its message is still there. A
//! sender may have been in the middle of a message, or waiting for room; then nothing of it arrives, and the next sender, or
//! whoever asks, finds that in the account, and counts it as lost.
//!
//! Invariant: the account has the number of messages that were lost, and, while somebody sends, the position at which the message begins. It
//! is one word, so that it changes in one step: whether the message was lost is known from the ring, whose `tail` has moved or has not, and a
//! recovery that is broken off has either happened or not.
//!
//! What it does not do: let two send at once. Who waits for room keeps others from sending, and who waits for a message keeps others
//! from receiving. A message that a receiver was killed with comes again: *at least once*. The kernel goes through the words of the dead
//! one by one, so that the lock may be free a moment before the end is: who comes then looks again until it is.
//!
//! Sources: those of the ring; POSIX.1-2024, `pthread_mutex_consistent`.

use super::ring::{Occupied, Passage, Receiver, Ring, Sender, TooLong, Whole};
use crate::model::processes::lock::robust::{Kept, Locked, NotRecoverable, RobustLock, Rules};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::sync::hint;
use crate::sync::process::point;
use crate::sync::region::Shared;
use crate::sync::time::Deadline;
use std::fmt;
use std::time::Duration;

/// When a position moves, how a message is counted that was lost, and what the locks owe to the dead.
pub trait Recovery: Passage {
    /// What the locks do.
    type Locks: Rules;
    /// Whether it is counted before it is written down that nobody sends it any more.
    const COUNTS_FIRST: bool = false;
}

impl Recovery for Whole {
    type Locks = Kept;
}

/// Somebody sends: the account's lower half is the position of the message.
const SENDING: u64 = 1 << 32;
/// One message that was lost.
const LOST: u64 = 1 << 33;

/// A first-in first-out ring of `WORDS` words of 8 bytes, a power of two, for a [`Region`](crate::sync::region::Region).
///
/// ```
/// use refectory::model::processes::queue::mpmc::Mpmc;
/// use refectory::model::processes::queue::ring::TooLong;
///
/// let ring = <Mpmc<4>>::new();
/// assert_eq!(ring.try_send(b"soup"), Ok(true));
/// assert_eq!(ring.try_send(b"leek and potato"), Ok(false), "three words, and there are two");
/// assert_eq!(ring.send(&[0; 25]), Err(TooLong));
/// assert_eq!(ring.receive(<[u8]>::to_vec), b"soup");
/// assert_eq!(ring.try_receive(|_| ()), None);
/// assert_eq!(ring.lost(), 0);
/// ```
#[repr(C)]
pub struct Mpmc<const WORDS: usize, P: Recovery = Whole> {
    senders: RobustLock<P::Locks>,
    /// Written under the senders' lock.
    account: AtomicU64,
    receivers: RobustLock<P::Locks>,
    ring: Ring<WORDS, P>,
}

// SAFETY: all fields are shared.
unsafe impl<const WORDS: usize, P: Recovery> Shared for Mpmc<WORDS, P> {}

impl<const WORDS: usize, P: Recovery> Mpmc<WORDS, P> {
    /// An empty ring.
    #[track_caller]
    pub fn new() -> Self {
        Self {
            senders: RobustLock::new().named(format_args!("senders")),
            account: AtomicU64::new(0).named(format_args!("account")),
            receivers: RobustLock::new().named(format_args!("receivers")),
            ring: Ring::new(),
        }
    }

    /// Sends a message, and waits for other senders and for room.
    ///
    /// # Errors
    /// It is longer than the ring.
    pub fn send(&self, message: &[u8]) -> Result<(), TooLong> {
        let sends = |found: Locked<'_>| self.sending(found, |sender| sender.send(message));
        self.senders.lock(sends).unwrap_or_else(|lost| unrepaired(lost))
    }

    /// Sends a message if there is room, and nobody else is sending; whether it did.
    ///
    /// # Errors
    /// It is longer than the ring.
    pub fn try_send(&self, message: &[u8]) -> Result<bool, TooLong> {
        let sends = |found: Locked<'_>| self.sending(found, |sender| sender.try_send(message));
        self.senders.try_lock(sends).unwrap_or_else(|lost| unrepaired(lost)).unwrap_or(Ok(false))
    }

    /// Sends a message if there is room within this time; whether it did.
    ///
    /// # Errors
    /// It is longer than the ring.
    pub fn send_timeout(&self, message: &[u8], patience: Duration) -> Result<bool, TooLong> {
        let deadline = Deadline::after(patience);
        let left = || deadline.left().unwrap_or_default();
        let sends = |found: Locked<'_>| self.sending(found, |sender| sender.send_timeout(message, left()));
        self.senders.lock_timeout(left(), sends).unwrap_or_else(|lost| unrepaired(lost)).unwrap_or(Ok(false))
    }

    /// Waits for a message, and reads it. It is done when `read` returns; where that panics it is still there.
    pub fn receive<T>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
        let receives = |found: Locked<'_>| self.receiving(found, |receiver| receiver.receive(read));
        self.receivers.lock(receives).unwrap_or_else(|lost| unrepaired(lost))
    }

    /// Reads a message if there is one, and nobody else is receiving.
    pub fn try_receive<T>(&self, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let receives = |found: Locked<'_>| self.receiving(found, |receiver| receiver.try_receive(read));
        self.receivers.try_lock(receives).unwrap_or_else(|lost| unrepaired(lost)).flatten()
    }

    /// Reads a message if there is one within this time.
    pub fn receive_timeout<T>(&self, patience: Duration, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let deadline = Deadline::after(patience);
        let left = || deadline.left().unwrap_or_default();
        let receives =
            |found: Locked<'_>| self.receiving(found, |receiver| receiver.receive_timeout(left(), read));
        self.receivers.lock_timeout(left(), receives).unwrap_or_else(|lost| unrepaired(lost)).flatten()
    }

    /// How many messages were lost because their senders were killed, as far as it is known: that of a sender that was killed
    /// while another one sends is counted by the next.
    #[must_use]
    pub fn lost(&self) -> u32 {
        let recovers = |found: Locked<'_>| {
            if let Locked::OwnerDied(left) = found {
                entered(|| self.ring.sender(|sender| self.recover(sender.position())));
                left.consistent();
            }
        };
        self.senders.try_lock(recovers).unwrap_or_else(|lost| unrepaired(lost));
        // Ordering: Relaxed, here and below. It is a count, and its writers have a lock.
        (self.account.load(Relaxed) / LOST) as u32
    }

    fn sending<T>(&self, found: Locked<'_>, send: impl FnOnce(&mut Sender<'_, WORDS, P>) -> T) -> T {
        let mut once = Some((found, send));
        entered(|| {
            self.ring.sender(|mut sender| {
                let (found, send) = once.take().expect("it is entered once");
                let position = sender.position();
                if let Locked::OwnerDied(left) = found {
                    self.recover(position);
                    left.consistent();
                }
                let account = self.account.load(Relaxed);
                self.account.store(account | SENDING | u64::from(position), Relaxed);
                let sent = send(&mut sender);
                self.account.store(account, Relaxed);
                sent
            })
        })
    }

    /// A message that was begun where the ring still ends is lost.
    fn recover(&self, tail: u32) {
        let account = self.account.load(Relaxed);
        let lost = account / LOST * LOST;
        if account & SENDING != 0 {
            let is_lost = account as u32 == tail;
            if P::COUNTS_FIRST && is_lost {
                self.account.store(account + LOST, Relaxed);
                point("a message that is counted as lost");
            }
            self.account.store(lost + u64::from(is_lost) * LOST, Relaxed);
            point("an account that is right again");
        }
    }

    fn receiving<T>(&self, found: Locked<'_>, receive: impl FnOnce(&mut Receiver<'_, WORDS, P>) -> T) -> T {
        if let Locked::OwnerDied(left) = found {
            // Its message is where it was.
            left.consistent();
        }
        let mut receive = Some(receive);
        entered(|| {
            let once = |mut receiver: Receiver<'_, WORDS, P>| {
                receive.take().expect("it is entered once")(&mut receiver)
            };
            self.ring.receiver(once)
        })
    }
}

/// Enters an end of the ring, whose lock is ours: nobody is there but one that is dead, and whom the kernel is about to take away.
fn entered<T>(mut enter: impl FnMut() -> Result<T, Occupied>) -> T {
    loop {
        match enter() {
            Ok(done) => return done,
            Err(Occupied) => hint::spin_loop(),
        }
    }
}

/// Who comes repairs first.
fn unrepaired(lost: NotRecoverable) -> ! {
    unreachable!("{lost}")
}

impl<const WORDS: usize, P: Recovery> Default for Mpmc<WORDS, P> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<const WORDS: usize, P: Recovery> fmt::Debug for Mpmc<WORDS, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mpmc").field("words", &WORDS).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::thread;
    use std::sync::Arc;

    const EACH: u32 = 2_000;

    #[test]
    fn every_message_arrives_once() {
        let ring = Arc::new(<Mpmc<16>>::new());
        let senders = [0, 1].map(|sender| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                for i in 0..EACH {
                    ring.send(&(sender * EACH + i).to_ne_bytes().repeat(1 + i as usize % 7)).unwrap();
                }
            })
        });
        let receivers = [(); 2].map(|()| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let number = |message: &[u8]| {
                    let number = u32::from_ne_bytes(*message.first_chunk().unwrap());
                    assert_eq!(message, number.to_ne_bytes().repeat(1 + (number % EACH) as usize % 7));
                    number
                };
                (0..EACH).map(|_| ring.receive(number)).collect::<Vec<_>>()
            })
        });
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        let mut all: Vec<_> = receivers.into_iter().flat_map(|receiver| receiver.join().unwrap()).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..2 * EACH));
        assert_eq!(ring.lost(), 0);
    }

    #[test]
    fn what_has_no_time_does_nothing() {
        let ring = <Mpmc<2>>::new();
        assert_eq!(ring.receive_timeout(Duration::ZERO, |_| ()), None);
        assert_eq!(ring.send_timeout(b"soup", Duration::ZERO), Ok(true));
        assert_eq!(ring.send_timeout(b"soup", Duration::from_millis(1)), Ok(false));
        assert_eq!(ring.receive_timeout(Duration::MAX, <[u8]>::to_vec), Some(b"soup".to_vec()));
    }
}
