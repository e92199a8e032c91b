//! Actors: threads that share nothing but addresses, and have a mailbox each.

pub mod actor;
pub mod queue;
pub mod table;
