//! Threads of an interpreter, one of which runs at a time: CPython's global interpreter lock.

pub mod interpreter;
pub mod lock;
pub mod queue;
pub mod table;
