//! Locks.

pub mod broken;
pub mod condition;
pub mod robust;
pub mod semaphore;
