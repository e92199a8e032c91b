//! Refectory: model-checked verification and stress for concurrent Rust.
//!
//! Bring a lock, a queue or a protocol, turn `use std::sync::` into `use refectory::sync::`, and get **a proof, a
//! counterexample that replays, or an honest "not decided"**. The suite brings its own: dining philosophers and queues
//! in one concurrency model after the other, each checked by every engine that can, each with broken twins that
//! have to be caught.
//!
//! ```
//! use refectory::engine::{Engine, Program};
//! use refectory::sync::atomic::{AtomicUsize, Ordering::SeqCst};
//! use refectory::sync::thread;
//! use refectory::judge::{Extent, Verdict, verify};
//! use std::sync::Arc;
//!
//! // Main only spawns and joins; what it returns is the outcome of the execution.
//! let program = Program::new(|| {
//!     let counter = Arc::new(AtomicUsize::new(0));
//!     let threads: Vec<_> = (0..2)
//!         .map(|_| {
//!             let counter = Arc::clone(&counter);
//!             thread::spawn(move || counter.fetch_add(1, SeqCst))
//!         })
//!         .collect();
//!     threads.into_iter().for_each(|thread| drop(thread.join()));
//!     Ok(counter.load(SeqCst).to_string())
//! });
//!
//! // With the feature `dpor`: every execution, one per class of equivalent ones.
//! if Engine::Dpor.available() {
//!     assert_eq!(verify(Engine::Dpor, &program), Verdict::Held(Extent::EXHAUSTIVE));
//! }
//! ```
//!
//! The [`guide`] begins with your own code; this is what there is.
//!
//! # Map
//! | module | what it is |
//! |---|---|
//! | [`sync`] | the facade: std's names and signatures, driven by whichever engine is current |
//! | [`history`], [`spec`], [`check`](mod@check) | what was asked and answered, the sequential objects, and whether one explains the other |
//! | [`scenario`] | what each thread does, as plain data |
//! | [`port`] | the traits that an implementation under test implements, and what is checked of each; their docs are the contract |
//! | [`model`] | the implementations, by concurrency model, with their broken twins |
//! | [`contract`] | what subjects promise, row by row: a small program for each promise |
//! | [`alloc`] | an allocator that keeps what a model frees, so that a use after free is a finding and no crash |
//! | [`engine`] | what drives the threads, and the facts that it reports |
//! | [`cell`], [`catalogue`] | subject × scenario × engine × scope: what is run, and everything that there is to run |
//! | [`judge`], [`report`] | what the facts are worth, the cause of a failure, and how people read them |
//! | [`guest`] | checks for a guest's own tests, in ten lines: [`check`](fn@check), [`Check`], [`cover!`] |
//! | `runner`, `campaign` | cells in processes of their own; stress on real cores (feature `cli`) |
//! | `compare`, `bench` | the models side by side on the same work; ours beside the best of others (feature `cli`) |
//!
//! # Features
//! `loom`, `shuttle` and `dpor` each add engines and take nothing away. `cli` (default) is the command line and the runner;
//! a library user switches it off. `processes` (default) is processes on real cores and what they share
//! (Linux; elsewhere it compiles, and says that it is unsupported). With no engine in the build every type of the facade is std's own: same size, same
//! machine code.
//!
//! # What each engine does not prove
//! | engine | explores | does not see |
//! |---|---|---|
//! | `native` | as many executions as it runs, on this machine | everything that did not happen |
//! | `loom` | part of C11, exhaustively or with bounded preemptions | executions that its reduction loses; load buffering; `SeqCst` is treated as `AcqRel`; more than 5 threads; time-outs |
//! | `random`, `pct`, `urw` | as many sequentially consistent executions as are drawn | the others; values that only weak memory produces |
//! | `dpor` | every sequentially consistent execution | values that only weak memory produces. Data races are found by C11's rules all the same |

#[cfg(all(feature = "cli", not(unix)))]
compile_error!(
    "the feature `cli` runs cells in processes as Unix has them: build without it, or with `default-features = false`"
);

pub mod alloc;
#[cfg(feature = "cli")]
pub mod bench;
#[cfg(feature = "cli")]
pub mod campaign;
pub mod catalogue;
pub mod cell;
pub mod check;
#[cfg(feature = "cli")]
pub mod compare;
pub mod contract;
pub mod engine;
pub mod event;
pub mod guest;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod history;
pub mod judge;
pub mod model;
pub mod port;
pub mod report;
#[cfg(feature = "cli")]
pub mod runner;
pub mod scenario;
pub mod spec;
pub mod sync;

pub use guest::{Check, check};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../CONTRIBUTING.md")]
struct Contributing;

#[cfg(all(test, feature = "instrumented"))]
#[global_allocator]
static ALLOCATOR: alloc::Quarantine = alloc::Quarantine;
