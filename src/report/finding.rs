//! Findings: what went wrong, as a table, a cycle, and the command that shows it again.

use super::counterexample::counterexample;
use super::facts::{CellReport, Standing};
use super::style::{Style, Tone};
use super::waits::wait_lines;
use crate::engine::{Engine, Failure};
use crate::finding::trim;
use crate::sync::trace::Trace;
use std::collections::BTreeMap;

/// The finding of a broken cell: kind, message, counterexample, who waits for whom, replay command.
/// Empty for a cell that is not broken.
pub fn finding(report: &CellReport, style: Style) -> String {
    let Some(failure) = report.failure() else { return String::new() };
    let mut text = headline(report, style);
    text += "\n";
    text += &evidence(failure, style);
    text + "  " + &style.paint(Tone::Dim, replay(report)) + "\n"
}

/// One line: what is broken, how, and whether that was to come.
pub fn headline(report: &CellReport, style: Style) -> String {
    let Some(failure) = report.failure() else { return String::new() };
    let tone = if report.standing == Standing::Violation { Tone::Bad } else { Tone::Good };
    let kind = style.paint(tone, format!("✗ {}", failure.kind));
    let expected = if report.standing == Standing::Violation { "" } else { " (a broken twin, caught)" };
    format!("{kind} in {}{expected}\n", style.paint(Tone::Strong, &report.id))
}

/// The message, the table and the waits.
pub(super) fn evidence(failure: &Failure, style: Style) -> String {
    let mut text = String::new();
    for line in failure.message.lines() {
        text += &format!("  {line}\n");
    }
    let trace = trim(failure.kind, &failure.trace);
    let table = counterexample(failure.kind, &trace, style);
    if !table.is_empty() {
        text += &format!("\n{table}\n");
    }
    let waits = wait_lines(&trace);
    if crate::finding::ends_in_a_wait(failure.kind) && !waits.is_empty() {
        text += &waits.iter().map(|line| format!("  {line}\n")).collect::<String>();
        text += "\n";
    }
    text
}

fn replay(report: &CellReport) -> String {
    let again = format!("replay: cargo refectory replay {}", report.id);
    match report.engine {
        Engine::Native => again + "   (on real threads: the schedule may differ)",
        _ => again,
    }
}

/// Everything that is against expectation, in full; then for each broken twin its shortest
/// counterexample, and the ids of the others.
pub fn findings(reports: &[CellReport], style: Style) -> String {
    let broken = || reports.iter().filter(|report| report.failure().is_some());
    let mut parts: Vec<String> = reports
        .iter()
        .filter(|report| report.standing == Standing::Violation)
        .map(|report| match report.failure() {
            Some(_) => finding(report, style),
            None => not_caught(report, style),
        })
        .collect();
    let mut twins: BTreeMap<(&str, &str), Vec<&CellReport>> = BTreeMap::new();
    for report in broken().filter(|report| report.standing == Standing::Expected) {
        let (family, name, _) = report.parts();
        twins.entry((family, name)).or_default().push(report);
    }
    parts.extend(twins.values().map(|caught| clearest(caught, style)));
    parts.join("\n")
}

fn not_caught(report: &CellReport, style: Style) -> String {
    let not_caught = style.paint(Tone::Bad, "! not caught");
    let id = style.paint(Tone::Strong, &report.id);
    format!("{not_caught}: the broken twin {id} is {}\n  {}\n", report.verdict, replay(report))
}

/// The finding with the fewest steps, a recorded one before one without a trace.
fn clearest(caught: &[&CellReport], style: Style) -> String {
    let steps = |trace: &Trace| if trace.steps.is_empty() { usize::MAX } else { trace.steps.len() };
    let length = |report: &&&CellReport| report.failure().map_or(usize::MAX, |f| steps(&f.trace));
    let Some(best) = caught.iter().min_by_key(length) else { return String::new() };
    let others = caught.len() - 1;
    let also = match others {
        0 => return finding(best, style),
        1 => "1 more cell catches it".to_owned(),
        n => format!("{n} more cells catch it"),
    };
    format!("{}  {}\n", finding(best, style), style.paint(Tone::Dim, also + ": refectory show ID"))
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn a_finding_is_told_in_full() {
        let expected = "
✗ deadlock in threads/table/left_first/2x1@dpor (a broken twin, caught)

  2 threads wait for each other

   │ philosopher 1      │ philosopher 2      │
 ──┼────────────────────┼────────────────────┼────────────
 1 │ lock fork 1        │                    │ table.rs:40
 2 │                    │ lock fork 2        │ table.rs:40
   │ waits: lock fork 2 │                    │ table.rs:41
   │                    │ waits: lock fork 1 │ table.rs:41

  philosopher 1 holds fork 1 (table.rs:40), waits for fork 2 (table.rs:41), held by philosopher 2
  philosopher 2 holds fork 2 (table.rs:40), waits for fork 1 (table.rs:41), held by philosopher 1

  replay: cargo refectory replay threads/table/left_first/2x1@dpor
";
        assert_eq!(format!("\n{}", finding(&example::caught_deadlock(2), Style::Plain)), expected);
    }

    #[test]
    fn each_twin_shows_its_shortest_counterexample_once() {
        let text = findings(&[example::caught_deadlock(3), example::caught_deadlock(2)], Style::Plain);
        assert!(text.starts_with("✗ deadlock in threads/table/left_first/2x1@dpor"), "{text}");
        assert!(text.ends_with("  1 more cell catches it: refectory show ID\n"), "{text}");
    }

    #[test]
    fn violations_come_first_and_a_missed_twin_is_one() {
        let text = findings(&example::reports(), Style::Plain);
        assert!(text.starts_with("! not caught: the broken twin threads/queue/ring/2x1@dpor"), "{text}");
        assert!(text.contains("✗ deadlock in threads/table/left_first/3x1@random\n"), "{text}");
    }
}
