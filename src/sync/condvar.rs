//! Condition variables: [`std::sync::Condvar`] behind the facade.

use super::hook::CondvarHook;
use super::mutex::MutexGuard;
#[cfg(feature = "instrumented")]
use super::time::TimedWait;
use super::time::{Deadline, Patience};
use std::fmt;
#[cfg(feature = "instrumented")]
use std::panic::Location;
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

/// A condition variable, as [`std::sync::Condvar`].
///
/// Under an engine a time-out is a choice, not a clock: a timed wait may end at any moment of the
/// wait. loom has no such choice, and a timed wait ends the model as unsupported.
///
/// ```
/// use refectory::sync::{Arc, Condvar, Mutex, thread};
///
/// let gate = Arc::new((Mutex::new(false), Condvar::new()));
/// let opener = thread::spawn({
///     let gate = Arc::clone(&gate);
///     move || {
///         *gate.0.lock().unwrap() = true;
///         gate.1.notify_all();
///     }
/// });
/// let open = gate.1.wait_while(gate.0.lock().unwrap(), |open| !*open).unwrap();
/// assert!(*open);
/// drop(open);
/// opener.join().unwrap();
/// ```
pub struct Condvar {
    hook: CondvarHook,
    inner: std::sync::Condvar,
}

/// Whether a timed wait ended because its time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time ran out.
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

/// What a timed wait gives.
type TimedOut<'a, T> = (MutexGuard<'a, T>, WaitTimeoutResult);

impl Condvar {
    const_by_default! {
        /// A new condition variable. Const in a build without engines.
        pub fn new() -> Self {
            Self { hook: CondvarHook::new(), inner: std::sync::Condvar::new() }
        }
    }

    /// Names the condition variable in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        self.name(name);
        self
    }

    pub(super) fn name(&self, name: fmt::Arguments<'_>) {
        self.hook.name(name);
    }

    /// Releases the mutex, waits for a notification, and acquires the mutex again. May wake without
    /// one.
    ///
    /// # Errors
    /// If the mutex is poisoned.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        #[cfg(feature = "instrumented")]
        if !self.hook.native() {
            return map(self.wait_driven(guard, None), |(guard, _)| guard);
        }
        let MutexGuard { inner, blame, held } = guard;
        map(self.inner.wait(inner), |inner| MutexGuard { inner, blame, held })
    }

    /// Waits until the condition no longer holds.
    ///
    /// # Errors
    /// If the mutex is poisoned.
    #[track_caller]
    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<MutexGuard<'a, T>> {
        while condition(&mut guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits for a notification, but not longer than `duration`.
    ///
    /// # Errors
    /// If the mutex is poisoned.
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        duration: Duration,
    ) -> LockResult<TimedOut<'a, T>> {
        #[cfg(feature = "instrumented")]
        if !self.hook.native() {
            return self.wait_driven(guard, Some(duration));
        }
        let MutexGuard { inner, blame, held } = guard;
        let patience = Patience::new(duration);
        map(self.inner.wait_timeout(inner, patience.real()), |(inner, result)| {
            (MutexGuard { inner, blame, held }, WaitTimeoutResult(patience.is_over(result.timed_out())))
        })
    }

    /// Waits until the condition no longer holds, but not longer than `duration`.
    ///
    /// # Errors
    /// If the mutex is poisoned.
    #[track_caller]
    pub fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        duration: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<TimedOut<'a, T>> {
        let deadline = Deadline::after(duration);
        let mut timed_out = false;
        while condition(&mut guard) {
            if timed_out {
                return Ok((guard, WaitTimeoutResult(true)));
            }
            let Some(left) = deadline.left() else {
                return Ok((guard, WaitTimeoutResult(true)));
            };
            let (again, result) = self.wait_timeout(guard, left)?;
            guard = again;
            timed_out = result.timed_out();
        }
        Ok((guard, WaitTimeoutResult(false)))
    }

    #[cfg(feature = "instrumented")]
    #[track_caller]
    fn wait_driven<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        duration: Option<Duration>,
    ) -> LockResult<TimedOut<'a, T>> {
        let site = Location::caller();
        let wait = duration.map(|duration| TimedWait::begin(duration, site));
        let timed = wait.is_some();
        let (guard, timed_out) = guard.while_released(|permit| self.hook.wait(permit, timed, site));
        wait.filter(|_| timed_out).into_iter().for_each(|wait| wait.ran_out(site));
        map(guard, |guard| (guard, WaitTimeoutResult(timed_out)))
    }

    /// Wakes one waiter, if there is one.
    #[track_caller]
    #[inline]
    pub fn notify_one(&self) {
        if self.hook.notify_one() {
            self.inner.notify_one();
        }
    }

    /// Wakes every waiter.
    #[track_caller]
    #[inline]
    pub fn notify_all(&self) {
        if self.hook.notify_all() {
            self.inner.notify_all();
        }
    }
}

/// Keeps the poison.
fn map<A, B>(result: LockResult<A>, f: impl FnOnce(A) -> B) -> LockResult<B> {
    match result {
        Ok(value) => Ok(f(value)),
        Err(poison) => Err(PoisonError::new(f(poison.into_inner()))),
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
