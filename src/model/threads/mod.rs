//! OS threads that share memory: locks, condition variables, atomics.

pub mod arena;
pub mod barrier;
pub mod bounded;
pub mod broken;
pub mod combining;
pub mod condition;
pub mod event;
pub mod guarded;
pub mod hazard;
pub mod heap;
pub mod lock;
pub mod michael_scott;
pub mod queue;
pub mod ring;
pub mod rlock;
pub mod seats;
pub mod semaphore;
pub mod spinning;
pub mod spsc;
pub mod table;
pub mod treiber;
