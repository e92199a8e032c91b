//! Locks.

pub mod broken;
pub mod condition;
pub mod file;
pub mod robust;
pub mod semaphore;
