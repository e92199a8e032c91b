//! Twins of the subjects, each with one realistic bug. An engine must catch every one of them: a check
//! that has no twin to catch is no evidence.
//!
//! A twin is named by its bug and differs from its subject in that one place.

pub mod counters;
pub mod locks;
pub mod queues;
pub mod tables;
