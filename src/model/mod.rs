//! The concurrency models and their subjects.
//!
//! Each model has the same file names, so that two models can be read side by side: what differs
//! is the model. A model's broken twins are in its `broken` module, each named by its bug.

pub mod gil;
pub mod pool;
pub mod threads;
