//! Refectory.

pub mod cell;
pub mod engine;
pub mod sync;
pub mod verdict;
