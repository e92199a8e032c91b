//! The last lines: how many cells, what came of them, and what stays open and why.

use super::style::{Style, Tone, grouped, listed};
use crate::cell::CellId;
use crate::engine::{Bounds, Note};
use crate::judge::{CellReport, Extent, Status, Verdict};
use std::collections::BTreeMap;
use std::time::Duration;

/// The reasons for which cells are not decided, each with some of the cells; empty if all are.
pub fn not_decided(reports: &[CellReport], style: Style) -> String {
    let mut cells: BTreeMap<String, Vec<&CellId>> = BTreeMap::new();
    for report in reports {
        if let Some(reason) = report.open() {
            cells.entry(reason.to_string()).or_default().push(&report.id);
        }
    }
    let line = |(reason, ids): (&String, &Vec<&CellId>)| {
        let reason = style.paint(Tone::Open, format!("? {reason}:"));
        listed(ids).map(|ids| format!("{reason} {ids}\n"))
    };
    cells.iter().filter_map(line).collect()
}

/// What a reader should know besides, each note with some of the cells that held; empty if there is none.
pub fn notes(reports: &[CellReport], style: Style) -> String {
    let mut cells: BTreeMap<Note, Vec<&CellId>> = BTreeMap::new();
    for report in reports.iter().filter(|report| report.verdict.held()) {
        report.notes.iter().for_each(|note| cells.entry(*note).or_default().push(&report.id));
    }
    let line = |(note, ids): (&Note, &Vec<&CellId>)| {
        let note = style.paint(Tone::Open, format!("note: {note}:"));
        listed(ids).map(|ids| format!("{note} {ids}\n"))
    };
    cells.iter().filter_map(line).collect()
}

/// Cells, verdicts and executions in a few words; `elapsed` is the time of the whole run.
pub fn totals(reports: &[CellReport], elapsed: Duration, style: Style) -> String {
    let count = |test: &dyn Fn(&CellReport) -> bool| reports.iter().filter(|report| test(report)).count();
    let held = |extent: fn(&Extent) -> bool| {
        count(&|r| !r.twin && matches!(&r.verdict, Verdict::Held(e) if extent(e)))
    };
    let caught = count(&|r| r.failure().is_some() && r.status == Status::Expected);
    let passed = count(&|r| r.twin && r.verdict.held() && r.status == Status::Expected);
    let open = count(&|r| r.open().is_some());
    let violations = count(&|r| r.status == Status::Violation);
    let kinds = [
        (held(|e| matches!(e, Extent::Complete(Bounds::NONE))), "held exhaustively", Tone::Good),
        (
            held(|e| matches!(e, Extent::Complete(bounds) if *bounds != Bounds::NONE)),
            "held within a bound",
            Tone::Good,
        ),
        (held(|e| matches!(e, Extent::Sampled(_))), "held in samples", Tone::Good),
        (caught, "caught a broken twin", Tone::Good),
        (passed, "passed one where its bug need not show", Tone::Usual),
        (open, "not decided", Tone::Open),
    ];
    let said = kinds.into_iter().filter(|(number, ..)| *number > 0);
    let said: Vec<String> =
        said.map(|(number, words, tone)| style.paint(tone, format!("{number} {words}"))).collect();
    let executions = reports.iter().map(|report| report.executions).sum();
    let against = match violations {
        0 => style.paint(Tone::Good, "all as expected"),
        n => style.paint(Tone::Bad, format!("{n} against expectation")),
    };
    format!(
        "{} {}: {}; {against}\n{} executions in {:.1} s{}\n",
        reports.len(),
        if reports.len() == 1 { "cell" } else { "cells" },
        said.join(", "),
        grouped(executions),
        elapsed.as_secs_f64(),
        shares(reports),
    )
}

/// Each model's share of the time of all cells, as in `; threads 61 %, gil 14 %, pool 25 %`; nothing where there is one
/// model.
fn shares(reports: &[CellReport]) -> String {
    let mut models: Vec<(&str, Duration)> = Vec::new();
    for report in reports {
        let model = report.id.question.model.as_str();
        match models.iter_mut().find(|(known, _)| *known == model) {
            Some((_, time)) => *time += report.elapsed,
            None => models.push((model, report.elapsed)),
        }
    }
    let all: Duration = models.iter().map(|(_, time)| *time).sum();
    if models.len() < 2 || all.is_zero() {
        return String::new();
    }
    let share = |(model, time): &(&str, Duration)| {
        format!("{model} {:.0} %", 100.0 * time.as_secs_f64() / all.as_secs_f64())
    };
    format!("; {}", models.iter().map(share).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn totals_count_each_kind_of_verdict() {
        let text = totals(&example::reports(), Duration::from_millis(1_234), Style::Plain);
        assert_eq!(
            text,
            "13 cells: 1 held exhaustively, 1 held within a bound, 3 held in samples, 1 caught a \
             broken twin, 4 passed one where its bug need not show, 1 not decided; 2 against expectation\n\
             17 267 executions in 1.2 s\n"
        );
    }

    #[test]
    fn each_model_has_its_share_of_the_time() {
        let took = |id: &str, seconds| CellReport {
            elapsed: Duration::from_secs(seconds),
            ..example::report(id, crate::engine::Engine::Dpor, example::held())
        };
        let reports = [
            took("threads/table/ordered/2x1", 2),
            took("gil/table/ordered/2x1", 2),
            took("threads/lock/futex/2x1", 4),
        ];
        assert_eq!(shares(&reports), "; threads 75 %, gil 25 %");
        assert_eq!(shares(&reports[..1]), "");
    }

    #[test]
    fn open_cells_are_grouped_by_their_reason() {
        assert_eq!(
            not_decided(&example::reports(), Style::Plain),
            "? budget: 10000 executions: threads/table/ordered/8x1@dpor\n"
        );
    }
}
