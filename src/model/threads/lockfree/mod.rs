//! Queues and stacks without locks.

pub mod arena;
pub mod broken;
pub mod combining;
pub mod hazard;
pub mod michael_scott;
pub mod ring;
pub mod segments;
pub mod spsc;
pub mod treiber;
