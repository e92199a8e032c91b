//! `twins`: who catches which broken twin, the cores of this machine or an engine. Each has to be caught by somebody.

use super::ending::{Ending, Stop};
use super::{select, stress, terminal, verify};
use clap::Args;
use refectory::campaign::Campaign;
use refectory::catalogue;
use refectory::cell::{Cell, Level, Subject};
use refectory::engine::Engine;
use refectory::judge::{Catches, CellReport};
use refectory::report;
use std::time::Duration;

#[derive(Args, Debug)]
pub(super) struct Twins {
    /// Parts of the ids of twins, as in `threads/queue`; without them, all take part.
    filter: Vec<String>,
    #[command(flatten)]
    running: verify::Running,
    /// For how long real cores try, all twins together that they may catch: seconds, as in `60s`, or minutes, as in `5m`.
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
            let filters = select::quoted(&filter);
            return Err(Stop::usage(format!(
                "no subject of {filters} is a broken twin: their names have a `~`"
            )));
        }
        let cells = running.run(&cells_of(&twins), verify::Limits::default())?;
        // The time is for those that it may help.
        let seen = twins.iter().copied().filter(|twin| catalogue::unseen(twin).is_none()).collect();
        let rounds = stress::perform(&Campaign::of(seen, duration, seed))?;
        let catches: Vec<Catches<'_>> = twins.iter().map(|twin| Catches::of(twin, &cells, &rounds)).collect();
        terminal::print(&report::twins(&catches, terminal::style()))?;
        let caught = !catches.iter().any(Catches::by_nobody);
        let of_rounds: Vec<CellReport> = rounds.into_iter().map(|rounds| rounds.cell).collect();
        let kept = verify::keep(&cells).and_then(|()| stress::keep(&of_rounds));
        let all: Vec<CellReport> = cells.iter().cloned().chain(of_rounds).collect();
        Ok(ending(verify::ending(&all), caught).and_kept(kept))
    }
}

/// A twin that nobody has caught is no evidence. A build that has not all engines leaves open whether one of the others would.
fn ending(of_reports: Ending, caught: bool) -> Ending {
    match of_reports {
        Ending::AsExpected | Ending::NotDecided if !caught => {
            if Engine::ALL.into_iter().all(Engine::available) {
                Ending::Violation
            } else {
                Ending::NotDecided
            }
        }
        ending => ending,
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
