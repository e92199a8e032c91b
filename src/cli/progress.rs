//! What is to be seen while cells run: a bar on a terminal, else a line for each cell that has ended.

use super::terminal::note;
use indicatif::{ProgressBar, ProgressStyle};
use refectory::report::grouped;
use refectory::runner::Event;
use std::collections::BTreeSet;
use std::io::{IsTerminal, stderr};

/// Prints the progress of a run to standard error.
pub(super) enum Progress {
    Bar { bar: ProgressBar, running: BTreeSet<String> },
    Lines { ended: usize, cells: usize },
}

impl Progress {
    pub(super) fn of(cells: usize) -> Self {
        if !stderr().is_terminal() {
            return Self::Lines { ended: 0, cells };
        }
        let bar = ProgressBar::new(cells as u64);
        let template = "{bar:30} {pos}/{len}  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self::Bar { bar, running: BTreeSet::new() }
    }

    pub(super) fn show(&mut self, event: &Event<'_>) {
        match (self, event) {
            (Self::Bar { bar, running }, Event::Started(cell)) => {
                running.insert(cell.id().to_string());
                bar.set_message(running.iter().map(String::as_str).collect::<Vec<_>>().join("  "));
            }
            (Self::Bar { bar, running }, Event::Finished(report)) => {
                running.remove(&report.id.to_string());
                bar.inc(1);
            }
            (Self::Lines { .. }, Event::Started(_)) => {}
            (Self::Lines { ended, cells }, Event::Finished(report)) => {
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

impl Drop for Progress {
    fn drop(&mut self) {
        if let Self::Bar { bar, .. } = self {
            bar.finish_and_clear();
        }
    }
}
