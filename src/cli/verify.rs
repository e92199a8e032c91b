//! `verify`: runs cells, and prints what came of them.

use super::ending::{Ending, Stop};
use super::progress::Progress;
use super::select::Selection;
use super::terminal;
use clap::{Args, ValueEnum};
use refectory::cell::{Cell, CellId};
use refectory::judge::CellReport;
use refectory::report::{self, Style};
use refectory::runner::{self, Options, store::Store};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[derive(Args, Debug, Default)]
pub(super) struct Verify {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    limits: Limits,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Writes what programs read to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// How much of what was selected is run.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    /// Time of the whole run, as in `60s` or `5m`: the small scopes of all subjects first, then larger ones,
    /// as long as they fit. What is left out is named.
    #[arg(long, value_name = "TIME", value_parser = terminal::time)]
    budget: Option<Duration>,
    /// Whether cells that have begun end with the budget, not decided.
    #[arg(skip)]
    cut: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    #[default]
    Human,
    Json,
}

/// How cells are run.
#[derive(Args, Debug, Default)]
pub(super) struct Running {
    /// Processes at a time [default: one more than there are cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Seconds for each cell [default: 60].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    deadline: Option<u64>,
}

impl Running {
    fn options(&self) -> Options {
        let usual = Options::default();
        Options {
            jobs: self.jobs.map_or(usual.jobs, usize::from),
            deadline: self.deadline.map_or(usual.deadline, Duration::from_secs),
            ..usual
        }
    }

    /// Runs the cells within the limits. Ctrl-C ends the run early.
    pub(super) fn run(&self, cells: &[Cell], limits: Limits) -> Result<Vec<CellReport>, Stop> {
        heed_interrupts()?;
        let Limits { budget, cut } = limits;
        let options = Options { budget, cut, costs: Store::default().costs(), ..self.options() };
        let mut progress = Progress::of(cells.len());
        let reports = runner::run(cells, &options, &INTERRUPTED, &mut |event| progress.show(&event))
            .map_err(Stop::infrastructure)?;
        Ok(reports)
    }
}

/// Keeps what was found, and how long it took.
pub(super) fn keep(reports: &[CellReport]) -> Result<(), Stop> {
    let store = Store::default();
    let kept = reports.iter().try_for_each(|report| store.keep(report));
    kept.and_then(|()| store.keep_costs(reports)).map_err(|error| Stop::not_kept(&store, error))
}

/// Whether Ctrl-C was pressed.
pub(super) static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The first time, children are killed and what is known is printed; the second time, the process ends
/// at once, and its children with it.
fn interrupt() {
    // Ordering: the flag stands for itself.
    if INTERRUPTED.swap(true, Ordering::Relaxed) {
        std::process::exit(i32::from(Ending::Interrupted.code()));
    }
}

/// From now on Ctrl-C is noted, and ends the process the second time only.
pub(super) fn heed_interrupts() -> Result<(), Stop> {
    match ctrlc::set_handler(interrupt) {
        // It is this one, from an earlier call.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(error) => Err(Stop::infrastructure(error)),
    }
}

/// How a run with these reports ends, if it came to its end.
pub(super) fn ending(reports: &[CellReport]) -> Ending {
    // Ordering: as above.
    match INTERRUPTED.load(Ordering::Relaxed) {
        true => Ending::Interrupted,
        false => Ending::of(reports),
    }
}

impl Verify {
    /// Everything that a pull request is checked with, within these limits.
    pub(super) fn everything(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// All scopes of what fits the filter, all of them with this budget and no more. A cell has ten minutes, or a twentieth of the budget if that is
    /// less: otherwise a few of which nobody knows yet how long they take would leave no time to the others.
    pub(super) fn nightly(filter: &str, budget: Duration) -> Self {
        let share = (budget.as_secs() / 20).clamp(10, 600);
        Self {
            selection: Selection::nightly(filter),
            running: Running { jobs: None, deadline: Some(share) },
            limits: Limits { budget: Some(budget), cut: true },
            ..Self::default()
        }
    }

    pub(super) fn run(&self) -> Result<Ending, Stop> {
        self.run_and_report().map(|(ending, _)| ending)
    }

    /// The same, and what was found.
    pub(super) fn run_and_report(&self) -> Result<(Ending, Vec<CellReport>), Stop> {
        let cells = self.selection.cells()?;
        let started = Instant::now();
        let reports = self.running.run(&cells, self.limits)?;
        let run = Run::new(self.limits, &cells, &reports);
        if let (true, Some(budget), Ending::AsExpected) = (reports.is_empty(), self.limits.budget, run.ending)
        {
            let message =
                format!("nothing was run: no cell fits into {} s; give more time", budget.as_secs());
            return Err(Stop::usage(message));
        }
        terminal::print(&match self.format {
            Format::Human => run.human(started.elapsed(), terminal::style()),
            Format::Json => run.json()?,
        })?;
        let written = match &self.json {
            Some(file) => std::fs::write(file, run.json()?).map_err(|error| Stop::unwritten(file, error)),
            None => Ok(()),
        };
        let ending = run.ending.and_kept(written).and_kept(keep(&reports));
        Ok((ending, reports))
    }
}

/// What came of a run.
struct Run<'a> {
    ending: Ending,
    budget: Option<Duration>,
    reports: &'a [CellReport],
    /// The cells that have no report: left out for the budget, or not ended when the run was interrupted.
    left_out: Vec<CellId>,
}

impl<'a> Run<'a> {
    fn new(limits: Limits, cells: &[Cell], reports: &'a [CellReport]) -> Self {
        let known: BTreeSet<&CellId> = reports.iter().map(|report| &report.id).collect();
        let left_out = cells.iter().map(Cell::id).filter(|id| !known.contains(id)).collect();
        Self { ending: ending(reports), budget: limits.budget, reports, left_out }
    }

    /// The matrix, the findings, what is not decided, and the totals.
    fn human(&self, elapsed: Duration, style: Style) -> String {
        let reports = self.reports;
        let parts = [
            if reports.is_empty() { String::new() } else { report::matrix(reports, style) },
            report::measures(reports, style),
            report::findings(reports, style),
            report::not_decided(reports, style),
            report::notes(reports, style),
            report::totals(reports, elapsed, style),
            match (self.ending, self.budget) {
                (Ending::Interrupted, _) => report::interrupted(self.left_out.len(), style),
                (_, Some(budget)) => report::left_out(&self.left_out, budget, style),
                (_, None) => String::new(),
            },
        ];
        terminal::joined(parts)
    }

    fn json(&self) -> Result<String, Stop> {
        #[derive(Serialize)]
        struct Json<'a> {
            exit_code: u8,
            budget_seconds: Option<u64>,
            left_out: &'a [CellId],
            cells: &'a [CellReport],
        }
        let run = Json {
            exit_code: self.ending.code(),
            budget_seconds: self.budget.map(|budget| budget.as_secs()),
            left_out: &self.left_out,
            cells: self.reports,
        };
        serde_json::to_string_pretty(&run).map(|text| text + "\n").map_err(Stop::infrastructure)
    }
}
