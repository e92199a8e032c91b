//! Processes that share nothing but pipes and regions of memory, any of which may be killed at any instant.

pub mod executor;
pub mod lock;
pub mod queue;
pub mod table;
