//! OS threads that share memory: locks, condition variables, atomics.

pub mod lock;
pub mod lockfree;
pub mod queue;
pub mod table;
