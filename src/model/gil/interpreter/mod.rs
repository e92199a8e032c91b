//! What runs under the interpreter lock.

pub mod broken;
pub mod counter;
pub mod cpython;
