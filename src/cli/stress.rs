//! `stress`: rounds on real threads.

use super::ending::{Ending, Stop};
use super::{select, terminal, verify};
use clap::Args;
use refectory::campaign::{self, Campaign};
use refectory::judge::{CellReport, RoundsReport};
use refectory::report;
use refectory::runner::store::Store;
use std::time::{Duration, Instant};

#[derive(Args, Debug)]
pub(super) struct Stress {
    /// A part of the ids of subjects, as in `threads/queue`; without it, all take part.
    #[arg(default_value = "")]
    filter: String,
    /// For how long, all subjects together: seconds, as in `60s`, or minutes, as in `5m`.
    #[arg(long = "for", value_name = "TIME", default_value = "10s", value_parser = some_time)]
    duration: Duration,
    /// The seed of every subject's first round.
    #[arg(long, default_value_t = 0x5EED)]
    seed: u64,
}

impl Stress {
    pub(super) fn run(self) -> Result<Ending, Stop> {
        let Self { filter, duration, seed } = self;
        let campaign = Campaign { subjects: select::subjects(&filter)?, duration, seed };
        let started = Instant::now();
        let reports = perform(&campaign)?;
        let cells: Vec<CellReport> = reports.iter().map(|report| report.cell.clone()).collect();
        let style = terminal::style();
        let parts = [
            report::rounds(&reports, style),
            report::findings(&cells, style),
            report::not_decided(&cells, style),
            report::totals_of_rounds(&reports, started.elapsed(), style),
        ];
        terminal::print(&terminal::joined(parts))?;
        Ok(verify::ending(&cells).and_kept(keep(&cells)))
    }
}

/// A time in which there is room for a round.
pub(super) fn some_time(text: &str) -> Result<Duration, String> {
    let time = terminal::time(text)?;
    match time.is_zero() {
        true => Err(format!("no round fits into `{text}`; give it a second at least")),
        false => Ok(time),
    }
}

/// Runs the campaign. Ctrl-C ends it early.
pub(super) fn perform(campaign: &Campaign) -> Result<Vec<RoundsReport>, Stop> {
    verify::heed_interrupts()?;
    campaign::run(campaign, &verify::INTERRUPTED).map_err(Stop::infrastructure)
}

/// Keeps what a campaign found.
pub(super) fn keep(reports: &[CellReport]) -> Result<(), Stop> {
    let store = Store::default();
    // One that was interrupted before its first round says nothing of what is kept.
    let mut run = reports.iter().filter(|report| report.executions > 0);
    run.try_for_each(|report| store.keep_rounds(report)).map_err(|error| Stop::not_kept(&store, error))
}
