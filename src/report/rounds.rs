//! What came of a campaign: subjects down, what their rounds did across.

use super::style::{Style, Tone, grouped, pad, width};
use super::totals::{against, kinds_of_verdicts};
use crate::engine::{Failure, FailureKind};
use crate::judge::{CellReport, RoundsReport, Status, Verdict, rounds_of};
use std::fmt::Write;
use std::time::Duration;

/// A line a subject, in a table for each model and port. `overtaken` is how often somebody who waited was, at most.
pub fn rounds(reports: &[RoundsReport], style: Style) -> String {
    let family = |report: &RoundsReport| report.cell.id.question.folder();
    let tables: Vec<String> = reports
        .chunk_by(|above, below| family(above) == family(below))
        .map(|rows| table(rows, style))
        .collect();
    tables.join("\n")
}

fn table(reports: &[RoundsReport], style: Style) -> String {
    let family = reports[0].cell.id.question.folder();
    let names: Vec<String> = reports.iter().map(|report| name(&report.cell)).collect();
    let label = names.iter().map(|name| width(name)).max().unwrap_or(0).max(width(&family));
    let mut text = style.paint(Tone::Strong, pad(&family, label));
    text += &style.paint(
        Tone::Dim,
        format!("  {:>7}  {:>11}  overlapped  decided  overtaken  verdict", "rounds", "operations"),
    );
    text += "\n";
    for (RoundsReport { cell, operations, overlapped, histories }, name) in reports.iter().zip(names) {
        let share = share(*overlapped, *operations);
        let decided = (histories.recorded > 0).then_some(histories.decided);
        let decided = self::share(decided, histories.recorded);
        let overtaken = histories.overtaken.map_or("-".to_owned(), grouped);
        let (tone, verdict) = verdict(cell);
        let (rounds, operations) = (grouped(cell.executions), grouped(*operations));
        let verdict = style.paint(tone, verdict);
        writeln!(
            text,
            "{}  {rounds:>7}  {operations:>11}  {share:>10}  {decided:>7}  {overtaken:>9}  {verdict}",
            pad(&name, label)
        )
        .expect("a String takes everything");
    }
    text
}

fn name(cell: &CellReport) -> String {
    format!("  {}{}", cell.id.question.subject, if cell.twin { " †" } else { "" })
}

fn verdict(cell: &CellReport) -> (Tone, String) {
    let (tone, text) = match &cell.verdict {
        Verdict::Held(_) if cell.twin => (Tone::Dim, "○ not caught".to_owned()),
        Verdict::Held(_) => (Tone::Good, "✓ held".to_owned()),
        Verdict::Broken(failure) => (Tone::Good, format!("✗ {}", failure.kind)),
        Verdict::Inconclusive(reason) => (Tone::Open, format!("? {reason}")),
    };
    match cell.status {
        Status::Violation => (Tone::Bad, format!("! {text}")),
        _ => (tone, text),
    }
}

/// How many in a hundred, as in `42 %`; nothing is known of rows.
fn share(part: Option<u64>, whole: u64) -> String {
    part.map_or("-".to_owned(), |part| format!("{} %", (100 * part).checked_div(whole).unwrap_or(0)))
}

/// What is known of a subject so far, in a line, as in `threads/queue/bounded: 80 rounds, 120 000 operations/s, ✓ held`.
pub fn progress_of_rounds(report: &RoundsReport) -> String {
    let CellReport { id, executions, elapsed, .. } = &report.cell;
    let per_second = (report.operations as f64 / elapsed.as_secs_f64().max(1e-3)) as u64;
    let subject = format!("{}/{}", id.question.folder(), id.question.subject);
    let (_, verdict) = verdict(&report.cell);
    format!("{subject}: {} rounds, {} operations/s, {verdict}", grouped(*executions), grouped(per_second))
}

/// What an engine found in a round's program, and the command that shows it again.
pub fn finding_of_round(subject: &str, failure: &Failure, command: &str, style: Style) -> String {
    let kind = style.paint(Tone::Bad, format!("✗ {}", failure.kind));
    let mut text = format!("{kind} in {}\n", style.paint(Tone::Strong, subject));
    text += "\n";
    text += &super::evidence(failure, style);
    text + "  " + &style.paint(Tone::Dim, format!("replay: {command}")) + "\n"
}

/// Subjects, verdicts, rounds and operations in a few words; `elapsed` is the time of the whole campaign, if it was run by one process.
pub fn totals_of_rounds(reports: &[RoundsReport], elapsed: Option<Duration>, style: Style) -> String {
    let cells: Vec<CellReport> = reports.iter().map(|report| report.cell.clone()).collect();
    let rounds = cells.iter().map(|cell| cell.executions).sum();
    let operations = reports.iter().map(|report| report.operations).sum();
    let time = elapsed.map(|elapsed| format!(" in {:.1} s", elapsed.as_secs_f64()));
    let mut text = format!(
        "{} {}: {}; {}\n{} rounds, {} operations{}\n",
        reports.len(),
        if reports.len() == 1 { "subject" } else { "subjects" },
        kinds_of_verdicts(&cells, style),
        against(&cells, style),
        grouped(rounds),
        grouped(operations),
        time.unwrap_or_default(),
    );
    let undecided: u64 = reports.iter().map(|report| report.histories.undecided()).sum();
    if undecided > 0 {
        let meaning = format!(
            "{} histories were not decided: their rounds are none of those that held\n",
            grouped(undecided)
        );
        text += &style.paint(Tone::Open, meaning);
    }
    let hung = |cell: &CellReport| cell.failure().is_some_and(|failure| failure.kind == FailureKind::Hang);
    if cells.iter().any(hung) {
        let meaning = "hang: a deadlock, a lost wake-up or a livelock; real cores do not tell them apart\n";
        text += &style.paint(Tone::Dim, meaning);
    }
    text
}

/// The finding of rounds that a test of the suite has drawn: the command draws others from a seed than the
/// test does.
pub fn finding_of_test(cell: &CellReport) -> String {
    let mut told = super::headline(cell, Style::Plain);
    if let Some(failure) = cell.failure() {
        told += &super::evidence(failure, Style::Plain);
    } else {
        told += &format!("{}: {}\n", cell.id, cell.verdict);
    }
    let Some((subject, seed)) = rounds_of(&cell.id) else { return told };
    let test = format!("cargo test --test stress -- --exact {}", subject.id());
    told + &format!("  replay: REFECTORY_SEED={seed} REFECTORY_SECONDS=10 {test}\n")
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::engine::Engine;
    use crate::judge::{Extent, Histories};

    fn reports() -> [RoundsReport; 3] {
        let report = |id: &str, twin, verdict, executions| CellReport {
            twin,
            executions,
            ..example::report(id, Engine::Native, verdict)
        };
        let held = Verdict::Held(Extent::Sampled(1_200));
        let hung = example::broken(FailureKind::Hang);
        [
            (report("threads/queue/monitor/seed-7", false, held.clone(), 1_200), 240_000, Some(120_000)),
            (report("threads/table/ordered~left_first/seed-9", true, hung, 3), 12, Some(6)),
            (report("threads/table/polite/seed-7", true, held, 1_200), 5, None),
        ]
        .map(|(cell, operations, overlapped)| {
            let known = overlapped.is_some_and(|overlapped| overlapped > 6);
            let histories = Histories {
                recorded: if known { 1_200 } else { 0 },
                decided: if known { 900 } else { 0 },
                why: known.then(|| "too long".to_owned()),
                overtaken: (!known).then_some(operations),
            };
            RoundsReport { cell, operations, overlapped, histories }
        })
    }

    #[test]
    fn subjects_have_a_line_each() {
        let expected = "
threads/queue   rounds   operations  overlapped  decided  overtaken  verdict
  monitor        1 200      240 000        50 %     75 %          -  ✓ held

threads/table            rounds   operations  overlapped  decided  overtaken  verdict
  ordered~left_first †        3           12        50 %        -         12  ✗ hang
  polite †                1 200            5           -        -          5  ○ not caught
";
        assert_eq!(format!("\n{}", rounds(&reports(), Style::Plain)), expected);
    }

    #[test]
    fn totals_count_rounds_and_operations() {
        let text = totals_of_rounds(&reports(), Some(Duration::from_millis(1_500)), Style::Plain);
        assert_eq!(
            text,
            "3 subjects: 1 held in samples, 1 caught a broken twin, 1 passed one where its bug need not show; all as \
             expected\n2 403 rounds, 240 017 operations in 1.5 s\n300 histories were not decided: their rounds are none of \
             those that held\nhang: a deadlock, a lost wake-up or a livelock; \
             real cores do not tell them apart\n"
        );
    }

    #[test]
    fn a_test_says_how_it_is_run_again() {
        let text = finding_of_test(&reports()[1].cell);
        assert!(text.starts_with("✗ hang in threads/table/ordered~left_first/seed-9@native"), "{text}");
        assert!(text.ends_with("-- --exact threads/table/ordered~left_first\n"), "{text}");
    }
}
