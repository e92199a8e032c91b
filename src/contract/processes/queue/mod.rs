//! Rows of queues between processes, which may be killed.

pub mod ring;
pub mod simple;
