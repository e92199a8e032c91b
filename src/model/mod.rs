//! The concurrency models and their subjects.
//!
//! `model/<model>/<family>/<subject>.rs` is a subject, and `broken.rs` beside it has its twins. Models have the same families, so
//! that two of them can be read side by side: what differs is the model.

pub mod actors;
pub mod channels;
pub mod coroutines;
pub mod gil;
pub mod pool;
#[cfg(feature = "processes")]
pub mod processes;
pub mod support;
pub mod threads;
