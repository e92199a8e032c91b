//! Findings: what went wrong, as a table, a cycle, and the command that shows it again.

use super::counterexample::counterexample;
use super::style::{Style, Tone, listed};
use super::waits::wait_lines;
use crate::cell::{CellId, Question};
use crate::engine::{Engine, Failure};
use crate::judge::finding::trim;
use crate::judge::{CellReport, Status};

/// The finding of a broken cell: kind, message, counterexample, who waits for whom, replay command.
/// Empty for a cell that is not broken.
pub fn finding(report: &CellReport, style: Style) -> String {
    let Some(failure) = report.failure() else { return String::new() };
    let mut text = headline(report, style);
    text += "\n";
    text += &evidence(failure, style);
    text + "  " + &style.paint(Tone::Dim, replay(report)) + "\n"
}

/// One line: what is broken, how, and whether that was expected.
pub fn headline(report: &CellReport, style: Style) -> String {
    let Some(failure) = report.failure() else { return String::new() };
    let tone = if report.status == Status::Violation { Tone::Bad } else { Tone::Good };
    let kind = style.paint(tone, format!("✗ {}", failure.kind));
    let expected = if report.status == Status::Violation { "" } else { " (a broken twin, caught)" };
    format!("{kind} in {}{expected}\n", style.paint(Tone::Strong, &report.id))
}

/// What shows a failure: its message, the trimmed counterexample, and who waits for whom. Empty lines set them apart.
pub fn evidence(failure: &Failure, style: Style) -> String {
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
    if crate::judge::finding::ends_in_a_wait(failure.kind) && !waits.is_empty() {
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

/// Caught twins are told in full if there are at most this many, else in a line each.
const TOLD: usize = 4;

/// Everything that is against expectation, then the broken twins that were caught. Cells of one
/// subject that tell the same story are told once, by the clearest of them.
pub fn findings(reports: &[CellReport], style: Style) -> String {
    let violations = reports.iter().filter(|report| report.status == Status::Violation);
    let violations = stories(violations, |report| match report.failure() {
        Some(failure) => format!("{}: {}", failure.kind, without_numbers(&failure.message)),
        None => "not caught".to_owned(),
    });
    let caught = |report: &&CellReport| report.failure().is_some() && report.status != Status::Violation;
    let caught = stories(reports.iter().filter(caught), |_| String::new());
    let mut told: Vec<String> = violations.iter().map(|cells| story(cells, style)).collect();
    match caught.len() > TOLD {
        true => told.push(caught.iter().map(|cells| in_a_line(cells, style)).collect()),
        false => told.extend(caught.iter().map(|cells| story(cells, style))),
    }
    told.join("\n")
}

/// The clearest of some cells that tell the same story, as in `✗ deadlock in threads/table/ordered~left_first/2x1@dpor`;
/// `refectory replay` tells the rest.
fn in_a_line(cells: &[&CellReport], style: Style) -> String {
    let best = cells.iter().min_by_key(|report| clearness(report));
    best.map_or(String::new(), |report| headline(report, style))
}

/// Cells in groups of one subject and one story, in the order in which they first appear.
fn stories<'a>(
    reports: impl Iterator<Item = &'a CellReport>,
    story: impl Fn(&CellReport) -> String,
) -> Vec<Vec<&'a CellReport>> {
    let mut groups: Vec<(_, Vec<&CellReport>)> = Vec::new();
    for report in reports {
        let Question { model, family, subject, .. } = &report.id.question;
        let key = ([model, family, subject], story(report));
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, cells)) => cells.push(report),
            None => groups.push((key, vec![report])),
        }
    }
    groups.into_iter().map(|(_, cells)| cells).collect()
}

/// Scopes and schedules change the numbers of a message, and not what it says.
fn without_numbers(message: &str) -> String {
    message.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// The clearest of some cells, and the ids of others.
fn story(cells: &[&CellReport], style: Style) -> String {
    let Some(best) = cells.iter().min_by_key(|report| clearness(report)) else { return String::new() };
    let told = match best.failure() {
        Some(_) => finding(best, style),
        None => not_caught(best, style),
    };
    let others: Vec<&CellId> =
        cells.iter().filter(|report| report.id != best.id).map(|report| &report.id).collect();
    match listed(&others) {
        None => told,
        Some(others) => format!("{told}  {}\n", style.paint(Tone::Dim, format!("also: {others}"))),
    }
}

/// Fewer operations are clearer, none at all are least; the exact explorer's before others'.
fn clearness(report: &CellReport) -> (usize, bool) {
    let steps = report.failure().map_or(0, |failure| trim(failure.kind, &failure.trace).operations());
    (if steps == 0 { usize::MAX } else { steps }, report.engine != Engine::Dpor)
}

fn not_caught(report: &CellReport, style: Style) -> String {
    let not_caught = style.paint(Tone::Bad, "! not caught");
    let id = style.paint(Tone::Strong, &report.id);
    format!("{not_caught}: the broken twin {id} is {}\n  {}\n", report.verdict, replay(report))
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::judge::Verdict;

    #[test]
    fn a_finding_is_told_in_full() {
        let expected = "
✗ deadlock in threads/table/ordered~left_first/2x1@dpor (a broken twin, caught)

  2 threads wait for each other

   │ philosopher 1      │ philosopher 2      │
 ──┼────────────────────┼────────────────────┼────────────
 1 │ lock fork 1        │                    │ table.rs:40
 2 │                    │ lock fork 2        │ table.rs:40
   │ waits: lock fork 2 │                    │ table.rs:41
   │                    │ waits: lock fork 1 │ table.rs:41

  philosopher 1 holds fork 1 (table.rs:40), waits for fork 2 (table.rs:41), held by philosopher 2
  philosopher 2 holds fork 2 (table.rs:40), waits for fork 1 (table.rs:41), held by philosopher 1

  replay: cargo refectory replay threads/table/ordered~left_first/2x1@dpor
";
        assert_eq!(format!("\n{}", finding(&example::caught_deadlock(2), Style::Plain)), expected);
    }

    #[test]
    fn each_twin_shows_its_shortest_counterexample_once() {
        let text = findings(&[example::caught_deadlock(3), example::caught_deadlock(2)], Style::Plain);
        assert!(text.starts_with("✗ deadlock in threads/table/ordered~left_first/2x1@dpor"), "{text}");
        assert!(text.ends_with("  also: threads/table/ordered~left_first/3x1@dpor\n"), "{text}");
    }

    #[test]
    fn many_caught_twins_are_told_in_a_line_each() {
        let twin = |number| {
            let mut report = example::caught_deadlock(3);
            report.id.question.subject = format!("twin_{number}");
            report
        };
        let text = findings(&[0, 1, 2, 3, 4].map(twin), Style::Plain);
        assert_eq!(text.lines().count(), 5);
        assert!(
            text.starts_with("✗ deadlock in threads/table/twin_0/3x1@dpor (a broken twin, caught)\n"),
            "{text}"
        );
    }

    #[test]
    fn violations_that_tell_the_same_story_are_told_once() {
        let violation = |scope: &str, message: &str| {
            let mut report = example::caught_deadlock(2);
            report.id = format!("threads/table/ordered/{scope}@dpor").parse().unwrap();
            report.status = Status::Violation;
            if let Verdict::Broken(failure) = &mut report.verdict {
                message.clone_into(&mut failure.message);
            }
            report
        };
        let reports = [violation("2x1", "seat 1 starves"), violation("3x1", "seat 2 starves")];
        assert_eq!(findings(&reports, Style::Plain).matches("✗ deadlock in").count(), 1);
        let reports = [violation("2x1", "seat 1 starves"), violation("3x1", "a fork is lost")];
        assert_eq!(findings(&reports, Style::Plain).matches("✗ deadlock in").count(), 2);
    }

    #[test]
    fn violations_come_first_and_a_missed_twin_is_one() {
        let text = findings(&example::reports(), Style::Plain);
        assert!(text.starts_with("! not caught: the broken twin threads/queue/ring/2x1@dpor"), "{text}");
        assert!(text.contains("✗ deadlock in threads/table/ordered~left_first/3x1@random\n"), "{text}");
    }
}
