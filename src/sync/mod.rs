//! The facade.

/// A function that is const in a build without engines. With them it asks which engine is current.
macro_rules! const_by_default {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty $body:block) => {
        #[cfg(not(feature = "instrumented"))]
        $(#[$attribute])*
        #[must_use]
        #[inline]
        $visibility const fn $name($($argument: $type),*) -> $answer $body

        #[cfg(feature = "instrumented")]
        $(#[$attribute])*
        #[must_use]
        #[track_caller]
        $visibility fn $name($($argument: $type),*) -> $answer $body
    };
}

pub(crate) mod current;
mod hook;
#[cfg(feature = "loom")]
pub(crate) mod loom_record;
pub mod op;
pub mod trace;

pub mod atomic;
mod arc;
pub mod cell;
mod condvar;
mod mutex;
mod rwlock;

pub use arc::{Arc, Weak};
pub use cell::UnsafeCell;
pub use condvar::{Condvar, WaitTimeoutResult};
pub use mutex::{Mutex, MutexGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};
