//! Queues.

pub mod broken;
pub mod feeder;
pub mod mpmc;
pub mod ring;
pub mod simple;
