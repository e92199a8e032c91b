//! The model `actors`: threads that have a mailbox each.

mod actor;
mod queue;
mod table;

use crate::cell::Subject;

/// Family by family.
pub(super) const FAMILIES: &[&[Subject]] = &[table::SUBJECTS, queue::SUBJECTS, actor::SUBJECTS];
