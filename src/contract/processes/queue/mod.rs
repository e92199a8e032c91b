//! Rows of queues between processes, which may be killed.

pub mod feeder;
pub mod ring;
pub mod simple;
