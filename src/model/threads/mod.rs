//! OS threads that share memory: locks, condition variables, atomics.

pub mod bounded;
pub mod broken;
pub mod queue;
pub mod ring;
pub mod semaphore;
pub mod spinning;
pub mod table;
