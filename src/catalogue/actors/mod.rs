//! The model `actors`: threads that have a mailbox each.

mod actor;
mod queue;

use crate::cell::Subject;

/// Family by family.
pub(super) const FAMILIES: &[&[Subject]] = &[actor::SUBJECTS, queue::SUBJECTS];
