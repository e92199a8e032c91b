//! The model `gil`: threads of an interpreter, one of which runs at a time.

mod interpreter;
mod lock;
mod queue;
mod table;

use crate::cell::Subject;

/// Family by family.
pub(super) const FAMILIES: &[&[Subject]] =
    &[lock::SUBJECTS, interpreter::SUBJECTS, table::SUBJECTS, queue::SUBJECTS];
