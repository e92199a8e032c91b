//! The futex of the system, which knows a word by the memory that it lies in, whoever maps that.

use super::super::futex::{Place, Word};
use super::super::{atomic::AtomicU32, futex, system};
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

/// An atomic word, and the threads that wait for it to change, in any process that maps it: [`Futex`](futex::Futex) for a
/// [`Region`](super::Region). A thread that is killed while it waits does so no longer.
///
/// ```
/// use refectory::sync::atomic::Ordering::{Acquire, Release};
/// use refectory::sync::region::{Futex, Region};
/// use refectory::sync::thread;
///
/// # if !cfg!(target_os = "linux") { return }
/// let open = Region::new(Futex::new(0)).unwrap();
/// let opener = thread::spawn({
///     let open = open.clone();
///     move || {
///         open.store(1, Release);
///         open.wake_all();
///     }
/// });
/// while open.load(Acquire) == 0 {
///     open.wait(0);
/// }
/// opener.join().unwrap();
/// ```
pub struct Futex(futex::Futex);

impl Futex {
    const_by_default! {
        /// A word for which nobody waits. Const in a build without engines.
        pub fn new(value: u32) -> Self {
            Self(futex::Futex::new(value))
        }
    }

    /// Names the word in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        Self(self.0.named(name))
    }

    /// Waits as long as the word is `expected`, until a thread is woken that may be this one. May return without
    /// either: the caller looks at the word again.
    #[track_caller]
    #[inline]
    pub fn wait(&self, expected: u32) {
        self.0.wait_at::<System>(expected);
    }

    /// The same, but not longer than `duration`; whether it ended before its time ran out.
    #[track_caller]
    #[inline]
    pub fn wait_timeout(&self, expected: u32, duration: Duration) -> bool {
        self.0.wait_timeout_at::<System>(expected, duration)
    }

    /// Wakes one of the threads that wait, if there are any.
    #[track_caller]
    #[inline]
    pub fn wake_one(&self) {
        self.0.wake_one_at::<System>();
    }

    /// Wakes all threads that wait.
    #[track_caller]
    #[inline]
    pub fn wake_all(&self) {
        self.0.wake_all_at::<System>();
    }
}

impl Deref for Futex {
    type Target = AtomicU32;

    #[inline]
    fn deref(&self) -> &AtomicU32 {
        &self.0
    }
}

impl fmt::Debug for Futex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The waiters stand in the kernel.
struct System;

impl Place for System {
    fn park(word: &Word, expected: u32, at_most: Option<Duration>) -> bool {
        system::futex_wait(word, expected, at_most)
    }

    fn unpark_one(word: &Word) {
        system::futex_wake(word, 1);
    }

    fn unpark_all(word: &Word) {
        // The system counts in signed numbers.
        system::futex_wake(word, i32::MAX as u32);
    }
}
