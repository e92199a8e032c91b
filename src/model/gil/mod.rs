//! Threads of an interpreter, one of which runs at a time: CPython's global interpreter lock.

pub mod bounded;
pub mod breaker;
pub mod broken;
pub mod counter;
pub mod holder;
pub mod interpreter;
pub mod lock;
pub mod parking;
pub mod plain;
pub mod table;
pub mod turn;
