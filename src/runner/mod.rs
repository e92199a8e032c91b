//! Runs cells in processes of their own, side by side on all cores.
//!
//! A subject may hang, abort, exhaust its stack or the memory, or end its process: none of that reaches
//! the caller. Every cell is one child process, the current executable started again with
//! `REFECTORY_CELL` set to the cell's id, so each binary that runs cells calls [`child_main`] first.
//!
//! | | |
//! |---|---|
//! | result | JSON lines in a pipe that only the runner's part of the child knows: the child moves its standard output there before the subject starts, and what the subject prints goes to standard error. The first line says that the subject begins, the last that this was all: a child that ends without the one was not run, and without the other was ended by its subject, whatever its exit code |
//! | deadline | the parent's; the child's process group is killed and reaped, and on Linux what has left the group as well |
//! | memory | `RLIMIT_DATA` in the child; not the address space, most of which threads only reserve |
//! | the parent dies | its end of the child's standard input closes, even at `kill -9`; a thread of the child that reads there then kills the child's process group |
//!
//! Unix only. What a cell is worth is decided by [`Verdict`](crate::judge::Verdict) from the engine's facts,
//! or, if the child could not report any, from what the way in which it died shows. The rounds of a campaign
//! run in children of the same kind.

mod child;
mod death;
mod hang_detector;
mod parent;
mod process;
mod queue;
pub mod store;
mod strays;

pub(crate) use child::{Voice, begin};
pub use child::{child_main, child_main_with};
pub(crate) use death::seen;
pub use parent::{Event, Options, RunError, run};
pub(crate) use process::{End, Limits, Process};
pub use queue::Costs;
