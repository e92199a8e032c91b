//! A word that threads can wait on: Linux's futex behind the facade.
//!
//! Natively threads wait in the table of `parking_lot_core`, by the word's address, so that it works on every
//! system; the word is all there is. An engine of this crate does it as the system does: to compare the word and to
//! join the waiters is one operation, and so is a wake. Under loom, which has no such operations, the waiters
//! stand at a gate, a mutex and a condition variable.
//!
//! Invariant: a thread that waits has found the value it expected at a moment after which nobody who changed the
//! word has yet come to wake. So who changes the word first and wakes then wakes every such thread.
//!
//! The word orders memory as its operations say; to wait and to wake as such order nothing. Loom's gate does order
//! those who pass it: there an ordering that is too weak shows in executions that never come to the gate.
//!
//! Source: Hubertus Franke, Rusty Russell, Matthew Kirkwood, "Fuss, futexes and furwocks: fast userlevel locking
//! in Linux", 2002.

use super::atomic::{AtomicU32, Ordering};
use super::time::Patience;
#[cfg(feature = "instrumented")]
use super::time::TimedWait;
#[cfg(feature = "loom")]
use super::{
    Condvar, Mutex, MutexGuard, PoisonError,
    current::{Current, current},
};
#[cfg(feature = "instrumented")]
use crate::event::op::Op;
use parking_lot_core::{DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, ParkResult, park, unpark_all, unpark_one};
use std::fmt;
use std::ops::Deref;
#[cfg(feature = "instrumented")]
use std::panic::Location;
use std::time::{Duration, Instant};

/// An atomic word, and the threads that wait for it to change. It derefs to its [`AtomicU32`].
///
/// ```
/// use refectory::sync::atomic::Ordering::{Acquire, Release};
/// use refectory::sync::{Arc, Futex, thread};
///
/// let open = Arc::new(Futex::new(0));
/// let opener = thread::spawn({
///     let open = Arc::clone(&open);
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
pub struct Futex {
    word: AtomicU32,
    /// Where the waiters stand under loom; boxed, because the others pay for its place.
    #[cfg(feature = "loom")]
    gate: Option<Box<Gate>>,
}

impl Futex {
    const_by_default! {
        /// A word for which nobody waits. Const in a build without engines.
        pub fn new(value: u32) -> Self {
            Self {
                word: AtomicU32::new(value),
                #[cfg(feature = "loom")]
                gate: matches!(current(), Current::Loom).then(|| Box::new(Gate::new())),
            }
        }
    }

    /// Names the word in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        self.name(name);
        self
    }

    pub(super) fn name(&self, name: fmt::Arguments<'_>) {
        self.word.name(name);
        #[cfg(feature = "loom")]
        if let Some(gate) = &self.gate {
            gate.lock.name(format_args!("{name}'s gate"));
            gate.woken.name(format_args!("{name}'s waiters"));
        }
    }

    /// Waits as long as the word is `expected`, until a thread is woken that may be this one. May return without
    /// either: the caller looks at the word again.
    #[track_caller]
    #[inline]
    pub fn wait(&self, expected: u32) {
        self.wait_at::<Table>(expected);
    }

    /// The same, but not longer than `duration`; whether it ended before its time ran out. Under an engine the
    /// time may run out at any moment of the wait; loom has no such choice, and a timed wait ends the model as
    /// unsupported.
    #[track_caller]
    #[inline]
    pub fn wait_timeout(&self, expected: u32, duration: Duration) -> bool {
        self.wait_timeout_at::<Table>(expected, duration)
    }

    /// Wakes one of the threads that wait, if there are any: natively the one that has waited longest.
    #[track_caller]
    #[inline]
    pub fn wake_one(&self) {
        self.wake_one_at::<Table>();
    }

    /// Wakes all threads that wait.
    #[track_caller]
    #[inline]
    pub fn wake_all(&self) {
        self.wake_all_at::<Table>();
    }

    #[track_caller]
    #[inline]
    pub(super) fn wait_at<P: Place>(&self, expected: u32) {
        #[cfg(feature = "loom")]
        if let Some(gate) = &self.gate {
            return gate.wait(|| self.still_is(expected));
        }
        #[cfg(feature = "instrumented")]
        if self.wait_conducted(expected, false).is_some() {
            return;
        }
        P::park(self.word.parts().1, expected, None);
    }

    #[track_caller]
    #[inline]
    pub(super) fn wait_timeout_at<P: Place>(&self, expected: u32, duration: Duration) -> bool {
        #[cfg(feature = "loom")]
        if let Some(gate) = &self.gate {
            return gate.wait_timeout(|| self.still_is(expected), duration);
        }
        #[cfg(feature = "instrumented")]
        {
            let site = Location::caller();
            let wait = TimedWait::begin(duration, site);
            if let Some(in_time) = self.wait_conducted(expected, true) {
                if !in_time {
                    wait.ran_out(site);
                }
                return in_time;
            }
        }
        let patience = Patience::new(duration);
        let in_time = P::park(self.word.parts().1, expected, Some(patience.real()));
        !patience.is_over(!in_time)
    }

    #[track_caller]
    #[inline]
    pub(super) fn wake_one_at<P: Place>(&self) {
        #[cfg(feature = "loom")]
        if let Some(gate) = &self.gate {
            let _passed = gate.pass();
            return gate.woken.notify_one();
        }
        #[cfg(feature = "instrumented")]
        if self.word.parts().0.wake(Op::NotifyOne) {
            return;
        }
        P::unpark_one(self.word.parts().1);
    }

    #[track_caller]
    #[inline]
    pub(super) fn wake_all_at<P: Place>(&self) {
        #[cfg(feature = "loom")]
        if let Some(gate) = &self.gate {
            let _passed = gate.pass();
            return gate.woken.notify_all();
        }
        #[cfg(feature = "instrumented")]
        if self.word.parts().0.wake(Op::NotifyAll) {
            return;
        }
        P::unpark_all(self.word.parts().1);
    }

    #[cfg(feature = "instrumented")]
    #[track_caller]
    fn wait_conducted(&self, expected: u32, timed: bool) -> Option<bool> {
        let (hook, word) = self.word.parts();
        hook.wait_if(word, expected, timed)
    }

    #[cfg(feature = "loom")]
    #[track_caller]
    fn still_is(&self, expected: u32) -> bool {
        // Ordering: Relaxed. The gate is passed by those who wait and by those who wake: who comes after a wake sees the
        // word as it was changed before.
        self.word.load(Ordering::Relaxed) == expected
    }
}

impl Deref for Futex {
    type Target = AtomicU32;

    #[inline]
    fn deref(&self) -> &AtomicU32 {
        &self.word
    }
}

impl fmt::Debug for Futex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Futex").field(&self.word).finish()
    }
}

/// Where the waiters stand natively.
pub(super) trait Place {
    /// Waits as long as the word is `expected`; whether the thread was woken, or found another value, before its time
    /// ran out.
    fn park(word: &Word, expected: u32, at_most: Option<Duration>) -> bool;
    /// Wakes one who waits.
    fn unpark_one(word: &Word);
    /// Wakes all who wait.
    fn unpark_all(word: &Word);
}

/// The word as the system sees it.
pub(super) type Word = std::sync::atomic::AtomicU32;

/// The table of `parking_lot_core`, which each process has for itself. Its key is the address of the word.
struct Table;

impl Place for Table {
    fn park(word: &Word, expected: u32, at_most: Option<Duration>) -> bool {
        // Ordering: Relaxed. The lock of the table is taken by those who wait and by those who wake: who comes after a
        // wake sees the word as it was changed before.
        let still_is = || word.load(Ordering::Relaxed) == expected;
        // A time that no clock shows never comes.
        let deadline = at_most.and_then(|time| Instant::now().checked_add(time));
        // SAFETY: the key is the address of memory that is ours. The callbacks call nothing of parking_lot, and do
        // not panic.
        let ended = unsafe { park(key(word), still_is, || (), |_, _| (), DEFAULT_PARK_TOKEN, deadline) };
        !matches!(ended, ParkResult::TimedOut)
    }

    fn unpark_one(word: &Word) {
        // SAFETY: `park` uses the same key; the callback does nothing else.
        unsafe { unpark_one(key(word), |_| DEFAULT_UNPARK_TOKEN) };
    }

    fn unpark_all(word: &Word) {
        // SAFETY: `park` uses the same key.
        unsafe { unpark_all(key(word), DEFAULT_UNPARK_TOKEN) };
    }
}

fn key(word: &Word) -> usize {
    std::ptr::from_ref(word).addr()
}

/// Where the waiters stand under loom.
#[cfg(feature = "loom")]
struct Gate {
    lock: Mutex<()>,
    woken: Condvar,
}

#[cfg(feature = "loom")]
impl Gate {
    #[track_caller]
    fn new() -> Self {
        Self { lock: Mutex::new(()), woken: Condvar::new() }
    }

    #[track_caller]
    fn pass(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Woken by [`Futex::wake_one`] and [`Futex::wake_all`].
    #[track_caller]
    fn wait(&self, still: impl FnOnce() -> bool) {
        let passed = self.pass();
        if still() {
            drop(self.woken.wait(passed).unwrap_or_else(PoisonError::into_inner));
        }
    }

    #[track_caller]
    fn wait_timeout(&self, still: impl FnOnce() -> bool, duration: Duration) -> bool {
        let passed = self.pass();
        if !still() {
            return true;
        }
        let (_passed, ended) =
            self.woken.wait_timeout(passed, duration).unwrap_or_else(PoisonError::into_inner);
        !ended.timed_out()
    }
}
