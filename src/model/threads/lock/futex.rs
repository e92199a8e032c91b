//! A lock on a futex, with Python's contract: whoever likes may release it, and who waits may give up.
//!
//! The word says how the lock stands: free, held, or held while somebody may wait for it. Only the release of a
//! lock that somebody may wait for wakes. Invariant: while a thread waits, the lock is held and contended, or a
//! thread that was woken is on its way. Therefore a woken thread takes the lock as contended: it does not know
//! whether it was the only one. And therefore it tries before it looks at the clock: the wake-up that it received
//! was for whoever could take the lock.
//!
//! It is not fair: a thread that comes later may take the lock before one that has been woken. It cannot tell
//! who holds it: the holder who acquires it once more waits for ever, and a release by another thread is right.
//!
//! Source: Ulrich ThreeState, "Futexes are tricky", 2011, the second mutex.

use crate::port::RawLock;
use crate::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use crate::sync::time::Deadline;
use crate::sync::{Futex, hint};
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// Nobody holds the lock.
const FREE: u32 = 0;
/// Somebody holds it, and nobody waits.
const HELD: u32 = 1;
/// Somebody holds it, and others may wait.
const CONTENDED: u32 = 2;

/// So often a thread looks whether the lock is free before it waits: about as long as a short critical section.
/// std's futex mutex does the same.
const LOOKS: u32 = 100;

/// What a release owes to the next holder.
pub trait Handoff: fmt::Debug + Send + Sync + 'static {
    /// The ordering of a release. It is for the Acquire of the next holder.
    const RELEASE: Ordering;

    /// Whether a thread that was woken takes the lock as if nobody else waited.
    const FORGETS_WAITERS: bool = false;

    /// Whether the release of a lock that stood so wakes a waiter.
    fn wakes(stood: u32) -> bool;
}

/// ThreeState's.
#[derive(Debug)]
pub struct ThreeState;

impl Handoff for ThreeState {
    const RELEASE: Ordering = Release;

    fn wakes(stood: u32) -> bool {
        stood == CONTENDED
    }
}

/// The lock was not held, so nobody could release it; it stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld;

impl fmt::Display for NotHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lock is not held")
    }
}

impl Error for NotHeld {}

/// A lock that any thread may release.
///
/// ```
/// use refectory::model::threads::lock::futex::{Lock, NotHeld};
/// use std::time::Duration;
///
/// let lock: Lock = Lock::new();
/// let guard = lock.lock();
/// assert!(!lock.try_acquire());
/// assert!(!lock.acquire_timeout(Duration::from_millis(1)));
/// drop(guard);
///
/// lock.acquire();
/// assert_eq!(lock.release(), Ok(()));
/// assert_eq!(lock.release(), Err(NotHeld));
/// ```
#[derive(Debug)]
pub struct Lock<H = ThreeState> {
    state: Futex,
    handoff: PhantomData<H>,
}

impl<H: Handoff> Lock<H> {
    /// A free lock.
    #[track_caller]
    pub fn new() -> Self {
        Self { state: Futex::new(FREE).named(format_args!("lock")), handoff: PhantomData }
    }

    /// Names the lock in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        Self { state: self.state.named(name), ..self }
    }

    /// Waits for the lock, and holds it until the guard is dropped.
    #[inline]
    pub fn lock(&self) -> LockGuard<'_, H> {
        self.acquire();
        LockGuard { lock: self }
    }

    /// Waits for the lock. It stays held until somebody [releases](Self::release) it.
    #[inline]
    pub fn acquire(&self) {
        if !self.try_acquire() {
            self.acquire_contended();
        }
    }

    /// Takes the lock if it is free; whether it did.
    #[inline]
    #[must_use = "the lock may be held now"]
    pub fn try_acquire(&self) -> bool {
        // Ordering: Acquire, of the Release in `release`: what was done under the lock is visible.
        self.state.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok()
    }

    /// Waits for the lock, but not longer than `patience`; whether it took it. Without patience it tries once.
    /// A patience that no clock can show is without end.
    #[must_use = "the lock may be held now"]
    pub fn acquire_timeout(&self, patience: Duration) -> bool {
        self.try_acquire() || (!patience.is_zero() && self.acquire_until(Deadline::after(patience)))
    }

    /// Releases the lock, whoever acquired it.
    ///
    /// # Errors
    /// It is not held.
    #[inline]
    pub fn release(&self) -> Result<(), NotHeld> {
        // Ordering: Release, for the Acquire of the next holder.
        let stood = self.state.swap(FREE, H::RELEASE);
        if H::wakes(stood) {
            self.state.wake_one();
        }
        if stood == FREE { Err(NotHeld) } else { Ok(()) }
    }

    /// Whether somebody holds the lock, at some moment of the call.
    pub fn is_locked(&self) -> bool {
        // Ordering: Relaxed; the answer may be out of date before it is used.
        self.state.load(Relaxed) != FREE
    }

    /// Woken by [`Self::release`].
    #[cold]
    fn acquire_contended(&self) {
        if self.spin() {
            return;
        }
        while !self.take_contended() {
            self.state.wait(CONTENDED);
            if H::FORGETS_WAITERS && self.try_acquire() {
                return;
            }
        }
    }

    /// The same, until the deadline.
    #[cold]
    fn acquire_until(&self, deadline: Deadline) -> bool {
        loop {
            // The lock comes before the clock: a wake-up that this thread took was another's chance, too, and to
            // leave the lock as contended is what passes it on.
            if self.take_contended() {
                return true;
            }
            let Some(left) = deadline.left() else { return false };
            if !self.state.wait_timeout(CONTENDED, left) {
                return false;
            }
        }
    }

    /// Takes the lock if it is free. If not, its holder is told that somebody waits.
    fn take_contended(&self) -> bool {
        // Ordering: Acquire, as in `try_acquire`.
        self.state.swap(CONTENDED, Acquire) == FREE
    }

    /// Gives a holder who is nearly done the time to end; whether the lock was taken then.
    fn spin(&self) -> bool {
        for _ in 0..hint::spins(LOOKS) {
            // Ordering: Relaxed; the lock is taken by a compare-exchange.
            match self.state.load(Relaxed) {
                FREE => return self.try_acquire(),
                CONTENDED => return false,
                _ => hint::spin_briefly(),
            }
        }
        false
    }
}

impl<H: Handoff> Default for Lock<H> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<H: Handoff> RawLock for Lock<H> {
    fn new() -> Self {
        Self::new()
    }

    fn lock(&self) {
        self.acquire();
    }

    fn try_lock(&self) -> bool {
        self.try_acquire()
    }

    fn unlock(&self) {
        // Who unlocks holds the lock, says the port.
        let _ = self.release();
    }
}

/// Holds a [`Lock`] until it is dropped, also by a panic.
#[must_use = "if unused the lock is released at once"]
#[derive(Debug)]
pub struct LockGuard<'a, H: Handoff = ThreeState> {
    lock: &'a Lock<H>,
}

impl<'a, H: Handoff> LockGuard<'a, H> {
    /// The lock that it holds.
    pub(super) fn owner(&self) -> &'a Lock<H> {
        self.lock
    }
}

impl<H: Handoff> Drop for LockGuard<'_, H> {
    #[inline]
    fn drop(&mut self) {
        // Somebody else may have released it, which is his right.
        let _ = self.lock.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::thread;
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;

    #[test]
    fn smoke() {
        let lock: Lock = Lock::new();
        assert!(lock.try_acquire());
        assert!(lock.is_locked() && !lock.try_acquire());
        assert_eq!((lock.release(), lock.release()), (Ok(()), Err(NotHeld)));
        assert!(!lock.is_locked());
    }

    #[test]
    fn a_timed_out_acquire_leaves_the_lock_intact() {
        let lock: Lock = Lock::new();
        lock.acquire();
        for patience in [Duration::ZERO, Duration::from_millis(1)] {
            assert!(!lock.acquire_timeout(patience));
        }
        lock.release().unwrap();
        assert!(lock.acquire_timeout(Duration::MAX));
        assert!(!lock.try_acquire());
    }

    #[test]
    fn critical_sections_do_not_overlap() {
        let shared = Arc::new((Lock::<ThreeState>::new(), AtomicU32::new(0)));
        let threads = [(); 4].map(|()| {
            let shared = shared.clone();
            thread::spawn(move || {
                for _ in 0..1_000 {
                    let _held = shared.0.lock();
                    assert_eq!(shared.1.fetch_add(1, Relaxed), 0);
                    shared.1.fetch_sub(1, Relaxed);
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(!shared.0.is_locked());
    }
}
