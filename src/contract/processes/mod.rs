//! What processes promise that may be killed at any of their steps.

pub mod arbiter;
pub mod condition;
pub mod executor;
pub mod lock;
pub mod lock_file;
pub mod queue;
pub mod table;
