//! Tables of philosophers, each of whom is a process that may be killed.

pub mod arbiter;
pub mod broken;
pub mod ordered;
