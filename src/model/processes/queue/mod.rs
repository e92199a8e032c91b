//! Queues.

pub mod broken;
pub mod ring;
