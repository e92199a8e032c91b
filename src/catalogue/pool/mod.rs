//! The model `pool`: threads that run tasks.

mod deque;
mod executor;
mod future;
mod table;

use crate::cell::Subject;

/// Family by family.
pub(super) const FAMILIES: &[&[Subject]] =
    &[table::SUBJECTS, deque::SUBJECTS, future::SUBJECTS, executor::SUBJECTS];
