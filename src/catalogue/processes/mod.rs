//! The model `processes`: processes that share regions, and may be killed.

mod executor;
mod lock;
mod queue;

use crate::cell::Subject;

/// Family by family.
pub(super) const FAMILIES: &[&[Subject]] = &[executor::SUBJECTS, lock::SUBJECTS, queue::SUBJECTS];
