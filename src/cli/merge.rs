//! `merge`: one report of the shards of a campaign.

use super::ending::{Ending, Stop};
use super::terminal::{self, note};
use clap::Args;
use refectory::campaign::{self, Merged};
use refectory::judge::CellReport;
use refectory::report;
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(super) struct Merge {
    /// The directories into which the shards have written.
    #[arg(required = true, value_name = "DIR")]
    directories: Vec<PathBuf>,
}

impl Merge {
    pub(super) fn run(&self) -> Result<Ending, Stop> {
        let Merged { fleet, reports, histories } =
            campaign::merge(&self.directories).map_err(|refusal| Stop::usage(refusal.to_string()))?;
        let cells: Vec<CellReport> = reports.iter().map(|report| report.cell.clone()).collect();
        let style = terminal::style();
        let campaign = format!(
            "campaign of {} subjects, {} rounds each from seed {}, version {}\n",
            fleet.subjects.len(),
            fleet.rounds,
            fleet.seed,
            fleet.version
        );
        let parts = [
            campaign,
            report::rounds(&reports, style),
            report::findings(&cells, style),
            report::not_decided(&cells, style),
            report::totals_of_rounds(&reports, None, style),
        ];
        terminal::print(&terminal::joined(parts))?;
        if histories.undecided() > 0 {
            // Not in the report, which is the same each time.
            note(&format!(
                "of {} histories {} were not decided ({})",
                histories.recorded,
                histories.undecided(),
                histories.why.as_deref().unwrap_or_default()
            ));
        }
        Ok(Ending::of(&cells))
    }
}
