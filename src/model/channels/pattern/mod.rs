//! Patterns of threads that share nothing but channels, as Go's programmers build them.
//!
//! | pattern | promise |
//! |---|---|
//! | [`generator`](generator()) | the items of an iterator, in their order |
//! | [`stage`] of a pipeline | what a function makes of each item, in their order |
//! | [`fan_in`](fan_in()) | the items of several channels, each once, in their order in each channel |
//! | [`fan_out`](fan_out()) | several stages share the items of one channel, each item goes to one |
//! | [`worker_pool`](worker_pool()) | the same, with one channel for all results |
//! | [`Bounded`] | at most so many at once |
//! | [`Context`] | a tree of cancellations, by hand or by deadline |
//! | [`ErrorGroup`] | the first error is told and cancels the others |
//! | [`or_done`](or_done()) | the items of a channel that nobody closes |
//! | [`tee`](tee()) | each item goes to both of two channels |
//! | [`ticker`](ticker()), [`limited`] | one tick a period, one item a tick |
//!
//! No thread stays behind: those of a pattern belong to a [`Group`], which joins them. Invariant: a thread that sends looks at
//! the group's `done` as well, and closes its output when it ends, so that whoever receives from it ends too. A thread that
//! receives need not look: its input is closed when `done` is, by the thread that sends. A channel of which that is not so
//! is read through [`or_done`](or_done()).
//!
//! An item that a thread has in hand when `done` is closed is dropped, or goes to whoever still receives.
//!
//! Source: Sameer Ajmani, "Go Concurrency Patterns: Pipelines and cancellation", 2014; Katherine Cox-Buday, "Concurrency in Go",
//! 2017, chapter 4.

pub mod bounded;
pub mod broken;
pub mod context;
pub mod error_group;
pub mod fan_in;
pub mod fan_out;
pub mod generator;
pub mod group;
pub mod or_done;
pub mod pipeline;
pub mod tee;
#[cfg(test)]
mod tests;
pub mod ticker;
pub mod worker_pool;

pub use self::bounded::Bounded;
pub use self::context::Context;
pub use self::error_group::ErrorGroup;
pub use self::fan_in::fan_in;
pub use self::fan_out::fan_out;
pub use self::generator::generator;
pub use self::group::{Done, Group};
pub use self::or_done::or_done;
pub use self::pipeline::stage;
pub use self::tee::tee;
pub use self::ticker::{limited, ticker};
pub use self::worker_pool::worker_pool;

/// The rules by which the patterns are written: the twins in [`broken`] break one each.
pub trait Rules: Send + Sync + 'static {
    /// Who waits at a channel looks at `done` as well.
    const LOOKS_AT_DONE: bool = true;
    /// A tee gives an item to both.
    const TEES_TO_BOTH: bool = true;
    /// A tick for which there is no room is dropped.
    const DROPS_TICKS: bool = true;
    /// A permit is given back where the work has failed, too.
    const FAILURE_RETURNS_PERMIT: bool = true;
    /// Who cancels a context cancels its children.
    const CANCELS_CHILDREN: bool = true;
    /// A context looks whether it is cancelled and takes a child in one step.
    const ADOPTS_AT_ONCE: bool = true;
    /// Of several errors the first one is kept.
    const FIRST_ERROR_STAYS: bool = true;
}

/// All rules are kept.
#[derive(Clone, Copy, Debug)]
pub struct Correct;

impl Rules for Correct {}
