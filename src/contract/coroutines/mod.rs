//! What the subjects of the model `coroutines` promise.
//!
//! Each task of a row is the future of a thread of its own, so that all steps of all tasks may come in any order.

pub mod lock;
pub mod queue;
pub mod task;
