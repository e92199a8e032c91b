//! loom's API over Refectory's facade and its exact engine.
//!
//! A project that is tested with [loom](https://docs.rs/loom/0.7) names this package in its place, and changes no line
//! of its source:
//!
//! ```toml
//! loom = { package = "refectory-loom", path = "../refectory/verify/loom" }
//! ```
//!
//! A test then explores every sequentially consistent execution, one for each class of equivalent ones, and finds data
//! races by C11's rules:
//!
//! ```
//! use loom::sync::Arc;
//! use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
//! use loom::thread;
//!
//! loom::model(|| {
//!     let count = Arc::new(AtomicUsize::new(0));
//!     let other = Arc::clone(&count);
//!     let thread = thread::spawn(move || other.fetch_add(1, SeqCst));
//!     count.fetch_add(1, SeqCst);
//!     thread.join().unwrap();
//!     assert_eq!(count.load(SeqCst), 2);
//! });
//! ```
//!
//! # What differs from loom
//! - A search that its bounds have cut short is no silent pass: it says so on stderr, and where the environment has
//!   `REFECTORY_LOOM_STRICT=1` it panics.
//! - Values that only weak memory can produce (store buffering, say) are not seen. Data races are.
//! - A time-out is a choice that may fire at any moment of a timed wait. loom's timed waits never time out.
//! - `max_threads`, `checkpoint_*`, `location`, `log` and `expect_explicit_explore` of the [`Builder`](model::Builder) do
//!   nothing, nor do [`explore`], [`stop_exploring`] and [`skip_branch`]: more is explored than is asked for.
//! - `max_branches` (and `LOOM_MAX_BRANCHES`) counts operations of one execution; its default is 20,000.
//! - What a model frees is kept until its execution is over, by a global allocator (feature `quarantine`, on by default),
//!   so that a use after free is a finding.
//! - `compare_and_swap`, which std has deprecated, is not there.
//! - Where `REFECTORY_LOOM_RESULTS` names a file, each model appends a line of JSON to it: test, verdict, kind of
//!   failure, executions.

pub mod alloc;
pub mod cell;
pub mod future;
pub mod hint;
pub mod model;
pub mod sync;
pub mod thread;

#[doc(inline)]
pub use model::model;
#[doc(inline)]
pub use refectory::sync::{lazy_static, thread_local};

#[cfg(feature = "quarantine")]
#[global_allocator]
static ALLOCATOR: refectory::alloc::Quarantine = refectory::alloc::Quarantine;

/// Does nothing: everything is explored.
pub fn explore() {}

/// Does nothing: everything is explored.
pub fn stop_exploring() {}

/// Does nothing: everything is explored.
pub fn skip_branch() {}
