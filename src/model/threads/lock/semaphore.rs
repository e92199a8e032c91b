//! A counting semaphore on a futex, with Python's contract: permits may be given back by others than had taken
//! them, several at once, and, where there is no limit, more than there were.
//!
//! The word is the number of free permits. Invariant: a thread waits only while there was none at a moment after
//! which nobody has yet come to wake; so who gives back first and wakes then loses nobody.
//!
//! It is not fair: a thread that comes later may take a permit before one that has been woken. Each release goes to
//! the table of waiters, even where nobody waits: there is no count of waiters to be kept right.
//!
//! Source: Edsger W. Dijkstra, "Cooperating sequential processes", 1965; the contract is that of CPython 3.13,
//! `Lib/threading.py`, `Semaphore` and `BoundedSemaphore`.

use crate::port::RawLock;
use crate::sync::Futex;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::time::Deadline;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::time::Duration;

/// How permits are given back.
pub trait Returning: fmt::Debug + Send + Sync + 'static {
    /// Adds so many permits to the free ones, unless there would be more than `limit`.
    ///
    /// # Errors
    /// There would be: nothing has changed.
    fn give_back(free: &Futex, permits: u32, limit: u32) -> Result<(), OverRelease>;
}

/// The check and the change are one step.
#[derive(Debug)]
pub struct AtOnce;

impl Returning for AtOnce {
    fn give_back(free: &Futex, permits: u32, limit: u32) -> Result<(), OverRelease> {
        // Ordering: Relaxed; the compare-exchange decides.
        let mut found = free.load(Relaxed);
        loop {
            let more = found.checked_add(permits).filter(|&more| more <= limit).ok_or(OverRelease)?;
            // Ordering: Release, for the Acquire of whoever takes a permit.
            match free.compare_exchange(found, more, Release, Relaxed) {
                Ok(_) => return Ok(()),
                Err(other) => found = other,
            }
        }
    }
}

/// There would have been more free permits than the semaphore has; it stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverRelease;

impl fmt::Display for OverRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more permits were given back than there are")
    }
}

impl Error for OverRelease {}

/// Permits for as many threads as it has, without a limit or [bounded](Self::bounded).
///
/// ```
/// use refectory::model::threads::lock::semaphore::{OverRelease, Semaphore};
/// use std::num::NonZeroU32;
///
/// let seats: Semaphore = Semaphore::bounded(2);
/// seats.acquire();
/// seats.acquire();
/// assert!(!seats.try_acquire());
/// assert_eq!(seats.release(NonZeroU32::new(3).unwrap()), Err(OverRelease));
/// assert_eq!(seats.release(NonZeroU32::new(2).unwrap()), Ok(()));
/// ```
#[derive(Debug)]
pub struct Semaphore<R = AtOnce> {
    free: Futex,
    limit: u32,
    returning: PhantomData<R>,
}

impl<R: Returning> Semaphore<R> {
    /// A semaphore with so many free permits, which may become more.
    #[track_caller]
    pub fn new(permits: u32) -> Self {
        Self::limited(permits, u32::MAX)
    }

    /// A semaphore with so many free permits, which never become more: Python's `BoundedSemaphore`.
    #[track_caller]
    pub fn bounded(permits: u32) -> Self {
        Self::limited(permits, permits)
    }

    #[track_caller]
    fn limited(permits: u32, limit: u32) -> Self {
        let free = Futex::new(permits).named(format_args!("free permits"));
        Self { free, limit, returning: PhantomData }
    }

    /// Waits for a permit and takes it. Woken by [`release`](Self::release).
    pub fn acquire(&self) {
        while !self.try_acquire() {
            self.free.wait(0);
        }
    }

    /// Takes a permit if one is free; whether it did.
    #[must_use = "a permit may be taken now"]
    pub fn try_acquire(&self) -> bool {
        // Ordering: Relaxed; the compare-exchange decides.
        let mut free = self.free.load(Relaxed);
        while free > 0 {
            // Ordering: Acquire, of the Release in `give_back`: what was done with the permit is visible.
            match self.free.compare_exchange(free, free - 1, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(other) => free = other,
            }
        }
        false
    }

    /// Waits for a permit, but not longer than `patience`; whether it took one.
    #[must_use = "a permit may be taken now"]
    pub fn acquire_timeout(&self, patience: Duration) -> bool {
        let deadline = Deadline::after(patience);
        loop {
            // The permit comes before the clock: the wake-up for it may have been this thread's.
            if self.try_acquire() {
                return true;
            }
            let Some(left) = deadline.left() else { return false };
            if !self.free.wait_timeout(0, left) {
                return false;
            }
        }
    }

    /// Gives back so many permits at once, whoever had taken them.
    ///
    /// # Errors
    /// There would be more than the semaphore's limit: none of them is given back.
    pub fn release(&self, permits: NonZeroU32) -> Result<(), OverRelease> {
        R::give_back(&self.free, permits.get(), self.limit)?;
        // All waiters wait for the same, and one permit serves one of them.
        match permits.get() {
            1 => self.free.wake_one(),
            _ => self.free.wake_all(),
        }
        Ok(())
    }

    /// Gives back one permit.
    ///
    /// # Errors
    /// As [`release`](Self::release).
    pub fn release_one(&self) -> Result<(), OverRelease> {
        self.release(NonZeroU32::MIN)
    }

    /// The number of free permits at some moment of the call.
    pub fn free(&self) -> u32 {
        // Ordering: Relaxed; the answer may be out of date before it is used.
        self.free.load(Relaxed)
    }
}

/// One permit makes a lock.
impl<R: Returning> RawLock for Semaphore<R> {
    fn new() -> Self {
        Self::bounded(1)
    }

    fn lock(&self) {
        self.acquire();
    }

    fn try_lock(&self) -> bool {
        self.try_acquire()
    }

    fn unlock(&self) {
        // Who unlocks has the permit, says the port.
        let _ = self.release_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();

    #[test]
    fn smoke() {
        let semaphore: Semaphore = Semaphore::new(1);
        semaphore.acquire();
        assert!(!semaphore.try_acquire());
        assert!(!semaphore.acquire_timeout(Duration::ZERO));
        assert!(!semaphore.acquire_timeout(Duration::from_millis(1)));
        semaphore.release(TWO).unwrap();
        assert_eq!(semaphore.free(), 2, "more than at first");
    }

    #[test]
    fn a_rejected_release_changes_nothing() {
        let bounded: Semaphore = Semaphore::bounded(2);
        bounded.acquire();
        assert_eq!((bounded.release(TWO), bounded.free()), (Err(OverRelease), 1));
        assert_eq!((bounded.release_one(), bounded.free()), (Ok(()), 2));
    }

    #[test]
    fn the_count_does_not_overflow() {
        let full: Semaphore = Semaphore::new(u32::MAX);
        assert_eq!((full.release_one(), full.free()), (Err(OverRelease), u32::MAX));
    }
}
