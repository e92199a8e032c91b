//! The matrix: subjects with their scopes down, engines across, verdict and executions in each field.

use super::style::{Style, Tone, grouped, pad, times, width};
use crate::cell::Question;
use crate::engine::{Bounds, Engine, FailureKind};
use crate::judge::{CellReport, Extent, Reason, Status, Verdict};
use std::collections::BTreeSet;

const GAP: &str = "  ";

/// All reports in one table, with a legend of the signs that occur. Subjects and scopes keep the
/// order in which they first appear; there is a column for each engine that ran.
pub fn matrix(reports: &[CellReport], style: Style) -> String {
    let engines: Vec<Engine> =
        Engine::ALL.into_iter().filter(|engine| reports.iter().any(|r| r.engine == *engine)).collect();
    let rows = rows(reports, &engines);
    let families = rows.chunk_by(|above, below| above.family == below.family);
    let tables: Vec<String> = families.map(|rows| table(rows, &engines, style)).collect();
    format!("{}\n{}", tables.join("\n"), legend(&rows, style))
}

/// The subjects of one model and port, under a head of their own.
fn table(rows: &[Row], engines: &[Engine], style: Style) -> String {
    let names = rows.iter().map(|row| width(&row.label));
    let label = names.max().unwrap_or(0).max(width(&rows[0].family));
    let widths: Vec<usize> = engines
        .iter()
        .enumerate()
        .map(|(column, engine)| {
            let fields = rows.iter().filter_map(|row| row.fields[column].as_ref());
            fields.map(|field| width(&field.text)).max().unwrap_or(0).max(engine.name().len())
        })
        .collect();
    let lines: String = rows.iter().map(|row| line(row, label, &widths, style)).collect();
    head(&rows[0].family, label, engines, &widths, style) + &lines
}

struct Row {
    family: String,
    label: String,
    fields: Vec<Option<Field>>,
}

struct Field {
    text: String,
    sign: Sign,
    unexpected: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Held,
    Caught,
    Passed,
    Open,
}

fn rows(reports: &[CellReport], engines: &[Engine]) -> Vec<Row> {
    let mut questions: Vec<&Question> = Vec::new();
    let mut known = BTreeSet::new();
    for report in reports {
        if known.insert(&report.id.question) {
            questions.push(&report.id.question);
        }
    }
    let mut above = None;
    let widest =
        reports.iter().map(|report| width(&report.id.question.subject) + 2 * usize::from(report.twin)).max();
    questions
        .into_iter()
        .map(|question| {
            let of_question: Vec<&CellReport> =
                reports.iter().filter(|report| report.id.question == *question).collect();
            let Question { subject: name, scope, .. } = question;
            let subject = [&question.model, &question.family, name];
            let repeated = above.replace(subject) == Some(subject);
            let twin = if of_question[0].twin { " †" } else { "" };
            let named = if repeated { String::new() } else { format!("{name}{twin}") };
            let fields = engines
                .iter()
                .map(|engine| of_question.iter().find(|report| report.engine == *engine).map(|r| field(r)));
            Row {
                family: question.folder(),
                label: row_label(&named, widest.unwrap_or(0), scope),
                fields: fields.collect(),
            }
        })
        .collect()
}

/// The subject's name, then its scope at a common column.
fn row_label(name: &str, widest: usize, scope: &str) -> String {
    format!("  {} {}", pad(name, widest), times(scope))
}

/// A report's field, with every bound of its search.
pub(super) fn in_short(report: &CellReport) -> String {
    let text = field(report).text;
    let Verdict::Held(Extent::Complete(bounds)) = &report.verdict else { return text };
    let without = |most: Option<u8>, what| if most == Some(0) { what } else { "" };
    let without = without(bounds.spurious, "≤0s ").to_owned()
        + without(bounds.cancellations, "≤0c ")
        + without(bounds.deaths, "≤0d ");
    text.replacen("✓ ", &format!("✓ {without}"), 1).replacen("○ ", &format!("○ {without}"), 1)
}

fn field(report: &CellReport) -> Field {
    let count = grouped(report.executions);
    let (sign, text) = match &report.verdict {
        Verdict::Held(_) if report.twin => (Sign::Passed, format!("○ {count}")),
        Verdict::Held(Extent::Complete(bounds)) => (Sign::Held, format!("✓ {}{count}", short_bounds(bounds))),
        Verdict::Held(Extent::Sampled(_)) => (Sign::Held, format!("✓ ~{count}")),
        Verdict::Broken(failure) if report.engine == Engine::Native => {
            (Sign::Caught, format!("✗ {}", short_kind(failure.kind)))
        }
        Verdict::Broken(failure) => (Sign::Caught, format!("✗ {} {count}", short_kind(failure.kind))),
        Verdict::Inconclusive(reason) => (Sign::Open, format!("? {}", short_reason(reason))),
    };
    let unexpected = report.status == Status::Violation;
    let text = if unexpected { format!("! {text}") } else { text };
    Field { text, sign, unexpected }
}

/// As in `≤2p ≤1t `.
fn short_bounds(bounds: &Bounds) -> String {
    let short = |most: Option<u32>, unit| most.map_or_else(String::new, |most| format!("≤{most}{unit} "));
    short(bounds.preemptions, 'p')
        + &short(bounds.idle_rounds.map(u32::from), 'r')
        + &short(bounds.timeouts.map(u32::from), 't')
        + &short(bounds.spurious.filter(|most| *most > 0).map(u32::from), 's')
        + &short(bounds.cancellations.filter(|most| *most > 0).map(u32::from), 'c')
        + &short(bounds.deaths.filter(|most| *most > 0).map(u32::from), 'd')
}

pub(super) const fn short_kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::LostWakeup => "lost",
        FailureKind::DataRace => "race",
        FailureKind::UseAfterDestroy => "destroyed",
        FailureKind::Property => "property",
        FailureKind::NotLinearizable => "order",
        other => other.name(),
    }
}

const fn short_reason(reason: &Reason) -> &'static str {
    match reason {
        Reason::Budget(_) => "budget",
        Reason::Nightly => "nightly",
        Reason::Vacuous => "vacuous",
        Reason::Unsupported(_) => "unsupported",
        Reason::Disagreement(_) => "disagrees",
        Reason::NotRun(_) => "not run",
        Reason::NotExercised(_) => "not exercised",
    }
}

fn head(family: &str, label: usize, engines: &[Engine], widths: &[usize], style: Style) -> String {
    let mut line = style.paint(Tone::Strong, pad(family, label));
    for (engine, width) in engines.iter().zip(widths) {
        line += GAP;
        line += &style.paint(Tone::Dim, pad(engine.name(), *width));
    }
    trimmed(&line)
}

fn line(row: &Row, label: usize, widths: &[usize], style: Style) -> String {
    let mut line = pad(&row.label, label);
    for (field, size) in row.fields.iter().zip(widths) {
        line += GAP;
        line += &match field {
            Some(field) => style.paint(tone(field), pad(&field.text, *size)),
            None => pad("", *size),
        };
    }
    trimmed(&line)
}

const fn tone(field: &Field) -> Tone {
    match (field.unexpected, field.sign) {
        (true, _) => Tone::Bad,
        (false, Sign::Held | Sign::Caught) => Tone::Good,
        (false, Sign::Passed) => Tone::Dim,
        (false, Sign::Open) => Tone::Open,
    }
}

fn trimmed(line: &str) -> String {
    format!("{}\n", line.trim_end())
}

fn legend(rows: &[Row], style: Style) -> String {
    let fields: Vec<&Field> = rows.iter().flat_map(|row| row.fields.iter().flatten()).collect();
    let occurs = |sign| fields.iter().any(|field| field.sign == sign);
    let marked = |text: &str| fields.iter().any(|field| field.text.contains(text));
    let bounded = |unit: &str| fields.iter().any(|f| f.text.contains('≤') && f.text.contains(unit));
    let mut lines = Vec::new();
    if occurs(Sign::Held) {
        lines.push("✓ n   held in all n executions there are");
    }
    if bounded("p ") {
        lines.push("✓ ≤kp held in all executions with at most k preemptions");
    }
    if bounded("t ") {
        lines.push("✓ ≤kt held in all executions in which each thread times out early at most k times");
    }
    if bounded("s ") {
        lines.push("✓ ≤ks held in all executions in which at most k events happen for no reason");
    }
    if bounded("c ") {
        lines.push("✓ ≤kc held in all executions in which at most k futures are dropped while they wait");
    }
    if marked("~") {
        lines.push("✓ ~n  held in n executions drawn at random: no proof");
    }
    if occurs(Sign::Caught) {
        lines.push("✗     broken, and the number of executions that were run");
    }
    if marked("✗ lost") {
        lines.push("      lost: a wake-up that nobody is left to give");
    }
    if occurs(Sign::Passed) {
        lines.push("○     a broken twin where this engine or scope need not show the bug, and did not");
    }
    if occurs(Sign::Open) {
        lines.push("?     not decided, with the reason");
    }
    if rows.iter().any(|row| row.label.contains('†')) {
        lines.push("†     a broken twin: it is there to be caught");
    }
    if fields.iter().any(|field| field.unexpected) {
        lines.push("!     not what was expected");
    }
    lines.iter().map(|line| style.paint(Tone::Dim, line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn subjects_go_down_and_engines_across() {
        let expected = "
threads/queue             native  random     dpor
  ring †             1×1  ○ 200   ○ 2 000    ○ 31
                     2×1  ○ 200   ✗ race 17  ! ○ 1 204

threads/table             native  random          dpor
  ordered            3×1  ✓ ~200  ✓ ~2 000        ✓ 6
                     8×1  ✓ ~200  ✓ ≤2p 1 204     ? budget
  ordered~left_first 3×1          ! ✗ deadlock 5

✓ n   held in all n executions there are
✓ ≤kp held in all executions with at most k preemptions
✓ ~n  held in n executions drawn at random: no proof
✗     broken, and the number of executions that were run
○     a broken twin where this engine or scope need not show the bug, and did not
?     not decided, with the reason
†     a broken twin: it is there to be caught
!     not what was expected
";
        let text = matrix(&example::reports(), Style::Plain);
        assert_eq!(format!("\n{text}"), expected);
    }

    #[test]
    fn all_engines_fit_on_a_page() {
        let reports: Vec<CellReport> = Engine::ALL
            .into_iter()
            .map(|engine| {
                let mut report = example::report(
                    "threads/queue/bounded~notify_one_for_all/2x2",
                    engine,
                    example::broken(FailureKind::LostWakeup),
                );
                report.twin = true;
                report.executions = 540;
                report
            })
            .collect();
        let widest = matrix(&reports, Style::Plain).lines().map(width).max().unwrap();
        assert!(widest <= 120, "{widest}");
    }
}
