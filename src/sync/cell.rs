//! Unguarded memory: [`std::cell::UnsafeCell`] behind the facade.

use super::hook::{Access, CellHook};
use std::fmt;

/// Memory that no primitive guards, as [`std::cell::UnsafeCell`].
///
/// The pointer is given to a closure, so that an engine knows when an access begins and ends: two
/// accesses at once, one of them a write, and neither ordered before the other, are a data race.
/// The pointer must not leave the closure. An access that does not end in a closure is a pointer:
/// [`begin_read`](Self::begin_read), [`begin_write`](Self::begin_write).
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

/// A pointer to read an [`UnsafeCell`] with, as loom's `ConstPtr`. Engines see a read where it is made, and where it is
/// used; where it is dropped is of no account.
///
/// ```
/// use refectory::sync::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// let read = cell.begin_read();
/// // SAFETY: no other thread can reach the cell, which outlives the guard.
/// assert_eq!(unsafe { *read.deref() }, 1);
/// ```
pub struct ConstPtr<T: ?Sized> {
    pointer: *const T,
    access: Access,
}

/// A pointer to write an [`UnsafeCell`] with, as loom's `MutPtr`. Engines see a write where it is made, and where it is
/// used; where it is dropped is of no account.
///
/// ```
/// use refectory::sync::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// let write = cell.begin_write();
/// // SAFETY: no other thread can reach the cell, which outlives the guard.
/// unsafe { *write.deref() += 1 };
/// drop(write);
/// assert_eq!(cell.into_inner(), 2);
/// ```
pub struct MutPtr<T: ?Sized> {
    pointer: *mut T,
    access: Access,
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

    /// A pointer to read with, which does not end with a closure.
    #[track_caller]
    #[inline]
    pub fn begin_read(&self) -> ConstPtr<T> {
        ConstPtr { access: self.hook.guard_read(), pointer: self.inner.get().cast_const() }
    }

    /// A pointer to write with, which does not end with a closure.
    #[track_caller]
    #[inline]
    pub fn begin_write(&self) -> MutPtr<T> {
        MutPtr { access: self.hook.guard_write(), pointer: self.inner.get() }
    }

    /// The value, through an exclusive borrow.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }
}

impl<T: ?Sized> ConstPtr<T> {
    /// The value.
    ///
    /// # Safety
    /// The cell outlives the reference, and nobody writes it meanwhile. Engines see the moment of the call; ask
    /// again for each use.
    #[allow(clippy::should_implement_trait, reason = "loom's name")]
    #[track_caller]
    pub unsafe fn deref(&self) -> &T {
        self.access.again();
        // SAFETY: the caller's promise.
        unsafe { &*self.pointer }
    }

    /// Reads through the pointer.
    #[track_caller]
    pub fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        self.access.again();
        let answer = read(self.pointer);
        self.access.again();
        answer
    }
}

impl<T: ?Sized> MutPtr<T> {
    /// The value.
    ///
    /// # Safety
    /// The cell outlives the reference, and nobody else reaches it meanwhile. Engines see the moment of the call; ask
    /// again for each use.
    #[allow(clippy::should_implement_trait, clippy::mut_from_ref, reason = "loom's name and signature")]
    #[track_caller]
    pub unsafe fn deref(&self) -> &mut T {
        self.access.again();
        // SAFETY: the caller's promise.
        unsafe { &mut *self.pointer }
    }

    /// Writes through the pointer.
    #[track_caller]
    pub fn with<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        self.access.again();
        let answer = write(self.pointer);
        self.access.again();
        answer
    }
}

impl<T: ?Sized> fmt::Debug for ConstPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConstPtr").field(&self.pointer).finish()
    }
}

impl<T: ?Sized> fmt::Debug for MutPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MutPtr").field(&self.pointer).finish()
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
