//! Communicating sequential processes, as in Go: threads that share nothing but channels.

pub mod pattern;
pub mod queue;
pub mod table;
