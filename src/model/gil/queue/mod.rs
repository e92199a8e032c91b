//! Queues of an interpreter's threads.

pub mod bounded;
pub mod broken;
