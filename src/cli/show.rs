//! `list`, `show` and `replay`: one cell at a time.

use super::ending::{Ending, Stop};
use super::select::{self, Named, Selection};
use super::verify::{self, Limits, Running, ending};
use super::{stress, terminal};
use clap::Args;
use refectory::campaign::Campaign;
use refectory::judge::CellReport;
use refectory::report;
use refectory::runner::store::Store;
use std::time::Duration;

/// Prints the ids of the cells.
pub(super) fn list(selection: &Selection) -> Result<Ending, Stop> {
    let ids: String = selection.cells()?.iter().map(|cell| format!("{}\n", cell.id())).collect();
    terminal::print(&ids)?;
    Ok(Ending::AsExpected)
}

#[derive(Args, Debug)]
pub(super) struct Show {
    /// The id of a cell, as `list` prints it, or of rounds, as `stress` prints it.
    id: String,
}

impl Show {
    pub(super) fn run(&self) -> Result<Ending, Stop> {
        let named = select::named(&self.id)?;
        match Store::default().last(&named.id()).map_err(Stop::infrastructure)? {
            Some(last) => {
                terminal::print(&report::finding(&last, terminal::style()))?;
                Ok(Ending::AsExpected)
            }
            None => {
                let command = format!("refectory replay {}", self.id);
                let what = match named {
                    Named::Cell(_) => "this cell",
                    Named::Rounds(..) => "these rounds",
                };
                Err(Stop::usage(format!("no finding of {what} is kept; run with `{command}`")))
            }
        }
    }
}

#[derive(Args, Debug)]
pub(super) struct Replay {
    /// The id of a cell, as findings and `list` print it. That of rounds, as `stress` prints it, runs their
    /// subject for some seconds from the seed on.
    id: String,
    #[command(flatten)]
    running: Running,
}

impl Replay {
    pub(super) fn run(&self) -> Result<Ending, Stop> {
        let (reports, keep): (Vec<CellReport>, fn(&[CellReport]) -> _) = match select::named(&self.id)? {
            Named::Cell(cell) => (self.running.run(&[cell], Limits::default())?, verify::keep),
            Named::Rounds(subject, seed) => {
                let campaign = Campaign::of(vec![subject], ROUNDS, seed);
                let reports = stress::perform(&campaign)?;
                (reports.into_iter().map(|report| report.cell).collect(), stress::keep)
            }
        };
        terminal::print(&reports.iter().map(in_full).collect::<String>())?;
        Ok(ending(&reports).and_kept(keep(&reports)))
    }
}

/// For how long rounds are run again: what the system does with them differs from run to run.
const ROUNDS: Duration = Duration::from_secs(10);

fn in_full(cell: &CellReport) -> String {
    match cell.failure() {
        Some(_) => report::finding(cell, terminal::style()),
        // Notes are no part of the snapshot.
        None => report::details(cell) + &report::notes(std::slice::from_ref(cell), terminal::style()),
    }
}
