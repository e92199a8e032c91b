//! The concurrency models side by side, on the same work.
//!
//! There is no one size that fits all, so one creates and measures a variety of designs: each [model](Model) of this crate has a
//! solution, a small file that is shown, whose lines are counted, and whose result has to be that of a serial loop. Where the machine has
//! a `python3` the same programs run there too.
//!
//! | | |
//! |---|---|
//! | a run | a solution with so many workers does all items of a [work](Work), in a process of its own |
//! | a round | each solution has its turn; what is compared is of the same round |
//! | a [`Point`] | the runs of a solution in all rounds: medians, and between which values they lie |
//! | a [`Claim`] | what Python's literature says, and what the figures answer. What is within noise is not decided |
//! | [`Advice`] | which model to take for which work, and why |
//!
//! What it does not do: say what other machines or other work would say. A run is short, and a machine has other things to do.

mod advice;
mod child;
mod claims;
#[cfg(test)]
mod example;
mod figures;
#[cfg_attr(not(feature = "processes"), allow(dead_code, reason = "pools put parts of shares together"))]
mod hand;
mod measure;
mod model;
pub(crate) mod page;
#[cfg_attr(not(feature = "processes"), allow(dead_code, reason = "nobody has anything to pass on"))]
mod prices;
mod python;
mod server;
mod solution;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod usage;
pub(crate) mod words;
mod work;

pub use advice::{Advice, advice};
pub use child::child_main;
pub use claims::{Answer, Claim, Verdict, claims};
pub use figures::{Figures, Latency, Machine, Measured, Passing, Point, Price, Solution, Spread};
pub use measure::{Event, Key, Plan, cores, run, usual_workers};
pub use model::{Language, Model};
pub use page::page;
pub use table::table;
pub use work::{Kind, Work};

/// The figures, for programs, and what follows from them.
///
/// # Errors
/// None that is known: all of it can be written down.
pub fn json(figures: &Figures) -> serde_json::Result<String> {
    #[derive(serde::Serialize)]
    struct All<'a> {
        #[serde(flatten)]
        figures: &'a Figures,
        claims: Vec<Claim>,
        advice: Vec<Advice>,
    }
    let all = All { figures, claims: claims(figures), advice: advice(figures) };
    serde_json::to_string_pretty(&all).map(|text| text + "\n")
}
