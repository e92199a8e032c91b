//! Why an executor does not take a task, and why there is no executor.

use std::fmt;

/// Why a task was not accepted; gives it back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SubmitError<F> {
    /// The pool was shut down.
    ShutDown(F),
    /// An initializer failed: the pool never runs a task again.
    Broken(F),
    /// The system starts no more threads, and there is none to run the task.
    NoThread(F),
}

impl SubmitError<()> {
    /// The same reason, with the task.
    pub(super) fn giving_back<F>(self, task: F) -> SubmitError<F> {
        match self {
            Self::ShutDown(()) => SubmitError::ShutDown(task),
            Self::Broken(()) => SubmitError::Broken(task),
            Self::NoThread(()) => SubmitError::NoThread(task),
        }
    }
}

impl<F> fmt::Debug for SubmitError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<F> fmt::Display for SubmitError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ShutDown(_) => "the pool was shut down",
            Self::Broken(_) => "the pool is broken",
            Self::NoThread(_) => "no thread can be started",
        })
    }
}

impl<F> std::error::Error for SubmitError<F> {}

/// There has to be a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoWorkers;

impl fmt::Display for NoWorkers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pool of 0 workers would never run a task: give it at least 1")
    }
}

impl std::error::Error for NoWorkers {}
