//! What channels promise.

pub mod queue;
