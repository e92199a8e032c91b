//! A lock that guards a value, and conditions that its holders wait for, whatever they are made of.
//!
//! What is built on a monitor is written once, and [`Primitive`] or [`Barging`] is put below it:
//!
//! | monitor | lock | condition | for |
//! |---|---|---|---|
//! | [`Primitive`] | the facade's `Mutex` | its `Condvar` | proofs: an engine knows both, and acquires in one step |
//! | [`Barging`] | [`barging::Lock`] | a count of notifications on a futex | real cores |
//!
//! So a proof is one of parts: what is built on a monitor is explored on `Primitive` in large scopes, and on
//! `Barging` in small ones; the lock of `Barging` is explored alone, and is proved to do what is asked of the primitive. What both promise
//! is all that is used: one thread at a time holds the lock, and sees what those before it have done; who waits releases it
//! and is not missed by a notification that comes later; a wait may end without a notification, and a newcomer may
//! take the lock before one who was notified.
//!
//! Nothing is poisoned: what may panic while the lock is held has to be caught, or to leave the value as it should be.
//!
//! Source: Butler W. Lampson and David D. Redell, "Experience with processes and monitors in Mesa", 1980; the count of
//! notifications is that of std's condition variable on a futex.

use crate::model::threads::lock::barging;
use crate::port::RawLock;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::hint::Pauses;
use crate::sync::time::Deadline;
use crate::sync::{self, Futex};
use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// What a lock and its conditions are made of.
pub trait Monitor: fmt::Debug + Send + Sync + 'static {
    /// The lock.
    type Lock: fmt::Debug + Send + Sync;
    /// The lock is held, until this is dropped.
    type Held<'a>;
    /// A condition that holders of the lock wait for.
    type Condition: fmt::Debug + Send + Sync;

    /// A free lock, which traces call by this name.
    #[track_caller]
    fn lock_named(name: fmt::Arguments<'_>) -> Self::Lock;

    /// Waits for the lock.
    #[track_caller]
    fn lock(lock: &Self::Lock) -> Self::Held<'_>;

    /// A condition that nobody waits for, which traces call by this name.
    #[track_caller]
    fn condition_named(name: fmt::Arguments<'_>) -> Self::Condition;

    /// Releases the lock, waits for a notification, and acquires the lock again. May end without one.
    #[track_caller]
    fn wait<'a>(condition: &Self::Condition, held: Self::Held<'a>) -> Self::Held<'a>;

    /// The same, but not longer than `time`; whether the time ran out.
    #[track_caller]
    fn wait_timeout<'a>(
        condition: &Self::Condition,
        held: Self::Held<'a>,
        time: Duration,
    ) -> (Self::Held<'a>, bool);

    /// Wakes one who waits, if there is one. The lock need not be held.
    #[track_caller]
    fn notify_one(condition: &Self::Condition);

    /// Wakes all who wait.
    #[track_caller]
    fn notify_all(condition: &Self::Condition);
}

/// The primitives of the facade, which every engine knows.
#[derive(Debug)]
pub struct Primitive;

impl Monitor for Primitive {
    type Lock = sync::Mutex<()>;
    type Held<'a> = sync::MutexGuard<'a, ()>;
    type Condition = sync::Condvar;

    fn lock_named(name: fmt::Arguments<'_>) -> Self::Lock {
        sync::Mutex::new(()).named(name)
    }

    #[inline]
    fn lock(lock: &Self::Lock) -> Self::Held<'_> {
        lock.lock().unwrap_or_else(sync::PoisonError::into_inner)
    }

    fn condition_named(name: fmt::Arguments<'_>) -> Self::Condition {
        sync::Condvar::new().named(name)
    }

    fn wait<'a>(condition: &Self::Condition, held: Self::Held<'a>) -> Self::Held<'a> {
        condition.wait(held).unwrap_or_else(sync::PoisonError::into_inner)
    }

    fn wait_timeout<'a>(
        condition: &Self::Condition,
        held: Self::Held<'a>,
        time: Duration,
    ) -> (Self::Held<'a>, bool) {
        let (held, ended) = condition.wait_timeout(held, time).unwrap_or_else(sync::PoisonError::into_inner);
        (held, ended.timed_out())
    }

    #[inline]
    fn notify_one(condition: &Self::Condition) {
        condition.notify_one();
    }

    #[inline]
    fn notify_all(condition: &Self::Condition) {
        condition.notify_all();
    }
}

/// When who waits reads the count of notifications.
pub trait Counting: fmt::Debug + Send + Sync + 'static {
    /// Whether that is while it still holds the lock.
    const UNDER_THE_LOCK: bool = true;
}

/// As it should be.
#[derive(Debug)]
pub struct Correct;

impl Counting for Correct {}

/// The lock that is [cheap to release](super::barging), and conditions on futexes.
#[derive(Debug)]
pub struct Barging<C = Correct>(std::marker::PhantomData<C>);

/// The lock of [`Barging`].
#[derive(Debug)]
pub struct BargingLock {
    lock: barging::Lock,
    /// Stands for the value: an engine sees that it is written, and that the lock orders it.
    value: sync::UnsafeCell<()>,
}

// SAFETY: the cell holds nothing.
unsafe impl Sync for BargingLock {}

/// The lock of [`Barging`] is held, until this is dropped.
#[derive(Debug)]
pub struct BargingHeld<'a>(&'a BargingLock);

impl Drop for BargingHeld<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.lock.unlock();
    }
}

impl<C: Counting> Monitor for Barging<C> {
    type Lock = BargingLock;
    type Held<'a> = BargingHeld<'a>;
    /// Notifications so far. Who waits misses one where 2³² of them come between its last look and its sleep.
    type Condition = Futex;

    fn lock_named(name: fmt::Arguments<'_>) -> Self::Lock {
        BargingLock {
            lock: barging::Lock::named(format_args!("{name}'s lock")),
            value: sync::UnsafeCell::new(()).named(name),
        }
    }

    #[inline]
    fn lock(lock: &Self::Lock) -> Self::Held<'_> {
        lock.lock.lock();
        lock.value.with_mut(|_| ());
        BargingHeld(lock)
    }

    fn condition_named(name: fmt::Arguments<'_>) -> Self::Condition {
        Futex::new(0).named(name)
    }

    /// Woken by `notify_one` and `notify_all`.
    fn wait<'a>(condition: &Self::Condition, held: Self::Held<'a>) -> Self::Held<'a> {
        let (lock, seen) = release::<C>(condition, held);
        condition.wait(seen);
        Self::lock(lock)
    }

    fn wait_timeout<'a>(
        condition: &Self::Condition,
        held: Self::Held<'a>,
        time: Duration,
    ) -> (Self::Held<'a>, bool) {
        let (lock, seen) = release::<C>(condition, held);
        let in_time = condition.wait_timeout(seen, time);
        (Self::lock(lock), !in_time)
    }

    #[inline]
    fn notify_one(condition: &Self::Condition) {
        // Ordering: Relaxed; the lock orders what was done under it, also for who waits and acquires it again.
        condition.fetch_add(1, Relaxed);
        condition.wake_one();
    }

    #[inline]
    fn notify_all(condition: &Self::Condition) {
        // Ordering: Relaxed, as in `notify_one`.
        condition.fetch_add(1, Relaxed);
        condition.wake_all();
    }
}

/// Releases the lock; and how many notifications there were when it was still held.
fn release<'a, C: Counting>(condition: &Futex, held: BargingHeld<'a>) -> (&'a BargingLock, u32) {
    let lock = held.0;
    if !C::UNDER_THE_LOCK {
        drop(held);
        // Ordering: Relaxed, as below.
        return (lock, condition.load(Relaxed));
    }
    // Ordering: Relaxed. A notification of a change that this thread has not seen comes after a critical section that
    // comes after this one, so it is not counted yet.
    let seen = condition.load(Relaxed);
    drop(held);
    (lock, seen)
}

/// How long a thread looks at intervals that waits for something that others do under the lock: 20 µs where nobody else wants the
/// processor, about as long as it takes to be woken. It does not spin: what it waits for comes at once or in batches, and each look of its own
/// holds up who makes it.
pub const LINGERING: Pauses = Pauses::spinning(0).then_yielding(50);

/// A value for one thread at a time.
pub struct Mutex<T, M: Monitor = Barging> {
    lock: M::Lock,
    value: UnsafeCell<T>,
}

// SAFETY: the lock lets one thread at a time reach the value, and hands it from thread to thread.
unsafe impl<T: Send, M: Monitor> Sync for Mutex<T, M> {}

impl<T, M: Monitor> Mutex<T, M> {
    /// The value, which traces call by this name.
    #[track_caller]
    pub fn new(value: T, name: fmt::Arguments<'_>) -> Self {
        Self { lock: M::lock_named(name), value: UnsafeCell::new(value) }
    }

    /// Waits for the lock.
    #[track_caller]
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T, M> {
        MutexGuard { held: M::lock(&self.lock), value: &self.value }
    }

    /// Releases the lock and looks again at growing intervals whether it is still so: until it is not, or until it is time to
    /// sleep. To be woken on another core takes a hundred times as long as to see what it did.
    #[track_caller]
    #[inline]
    pub fn linger_while<'a>(
        &'a self,
        mut guard: MutexGuard<'a, T, M>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T, M> {
        let mut pauses = LINGERING;
        while !pauses.are_over() && condition(&mut guard) {
            drop(guard);
            pauses.pause();
            guard = self.lock();
        }
        guard
    }
}

impl<T, M: Monitor> fmt::Debug for Mutex<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").field("lock", &self.lock).finish_non_exhaustive()
    }
}

/// The right to reach a mutex's value, until it is dropped.
#[must_use = "if unused the lock is released at once"]
pub struct MutexGuard<'a, T, M: Monitor> {
    held: M::Held<'a>,
    value: &'a UnsafeCell<T>,
}

impl<T, M: Monitor> Deref for MutexGuard<'_, T, M> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held as long as the guard lives, and the borrow is the guard's.
        unsafe { &*self.value.get() }
    }
}

impl<T, M: Monitor> DerefMut for MutexGuard<'_, T, M> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the borrow is exclusive.
        unsafe { &mut *self.value.get() }
    }
}

impl<T: fmt::Debug, M: Monitor> fmt::Debug for MutexGuard<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// What holders of a mutex wait for.
#[derive(Debug)]
pub struct Condvar<M: Monitor = Barging>(M::Condition);

impl<M: Monitor> Condvar<M> {
    /// A condition that nobody waits for, which traces call by this name.
    #[track_caller]
    pub fn new(name: fmt::Arguments<'_>) -> Self {
        Self(M::condition_named(name))
    }

    /// Releases the mutex, waits for a notification, and acquires the mutex again. May wake without one.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T, M>) -> MutexGuard<'a, T, M> {
        let MutexGuard { held, value } = guard;
        MutexGuard { held: M::wait(&self.0, held), value }
    }

    /// Waits until the condition no longer holds.
    #[track_caller]
    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T, M>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T, M> {
        while condition(&mut guard) {
            guard = self.wait(guard);
        }
        guard
    }

    /// Waits for a notification, but not longer than `time`; whether the time ran out.
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T, M>,
        time: Duration,
    ) -> (MutexGuard<'a, T, M>, bool) {
        let MutexGuard { held, value } = guard;
        let (held, timed_out) = M::wait_timeout(&self.0, held, time);
        (MutexGuard { held, value }, timed_out)
    }

    /// Waits until the condition no longer holds, but not longer than `time`. It is looked at once more when the time has run
    /// out.
    #[track_caller]
    pub fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T, M>,
        time: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T, M> {
        let deadline = Deadline::after(time);
        let mut timed_out = false;
        while condition(&mut guard) && !timed_out {
            let Some(left) = deadline.left() else { break };
            (guard, timed_out) = self.wait_timeout(guard, left);
        }
        guard
    }

    /// Wakes one who waits, if there is one. The mutex need not be held.
    #[track_caller]
    #[inline]
    pub fn notify_one(&self) {
        M::notify_one(&self.0);
    }

    /// Wakes all who wait.
    #[track_caller]
    #[inline]
    pub fn notify_all(&self) {
        M::notify_all(&self.0);
    }
}
