//! Rows of the model `threads`.

pub mod lock;
pub mod lockfree;
pub mod queue;
