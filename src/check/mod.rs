//! Judges of histories: pure functions, without threads.

pub mod linearizability;
pub mod overtaking;
