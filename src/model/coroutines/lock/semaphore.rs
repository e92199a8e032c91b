//! The semaphore of asyncio, with or without a bound.
//!
//! Permits go to who has waited longest: a newcomer takes a free one only where nobody waits, because a release hands its
//! permit over. A waiter that is dropped when it has been handed one hands it on.
//!
//! Source: Edsger W. Dijkstra, "Cooperating sequential processes", 1965; the promises are those of CPython 3.13,
//! `Lib/asyncio/locks.py`, `Semaphore`.

use super::permits::{Acquired, Permits};
use super::waiters::{Correct, Protocol, Ticket, wake_all};
use crate::model::threads::lock::semaphore::OverRelease;
use crate::sync::future::Awaits;
use crate::sync::{Label, Mutex};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A number of permits.
///
/// ```
/// use refectory::model::coroutines::lock::Semaphore;
/// use refectory::sync::future::block_on;
///
/// let seats: Semaphore = Semaphore::bounded(2);
/// block_on(async {
///     let _one = seats.acquire().await;
///     let _two = seats.acquire().await;
///     assert!(seats.try_acquire().is_none());
/// });
/// assert_eq!(seats.free(), 2);
/// assert!(seats.release().is_err());
/// ```
pub struct Semaphore<P: Protocol = Correct> {
    permits: Mutex<Permits<P>>,
    /// Of a bounded one: there are never more.
    most: Option<usize>,
    name: Label,
}

impl<P: Protocol> Semaphore<P> {
    /// A semaphore with so many free permits.
    pub fn new(permits: usize) -> Self {
        Self::with(permits, None)
    }

    /// The same, and more than these permits there will never be.
    pub fn bounded(permits: usize) -> Self {
        Self::with(permits, Some(permits))
    }

    fn with(permits: usize, most: Option<usize>) -> Self {
        let name = format_args!("permits");
        Self { permits: Mutex::new(Permits::new(permits)).named(name), most, name: Label::new(name) }
    }

    /// Names it in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        Self {
            permits: self.permits.named(format_args!("permits of {name}")),
            name: Label::new(name),
            ..self
        }
    }

    pub(super) const fn name(&self) -> &Label {
        &self.name
    }

    /// Waits for a permit, behind those who wait already.
    ///
    /// Cancel-safe, but a wait that is dropped loses its place.
    #[track_caller]
    pub fn acquire(&self) -> Acquire<'_, P> {
        self.acquire_as(Awaits::new(format_args!("{}.acquire()", self.name)))
    }

    /// The same, as a part of what is awaited.
    pub(super) const fn acquire_as(&self, awaits: Awaits) -> Acquire<'_, P> {
        Acquire { semaphore: self, ticket: None, awaits }
    }

    /// A permit that is free.
    pub fn try_acquire(&self) -> Option<Permit<'_, P>> {
        self.permits.lock().unwrap().try_acquire().then(|| Permit { semaphore: self })
    }

    /// One permit more: to who has waited longest, or to be free.
    ///
    /// # Errors
    /// The semaphore is bounded, and none of its permits is out.
    pub fn release(&self) -> Result<(), OverRelease> {
        let mut permits = self.permits.lock().unwrap();
        if self.most.is_some_and(|most| permits.free() >= most) {
            return Err(OverRelease);
        }
        let woken = permits.release();
        drop(permits);
        wake_all(woken);
        Ok(())
    }

    /// How many permits are free.
    pub fn free(&self) -> usize {
        self.permits.lock().unwrap().free()
    }
}

/// The future of [`Semaphore::acquire`].
#[must_use]
pub struct Acquire<'s, P: Protocol = Correct> {
    semaphore: &'s Semaphore<P>,
    ticket: Ticket,
    awaits: Awaits,
}

impl<'s, P: Protocol> Future for Acquire<'s, P> {
    type Output = Permit<'s, P>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Permit<'s, P>> {
        self.awaits.begin();
        let semaphore = self.semaphore;
        let acquired = semaphore.permits.lock().unwrap().poll(&mut self.ticket, context.waker());
        acquired.map(|acquired| {
            assert_eq!(acquired, Acquired::Permit, "nobody closes a semaphore");
            Permit { semaphore }
        })
    }
}

impl<P: Protocol> Drop for Acquire<'_, P> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let woken = self.semaphore.permits.lock().unwrap().leave(&mut self.ticket);
            wake_all(woken);
        }
    }
}

/// A permit, given back when it is dropped.
#[must_use]
pub struct Permit<'s, P: Protocol = Correct> {
    semaphore: &'s Semaphore<P>,
}

impl<P: Protocol> Permit<'_, P> {
    /// The permit is not given back, unless by [`Semaphore::release`].
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

impl<P: Protocol> Drop for Permit<'_, P> {
    fn drop(&mut self) {
        // A bounded one may have been released too often by hand: that call has its error.
        let _ = self.semaphore.release();
    }
}

impl<P: Protocol> fmt::Debug for Semaphore<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("most", &self.most).finish_non_exhaustive()
    }
}

impl<P: Protocol> fmt::Debug for Acquire<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

impl<P: Protocol> fmt::Debug for Permit<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::future::block_on;

    #[test]
    fn smoke() {
        let semaphore = <Semaphore>::new(1);
        block_on(async {
            let permit = semaphore.acquire().await;
            assert!(semaphore.try_acquire().is_none());
            drop(permit);
            semaphore.acquire().await.forget();
        });
        assert_eq!(semaphore.free(), 0);
        semaphore.release().unwrap();
        assert_eq!(semaphore.free(), 1);
    }

    #[test]
    fn a_bounded_one_refuses_a_release_too_many() {
        assert_eq!(<Semaphore>::bounded(1).release(), Err(OverRelease));
    }
}
