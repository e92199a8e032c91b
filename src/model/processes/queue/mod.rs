//! Queues.

pub mod broken;
pub mod mpmc;
pub mod ring;
