//! Unguarded memory: [`std::cell::UnsafeCell`] behind the facade.

use super::hook::CellHook;
use std::fmt;

/// Memory that no primitive guards, as [`std::cell::UnsafeCell`].
///
/// The pointer is given to a closure, so that an engine knows when an access begins and ends: two
/// accesses at once, one of them a write, and neither ordered before the other, are a data race.
/// The pointer must not leave the closure.
///
/// ```
/// use refectory::sync::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// // SAFETY: no other thread can reach the cell.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// // SAFETY: as above.
/// assert_eq!(cell.with(|value| unsafe { *value }), 2);
/// ```
pub struct UnsafeCell<T: ?Sized> {
    hook: CellHook,
    inner: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    const_by_default! {
        /// New memory. Const in a build without engines.
        pub fn new(value: T) -> Self {
            Self { hook: CellHook::new(), inner: std::cell::UnsafeCell::new(value) }
        }
    }

    /// Names the cell in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        self.hook.name(name);
        self
    }

    /// The value, which nobody else can reach any more.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads through a pointer that is good until the closure returns.
    #[track_caller]
    #[inline]
    pub fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        let _access = self.hook.read();
        read(self.inner.get().cast_const())
    }

    /// Writes through a pointer that is good until the closure returns.
    #[track_caller]
    #[inline]
    pub fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        let _access = self.hook.write();
        write(self.inner.get())
    }

    /// The value, through an exclusive borrow.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
