//! A condition variable over a lock of ours, as Python's `Condition`: who waits is woken in the order of coming, and
//! a notification wakes so many.
//!
//! Each waiter has a futex of its own, and stands in a queue. Who notifies takes waiters from the queue's head.
//! Invariants: while the lock is held by one thread, a waiter is in the queue if and only if it was not
//! notified; so a waiter whose time ran out, and who finds after it has the lock again that it is no longer in the
//! queue, was notified, and says so. CPython's says that it timed out, and the notification is lost, for no other
//! waiter has it.
//!
//! There are no spurious wake-ups. Several conditions may share one lock. The lock is proved held by its guard; the
//! queue has a small lock of its own, because a guard is no proof where any thread may release the lock.
//!
//! Source: C. A. R. Hoare, "Monitors: an operating system structuring concept", 1974; Butler W. Lampson, David D. Redell,
//! "Experience with processes and monitors in Mesa", 1980, for waiters that look again; the queue of waiters is that of
//! CPython 3.13, `Lib/threading.py`, `Condition`.

use crate::model::threads::lock::futex::{Handoff, Lock, LockGuard, NotHeld};
use crate::model::threads::lock::guarded::Guarded;
use crate::model::threads::lock::recursive::{RLock, RLockGuard};
use crate::sync::Futex;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::time::Deadline;
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

/// The proof that a lock is held, which a condition releases and acquires again.
pub trait Held {
    /// The lock.
    type Lock;
    /// What it takes to restore it.
    type Depth;

    /// The lock that is held.
    fn whose(&self) -> &Self::Lock;

    /// Releases the lock however often it was acquired.
    ///
    /// # Errors
    /// Somebody else has released it.
    fn release_fully(&mut self) -> Result<Self::Depth, NotHeld>;

    /// Waits for the lock, and restores what `release_fully` gave.
    fn acquire_again(&mut self, depth: Self::Depth);
}

impl<H: Handoff> Held for LockGuard<'_, H> {
    type Lock = Lock<H>;
    type Depth = ();

    fn whose(&self) -> &Lock<H> {
        self.owner()
    }

    fn release_fully(&mut self) -> Result<(), NotHeld> {
        self.owner().release()
    }

    fn acquire_again(&mut self, (): ()) {
        self.owner().acquire();
    }
}

impl Held for RLockGuard<'_> {
    type Lock = RLock;
    type Depth = NonZeroUsize;

    fn whose(&self) -> &RLock {
        self.owner()
    }

    fn release_fully(&mut self) -> Result<NonZeroUsize, NotHeld> {
        self.owner().release_fully()
    }

    fn acquire_again(&mut self, depth: NonZeroUsize) {
        self.owner().acquire_again(depth);
    }
}

/// When a waiter looks at what, and what it answers.
pub trait Patience: fmt::Debug + Send + Sync + 'static {
    /// Whether the predicate is looked at before the first wait.
    const LOOKS_BEFORE_WAITING: bool = true;

    /// Whether the predicate is looked at once more when the time has run out.
    const LOOKS_BEFORE_LEAVING: bool = true;

    /// Whether a waiter was notified whose time ran out, and who was still `queued` when it had the lock again.
    fn was_notified(queued: bool) -> bool {
        !queued
    }
}

/// As it should be.
#[derive(Debug)]
pub struct Correct;

impl Patience for Correct {}

/// A condition that holders of a lock wait for.
///
/// ```
/// use refectory::model::threads::lock::condition::Condition;
/// use refectory::model::threads::lock::futex::Lock;
/// use refectory::sync::thread;
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
///
/// let lock = Arc::new(Lock::new());
/// let served: Arc<Condition<Lock>> = Arc::new(Condition::new(lock.clone()));
/// let soup = Arc::new(AtomicBool::new(false));
/// let cook = thread::spawn({
///     let (lock, served, soup) = (lock.clone(), served.clone(), soup.clone());
///     move || {
///         let mut held = lock.lock();
///         soup.store(true, Relaxed);
///         served.notify(&mut held, 1).unwrap()
///     }
/// });
/// let mut held = lock.lock();
/// served.wait_for(&mut held, || soup.load(Relaxed)).unwrap();
/// drop(held);
/// assert!(cook.join().unwrap() <= 1);
/// ```
pub struct Condition<L, P = Correct> {
    lock: Arc<L>,
    waiters: Guarded<VecDeque<Arc<Waiter>>>,
    patience: PhantomData<P>,
}

impl<L, P: Patience> Condition<L, P> {
    /// A condition for the holders of this lock.
    #[track_caller]
    pub fn new(lock: Arc<L>) -> Self {
        let waiters = Guarded::new(VecDeque::new(), format_args!("waiters"));
        Self { lock, waiters, patience: PhantomData }
    }

    /// Releases the lock, waits for a notification, and acquires the lock again. Woken by
    /// [`notify`](Self::notify).
    ///
    /// # Errors
    /// The lock is not held: the guard is another lock's, or somebody has released it.
    pub fn wait(&self, held: &mut impl Held<Lock = L>) -> Result<(), NotHeld> {
        self.sleep(held, |waiter| {
            waiter.wait();
            true
        })
        .map(drop)
    }

    /// The same, but not longer than `patience`; whether it was notified.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_timeout(&self, held: &mut impl Held<Lock = L>, patience: Duration) -> Result<bool, NotHeld> {
        self.sleep(held, |waiter| waiter.wait_timeout(patience))
    }

    /// Waits until the predicate holds, which is looked at under the lock.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_for(
        &self,
        held: &mut impl Held<Lock = L>,
        mut predicate: impl FnMut() -> bool,
    ) -> Result<(), NotHeld> {
        let mut waits = !P::LOOKS_BEFORE_WAITING;
        while waits || !predicate() {
            self.wait(held)?;
            waits = false;
        }
        Ok(())
    }

    /// The same, but not longer than `patience`; the last that the predicate said.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_for_timeout(
        &self,
        held: &mut impl Held<Lock = L>,
        patience: Duration,
        mut predicate: impl FnMut() -> bool,
    ) -> Result<bool, NotHeld> {
        let deadline = Deadline::after(patience);
        while !predicate() {
            let Some(left) = deadline.left() else { return Ok(false) };
            if !self.wait_timeout(held, left)? {
                return Ok(P::LOOKS_BEFORE_LEAVING && predicate());
            }
        }
        Ok(true)
    }

    /// Wakes the `n` that have waited longest, or all where there are fewer; how many it was.
    ///
    /// # Errors
    /// The lock is not held: the guard is another lock's.
    pub fn notify(&self, held: &mut impl Held<Lock = L>, n: usize) -> Result<usize, NotHeld> {
        self.check(held)?;
        let woken: Vec<_> = self.waiters.with(|waiters| {
            let n = n.min(waiters.len());
            waiters.drain(..n).collect()
        });
        woken.iter().for_each(|waiter| waiter.notify());
        Ok(woken.len())
    }

    /// Wakes all who wait; how many it was.
    ///
    /// # Errors
    /// As [`notify`](Self::notify).
    pub fn notify_all(&self, held: &mut impl Held<Lock = L>) -> Result<usize, NotHeld> {
        self.notify(held, usize::MAX)
    }

    fn check(&self, held: &impl Held<Lock = L>) -> Result<(), NotHeld> {
        if std::ptr::eq(held.whose(), &*self.lock) { Ok(()) } else { Err(NotHeld) }
    }

    /// Whether the waiter was notified, before the body had enough or while it came back.
    fn sleep(
        &self,
        held: &mut impl Held<Lock = L>,
        body: impl FnOnce(&Waiter) -> bool,
    ) -> Result<bool, NotHeld> {
        self.check(held)?;
        let waiter = Arc::new(Waiter::new());
        self.waiters.with(|waiters| waiters.push_back(waiter.clone()));
        let released = held.release_fully().inspect_err(|NotHeld| {
            self.withdraw(&waiter);
        })?;
        let woken = body(&waiter);
        held.acquire_again(released);
        Ok(woken || P::was_notified(self.withdraw(&waiter)))
    }

    /// Takes the waiter out of the queue; whether it was there.
    fn withdraw(&self, waiter: &Arc<Waiter>) -> bool {
        self.waiters.with(|waiters| {
            let place = waiters.iter().position(|other| Arc::ptr_eq(other, waiter));
            place.and_then(|place| waiters.remove(place)).is_some()
        })
    }
}

impl<L, P> fmt::Debug for Condition<L, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").field("waiters", &self.waiters).finish_non_exhaustive()
    }
}

/// Nobody has notified the waiter.
const ASLEEP: u32 = 0;
/// Somebody has.
const NOTIFIED: u32 = 1;

/// What one thread waits on, once. std's own count shares it between the thread and who notifies it: the last
/// owner frees memory, and nothing that would have to be ordered.
struct Waiter(Futex);

impl Waiter {
    fn new() -> Self {
        Self(Futex::new(ASLEEP).named(format_args!("waiter")))
    }

    /// Woken by [`Self::notify`].
    fn wait(&self) {
        while !self.is_notified() {
            self.0.wait(ASLEEP);
        }
    }

    /// Whether it was woken before its time ran out.
    fn wait_timeout(&self, patience: Duration) -> bool {
        let deadline = Deadline::after(patience);
        while !self.is_notified() {
            let in_time = deadline.left().is_some_and(|left| self.0.wait_timeout(ASLEEP, left));
            if !in_time {
                return false;
            }
        }
        true
    }

    fn notify(&self) {
        // Ordering: Relaxed, as in `is_notified`.
        self.0.store(NOTIFIED, Relaxed);
        self.0.wake_one();
    }

    fn is_notified(&self) -> bool {
        // Ordering: Relaxed; the lock, which the waiter then acquires, orders what was done under it.
        self.0.load(Relaxed) == NOTIFIED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smoke<L, G: Held<Lock = L>>(lock: Arc<L>, mut held: G) {
        let condition: Condition<L> = Condition::new(lock);
        assert_eq!(condition.notify(&mut held, 3), Ok(0));
        assert_eq!(condition.wait_timeout(&mut held, Duration::ZERO), Ok(false));
        assert_eq!(condition.wait_timeout(&mut held, Duration::from_millis(1)), Ok(false));
        assert_eq!(condition.wait_for(&mut held, || true), Ok(()));
        assert_eq!(condition.wait_for_timeout(&mut held, Duration::ZERO, || false), Ok(false));
        assert_eq!(condition.notify_all(&mut held), Ok(0), "who timed out has left");
    }

    #[test]
    fn smoke_over_a_lock() {
        let lock = Arc::new(Lock::<crate::model::threads::lock::futex::ThreeState>::new());
        smoke(lock.clone(), lock.lock());
    }

    #[test]
    fn smoke_over_a_recursive_lock() {
        let lock = Arc::new(RLock::new());
        let _outer = lock.lock();
        smoke(lock.clone(), lock.lock());
        assert_eq!(lock.depth(), 1);
    }

    #[test]
    fn the_guard_of_another_lock_is_refused() {
        let condition: Condition<RLock> = Condition::new(Arc::default());
        let other = RLock::new();
        let mut held = other.lock();
        assert_eq!(condition.wait(&mut held), Err(NotHeld));
        assert_eq!(condition.notify(&mut held, 1), Err(NotHeld));
    }

    #[test]
    fn a_lock_that_somebody_has_released_is_not_waited_with() {
        let lock: Arc<Lock> = Arc::default();
        let condition: Condition<Lock> = Condition::new(lock.clone());
        let mut held = lock.lock();
        lock.release().unwrap();
        assert_eq!(condition.wait(&mut held), Err(NotHeld));
        assert_eq!(condition.notify_all(&mut held), Ok(0), "it is no longer in the queue");
    }
}
