//! The model `channels`: threads that share nothing but channels.

mod pattern;
mod queue;
mod table;

use crate::cell::Subject;

/// Family by family.
pub(super) const FAMILIES: &[&[Subject]] = &[table::SUBJECTS, queue::SUBJECTS, pattern::SUBJECTS];
