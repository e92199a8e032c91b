//! Twins of the queues and stacks without locks.

pub mod arena;
pub mod combining;
pub mod michael_scott;
pub mod ring;
pub mod segments;
pub mod spsc;
pub mod treiber;
