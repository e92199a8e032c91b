//! The facade.

pub(crate) mod current;
#[cfg(feature = "loom")]
pub(crate) mod loom_record;
pub mod op;
pub mod trace;
