//! Ours beside the best of others: what criterion has measured, as one table of ratios.
//!
//! The benches of the source tree have a group for each scenario, and in it a function for each subject and each peer. [`run`] builds them,
//! shares one budget out among them, and reads what criterion has written; [`measured`] only reads. [`Report::of`] puts ours beside the
//! fastest peer of the same scenario.
//!
//! | | |
//! |---|---|
//! | [`Measured`] | what criterion says of a function: the time of an item, and where it lies |
//! | [`Row`] | a subject of ours in a scenario: its throughput over that of the best peer. Above 1 it is faster |
//! | [`Alone`] | a time that is compared with nothing: in its scenario there is no peer, or nothing of ours |
//! | [`Report`] | all of it, the worst rows first; [`table()`], [`json`] and [`page()`] show it |
//!
//! # What decides who is ours
//! A name that begins with a model of the [catalogue](crate::catalogue), as in `threads/queue`, or with a module of this crate that is
//! measured for its own sake, as in `engine/dpor`. All others are peers.
//!
//! # What it does not do
//! Say what other machines would say. The best peer is the one that was measured as the fastest; of two that are equally fast this is the one
//! that was lucky, so a ratio is a little on the strict side. Functions of a scenario run one after the other, so what else the machine does
//! need not hit all of them.

mod cargo;
mod child;
mod criterion;
mod page;
mod plan;
mod report;
mod run;
mod table;
#[cfg(test)]
mod tests;

pub use cargo::{NoTree, Tree};
pub use criterion::{Broken, Measured, baselines, measured};
pub use page::page;
pub use plan::{Share, share};
pub use report::{Alone, Estimate, LeftOut, Report, Row, Scenario, Timed};
pub use run::{Baseline, Event, Plan, Trouble, run};
pub use table::table;

/// The report, for programs. Its fields are those of [`Report`]; times are in seconds.
///
/// # Errors
/// None that is known: all of it can be written down.
pub fn json(report: &Report) -> serde_json::Result<String> {
    serde_json::to_string_pretty(report).map(|text| text + "\n")
}
