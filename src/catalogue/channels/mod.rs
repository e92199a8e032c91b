//! The model `channels`: threads that share nothing but channels.

mod queue;

use crate::cell::Subject;

/// Family by family.
pub(super) const FAMILIES: &[&[Subject]] = &[queue::SUBJECTS];
