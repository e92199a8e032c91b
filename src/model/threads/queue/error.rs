//! Why a queue said no. Errors give the item back.

use crate::port::{Closed, Full};
use std::error::Error;
use std::fmt;

/// Why an item was not put in; gives it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutError<T> {
    /// There was no room.
    Full(T),
    /// The queue has been shut down.
    ShutDown(T),
}

impl<T> PutError<T> {
    /// The item that was not put in.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::ShutDown(item) => item,
        }
    }
}

impl<T> From<PutError<T>> for Full<T> {
    fn from(error: PutError<T>) -> Self {
        Self(error.into_inner())
    }
}

impl<T> From<PutError<T>> for Closed<T> {
    fn from(error: PutError<T>) -> Self {
        Self(error.into_inner())
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the queue is full",
            Self::ShutDown(_) => "the queue is shut down",
        })
    }
}

impl<T: fmt::Debug> Error for PutError<T> {}

/// Why no item came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// There was no item.
    Empty,
    /// There was no item, and as the queue has been shut down there will be none.
    ShutDown,
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the queue is empty",
            Self::ShutDown => "the queue is shut down, and empty",
        })
    }
}

impl Error for GetError {}

/// `task_done` was called more often than items were put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskDoneError;

impl fmt::Display for TaskDoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task_done was called more often than items were put in")
    }
}

impl Error for TaskDoneError {}
