//! What actors promise.

pub mod actor;
pub mod queue;
pub mod table;
