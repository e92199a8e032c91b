//! Rows of queues between processes, which may be killed.

pub mod feeder;
pub mod joinable;
pub mod mpmc;
pub mod ring;
pub mod simple;
