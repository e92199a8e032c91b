//! Locks, and what is built on them.

pub mod barging;
pub mod barrier;
pub mod broken;
pub mod condition;
pub mod event;
pub mod futex;
pub mod guarded;
pub mod monitor;
pub mod recursive;
pub mod semaphore;
