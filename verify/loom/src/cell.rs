//! Unguarded memory, as `loom::cell`.

use refectory::sync;

pub use refectory::sync::cell::{ConstPtr, MutPtr};

/// Memory that no primitive guards: two accesses at once, one of them a write, are a data race.
#[derive(Debug, Default)]
pub struct UnsafeCell<T: ?Sized>(sync::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// New memory.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self(sync::UnsafeCell::new(value))
    }

    /// The value, which nobody else can reach any more.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads through a pointer that is good until the closure returns.
    #[track_caller]
    pub fn with<F, R>(&self, read: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        self.0.with(read)
    }

    /// Writes through a pointer that is good until the closure returns.
    #[track_caller]
    pub fn with_mut<F, R>(&self, write: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        self.0.with_mut(write)
    }

    /// A pointer to read with. The engine sees a read here, and where the pointer is used.
    #[track_caller]
    pub fn get(&self) -> ConstPtr<T> {
        self.0.begin_read()
    }

    /// A pointer to write with. The engine sees a write here, and where the pointer is used.
    #[track_caller]
    pub fn get_mut(&self) -> MutPtr<T> {
        self.0.begin_write()
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// A value that is copied in and out, as [`std::cell::Cell`]. Used by two threads at once it is a data race.
#[derive(Debug, Default)]
pub struct Cell<T>(UnsafeCell<T>);

impl<T> Cell<T> {
    /// A cell that holds the value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Replaces the value.
    #[track_caller]
    pub fn set(&self, value: T) {
        drop(self.replace(value));
    }

    /// Swaps the values of two cells.
    #[track_caller]
    pub fn swap(&self, other: &Self) {
        if std::ptr::eq(self, other) {
            return;
        }
        self.0.with_mut(|mine| {
            other.0.with_mut(|theirs| {
                // SAFETY: two cells, neither of which hands out references; the engine has found no other access.
                unsafe { std::ptr::swap(mine, theirs) }
            });
        });
    }

    /// Replaces the value; gives the old one.
    #[track_caller]
    pub fn replace(&self, value: T) -> T {
        // SAFETY: the cell hands out no references, and the engine has found no other access.
        self.0.with_mut(|place| unsafe { std::mem::replace(&mut *place, value) })
    }

    /// A copy of the value.
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        // SAFETY: as in `replace`.
        self.0.with(|value| unsafe { *value })
    }

    /// Takes the value and leaves the default.
    #[track_caller]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }

    /// The value, which nobody else can reach any more.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T> From<T> for Cell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Copy> Clone for Cell<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self::new(self.get())
    }
}
