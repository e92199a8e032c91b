//! Twins of the subjects, each with one realistic bug; see [`threads::broken`](crate::model::threads::broken).

pub mod executor;
pub mod stealing;
pub mod tables;
