//! `list`, `show` and `replay`: one cell at a time.

use super::ending::{Ending, Stop};
use super::select::{self, Selection};
use super::terminal;
use super::verify::{Running, ending};
use clap::Args;
use refectory::judge::CellReport;
use refectory::report;
use refectory::runner::store::Store;

/// Prints the ids of the cells.
pub(super) fn list(selection: &Selection) -> Result<Ending, Stop> {
    let ids: String = selection.cells()?.iter().map(|cell| format!("{}\n", cell.id())).collect();
    terminal::print(&ids);
    Ok(Ending::AsExpected)
}

#[derive(Args, Debug)]
pub(super) struct Show {
    /// The cell's id, as `list` prints it.
    id: String,
}

impl Show {
    pub(super) fn run(&self) -> Result<Ending, Stop> {
        let cell = select::cell(&self.id)?;
        match Store::default().last(&cell).map_err(Stop::infrastructure)? {
            Some(last) => {
                terminal::print(&report::finding(&last, terminal::style()));
                Ok(Ending::AsExpected)
            }
            None => {
                let command = format!("refectory replay {}", self.id);
                Err(Stop::usage(format!("no finding of this cell is kept; run it with `{command}`")))
            }
        }
    }
}

#[derive(Args, Debug)]
pub(super) struct Replay {
    /// The cell's id, as findings and `list` print it.
    id: String,
    #[command(flatten)]
    running: Running,
}

impl Replay {
    pub(super) fn run(&self) -> Result<Ending, Stop> {
        let cell = select::cell(&self.id)?;
        let reports = self.running.run(&[cell])?;
        terminal::print(&reports.iter().map(in_full).collect::<String>());
        Ok(ending(&reports))
    }
}

fn in_full(cell: &CellReport) -> String {
    match cell.failure() {
        Some(_) => report::finding(cell, terminal::style()),
        // Notes are no part of the snapshot.
        None => report::details(cell) + &report::notes(std::slice::from_ref(cell), terminal::style()),
    }
}
