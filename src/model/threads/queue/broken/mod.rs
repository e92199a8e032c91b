//! Twins of the queues on locks.

pub mod bounded;
pub mod lifo_queue;
pub mod priority_queue;
pub mod queue;
pub mod simple_queue;
pub mod spinning;
