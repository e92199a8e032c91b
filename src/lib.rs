//! Refectory.

pub mod cell;
pub mod engine;
pub mod finding;
pub mod report;
pub mod sync;
pub mod verdict;
