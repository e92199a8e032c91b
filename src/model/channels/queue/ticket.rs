//! What a thread holds that waits at one channel, or at several.

use super::channel::Protocol;
use crate::sync::atomic::Ordering::{Acquire, Relaxed};
use crate::sync::time::Deadline;
use crate::sync::{Futex, UnsafeCell, hint};
use std::marker::PhantomData;
use std::sync::Arc;

/// One thread's wait. Whoever serves it has claimed it first, so that it is served once, at one channel.
///
/// | word     | the wait is                                         |
/// |----------|-----------------------------------------------------|
/// | `OPEN`   | to be served, or given up by its thread             |
/// | `TAKEN`  | claimed by who serves it, or who gives it up        |
/// | others   | over: which case was served, and whether it was closed |
///
/// The word is a thread's alone to wait on: [`wait`](Self::wait) sleeps, [`finish`](Self::finish) wakes.
#[derive(Debug)]
pub struct Ticket<P> {
    word: Futex,
    protocol: PhantomData<P>,
}

const OPEN: u32 = 0;
const TAKEN: u32 = 1;
const OVER: u32 = 2;

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its item went over.
    Served,
    /// The channel is closed.
    Closed,
}

impl<P: Protocol> Ticket<P> {
    /// Looks before a thread sleeps: a wake-up across cores takes longer than most waits.
    const LOOKS: u32 = 500;

    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { word: Futex::new(OPEN).named(format_args!("wait")), protocol: PhantomData })
    }

    /// Whether it could be claimed a moment ago.
    pub(super) fn is_open(&self) -> bool {
        // Ordering: Relaxed; it is claimed before anything else is done.
        self.word.load(Relaxed) == OPEN
    }

    /// Claims the wait; false where somebody else was faster.
    pub(super) fn claim(&self) -> bool {
        P::claim(&self.word, OPEN, TAKEN)
    }

    /// The wait is over, and its thread goes on. It was claimed.
    pub(super) fn finish(&self, case: usize, ended: Ended) {
        let over = OVER + 2 * case as u32 + u32::from(ended == Ended::Closed);
        P::tell(&self.word, over);
    }

    /// Waits until it is over: which case ended, and how.
    pub(super) fn wait(&self) -> (usize, Ended) {
        for _ in 0..hint::spins(Self::LOOKS) {
            if self.word.load(Relaxed) >= OVER {
                break;
            }
            hint::spin_briefly();
        }
        loop {
            // Ordering: Acquire, of the Release of who serves: the slot is as that thread has left it.
            match self.word.load(Acquire) {
                over @ OVER.. => return ended(over),
                // Woken by `finish`.
                waiting => self.word.wait(waiting),
            }
        }
    }

    /// The same, but not longer than until the deadline; `None` where it was given up.
    pub(super) fn wait_until(&self, deadline: &Deadline) -> Option<(usize, Ended)> {
        loop {
            match self.word.load(Acquire) {
                over @ OVER.. => return Some(ended(over)),
                TAKEN => return Some(self.wait()),
                waiting => {
                    let in_time = deadline.left().is_some_and(|left| self.word.wait_timeout(waiting, left));
                    if !in_time && self.claim() {
                        return None;
                    }
                }
            }
        }
    }
}

fn ended(over: u32) -> (usize, Ended) {
    let closed = (over - OVER) % 2 == 1;
    (((over - OVER) / 2) as usize, if closed { Ended::Closed } else { Ended::Served })
}

/// Where an item goes from hand to hand.
///
/// It is accessed by the thread that waits, before it waits and after it was served; in between by who has claimed its
/// ticket, under the lock of the channel.
#[derive(Debug)]
pub(super) struct Slot<T>(UnsafeCell<Option<T>>);

// SAFETY: the ticket lets one thread at a time reach the slot, and items may be sent.
unsafe impl<T: Send> Sync for Slot<T> {}

impl<T> Slot<T> {
    pub(super) fn new(item: Option<T>) -> Arc<Self> {
        Arc::new(Self(UnsafeCell::new(item).named(format_args!("slot"))))
    }

    /// # Safety
    /// It is the caller's turn: see [`Slot`].
    pub(super) unsafe fn take(&self) -> Option<T> {
        // SAFETY: the pointer is valid for the call, and nobody else has access.
        self.0.with_mut(|slot| unsafe { (*slot).take() })
    }

    /// # Safety
    /// It is the caller's turn: see [`Slot`].
    pub(super) unsafe fn put(&self, item: T) {
        // SAFETY: the pointer is valid for the call, and nobody else has access.
        self.0.with_mut(|slot| unsafe { *slot = Some(item) });
    }
}
