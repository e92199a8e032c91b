//! What stands in for std's `Once` under an engine: a gate that lets one thread through, made of the
//! facade's own primitives, so that every engine knows it.
//!
//! The invariant: `done` is set, once, by the thread that found the gate open and came back; whoever
//! sees it set also sees what that thread did.

use super::atomic::AtomicBool;
use super::atomic::Ordering::{Acquire, Release};
use super::current::{Current, current};
use super::hook::{Born, stopping};
use super::{Condvar, Mutex, PoisonError};
use std::fmt;

/// Whether std or a gate of the model decides.
pub(super) enum Guarded {
    /// std, for an object that was made where no engine is current.
    Natively(Born),
    /// An object of a model.
    ByGate(Box<Gate>),
}

impl Guarded {
    /// The gate of a new object; `kind` is the type's name with its article.
    #[track_caller]
    pub(super) fn new(kind: &'static str) -> Self {
        match current() {
            Current::Native => Self::Natively(Born::here(kind)),
            _ => Self::ByGate(Box::new(Gate::new())),
        }
    }

    /// The gate; `None` where std decides.
    ///
    /// # Panics
    /// If std would decide, and an engine drives the code.
    #[track_caller]
    pub(super) fn gate(&self) -> Option<&Gate> {
        match self {
            Self::ByGate(gate) => Some(gate),
            Self::Natively(born) => match current() {
                Current::Native => None,
                _ if stopping() => None,
                now => born.foreign(now),
            },
        }
    }

    /// Names the gate's parts in traces.
    pub(super) fn name(&mut self, name: fmt::Arguments<'_>) {
        if let Self::ByGate(gate) = self {
            gate.name(name);
        }
    }
}

/// A gate that one thread passes, while the others wait for its return.
pub(super) struct Gate {
    done: AtomicBool,
    progress: Mutex<Progress>,
    changed: Condvar,
}

/// How far the one thread is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nobody has passed, or the one who did has panicked.
    Open { panicked: bool },
    /// Somebody has passed and is not back.
    Passed,
    /// It came back.
    Done,
}

/// The one who passed panicked. Nobody else should.
#[derive(Debug)]
pub(super) struct Panicked;

impl Gate {
    #[track_caller]
    fn new() -> Self {
        Self {
            done: AtomicBool::new(false),
            progress: Mutex::new(Progress::Open { panicked: false }),
            changed: Condvar::new(),
        }
    }

    fn name(&self, name: fmt::Arguments<'_>) {
        self.done.name(format_args!("{name}'s flag"));
        self.progress.name(format_args!("{name}'s lock"));
        self.changed.name(format_args!("{name}'s condition"));
    }

    /// Whether somebody has passed and come back.
    #[track_caller]
    pub(super) fn done(&self) -> bool {
        // Ordering: Acquire, of the Release in `leave`: what the one thread did is visible.
        self.done.load(Acquire)
    }

    /// Lets this thread through if nobody has passed, else waits until the one who did is back.
    /// With `retry`, one who panicked did not pass.
    ///
    /// # Errors
    /// Without `retry`, if the one who passed panicked.
    #[track_caller]
    pub(super) fn pass(&self, retry: bool, work: impl FnOnce()) -> Result<(), Panicked> {
        if self.done() || !self.enter(retry)? {
            return Ok(());
        }
        let leaving = LeavingByPanic(self);
        work();
        std::mem::forget(leaving);
        self.leave(Progress::Done);
        Ok(())
    }

    /// Comes back through the gate.
    #[track_caller]
    fn leave(&self, to: Progress) {
        if to == Progress::Done {
            // Ordering: Release, for the Acquire in `done`.
            self.done.store(true, Release);
        }
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = to;
        self.changed.notify_all();
    }

    /// Whether this thread is the one that passes. Waiters are woken by `leave`.
    #[track_caller]
    fn enter(&self, retry: bool) -> Result<bool, Panicked> {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_while(progress, |progress| *progress == Progress::Passed);
        let mut progress = waited.unwrap_or_else(PoisonError::into_inner);
        match *progress {
            Progress::Open { panicked: true } if !retry => Err(Panicked),
            Progress::Open { .. } => {
                *progress = Progress::Passed;
                Ok(true)
            }
            Progress::Passed | Progress::Done => Ok(false),
        }
    }
}

/// The way back of one who panics. Its place in a trace is here: a `Drop` is not told who called it.
struct LeavingByPanic<'a>(&'a Gate);

impl Drop for LeavingByPanic<'_> {
    fn drop(&mut self) {
        self.0.leave(Progress::Open { panicked: true });
    }
}
