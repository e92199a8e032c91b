//! Readers-writer locks: [`std::sync::RwLock`] behind the facade.

use super::hook::{Blame, ReadPermit, RwLockHook, WritePermit};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// A readers-writer lock, as [`std::sync::RwLock`].
///
/// Poisoning is std's. Under loom a poisoned lock cannot be acquired again: that ends the model as
/// unsupported.
///
/// ```
/// use refectory::sync::RwLock;
///
/// let menu = RwLock::new(vec!["soup"]);
/// menu.write().unwrap().push("bread");
/// assert_eq!(*menu.read().unwrap(), ["soup", "bread"]);
/// ```
pub struct RwLock<T: ?Sized> {
    hook: RwLockHook,
    inner: std::sync::RwLock<T>,
}

/// The right to read a lock's value, until it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    // std's guard goes first: the engine is told when the value is no longer reached.
    inner: std::sync::RwLockReadGuard<'a, T>,
    _permit: ReadPermit<'a>,
}

/// The right to write a lock's value, until it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    inner: std::sync::RwLockWriteGuard<'a, T>,
    _blame: Blame<'a, std::sync::RwLock<T>>,
    _permit: WritePermit<'a>,
}

impl<T> RwLock<T> {
    const_by_default! {
        /// A new lock, free. Const in a build without engines.
        pub fn new(value: T) -> Self {
            Self { hook: RwLockHook::new(), inner: std::sync::RwLock::new(value) }
        }
    }

    /// Names the lock in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        self.hook.name(name);
        self
    }

    /// The value, which nobody else can reach any more.
    ///
    /// # Errors
    /// If the lock is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until nobody writes.
    ///
    /// # Errors
    /// If the lock is poisoned.
    #[track_caller]
    #[inline]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let permit = self.hook.read(|| self.inner.is_poisoned());
        reading(permit.enter(|| self.inner.read(), || self.inner.try_read()), permit)
    }

    /// Acquires the lock for reading if that needs no wait.
    ///
    /// # Errors
    /// If somebody writes, or the lock is poisoned.
    #[track_caller]
    #[inline]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let Some(permit) = self.hook.try_read(|| self.inner.is_poisoned()) else {
            return Err(TryLockError::WouldBlock);
        };
        match self.inner.try_read() {
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
            Err(TryLockError::Poisoned(poison)) => Ok(reading(Err(poison), permit)?),
            Ok(inner) => Ok(reading(Ok(inner), permit)?),
        }
    }

    /// Waits until nobody reads or writes.
    ///
    /// # Errors
    /// If the lock is poisoned.
    #[track_caller]
    #[inline]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let permit = self.hook.write(|| self.inner.is_poisoned());
        self.writing(permit.enter(|| self.inner.write(), || self.inner.try_write()), permit)
    }

    /// Acquires the lock for writing if that needs no wait.
    ///
    /// # Errors
    /// If somebody reads or writes, or the lock is poisoned.
    #[track_caller]
    #[inline]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let Some(permit) = self.hook.try_write(|| self.inner.is_poisoned()) else {
            return Err(TryLockError::WouldBlock);
        };
        match self.inner.try_write() {
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
            Err(TryLockError::Poisoned(poison)) => Ok(self.writing(Err(poison), permit)?),
            Ok(inner) => Ok(self.writing(Ok(inner), permit)?),
        }
    }

    /// The value, through an exclusive borrow.
    ///
    /// # Errors
    /// If the lock is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }

    /// Whether a thread panicked while it held the lock for writing.
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// Puts the engine's permit beside std's guard.
    fn writing<'a>(
        &'a self,
        inner: LockResult<std::sync::RwLockWriteGuard<'a, T>>,
        permit: WritePermit<'a>,
    ) -> LockResult<RwLockWriteGuard<'a, T>> {
        let guard = |inner| RwLockWriteGuard { inner, _blame: Blame::of(&self.inner), _permit: permit };
        match inner {
            Ok(inner) => Ok(guard(inner)),
            Err(poison) => Err(PoisonError::new(guard(poison.into_inner()))),
        }
    }
}

/// Puts the engine's permit beside std's guard.
fn reading<'a, T: ?Sized>(
    inner: LockResult<std::sync::RwLockReadGuard<'a, T>>,
    permit: ReadPermit<'a>,
) -> LockResult<RwLockReadGuard<'a, T>> {
    match inner {
        Ok(inner) => Ok(RwLockReadGuard { inner, _permit: permit }),
        Err(poison) => Err(PoisonError::new(RwLockReadGuard { inner: poison.into_inner(), _permit: permit })),
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
