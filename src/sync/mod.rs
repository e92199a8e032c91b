//! The facade.
//!
//! A thin stand-in over std, with the surface that the models use.

pub(crate) mod current;
pub mod op;
pub mod trace;

pub use std::sync::MutexGuard;
pub use std::{hint, thread};

/// Whether an engine other than the operating system decides when operations take place.
pub fn is_modelled() -> bool {
    !matches!(current::current(), current::Current::Native)
}

macro_rules! thin {
    ($(#[$doc:meta] $name:ident<$($t:ident)?>($inner:ty), new($($value:ident: $value_type:ty)?);)+) => { $(
        #[$doc]
        #[derive(Debug, Default)]
        pub struct $name<$($t)?>($inner);

        impl<$($t)?> $name<$($t)?> {
            /// A new one.
            pub const fn new($($value: $value_type)?) -> Self {
                Self(<$inner>::new($($value)?))
            }

            /// The same object under this name.
            #[must_use]
            pub fn named(self, _name: std::fmt::Arguments<'_>) -> Self {
                self
            }
        }
    )+ };
}

thin! {
    /// std's.
    Mutex<T>(std::sync::Mutex<T>), new(value: T);
    /// std's.
    Condvar<>(std::sync::Condvar), new();
    /// std's.
    UnsafeCell<T>(std::cell::UnsafeCell<T>), new(value: T);
}

impl<T> std::ops::Deref for Mutex<T> {
    type Target = std::sync::Mutex<T>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl std::ops::Deref for Condvar {
    type Target = std::sync::Condvar;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// std's atomics.
pub mod atomic {
    pub use std::sync::atomic::Ordering;

    thin! {
        /// std's.
        AtomicUsize<>(std::sync::atomic::AtomicUsize), new(value: usize);
    }

    impl std::ops::Deref for AtomicUsize {
        type Target = std::sync::atomic::AtomicUsize;
        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }
}

impl<T> UnsafeCell<T> {
    /// Reads through a pointer that is valid for the call.
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    /// Writes through a pointer that is valid for the call.
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}
