//! The model `processes`: processes that share regions, and may be killed.

mod executor;
mod lock;
mod queue;
mod table;

use crate::cell::Subject;

/// Family by family.
pub(super) const FAMILIES: &[&[Subject]] =
    &[table::SUBJECTS, lock::SUBJECTS, queue::SUBJECTS, executor::SUBJECTS];
