//! What actors promise.

pub mod actor;
pub mod queue;
