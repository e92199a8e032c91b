//! The result of a task that may not have run yet.
//!
//! | from | to | by |
//! |---|---|---|
//! | pending | running | [`claim`](Future::claim), by a worker |
//! | pending | cancelled | [`cancel`](Future::cancel), by anybody |
//! | cancelled | cancelled, and told | [`claim`](Future::claim), or a shutdown |
//! | running, or pending | finished | [`set_result`](Future::set_result), [`set_failure`](Future::set_failure), by the worker |
//!
//! A future that nobody can cancel needs no claim.
//!
//! Invariant: the mutex guards state, result, callbacks and who waits; no state is left for one above it. Who waits for
//! the result is woken by whoever finishes or cancels the future. Callbacks are called without the mutex, by the thread
//! that finished or cancelled it, in the order in which they were added; one that is added later is called at once, by
//! whoever adds it. A callback that panics does not stop the others, and nothing of it is left but the panic hook's message.
//!
//! A result is given to everybody who asks, so it is `Clone`. A task that panics has *failed*: what it said is the failure.
//!
//! Source: the state machine of CPython's `concurrent.futures._base`, after Brian Quinlan, PEP 3148, 2009.

pub mod broken;
mod callbacks;
mod outcome;
pub mod waiting;
mod watched;

#[cfg(feature = "processes")]
pub use self::outcome::Leg;
pub use self::outcome::{Failure, FutureError, InvalidState, State};

pub(super) use self::watched::Told;

use self::watched::tell;
use crate::model::pool::future::waiting::Watcher;
use crate::model::pool::glance::Glance;
use crate::model::pool::rules::{Correct, Rules};
use crate::model::threads::lock::monitor::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

/// The result of a task. Its clones are the same future.
///
/// ```
/// use refectory::model::pool::future::Future;
///
/// let future: Future<u32> = Future::new();
/// assert_eq!(future.claim(), Ok(true));
/// future.set_result(7).unwrap();
/// assert_eq!(future.result(), Ok(7));
/// assert_eq!(future.set_result(8).unwrap_err().0, 8);
/// ```
pub struct Future<T, R: Rules = Correct> {
    shared: Arc<Shared<T, R>>,
}

struct Shared<T, R: Rules> {
    inner: Mutex<Inner<T, R>, R::Monitor>,
    done: Condvar<R::Monitor>,
    /// Changes when it is done.
    glance: Glance,
}

/// The right to reach what is inside.
type Guard<'a, T, R> = MutexGuard<'a, Inner<T, R>, <R as Rules>::Monitor>;

struct Inner<T, R: Rules> {
    state: State,
    result: Option<Result<T, Failure>>,
    /// Somebody has waited for the result, and may still do so.
    awaited: bool,
    callbacks: VecDeque<Callback<T, R>>,
    /// Somebody calls the callbacks: those that are added now are called by that one.
    calling: bool,
    watchers: Vec<Arc<Watcher>>,
}

type Callback<T, R> = Box<dyn FnOnce(&Future<T, R>) + Send>;

// Whatever panics while the mutex is held leaves the value as it was.
impl<T, R: Rules> UnwindSafe for Future<T, R> {}
impl<T, R: Rules> RefUnwindSafe for Future<T, R> {}

impl<T, R: Rules> Inner<T, R> {
    fn cancelled(&self) -> bool {
        matches!(self.state, State::Cancelled | State::CancelledAndTold)
    }

    fn done(&self) -> bool {
        self.cancelled() || self.state == State::Finished
    }

    /// As who waits for several futures sees it: a cancellation counts when it has been told.
    fn told(&self) -> bool {
        matches!(self.state, State::CancelledAndTold | State::Finished)
    }

    fn failed(&self) -> bool {
        matches!(self.result, Some(Err(_)))
    }

    /// Whether there is something to wait for, as whoever is about to do so asks.
    fn awaits(&mut self) -> bool {
        self.awaited = !self.done();
        self.awaited
    }

    /// Whether nobody has begun to call the callbacks: this thread does, then.
    fn begins_calling(&mut self) -> bool {
        !std::mem::replace(&mut self.calling, true)
    }
}

impl<T, R: Rules> Future<T, R> {
    /// A future whose task nobody runs yet.
    pub fn new() -> Self {
        let inner = Inner {
            state: State::Pending,
            result: None,
            awaited: false,
            callbacks: VecDeque::new(),
            calling: false,
            watchers: Vec::new(),
        };
        Self {
            shared: Arc::new(Shared {
                inner: Mutex::new(inner, format_args!("future")),
                done: Condvar::new(format_args!("done")),
                glance: Glance::new(format_args!("glance at a future")),
            }),
        }
    }

    #[track_caller]
    fn lock(&self) -> Guard<'_, T, R> {
        self.shared.inner.lock()
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.lock().state
    }

    /// Whether its task is being run.
    pub fn running(&self) -> bool {
        self.state() == State::Running
    }

    /// Whether it was cancelled.
    pub fn cancelled(&self) -> bool {
        self.lock().cancelled()
    }

    /// Whether it was cancelled, or is finished.
    pub fn done(&self) -> bool {
        self.lock().done()
    }

    /// Whether `other` is the same future.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Cancels it, unless its task runs or has run. Gives whether it is cancelled now.
    pub fn cancel(&self) -> bool {
        let mut inner = self.lock();
        match inner.state {
            State::Running | State::Finished => false,
            State::Cancelled | State::CancelledAndTold => true,
            State::Pending => {
                inner.state = State::Cancelled;
                self.ended(inner);
                true
            }
        }
    }

    /// A worker is about to run the task: true if it is to, false if the future was cancelled, of which those who wait
    /// for several futures are told now.
    ///
    /// # Errors
    /// Somebody has claimed it before.
    pub fn claim(&self) -> Result<bool, InvalidState<()>> {
        if !R::CLAIMS_AT_ONCE && self.lock().state == State::Pending {
            self.lock().state = State::Running;
            return Ok(true);
        }
        let mut inner = self.lock();
        match inner.state {
            State::Pending => {
                inner.state = State::Running;
                Ok(true)
            }
            State::Cancelled => {
                inner.state = State::CancelledAndTold;
                tell(&mut inner);
                Ok(false)
            }
            _ => Err(InvalidState(())),
        }
    }

    /// The shutdown of a pool cancels it, unless its task runs.
    pub(in crate::model) fn cancel_at_shutdown(&self) {
        if self.cancel() && R::SHUTDOWN_TELLS {
            // It may have been cancelled, and told, before.
            let _ = self.claim();
        }
    }

    /// The task's result.
    ///
    /// # Errors
    /// The future is finished or cancelled: the result comes back.
    pub fn set_result(&self, result: T) -> Result<(), InvalidState<T>> {
        self.finish(Ok(result)).map_err(|InvalidState(result)| match result {
            Ok(result) => InvalidState(result),
            Err(_) => unreachable!("what was given comes back"),
        })
    }

    /// The task's failure.
    ///
    /// # Errors
    /// The future is finished or cancelled: the failure comes back.
    pub fn set_failure(&self, failure: Failure) -> Result<(), InvalidState<Failure>> {
        self.finish(Err(failure)).map_err(|InvalidState(result)| match result {
            Err(failure) => InvalidState(failure),
            Ok(_) => unreachable!("what was given comes back"),
        })
    }

    fn finish(&self, result: Result<T, Failure>) -> Result<(), InvalidState<Result<T, Failure>>> {
        let mut inner = self.lock();
        if inner.done() {
            return Err(InvalidState(result));
        }
        inner.state = State::Finished;
        inner.result = Some(result);
        tell(&mut inner);
        self.ended(inner);
        Ok(())
    }

    /// It is finished, or cancelled: wakes everybody who waits for the result, then calls the callbacks.
    fn ended(&self, mut inner: Guard<'_, T, R>) {
        let awaited = inner.awaited;
        let calls = !inner.callbacks.is_empty() && inner.begins_calling();
        drop(inner);
        self.shared.glance.change();
        match R::RESULT_WAKES_ALL {
            // A notification is a system call even where nobody waits.
            _ if !awaited => {}
            true => self.shared.done.notify_all(),
            false => self.shared.done.notify_one(),
        }
        if calls {
            self.call_back(self.lock());
        }
    }
}

impl<T: Clone, R: Rules> Future<T, R> {
    /// Waits for the result. Woken by whoever finishes or cancels the future.
    ///
    /// # Errors
    /// The future was cancelled, or its task failed.
    pub fn result(&self) -> Result<T, FutureError> {
        let mut inner = self.lock();
        if !inner.done() {
            inner = self.shared.glance.linger_for_one(inner, || self.lock());
            inner = self.shared.done.wait_while(inner, Inner::awaits);
        }
        outcome(&inner)
    }

    /// Waits for the result, but no longer than `timeout`.
    ///
    /// # Errors
    /// The future was cancelled, its task failed, or the time is over.
    pub fn result_timeout(&self, timeout: Duration) -> Result<T, FutureError> {
        let inner = self.shared.done.wait_timeout_while(self.lock(), timeout, Inner::awaits);
        if inner.done() { outcome(&inner) } else { Err(FutureError::TimedOut) }
    }

    /// Waits for the end of the task, and gives its failure if it failed.
    ///
    /// # Errors
    /// The future was cancelled.
    pub fn failure(&self) -> Result<Option<Failure>, FutureError> {
        match self.result() {
            Ok(_) => Ok(None),
            Err(FutureError::Failed(failure)) => Ok(Some(failure)),
            Err(error) => Err(error),
        }
    }

    /// The state, with the result where there is one: both of one moment.
    pub fn snapshot(&self) -> (State, Option<Result<T, Failure>>) {
        let inner = self.lock();
        (inner.state, inner.result.clone())
    }
}

fn outcome<T: Clone, R: Rules>(inner: &Inner<T, R>) -> Result<T, FutureError> {
    match &inner.result {
        Some(Ok(result)) => Ok(result.clone()),
        Some(Err(failure)) => Err(FutureError::Failed(failure.clone())),
        None => Err(FutureError::Cancelled),
    }
}

impl<T, R: Rules> Clone for Future<T, R> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<T, R: Rules> Default for Future<T, R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, R: Rules> fmt::Debug for Future<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Future").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
