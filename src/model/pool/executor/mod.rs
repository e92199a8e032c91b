//! Executors: what runs tasks.

mod batch;
pub mod broken;
pub mod crew;
mod error;
pub mod idle;
mod job;
pub mod map;
mod progress;
mod queue;
pub mod stealing;
#[cfg(test)]
mod tests;
pub mod thread_pool;

pub use self::error::{NoWorkers, SubmitError};
#[cfg(feature = "processes")]
pub(in crate::model) use self::job::message;
