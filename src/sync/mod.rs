//! The facade.

pub(crate) mod current;
pub mod op;
pub mod trace;
