//! The last lines: how many cells, what came of them, and what stays open and why.

use super::style::{Style, Tone, grouped, listed, times};
use crate::cell::CellId;
use crate::engine::{Bounds, Note};
use crate::judge::{CellReport, Extent, Reason, Status, Verdict};
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
    let executions = reports.iter().map(|report| report.executions).sum();
    format!(
        "{}: {}; {}\n{} executions in {:.1} s{}\n",
        cells(reports.len()),
        kinds_of_verdicts(reports, style),
        against(reports, style),
        grouped(executions),
        elapsed.as_secs_f64(),
        shares(reports),
    )
}

/// As in `1 held exhaustively, 2 not decided`.
pub(super) fn kinds_of_verdicts(reports: &[CellReport], style: Style) -> String {
    let count = |test: &dyn Fn(&CellReport) -> bool| reports.iter().filter(|report| test(report)).count();
    let held = |extent: fn(&Extent) -> bool| {
        count(&|r| !r.twin && matches!(&r.verdict, Verdict::Held(e) if extent(e)))
    };
    let caught = count(&|r| r.failure().is_some() && r.status == Status::Expected);
    let passed = count(&|r| r.twin && r.verdict.held() && r.status == Status::Expected);
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
        (count(&|r| r.open().is_some()), "not decided", Tone::Open),
    ];
    let said = kinds.into_iter().filter(|(number, ..)| *number > 0);
    let said: Vec<String> =
        said.map(|(number, words, tone)| style.paint(tone, format!("{number} {words}"))).collect();
    said.join(", ")
}

/// How many verdicts are not as expected.
pub(super) fn against(reports: &[CellReport], style: Style) -> String {
    let count = |test: fn(&CellReport) -> bool| reports.iter().filter(|report| test(report)).count();
    let violations = count(|report| report.status == Status::Violation);
    let not_run = count(|report| matches!(report.open(), Some(Reason::NotRun(_))));
    match (violations, not_run) {
        (0, 0) => style.paint(Tone::Good, "all as expected"),
        (0, n) => style.paint(Tone::Bad, format!("{n} could not be run")),
        (n, _) => style.paint(Tone::Bad, format!("{n} against expectation")),
    }
}

/// What the budget of a run left out: how many cells, and which scopes of each model and port. Empty if
/// nothing was.
pub fn left_out(ids: &[CellId], budget: Duration, style: Style) -> String {
    if ids.is_empty() {
        return String::new();
    }
    let mut families: Vec<(String, Vec<&CellId>)> = Vec::new();
    for id in ids {
        let family = id.question.folder();
        match families.iter_mut().find(|(known, _)| *known == family) {
            Some((_, cells)) => cells.push(id),
            None => families.push((family, vec![id])),
        }
    }
    let lines: String = families
        .iter()
        .map(|(family, ids)| format!("  {family}: {}, {}\n", cells(ids.len()), scopes(ids)))
        .collect();
    let head = format!("left out for the budget of {} s: {}:", budget.as_secs(), cells(ids.len()));
    format!("{}\n{lines}", style.paint(Tone::Open, head))
}

/// As in `1×1, 2×1 and 7 more scopes`.
fn scopes(ids: &[&CellId]) -> String {
    const SHOWN: usize = 6;
    let mut scopes: Vec<String> = Vec::new();
    for scope in ids.iter().map(|id| times(&id.question.scope)) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    let shown = scopes[..scopes.len().min(SHOWN)].join(", ");
    match scopes.len().saturating_sub(SHOWN) {
        0 => shown,
        1 => shown + " and 1 more scope",
        n => format!("{shown} and {n} more scopes"),
    }
}

fn cells(number: usize) -> String {
    format!("{number} {}", if number == 1 { "cell" } else { "cells" })
}

/// How many cells an interrupted run has no report of; empty if it has all.
pub fn interrupted(missing: usize, style: Style) -> String {
    match missing {
        0 => String::new(),
        n => style.paint(Tone::Open, format!("interrupted: {} did not come to an end\n", cells(n))),
    }
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
    fn what_a_budget_left_out_is_named_by_its_scopes() {
        let ids = [
            "threads/table/ordered/3x2@dpor",
            "threads/table/ordered/3x2@loom",
            "gil/queue/bounded/2x1@dpor",
        ];
        let ids = ids.map(|id| id.parse().unwrap());
        let expected = "left out for the budget of 60 s: 3 cells:\n  threads/table: 2 cells, 3×2\n  gil/queue: 1 cell, 2×1\n";
        assert_eq!(left_out(&ids, Duration::from_secs(60), Style::Plain), expected);
        assert_eq!(left_out(&[], Duration::from_secs(60), Style::Plain), "");
    }

    #[test]
    fn open_cells_are_grouped_by_their_reason() {
        assert_eq!(
            not_decided(&example::reports(), Style::Plain),
            "? budget: 10000 executions: threads/table/ordered/8x1@dpor\n"
        );
    }
}
