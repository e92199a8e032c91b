//! The lock of asyncio: a semaphore with one permit.
//!
//! It goes to who has waited longest; who releases it hands it over, so nobody comes in between.
//!
//! Source: CPython 3.13, `Lib/asyncio/locks.py`, `Lock`.

use super::semaphore::{Acquire, Permit, Semaphore};
use super::waiters::{Correct, Protocol};
use crate::port::RawLock;
use crate::sync::future::{Awaits, block_on, cancellable};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A lock for one task at a time.
///
/// ```
/// use refectory::model::coroutines::lock::Lock;
/// use refectory::sync::future::block_on;
///
/// let lock: Lock = Lock::new();
/// block_on(async {
///     let held = lock.lock().await;
///     assert!(lock.try_lock().is_none());
///     drop(held);
///     assert!(lock.try_lock().is_some());
/// });
/// ```
#[derive(Debug)]
pub struct Lock<P: Protocol = Correct> {
    semaphore: Semaphore<P>,
}

impl<P: Protocol> Lock<P> {
    /// A free lock.
    pub fn new() -> Self {
        Self { semaphore: Semaphore::bounded(1) }
    }

    /// Names it in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        Self { semaphore: self.semaphore.named(name) }
    }

    /// Waits for the lock, behind those who wait already.
    ///
    /// Cancel-safe, but a wait that is dropped loses its place.
    #[track_caller]
    pub fn lock(&self) -> Locking<'_, P> {
        let awaits = Awaits::new(format_args!("{}.lock()", self.semaphore.name()));
        Locking { lock: self, acquire: self.semaphore.acquire_as(awaits) }
    }

    /// Takes the lock if it is free.
    pub fn try_lock(&self) -> Option<Held<'_, P>> {
        let permit = self.semaphore.try_acquire()?;
        Some(Held { lock: self, _permit: permit })
    }
}

impl<P: Protocol> Default for Lock<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// The future of [`Lock::lock`].
#[derive(Debug)]
#[must_use]
pub struct Locking<'l, P: Protocol = Correct> {
    lock: &'l Lock<P>,
    acquire: Acquire<'l, P>,
}

impl<'l, P: Protocol> Future for Locking<'l, P> {
    type Output = Held<'l, P>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Held<'l, P>> {
        let lock = self.lock;
        Pin::new(&mut self.acquire).poll(context).map(|permit| Held { lock, _permit: permit })
    }
}

/// The lock is held, until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Held<'l, P: Protocol = Correct> {
    lock: &'l Lock<P>,
    _permit: Permit<'l, P>,
}

impl<'l, P: Protocol> Held<'l, P> {
    /// The lock that is held.
    pub(super) const fn lock(&self) -> &'l Lock<P> {
        self.lock
    }
}

/// Each thread runs a task that locks.
impl<P: Protocol> RawLock for Lock<P> {
    fn new() -> Self {
        Self::new()
    }

    fn lock(&self) {
        block_on(self.semaphore.acquire()).forget();
    }

    fn try_lock(&self) -> bool {
        self.semaphore.try_acquire().map(Permit::forget).is_some()
    }

    fn unlock(&self) {
        self.semaphore.release().expect("who unlocks holds the lock");
    }
}

/// A lock whose waits may be [cancelled](cancellable) at any moment, and are begun again then.
///
/// No permit is lost by that, and nobody waits for ever.
#[derive(Debug)]
pub struct Impatient<L>(L);

impl<P: Protocol> RawLock for Impatient<Lock<P>> {
    fn new() -> Self {
        Self(Lock::new())
    }

    fn lock(&self) {
        loop {
            if let Ok(permit) = block_on(cancellable(self.0.semaphore.acquire())) {
                return permit.forget();
            }
        }
    }

    fn try_lock(&self) -> bool {
        RawLock::try_lock(&self.0)
    }

    fn unlock(&self) {
        RawLock::unlock(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port;

    #[test]
    fn smoke() {
        let lock = <Lock>::new();
        let held = block_on(lock.lock());
        assert!(lock.try_lock().is_none());
        drop(held);
        assert!(lock.try_lock().is_some());
    }

    #[test]
    fn one_at_a_time_on_real_cores() {
        port::lock::harness::<Lock>().program(port::lock::locking(4, 2_500)).run().unwrap();
        port::lock::harness::<Impatient<Lock>>().program(port::lock::locking(4, 2_500)).run().unwrap();
    }
}
