//! Locks.

pub mod broken;
pub mod robust;
