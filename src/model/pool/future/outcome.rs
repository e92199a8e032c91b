//! Where a future stands, and why it may have no result.

#[cfg(feature = "processes")]
use crate::sync::process::Exit;
#[cfg(feature = "processes")]
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a task has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "processes", derive(Deserialize, Serialize))]
pub enum Failure {
    /// It panicked, and said this.
    Panicked(String),
    /// It was never run: its pool broke.
    BrokenPool,
    /// A worker of its pool, a process, has ended like this: its own worker, or one whose end broke the pool.
    #[cfg(feature = "processes")]
    WorkerDied(Exit),
    /// No process could be started to run it, for this reason.
    #[cfg(feature = "processes")]
    NoWorker(String),
    /// Its argument, or its result, did not come from one process to the other, for this reason.
    #[cfg(feature = "processes")]
    NotCarried(Leg, String),
}

/// A part of the way of a task to another process, and back.
#[cfg(feature = "processes")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Leg {
    /// The argument is written, by who submits the task.
    ArgumentOut,
    /// The argument is read, by the worker.
    ArgumentIn,
    /// The result is written, by the worker.
    ResultOut,
    /// The result is read, in the process of the pool.
    ResultIn,
}

#[cfg(feature = "processes")]
impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ArgumentOut => "the argument cannot be written",
            Self::ArgumentIn => "the argument cannot be read",
            Self::ResultOut => "the result cannot be written",
            Self::ResultIn => "the result cannot be read",
        })
    }
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
            #[cfg(feature = "processes")]
            Self::Failed(Failure::WorkerDied(Exit::Killed(signal))) => {
                write!(f, "a worker was killed: {}", Exit::Killed(*signal))
            }
            #[cfg(feature = "processes")]
            Self::Failed(Failure::WorkerDied(exit)) => write!(f, "a worker has ended: {exit}"),
            #[cfg(feature = "processes")]
            Self::Failed(Failure::NoWorker(why)) => write!(f, "no worker can be started: {why}"),
            #[cfg(feature = "processes")]
            Self::Failed(Failure::NotCarried(leg, why)) => write!(f, "{leg}: {why}"),
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
