//! `verify`: runs cells, and prints what came of them.

use super::ending::{Ending, Stop};
use super::progress::Progress;
use super::select::Selection;
use super::terminal;
use clap::{Args, ValueEnum};
use refectory::cell::Cell;
use refectory::judge::CellReport;
use refectory::report::{self, Style};
use refectory::runner::{self, Options, store::Store};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[derive(Args, Debug, Default)]
pub(super) struct Verify {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    running: Running,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
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
    /// Processes at a time [default: one for each core].
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

    /// Runs the cells and keeps their findings. Ctrl-C ends the run early.
    pub(super) fn run(&self, cells: &[Cell]) -> Result<Vec<CellReport>, Stop> {
        heed_interrupts()?;
        let mut progress = Progress::of(cells.len());
        let reports = runner::run(cells, &self.options(), &INTERRUPTED, &mut |event| progress.show(&event))
            .map_err(Stop::infrastructure)?;
        drop(progress);
        let store = Store::default();
        for report in &reports {
            store.keep(report).map_err(Stop::infrastructure)?;
        }
        Ok(reports)
    }
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

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
    ctrlc::set_handler(interrupt).map_err(Stop::infrastructure)
}

/// Whether Ctrl-C was pressed.
pub(super) fn interrupted() -> bool {
    // Ordering: as above.
    INTERRUPTED.load(Ordering::Relaxed)
}

/// How a run with these reports ends, if it came to its end.
pub(super) fn ending(reports: &[CellReport]) -> Ending {
    match interrupted() {
        true => Ending::Interrupted,
        false => Ending::of(reports),
    }
}

impl Verify {
    pub(super) fn run(&self) -> Result<Ending, Stop> {
        let cells = self.selection.cells()?;
        let started = Instant::now();
        let reports = self.running.run(&cells)?;
        let ending = ending(&reports);
        terminal::print(&match self.format {
            Format::Human => human(&reports, cells.len(), started.elapsed(), terminal::style()),
            Format::Json => json(&reports, ending)?,
        });
        Ok(ending)
    }
}

/// The matrix, the findings, what is not decided, and the totals.
fn human(reports: &[CellReport], cells: usize, elapsed: Duration, style: Style) -> String {
    let missing = match cells - reports.len() {
        0 => String::new(),
        n => format!("interrupted: {n} of {cells} cells did not come to their end\n"),
    };
    let parts = [
        if reports.is_empty() { String::new() } else { report::matrix(reports, style) },
        report::measures(reports, style),
        report::findings(reports, style),
        report::not_decided(reports, style),
        report::notes(reports, style),
        report::totals(reports, elapsed, style),
        missing,
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn json(reports: &[CellReport], ending: Ending) -> Result<String, Stop> {
    #[derive(Serialize)]
    struct Run<'a> {
        exit_code: u8,
        cells: &'a [CellReport],
    }
    let run = Run { exit_code: ending.code(), cells: reports };
    serde_json::to_string_pretty(&run).map(|text| text + "\n").map_err(Stop::infrastructure)
}
