//! Refectory.

pub mod catalogue;
pub mod cell;
pub mod engine;
pub mod finding;
pub mod report;
#[cfg(feature = "cli")]
pub mod runner;
pub mod sync;
pub mod verdict;
