//! Queues.

pub mod broken;
pub mod ring;
pub mod simple;
