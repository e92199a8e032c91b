//! What channels promise.

pub mod pattern;
pub mod queue;
pub mod table;
