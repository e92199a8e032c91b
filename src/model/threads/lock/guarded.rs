//! A value that a [`Lock`] guards.
//!
//! Invariant: who reaches the value holds the lock. Nobody else can release it, because nobody else sees it.

use crate::model::threads::lock::futex::Lock;
use crate::sync::UnsafeCell;
use std::fmt;

/// A value for one thread at a time.
///
/// ```
/// use refectory::model::threads::lock::guarded::Guarded;
///
/// let soup = Guarded::new(1, format_args!("soup"));
/// assert_eq!(soup.with(|soup| std::mem::replace(soup, 2)), 1);
/// ```
pub struct Guarded<T> {
    lock: Lock,
    value: UnsafeCell<T>,
}

// SAFETY: the lock lets one thread at a time reach the value, and hands it from thread to thread.
unsafe impl<T: Send> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    /// The value, under a lock that traces call by this name.
    #[track_caller]
    pub fn new(value: T, name: fmt::Arguments<'_>) -> Self {
        Self {
            lock: Lock::new().named(format_args!("{name}'s lock")),
            value: UnsafeCell::new(value).named(name),
        }
    }

    /// Waits for the lock, and lets the body have the value.
    pub fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        let _held = self.lock.lock();
        // SAFETY: the lock is held, and the pointer is used in the call only.
        self.value.with_mut(|value| body(unsafe { &mut *value }))
    }
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("lock", &self.lock).finish_non_exhaustive()
    }
}
