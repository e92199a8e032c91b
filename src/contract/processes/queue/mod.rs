//! Rows of queues between processes, which may be killed.

pub mod feeder;
pub mod mpmc;
pub mod ring;
pub mod simple;
