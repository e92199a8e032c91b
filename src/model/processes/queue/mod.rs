//! Queues.

pub mod broken;
pub mod feeder;
pub mod ring;
pub mod simple;
