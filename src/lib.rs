//! Refectory.

#[cfg(feature = "cli")]
pub mod campaign;
pub mod catalogue;
pub mod cell;
pub mod engine;
pub mod model;
pub mod port;
pub mod scenario;
pub mod sync;
pub mod verdict;
