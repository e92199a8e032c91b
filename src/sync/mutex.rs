//! Mutual exclusion: [`std::sync::Mutex`] behind the facade.

use super::hook::{Blame, MutexHook, Permit};
use std::fmt;
#[cfg(not(feature = "instrumented"))]
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// A mutual-exclusion lock, as [`std::sync::Mutex`].
///
/// Poisoning is std's. Under loom a poisoned mutex cannot be locked again: that ends the model as
/// unsupported.
///
/// ```
/// use refectory::sync::Mutex;
///
/// let fork = Mutex::new(0).named(format_args!("fork {}", 1));
/// *fork.lock().unwrap() += 1;
/// assert_eq!(fork.into_inner().unwrap(), 1);
/// ```
pub struct Mutex<T: ?Sized> {
    hook: MutexHook,
    pub(super) inner: std::sync::Mutex<T>,
}

/// The right to reach a mutex's value, until it is dropped.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    // std's guard goes first: the engine is told when the value is no longer reached.
    pub(super) inner: std::sync::MutexGuard<'a, T>,
    pub(super) blame: Blame<'a, std::sync::Mutex<T>>,
    pub(super) held: Held<'a, T>,
}

/// A guard without std's part: what a condition variable keeps while it waits.
pub(super) struct Held<'a, T: ?Sized> {
    #[cfg_attr(not(feature = "instrumented"), expect(dead_code, reason = "dropping it is the unlock"))]
    permit: Permit<'a>,
    #[cfg(feature = "instrumented")]
    mutex: &'a Mutex<T>,
    #[cfg(not(feature = "instrumented"))]
    mutex: PhantomData<&'a Mutex<T>>,
}

impl<T> Mutex<T> {
    const_by_default! {
        /// A new mutex, unlocked. Const in a build without engines.
        pub fn new(value: T) -> Self {
            Self { hook: MutexHook::new(), inner: std::sync::Mutex::new(value) }
        }
    }

    /// Names the mutex in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        self.name(name);
        self
    }

    pub(super) fn name(&self, name: fmt::Arguments<'_>) {
        self.hook.name(name);
    }

    /// The value, which nobody else can reach any more.
    ///
    /// # Errors
    /// If the mutex is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the mutex.
    ///
    /// # Errors
    /// If the mutex is poisoned.
    #[track_caller]
    #[inline]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let permit = self.hook.lock(|| self.inner.is_poisoned());
        self.enter(permit)
    }

    /// Takes the mutex if it is free.
    ///
    /// # Errors
    /// If it is held, or poisoned.
    #[track_caller]
    #[inline]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let Some(permit) = self.hook.try_lock(|| self.inner.is_poisoned()) else {
            return Err(TryLockError::WouldBlock);
        };
        match self.inner.try_lock() {
            Ok(inner) => Ok(MutexGuard::with(self, inner, permit)),
            Err(TryLockError::Poisoned(poison)) => {
                Err(PoisonError::new(MutexGuard::with(self, poison.into_inner(), permit)).into())
            }
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
        }
    }

    /// The value, through an exclusive borrow.
    ///
    /// # Errors
    /// If the mutex is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }

    /// Whether a thread panicked while it held the mutex.
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// Acquires std's mutex with the engine's permit.
    #[inline]
    pub(super) fn enter<'a>(&'a self, permit: Permit<'a>) -> LockResult<MutexGuard<'a, T>> {
        match permit.enter(|| self.inner.lock(), || self.inner.try_lock()) {
            Ok(inner) => Ok(MutexGuard::with(self, inner, permit)),
            Err(poison) => Err(PoisonError::new(MutexGuard::with(self, poison.into_inner(), permit))),
        }
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    #[inline]
    fn with(mutex: &'a Mutex<T>, inner: std::sync::MutexGuard<'a, T>, permit: Permit<'a>) -> Self {
        Self { inner, blame: Blame::of(&mutex.inner), held: Held::of(mutex, permit) }
    }

    /// Waits under an engine: releases the mutex, lets `wait` pass the time, acquires it again.
    #[cfg(feature = "instrumented")]
    pub(super) fn while_released<R>(
        self,
        wait: impl FnOnce(Permit<'a>) -> (Permit<'a>, R),
    ) -> (LockResult<Self>, R) {
        let Self { inner, blame, held: Held { permit, mutex } } = self;
        drop(inner);
        drop(blame);
        let (permit, answer) = wait(permit);
        (mutex.enter(permit), answer)
    }
}

impl<'a, T: ?Sized> Held<'a, T> {
    #[cfg(feature = "instrumented")]
    fn of(mutex: &'a Mutex<T>, permit: Permit<'a>) -> Self {
        Self { permit, mutex }
    }

    #[cfg(not(feature = "instrumented"))]
    #[inline(always)]
    fn of(_: &'a Mutex<T>, permit: Permit<'a>) -> Self {
        Self { permit, mutex: PhantomData }
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
