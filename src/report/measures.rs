//! What was measured over all executions there are: exact worst cases, a line a subject.

use super::style::{Style, Tone, grouped, times, width};
use crate::cell::Question;
use crate::judge::{CellReport, Extent, Verdict};
use std::collections::{BTreeMap, BTreeSet};

const GAP: &str = "  ";

/// For each subject that was measured exhaustively, its worst cases in the largest such scope; empty if
/// there is none.
pub fn measures(reports: &[CellReport], style: Style) -> String {
    let largest = largest_exhaustive(reports);
    let names: BTreeSet<&str> =
        largest.iter().flat_map(|report| report.measures.keys()).map(|name| &**name).collect();
    if names.is_empty() {
        return String::new();
    }
    let head = ["at worst, over all executions".to_owned()]
        .into_iter()
        .chain(names.iter().map(|name| (*name).to_owned()))
        .chain(["outcomes".to_owned()]);
    let line = |report: &&CellReport| {
        let value = |name: &&str| report.measures.get(*name).map_or(String::new(), |&value| grouped(value));
        let Question { subject, scope, .. } = &report.id.question;
        let family = report.id.question.folder();
        let label = format!("  {family}/{subject}/{}", times(scope));
        let outcomes = grouped(report.outcomes.len() as u64);
        [label].into_iter().chain(names.iter().map(value)).chain([outcomes]).collect::<Vec<_>>()
    };
    let lines: Vec<Vec<String>> = largest.iter().map(line).collect();
    aligned(head.collect(), &lines, style)
}

/// Whether what was measured is the worst case, and not only what was seen of it: every schedule was.
pub(super) fn is_exact(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Held(Extent::Complete(bounds)) if bounds.has_every_schedule())
}

/// Of each subject, the report of the exhaustive cell with the most executions; in the order of the reports.
fn largest_exhaustive(reports: &[CellReport]) -> Vec<&CellReport> {
    let mut largest: BTreeMap<[&str; 3], &CellReport> = BTreeMap::new();
    let exact =
        |report: &&CellReport| !report.twin && is_exact(&report.verdict) && !report.measures.is_empty();
    for report in reports.iter().filter(exact) {
        let best = largest.entry(subject(report)).or_insert(report);
        if report.executions > best.executions {
            *best = report;
        }
    }
    reports
        .iter()
        .filter(|report| largest.get(&subject(report)).is_some_and(|best| best.id == report.id))
        .collect()
}

fn subject(report: &CellReport) -> [&str; 3] {
    let Question { model, family, subject, .. } = &report.id.question;
    [model, family, subject]
}

fn aligned(head: Vec<String>, lines: &[Vec<String>], style: Style) -> String {
    let widest =
        |column: usize| lines.iter().chain([&head]).map(|line| width(&line[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(widest).collect();
    let line = |cells: &[String]| {
        let numbers = cells.iter().zip(&widths).skip(1).map(|(cell, &width)| format!("{GAP}{cell:>width$}"));
        format!("{:<first$}{}", cells[0], numbers.collect::<String>(), first = widths[0])
    };
    let lines: String = lines.iter().map(|cells| line(cells) + "\n").collect();
    style.paint(Tone::Strong, line(&head)) + "\n" + &lines
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::engine::Engine;

    fn measured(scope: &str, executions: u64, overtaken: u64) -> CellReport {
        let id = format!("threads/table/ordered/{scope}");
        let mut report = example::report(&id, Engine::Dpor, Verdict::Held(Extent::EXHAUSTIVE));
        report.executions = executions;
        report.measures = [("overtaken".to_owned(), overtaken)].into();
        report.outcomes = [("fork0=[0]", executions)].into();
        report
    }

    #[test]
    fn a_subject_shows_its_largest_scope() {
        let expected = "
at worst, over all executions  overtaken  outcomes
  threads/table/ordered/3×2            4         1
";
        let text = measures(&[measured("3x1", 6, 2), measured("3x2", 90, 4)], Style::Plain);
        assert_eq!(format!("\n{text}"), expected);
    }

    #[test]
    fn what_was_not_exhaustive_is_left_out() {
        let mut report = measured("3x1", 6, 2);
        report.verdict = Verdict::Held(Extent::Sampled(6));
        assert_eq!(measures(&[report], Style::Plain), "");
        assert_eq!(measures(&example::reports(), Style::Plain), "");
    }
}
