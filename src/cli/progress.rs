//! What is to be seen while cells run: a bar on a terminal, else a line for each cell that has ended. Of a cell that takes long, how large its
//! search is and what is left of it.

use super::terminal::note;
use indicatif::{ProgressBar, ProgressStyle};
use refectory::report::grouped;
use refectory::runner::Event;
use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

/// Prints the progress of a run to standard error.
pub(super) enum Progress {
    Bar {
        bar: ProgressBar,
        /// What runs, and how far it has come.
        running: BTreeMap<String, String>,
    },
    Lines {
        ended: usize,
        cells: usize,
        /// When something was said of a cell that runs.
        said: BTreeMap<String, Instant>,
    },
}

/// Where lines are printed, of a cell that takes longer than this.
const LONG: Duration = Duration::from_secs(10);

/// And not more often than this.
const SELDOM: Duration = Duration::from_secs(60);

impl Progress {
    pub(super) fn of(cells: usize) -> Self {
        if !stderr().is_terminal() {
            return Self::Lines { ended: 0, cells, said: BTreeMap::new() };
        }
        let bar = ProgressBar::new(cells as u64);
        let template = "{bar:30} {pos}/{len}  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self::Bar { bar, running: BTreeMap::new() }
    }

    pub(super) fn show(&mut self, event: &Event<'_>) {
        match (self, event) {
            (Self::Bar { bar, running }, Event::Started(cell)) => {
                running.insert(cell.id().to_string(), String::new());
                bar.set_message(message(running));
            }
            (Self::Bar { bar, running }, Event::Runs(cell, progress)) => {
                running.insert(cell.id().to_string(), format!(" ({progress})"));
                bar.set_message(message(running));
            }
            (Self::Bar { bar, running }, Event::Finished(report)) => {
                running.remove(&report.id.to_string());
                bar.inc(1);
            }
            (Self::Lines { .. }, Event::Started(_)) => {}
            (Self::Lines { said, .. }, Event::Runs(cell, progress)) => {
                let id = cell.id().to_string();
                let is_due = said.get(&id).is_none_or(|said| said.elapsed() >= SELDOM);
                if is_due && progress.left() >= LONG {
                    note(&format!("{id}: {progress}"));
                    said.insert(id, Instant::now());
                }
            }
            (Self::Lines { ended, cells, .. }, Event::Finished(report)) => {
                *ended += 1;
                let executions = grouped(report.executions);
                note(&format!(
                    "[{ended}/{cells}] {}: {}, {executions} executions",
                    report.id, report.verdict
                ));
            }
        }
    }
}

/// The cells that run, each with how far it has come.
fn message(running: &BTreeMap<String, String>) -> String {
    running.iter().map(|(id, progress)| format!("{id}{progress}")).collect::<Vec<_>>().join("  ")
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Self::Bar { bar, .. } = self {
            bar.finish_and_clear();
        }
    }
}
