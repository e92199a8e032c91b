//! The model `threads`: OS threads that share memory.

mod lock;
mod lockfree;
mod queue;
mod table;

use crate::cell::Subject;

/// Family by family.
pub(super) const FAMILIES: &[&[Subject]] =
    &[table::SUBJECTS, lock::SUBJECTS, queue::SUBJECTS, lockfree::SUBJECTS];
