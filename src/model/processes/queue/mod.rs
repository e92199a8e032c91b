//! Queues.

pub mod broken;
pub mod feeder;
pub mod joinable;
pub mod mpmc;
pub mod ring;
pub mod simple;
