//! Which engine catches which broken twin, and whether the cores of this machine did.

use super::matrix::short_kind;
use super::style::{Style, Tone, grouped, pad, width};
use crate::engine::Engine;
use crate::judge::{CellReport, RoundsReport, Verdict};

const GAP: &str = "  ";

/// A line for each twin of the campaign: of each engine the first cell that caught it, and what its rounds came to.
/// Below, how many real cores have shown, and which twins nobody has.
pub fn twins(reports: &[CellReport], rounds: &[RoundsReport], style: Style) -> String {
    let engines: Vec<Engine> =
        Engine::ALL.into_iter().filter(|engine| reports.iter().any(|it| it.engine == *engine)).collect();
    let lines: Vec<Line> =
        rounds.iter().filter(|it| it.cell.twin).map(|it| Line::of(it, reports, &engines)).collect();
    let families: Vec<String> = lines
        .chunk_by(|above, below| above.family == below.family)
        .map(|lines| table(lines, &engines, style))
        .collect();
    families.join("\n") + "\n" + &totals(&lines)
}

struct Line {
    family: String,
    name: String,
    /// What each engine saw, then real cores.
    fields: Vec<String>,
    caught: bool,
    shown: bool,
}

impl Line {
    fn of(rounds: &RoundsReport, reports: &[CellReport], engines: &[Engine]) -> Self {
        let twin = &rounds.cell.id.question;
        let family = twin.folder();
        let of_twin = |report: &&CellReport| {
            report.id.question.subject == twin.subject && report.id.question.folder() == family
        };
        let of_twin: Vec<&CellReport> = reports.iter().filter(of_twin).collect();
        let mut fields: Vec<String> = engines.iter().map(|engine| by_engine(&of_twin, *engine)).collect();
        let caught = of_twin.iter().any(|report| report.failure().is_some());
        fields.push(on_cores(&rounds.cell));
        Self { family, name: twin.subject.clone(), fields, caught, shown: rounds.cell.failure().is_some() }
    }
}

/// The first cell of the engine that caught the twin; else whether it looked at all.
fn by_engine(reports: &[&CellReport], engine: Engine) -> String {
    let of_engine = || reports.iter().filter(|report| report.engine == engine);
    let caught = of_engine().find_map(|report| report.failure().map(|failure| (failure, report.executions)));
    match caught {
        Some((failure, executions)) => format!("✗ {} {}", short_kind(failure.kind), grouped(executions)),
        None if of_engine().any(|report| matches!(report.verdict, Verdict::Held(_))) => "○".to_owned(),
        None if of_engine().next().is_some() => "?".to_owned(),
        None => String::new(),
    }
}

fn on_cores(rounds: &CellReport) -> String {
    let count = grouped(rounds.executions);
    match &rounds.verdict {
        Verdict::Broken(failure) => format!("✗ {} {count}", short_kind(failure.kind)),
        Verdict::Held(_) => format!("○ {count}"),
        Verdict::Inconclusive(_) => format!("? {count}"),
    }
}

fn table(lines: &[Line], engines: &[Engine], style: Style) -> String {
    let heads: Vec<&str> = engines.iter().map(|engine| engine.name()).chain(["real cores"]).collect();
    let label =
        lines.iter().map(|line| width(&line.name) + 2).max().unwrap_or(0).max(width(&lines[0].family));
    let widest = |column: usize| lines.iter().map(|line| width(&line.fields[column])).max().unwrap_or(0);
    let widths: Vec<usize> = heads.iter().enumerate().map(|(at, head)| widest(at).max(width(head))).collect();
    let across = |fields: &[&str]| {
        let padded: String =
            fields.iter().zip(&widths).map(|(field, width)| format!("{GAP}{}", pad(field, *width))).collect();
        padded.trim_end().to_owned()
    };
    let mut text = style.paint(Tone::Strong, pad(&lines[0].family, label));
    text += &style.paint(Tone::Dim, across(&heads));
    text += "\n";
    for line in lines {
        let fields: Vec<&str> = line.fields.iter().map(String::as_str).collect();
        let tone = if line.caught || line.shown { Tone::Usual } else { Tone::Bad };
        text += &style.paint(tone, format!("  {}{}", pad(&line.name, label - 2), across(&fields)));
        text += "\n";
    }
    text
}

fn totals(lines: &[Line]) -> String {
    let shown = lines.iter().filter(|line| line.shown).count();
    let alone = lines.iter().filter(|line| line.caught && !line.shown).count();
    let nobody: Vec<&str> =
        lines.iter().filter(|line| !line.caught && !line.shown).map(|line| line.name.as_str()).collect();
    let mut text =
        format!("{} twins: {shown} shown by real cores, {alone} caught by engines alone\n", lines.len());
    if !nobody.is_empty() {
        text += &format!("caught by nobody in this run: {}\n", nobody.join(", "));
    }
    text + "✗ caught as what, and after how many executions or rounds   ○ looked at and not caught   ? not decided\n"
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::engine::FailureKind;
    use crate::judge::{Extent, Histories};

    fn report(id: &str, engine: Engine, verdict: Verdict, executions: u64) -> CellReport {
        CellReport { twin: true, executions, ..example::report(id, engine, verdict) }
    }

    #[test]
    fn a_twin_has_a_line() {
        let deadlock = example::broken(FailureKind::Deadlock);
        let race = example::broken(FailureKind::DataRace);
        let held = Verdict::Held(Extent::Sampled(90));
        let cells = [
            report("threads/table/ordered~left_first/2x1", Engine::Pct, held.clone(), 90),
            report("threads/table/ordered~left_first/2x1", Engine::Dpor, deadlock, 3),
            report("threads/table/ticket~relaxed/2x1", Engine::Pct, example::unsupported(), 0),
            report("threads/table/ticket~relaxed/2x1", Engine::Dpor, held.clone(), 14),
            report("threads/table/ticket~relaxed/3x1", Engine::Dpor, race, 1_200),
        ];
        let hang = example::broken(FailureKind::Hang);
        let rounds = [
            ("threads/table/ordered~left_first/seed-7", hang),
            ("threads/table/ticket~relaxed/seed-7", held),
        ]
        .map(|(id, verdict)| RoundsReport {
            histories: Histories::default(),
            cell: report(id, Engine::Native, verdict, 90),
            operations: 180,
            overlapped: Some(90),
        });
        let expected = "
threads/table         pct  dpor          real cores
  ordered~left_first  ○    ✗ deadlock 3  ✗ hang 90
  ticket~relaxed      ?    ✗ race 1 200  ○ 90

2 twins: 1 shown by real cores, 1 caught by engines alone
✗ caught as what, and after how many executions or rounds   ○ looked at and not caught   ? not decided
";
        assert_eq!(format!("\n{}", twins(&cells, &rounds, Style::Plain)), expected);
    }
}
