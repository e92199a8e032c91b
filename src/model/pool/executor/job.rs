//! Tasks in the queue of a pool.

use crate::model::pool::future::{Failure, Future};
use crate::model::pool::rules::Rules;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A task with its future, whatever its type.
pub(super) trait Task<R: Rules>: Send {
    /// Runs it, unless it was cancelled.
    fn run(self: Box<Self>);
    /// The pool is shut down: it is never run.
    fn cancel(&self);
    /// The pool is broken: it is never run.
    fn fail(&self);
}

pub(super) struct Job<T, F, R: Rules> {
    future: Future<T, R>,
    task: F,
}

impl<T, F, R: Rules> Job<T, F, R> {
    pub(super) fn new(task: F) -> Self {
        Self { future: Future::new(), task }
    }

    pub(super) fn future(&self) -> Future<T, R> {
        self.future.clone()
    }

    /// The pool does not take it.
    pub(super) fn into_task(self) -> F {
        self.task
    }
}

impl<T, F, R> Task<R> for Job<T, F, R>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
    R: Rules,
{
    fn run(self: Box<Self>) {
        let Self { future, task } = *self;
        if future.claim() != Ok(true) {
            return;
        }
        // Nobody else finishes a future that a worker has claimed.
        let _ = match catch_unwind(AssertUnwindSafe(task)) {
            Ok(result) => future.set_result(result).is_ok(),
            Err(payload) => future.set_failure(Failure::Panicked(message(&*payload))).is_ok(),
        };
    }

    fn cancel(&self) {
        self.future.cancel_at_shutdown();
    }

    fn fail(&self) {
        // One that was cancelled stays so, and is told.
        if self.future.claim() == Ok(true) {
            let _ = self.future.set_failure(Failure::BrokenPool);
        }
    }
}

/// What a panic said.
pub(in crate::model) fn message(payload: &(dyn Any + Send)) -> String {
    let literal = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    literal
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without words".to_owned())
}
