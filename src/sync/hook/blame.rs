//! Whose panic poisons a lock.

use crate::sync::current::{Current, current};
use crate::sync::unwinding;
use std::fmt;
use std::sync::{Mutex, RwLock};

/// A lock of std's that poisons.
pub(in crate::sync) trait Poisons {
    fn is_poisoned(&self) -> bool;
    fn clear_poison(&self);
}

impl<T: ?Sized> Poisons for Mutex<T> {
    fn is_poisoned(&self) -> bool {
        self.is_poisoned()
    }

    fn clear_poison(&self) {
        self.clear_poison();
    }
}

impl<T: ?Sized> Poisons for RwLock<T> {
    fn is_poisoned(&self) -> bool {
        self.is_poisoned()
    }

    fn clear_poison(&self) {
        self.clear_poison();
    }
}

/// Dropped behind std's guard: takes a poison back that is not the holder's, because only another thread of the
/// execution unwinds.
pub(in crate::sync) struct Blame<'a, L: Poisons + ?Sized> {
    lock: &'a L,
    /// When it was acquired: whether it was poisoned, and how many panics there had been.
    poisoned: bool,
    panics: u32,
}

impl<'a, L: Poisons + ?Sized> Blame<'a, L> {
    /// The lock has just been acquired.
    pub(in crate::sync) fn of(lock: &'a L) -> Self {
        Self { lock, poisoned: lock.is_poisoned(), panics: unwinding::begun() }
    }
}

impl<L: Poisons + ?Sized> Drop for Blame<'_, L> {
    fn drop(&mut self) {
        if self.poisoned || !std::thread::panicking() || matches!(current(), Current::Native) {
            return;
        }
        match (self.lock.is_poisoned(), unwinding::is_panicking_since(self.panics)) {
            (true, Some(false)) => self.lock.clear_poison(),
            // std poisons nothing where somebody unwound already when the lock was acquired.
            (false, Some(true)) => unwinding::undecided(),
            _ => {}
        }
    }
}

impl<L: Poisons + ?Sized> fmt::Debug for Blame<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.poisoned.fmt(f)
    }
}
