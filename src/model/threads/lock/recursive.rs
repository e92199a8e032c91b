//! A lock that its holder may acquire again, as Python's `RLock`.
//!
//! Invariant: the lock is held if and only if the depth is above 0, and between the first acquisition and the last
//! release `owner` is the thread that holds it. Only the owner reaches the depth.
//!
//! It is not fair, as [`Lock`] is not.
//!
//! Source: CPython 3.13, `Modules/_threadmodule.c` and `Python/lock.c`, `_PyRecursiveMutex`.

use crate::model::threads::lock::futex::{Lock, NotHeld};
use crate::port::RawLock;
use crate::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use crate::sync::{UnsafeCell, thread};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::time::Duration;

/// The owner of a lock that nobody holds.
const NOBODY: usize = 0;

/// A lock for the thread that holds it, as often as it likes.
///
/// ```
/// use refectory::model::threads::lock::recursive::RLock;
///
/// let lock = RLock::new();
/// let outer = lock.lock();
/// let inner = lock.lock();
/// assert_eq!(lock.depth(), 2);
/// drop((inner, outer));
/// assert!(lock.release().is_err());
/// ```
pub struct RLock<N = Counted> {
    lock: Lock,
    /// The holder, or [`NOBODY`].
    owner: AtomicUsize,
    /// How often the owner has to release.
    depth: UnsafeCell<usize>,
    nesting: PhantomData<N>,
}

/// Which release lets others in.
pub trait Nesting: Send + Sync + 'static {
    /// Whether it is that of the thread that has acquired the lock so often.
    fn is_last(depth: usize) -> bool;
}

/// The one that answers the first acquisition.
#[derive(Debug)]
pub struct Counted;

impl Nesting for Counted {
    fn is_last(depth: usize) -> bool {
        depth == 1
    }
}

// SAFETY: the depth is reached by the owner alone, and `lock` hands it from owner to owner.
unsafe impl<N: Sync> Sync for RLock<N> {}

impl RLock {
    /// A free lock.
    #[track_caller]
    pub fn new() -> Self {
        Self::free()
    }
}

impl<N: Nesting> RLock<N> {
    /// A free lock by any rule of release.
    #[track_caller]
    pub fn free() -> Self {
        Self {
            lock: Lock::new().named(format_args!("rlock")),
            owner: AtomicUsize::new(NOBODY).named(format_args!("owner")),
            depth: UnsafeCell::new(0).named(format_args!("depth")),
            nesting: PhantomData,
        }
    }

    /// Waits until no other thread holds the lock, and holds it until the guard is dropped.
    pub fn lock(&self) -> RLockGuard<'_, N> {
        self.acquire();
        RLockGuard { lock: self }
    }

    /// Waits until no other thread holds the lock, and acquires it, perhaps once more.
    pub fn acquire(&self) {
        let me = me();
        if self.is_owned_by(me) {
            self.descend();
        } else {
            self.lock.acquire();
            self.own(me, 1);
        }
    }

    /// Acquires the lock if no other thread holds it; whether it did.
    #[must_use = "the lock may be held now"]
    pub fn try_acquire(&self) -> bool {
        self.acquire_by(|lock| lock.try_acquire())
    }

    /// Waits until no other thread holds the lock, but not longer than `patience`; whether it acquired it.
    #[must_use = "the lock may be held now"]
    pub fn acquire_timeout(&self, patience: Duration) -> bool {
        self.acquire_by(|lock| lock.acquire_timeout(patience))
    }

    /// Takes back one acquisition of the thread that calls; the last one lets others in.
    ///
    /// # Errors
    /// The thread does not hold the lock.
    pub fn release(&self) -> Result<(), NotHeld> {
        match self.depth() {
            0 => Err(NotHeld),
            depth if N::is_last(depth) => self.disown(),
            depth => {
                self.set_depth(depth - 1);
                Ok(())
            }
        }
    }

    /// Releases the lock however often it was acquired; gives back how often that was.
    ///
    /// # Errors
    /// The thread does not hold the lock.
    pub fn release_fully(&self) -> Result<NonZeroUsize, NotHeld> {
        let depth = NonZeroUsize::new(self.depth()).ok_or(NotHeld)?;
        self.disown().map(|()| depth)
    }

    /// Waits for the lock as [`acquire`](Self::acquire), and restores what `release_fully` gave.
    ///
    /// # Panics
    /// If the thread holds the lock.
    pub fn acquire_again(&self, depth: NonZeroUsize) {
        let me = me();
        assert!(!self.is_owned_by(me), "the lock was not released");
        self.lock.acquire();
        self.own(me, depth.get());
    }

    /// Whether the thread that calls holds the lock.
    pub fn is_owned(&self) -> bool {
        self.is_owned_by(me())
    }

    /// How often the thread that calls has to release the lock.
    pub fn depth(&self) -> usize {
        if !self.is_owned() {
            return 0;
        }
        // SAFETY: the thread owns the lock.
        self.depth.with(|depth| unsafe { *depth })
    }

    /// Whether a thread, this or another, holds the lock at some moment of the call.
    pub fn is_locked(&self) -> bool {
        self.lock.is_locked()
    }

    fn acquire_by(&self, take: impl FnOnce(&Lock) -> bool) -> bool {
        let me = me();
        if self.is_owned_by(me) {
            self.descend();
            return true;
        }
        let taken = take(&self.lock);
        if taken {
            self.own(me, 1);
        }
        taken
    }

    /// Whether the thread that calls, which is `me`, holds the lock.
    fn is_owned_by(&self, me: usize) -> bool {
        // Ordering: Relaxed. Only this thread writes its own number, and it is the last to have written where it
        // still holds the lock.
        self.owner.load(Relaxed) == me
    }

    /// The lock is held, and from now on it is this thread's.
    fn own(&self, me: usize, depth: usize) {
        self.set_depth(depth);
        // Ordering: Relaxed, as the load in `is_owned_by` says; `lock` orders what it guards.
        self.owner.store(me, Relaxed);
    }

    /// The lock is this thread's, and from now on nobody's.
    fn disown(&self) -> Result<(), NotHeld> {
        // Ordering: Relaxed, as in `own`.
        self.owner.store(NOBODY, Relaxed);
        self.lock.release()
    }

    fn descend(&self) {
        self.set_depth(self.depth() + 1);
    }

    fn set_depth(&self, new: usize) {
        // SAFETY: the thread holds `lock`.
        self.depth.with_mut(|depth| unsafe { *depth = new });
    }
}

/// The number of the thread that calls, which is not [`NOBODY`].
fn me() -> usize {
    thread::place() + 1
}

impl<N: Nesting> Default for RLock<N> {
    #[track_caller]
    fn default() -> Self {
        Self::free()
    }
}

impl<N> fmt::Debug for RLock<N> {
    /// Without the depth, which is the owner's own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RLock").field("lock", &self.lock).field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl<N: Nesting> RawLock for RLock<N> {
    fn new() -> Self {
        Self::free()
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

/// Holds an [`RLock`] until it is dropped, also by a panic.
#[must_use = "if unused the lock is released at once"]
#[derive(Debug)]
pub struct RLockGuard<'a, N: Nesting = Counted> {
    lock: &'a RLock<N>,
}

impl<'a> RLockGuard<'a> {
    /// The lock that it holds.
    pub(super) fn owner(&self) -> &'a RLock {
        self.lock
    }
}

impl<N: Nesting> Drop for RLockGuard<'_, N> {
    fn drop(&mut self) {
        // The thread may have released it by hand, which is its right.
        let _ = self.lock.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::thread::spawn;
    use std::sync::Arc;

    #[test]
    fn smoke() {
        let lock = RLock::new();
        lock.acquire();
        assert!(lock.try_acquire() && lock.acquire_timeout(Duration::ZERO));
        assert_eq!((lock.depth(), lock.is_owned()), (3, true));
        let depth = lock.release_fully().unwrap();
        assert_eq!((depth.get(), lock.is_locked()), (3, false));
        lock.acquire_again(depth);
        for _ in 0..3 {
            lock.release().unwrap();
        }
        assert_eq!(lock.release(), Err(NotHeld));
    }

    #[test]
    fn another_thread_can_neither_acquire_nor_release() {
        let lock = Arc::new(RLock::new());
        lock.acquire();
        let other = spawn({
            let lock = lock.clone();
            move || (lock.try_acquire(), lock.release(), lock.depth(), lock.is_locked())
        });
        assert_eq!(other.join().unwrap(), (false, Err(NotHeld), 0, true));
        assert_eq!(lock.depth(), 1);
    }
}
