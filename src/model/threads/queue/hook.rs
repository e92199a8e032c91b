//! Code of the user that runs while the mutex is held.

use super::discipline::Discipline;
use crate::model::threads::lock::monitor::{Condvar, Monitor, MutexGuard};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What a hook threw.
pub(super) type Panic = Box<dyn Any + Send>;

/// Calls a method of the buffer. Its panic is caught at once: one that left with the guard would poison the mutex.
///
/// Nothing half done is seen afterwards: a method that plans has changed nothing, and the others must not panic. One that does so all the
/// same counts as if it had not been called.
#[inline]
pub(super) fn caught<R>(method: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_unwind(AssertUnwindSafe(method))
}

/// Leaves with the panic of a hook. The wake-up that this caller may have used up goes to another one.
#[cold]
pub(super) fn give_up<C, D: Discipline, M: Monitor>(
    content: MutexGuard<'_, C, M>,
    woken_by: &Condvar<M>,
    panic: Panic,
) -> ! {
    D::pass_on(woken_by);
    drop(content);
    resume_unwind(panic)
}
