//! Where a future stands, and why it may have no result.

use std::fmt;

/// Why a task has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It panicked, and said this.
    Panicked(String),
    /// It was never run: its pool broke.
    BrokenPool,
}

/// Why there is no result to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FutureError {
    /// The future was cancelled.
    Cancelled,
    /// The task failed.
    Failed(Failure),
    /// The time is over, and the task is not.
    TimedOut,
}

impl fmt::Display for FutureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the future was cancelled"),
            Self::Failed(Failure::Panicked(message)) => write!(f, "the task panicked: {message}"),
            Self::Failed(Failure::BrokenPool) => f.write_str("the pool broke before the task ran"),
            Self::TimedOut => f.write_str("the task is not done in time"),
        }
    }
}

impl std::error::Error for FutureError {}

/// The future is in no state for this; gives back what it did not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidState<T>(pub T);

/// Where a future stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody runs its task yet.
    Pending,
    /// A worker runs its task.
    Running,
    /// It was cancelled, and no worker has seen that yet.
    Cancelled,
    /// It was cancelled, and those who wait for several futures were told.
    CancelledAndTold,
    /// It has a result, or a failure.
    Finished,
}
