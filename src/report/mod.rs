//! What people read: the matrix, counterexamples, wait-for cycles, totals and snapshots.
//!
//! Pure functions from plain facts to text; nothing here runs a subject or writes to a stream. The same facts
//! give the same text, without times, addresses or paths of a machine; only [`totals`](totals()) and
//! [`totals_of_rounds`] print a duration, and it is never part of a snapshot. Widths count characters.

mod cancellation;
mod counterexample;
mod details;
#[cfg(test)]
pub(crate) mod example;
mod finding;
mod history;
mod intervals;
mod matrix;
mod measures;
mod rounds;
mod snapshot;
mod style;
mod totals;
mod twins;
mod unfinished;
mod waits;

pub use cancellation::{cancel_safety, cancel_safety_table};
pub use counterexample::counterexample;
pub use details::details;
pub use finding::{evidence, finding, findings, headline};
pub use history::{JudgedHistory, judged_history};
pub use intervals::{Interval, intervals, intervals_svg};
pub use matrix::matrix;
pub use measures::measures;
pub use rounds::{finding_of_round, finding_of_test, progress_of_rounds, rounds, totals_of_rounds};
pub use snapshot::{field_of, is_caught, snapshot, without_lines};
pub use style::{Style, Tone, grouped};
pub use totals::{interrupted, left_out, not_decided, notes, totals};
pub use twins::twins;
pub use unfinished::{Unfinished, unfinished, unfinished_row};
pub use waits::wait_lines;
