//! Items behind raw pointers, whose reads, moves and drops are checked as those of a cell.

use super::hook::CellHook;
use std::fmt;
use std::mem::ManuallyDrop;

/// A value that carries a checked cell.
///
/// A ring buffer or a channel keeps its items behind raw pointers, where no engine sees who reads and writes
/// them. Test it with tracked items: to make one is a write, and so is to take its value or to drop it; to look at it is
/// a read. If one of these is not ordered after the one before it, it is a data race, and a second drop of a bitwise
/// copy is a use after destroy.
///
/// What it cannot see: a move of the item itself, which copies bits (`ptr::write`, `ptr::read`, `mem::swap`), is no
/// access. So a slot that is overwritten while its old item is being copied out shows only where one of the two items
/// is then used or dropped out of order.
///
/// Without an engine in the build it has the size and the machine code of the value.
///
/// ```
/// use refectory::sync::Tracked;
///
/// let mut soup = Tracked::new(1);
/// soup.with_mut(|soup| *soup += 1);
/// assert_eq!(soup.get(), 2);
/// assert_eq!(soup.into_inner(), 2);
/// ```
pub struct Tracked<T> {
    // The hook goes first: it ends before the value does.
    hook: CellHook,
    value: ManuallyDrop<T>,
}

// SAFETY: the hook does nothing natively, and an engine runs all threads of a model on one OS thread.
unsafe impl<T: Send> Send for Tracked<T> {}
// SAFETY: as above; the value is shared as a plain reference shares it.
unsafe impl<T: Sync> Sync for Tracked<T> {}

impl<T> Tracked<T> {
    const_by_default! {
        /// A tracked value: a write. Const in a build without engines.
        pub fn new(value: T) -> Self {
            Self { hook: CellHook::new(), value: ManuallyDrop::new(value) }
        }
    }

    /// Names the item in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        self.hook.name(name);
        self
    }

    /// Reads.
    #[track_caller]
    #[inline]
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        let _access = self.hook.read();
        read(&self.value)
    }

    /// Writes.
    #[track_caller]
    #[inline]
    pub fn with_mut<R>(&mut self, write: impl FnOnce(&mut T) -> R) -> R {
        let _access = self.hook.write();
        write(&mut self.value)
    }

    /// A copy of the value: a read.
    #[track_caller]
    #[inline]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        self.with(|value| *value)
    }

    /// The value: a write, which leaves nothing behind.
    #[track_caller]
    #[inline]
    pub fn into_inner(self) -> T {
        {
            let _moved = self.hook.write();
        }
        let mut this = ManuallyDrop::new(self);
        // SAFETY: neither is used again, and `this` is not dropped.
        unsafe {
            std::ptr::drop_in_place(&raw mut this.hook);
            ManuallyDrop::take(&mut this.value)
        }
    }
}

impl<T> Drop for Tracked<T> {
    #[inline]
    fn drop(&mut self) {
        self.hook.write_in_drop();
        // SAFETY: the value is not used again.
        unsafe { ManuallyDrop::drop(&mut self.value) }
    }
}

impl<T: Clone> Clone for Tracked<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self::new(self.with(T::clone))
    }
}

impl<T: fmt::Debug> fmt::Debug for Tracked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with(|value| value.fmt(f))
    }
}

impl<T: Default> Default for Tracked<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Tracked<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
