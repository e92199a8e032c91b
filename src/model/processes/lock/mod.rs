//! Locks.

pub mod broken;
pub mod robust;
pub mod semaphore;
