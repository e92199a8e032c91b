//! `twins`: which engine catches which broken twin, and whether the cores of this machine do.

use super::ending::{Ending, Stop};
use super::{select, stress, terminal, verify};
use clap::Args;
use refectory::campaign::Campaign;
use refectory::catalogue;
use refectory::cell::{Cell, Level, Subject};
use refectory::engine::Engine;
use refectory::judge::CellReport;
use refectory::report;
use std::time::Duration;

#[derive(Args, Debug)]
pub(super) struct Twins {
    /// A part of the ids of twins, as in `threads/queue`; without it, all take part.
    #[arg(default_value = "")]
    filter: String,
    #[command(flatten)]
    running: verify::Running,
    /// For how long real cores try, all twins together: seconds, as in `60s`, or minutes, as in `5m`.
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = stress::some_time)]
    duration: Duration,
    /// The seed of every twin's first round.
    #[arg(long, default_value_t = 0x5EED)]
    seed: u64,
}

impl Twins {
    pub(super) fn run(self) -> Result<Ending, Stop> {
        let Self { filter, running, duration, seed } = self;
        let mut twins = select::subjects(&filter)?;
        twins.retain(|subject| subject.twin_of().is_some());
        if twins.is_empty() {
            return Err(Stop::usage(format!(
                "no subject of `{filter}` is a broken twin: their names have a `~`"
            )));
        }
        let cells = running.run(&cells_of(&twins), verify::Limits::default())?;
        let rounds = stress::perform(&Campaign::of(twins, duration, seed))?;
        terminal::print(&report::twins(&cells, &rounds, terminal::style()))?;
        let of_rounds: Vec<CellReport> = rounds.into_iter().map(|rounds| rounds.cell).collect();
        let kept = verify::keep(&cells).and_then(|()| stress::keep(&of_rounds));
        let all: Vec<CellReport> = cells.into_iter().chain(of_rounds).collect();
        Ok(verify::ending(&all).and_kept(kept))
    }
}

/// What the model checkers of this build are asked of the twins.
fn cells_of(twins: &[&'static Subject]) -> Vec<Cell> {
    let mut cells = catalogue::cells(Level::PullRequest);
    cells.retain(|cell| {
        cell.engine != Engine::Native && twins.iter().any(|twin| twin.id() == cell.subject.id())
    });
    cells
}
