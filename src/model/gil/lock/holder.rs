//! A thread that holds the interpreter lock, or wants it back.

use crate::model::gil::lock::breaker::Break;
use crate::model::gil::lock::breaker::Breaks;
use crate::model::gil::lock::cpython::{Cpython, Finalizing, Gil, Policy, ThreadState};
use crate::model::gil::lock::turn::Turn;
use std::fmt;

/// A thread that holds the lock, until it is dropped.
///
/// ```
/// use refectory::model::gil::lock::cpython::{Gil, SWITCH_INTERVAL};
///
/// let gil = <Gil>::new(SWITCH_INTERVAL);
/// let mut first = gil.attach().unwrap();
/// first.unlocked(|| drop(gil.attach().unwrap())).unwrap();
/// assert_eq!(first.turn().overtaken, 0);
/// drop(first);
/// assert_eq!(gil.switches(), 3);
/// ```
#[must_use = "who does not hold the lock any more cannot run bytecodes"]
pub struct Holder<'a, P: Policy = Cpython> {
    gil: &'a Gil<P>,
    me: ThreadState,
    /// False only while others run, or once the lock can no longer be had.
    holds: bool,
    turn: Turn,
}

impl<'a, P: Policy> Holder<'a, P> {
    pub(super) const fn new(gil: &'a Gil<P>, me: ThreadState, turn: Turn) -> Self {
        Self { gil, me, holds: true, turn }
    }

    /// A safe point: if a waiter asks for the lock, drops it and takes it again. Tells what there was to do.
    ///
    /// # Errors
    /// The interpreter is being finalized; the lock is not held any more.
    pub fn checkpoint(&mut self) -> Result<Breaks, Finalizing> {
        let breaks = self.gil.breaker().look();
        if breaks.contain(Break::Drop) {
            self.unlocked(|| ())?;
        }
        Ok(breaks)
    }

    /// Runs `blocking` without the lock, and takes it again.
    ///
    /// # Errors
    /// The interpreter is being finalized; the lock is not held any more, and `blocking` was run.
    ///
    /// # Panics
    /// If `blocking` does, or if the lock was lost to finalization before.
    pub fn unlocked<R>(&mut self, blocking: impl FnOnce() -> R) -> Result<R, Finalizing> {
        assert!(self.holds, "the lock was lost to finalization");
        self.holds = false;
        self.gil.release(self.me);
        let result = blocking();
        self.turn = self.gil.retake(self.me)?;
        self.holds = true;
        Ok(result)
    }

    /// What it took to get the lock the last time.
    pub const fn turn(&self) -> Turn {
        self.turn
    }

    /// Begins the finalization of the interpreter: from now on no other thread gets the lock. Those that wait
    /// give up.
    pub fn finalize(&self) {
        self.gil.finalize(self.me);
    }

    /// Ends the interpreter, as its last thread: what the lock has of it is gone.
    pub fn end(self) {
        self.gil.breaker().free();
    }
}

impl<P: Policy> Drop for Holder<'_, P> {
    fn drop(&mut self) {
        if self.holds {
            self.gil.leave(self.me);
        }
    }
}

impl<P: Policy> fmt::Debug for Holder<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holder").field("me", &self.me).field("holds", &self.holds).finish_non_exhaustive()
    }
}
