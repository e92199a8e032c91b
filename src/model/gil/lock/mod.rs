//! The interpreter lock, and what it is made of.

pub mod breaker;
pub mod broken;
pub mod cpython;
pub mod holder;
pub mod parking;
pub mod plain;
pub mod turn;
