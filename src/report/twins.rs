//! Who catches which broken twin: the cores of this machine, or an engine.

use super::matrix::short_kind;
use super::style::{Style, Tone, grouped, pad, width};
use crate::catalogue::unseen;
use crate::engine::Engine;
use crate::judge::{Catches, CellReport, Verdict};
use std::collections::BTreeMap;

const GAP: &str = "  ";

/// A line for each twin: of each engine the first cell that caught it, and what its rounds came to, or why there were none. Below, how many real
/// cores have shown, and in what time, who has caught the others, and which of them nobody has.
pub fn twins(twins: &[Catches<'_>], style: Style) -> String {
    let looked = |engine: &Engine| twins.iter().flat_map(|it| &it.cells).any(|cell| cell.engine == *engine);
    let engines: Vec<Engine> = Engine::ALL.into_iter().filter(looked).collect();
    let lines: Vec<Line> = twins.iter().map(|twin| Line::of(twin, &engines)).collect();
    let families: Vec<String> = lines
        .chunk_by(|above, below| above.family == below.family)
        .map(|lines| table(lines, &engines, style))
        .collect();
    families.join("\n") + "\n" + &totals(twins)
}

struct Line {
    family: String,
    name: &'static str,
    /// What each engine saw, then real cores.
    fields: Vec<String>,
    caught: bool,
}

impl Line {
    fn of(catches: &Catches<'_>, engines: &[Engine]) -> Self {
        let twin = catches.twin;
        let mut fields: Vec<String> =
            engines.iter().map(|engine| by_engine(&catches.cells, *engine)).collect();
        fields.push(on_cores(catches));
        Self {
            family: format!("{}/{}", twin.model, twin.family),
            name: twin.name,
            fields,
            caught: !catches.by_nobody(),
        }
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

fn on_cores(catches: &Catches<'_>) -> String {
    let why = || unseen(catches.twin).map_or(String::new(), |why| format!("unseen: {why}"));
    let Some(rounds) = catches.rounds else { return why() };
    let CellReport { executions, elapsed, verdict, .. } = &rounds.cell;
    let effort = format!("{} in {:.1} s", grouped(*executions), elapsed.as_secs_f64());
    match verdict {
        Verdict::Broken(failure) => format!("✗ {} {effort}", short_kind(failure.kind)),
        Verdict::Held(_) => format!("○ {effort}"),
        Verdict::Inconclusive(_) => format!("? {effort}"),
    }
}

fn table(lines: &[Line], engines: &[Engine], style: Style) -> String {
    let heads: Vec<&str> = engines.iter().map(|engine| engine.name()).chain(["real cores"]).collect();
    let label = lines.iter().map(|line| width(line.name) + 2).max().unwrap_or(0).max(width(&lines[0].family));
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
        let tone = if line.caught { Tone::Usual } else { Tone::Bad };
        text += &style.paint(tone, format!("  {}{}", pad(line.name, label - 2), across(&fields)));
        text += "\n";
    }
    text
}

fn totals(twins: &[Catches<'_>]) -> String {
    let (on_cores, others): (Vec<_>, Vec<_>) = twins.iter().partition(|twin| twin.by_cores());
    let times = on_cores.iter().filter_map(|twin| twin.rounds).map(|rounds| rounds.cell.elapsed);
    let slowest = times.max().map(|time| format!(", each within {:.1} s", time.as_secs_f64()));
    let noun = if twins.len() == 1 { "twin" } else { "twins" };
    let mut text = format!(
        "{} {noun}: {} caught on real cores{}",
        twins.len(),
        on_cores.len(),
        slowest.unwrap_or_default()
    );
    let mut by_engine: BTreeMap<Engine, usize> = BTreeMap::new();
    others
        .iter()
        .filter_map(|twin| twin.by_engine())
        .for_each(|engine| *by_engine.entry(engine).or_default() += 1);
    if !by_engine.is_empty() {
        let counts: Vec<String> =
            by_engine.iter().map(|(engine, count)| format!("{count} by {engine}")).collect();
        text += &format!("; the others: {}", counts.join(", "));
    }
    text += "\n";
    let nobody: Vec<String> = others.iter().filter(|twin| twin.by_nobody()).map(|it| it.twin.id()).collect();
    if !nobody.is_empty() {
        text += &format!("caught by nobody in this run: {}\n", nobody.join(", "));
    }
    text + "✗ caught as what, and after how many executions or rounds   ○ looked at and not caught   ? not decided\n"
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::catalogue::subjects;
    use crate::cell::Subject;
    use crate::engine::FailureKind;
    use crate::judge::{Extent, Histories, RoundsReport};
    use std::time::Duration;

    fn twin(id: &str) -> &'static Subject {
        subjects().find(|subject| subject.id() == id).unwrap()
    }

    fn report(id: &str, engine: Engine, verdict: Verdict, executions: u64) -> CellReport {
        CellReport { twin: true, executions, ..example::report(id, engine, verdict) }
    }

    fn rounds(id: &str, verdict: Verdict, elapsed: u64) -> RoundsReport {
        let cell = report(&format!("{id}/seed-7"), Engine::Native, verdict, 90);
        RoundsReport {
            histories: Histories::default(),
            cell: CellReport { elapsed: Duration::from_millis(elapsed), ..cell },
            operations: 180,
            overlapped: Some(90),
        }
    }

    #[test]
    fn a_twin_has_a_line() {
        let deadlock = example::broken(FailureKind::Deadlock);
        let starved = example::broken(FailureKind::Starvation);
        let held = Verdict::Held(Extent::Sampled(90));
        let cells = [
            report("threads/table/ordered~left_first/2x1", Engine::Pct, held.clone(), 90),
            report("threads/table/ordered~left_first/2x1", Engine::Dpor, deadlock, 3),
            report("threads/table/ticket~calls_first/2x1", Engine::Pct, example::unsupported(), 0),
            report("threads/table/ticket~calls_first/2x1", Engine::Dpor, held.clone(), 14),
            report("threads/table/waiter~favours_seat_0/3x2", Engine::Dpor, starved, 1_200),
        ];
        let hang = example::broken(FailureKind::Hang);
        let rounds = [
            rounds("threads/table/ordered~left_first", hang, 2_340),
            rounds("threads/table/ticket~calls_first", held, 5_000),
        ];
        let ids = ["ordered~left_first", "waiter~favours_seat_0", "ticket~calls_first"];
        let catches = ids.map(|name| Catches::of(twin(&format!("threads/table/{name}")), &cells, &rounds));
        let expected = "
threads/table            pct  dpor                real cores
  ordered~left_first     ○    ✗ deadlock 3        ✗ hang 90 in 2.3 s
  waiter~favours_seat_0       ✗ starvation 1 200  unseen: everybody is served in the end
  ticket~calls_first     ?    ○                   ○ 90 in 5.0 s

3 twins: 1 caught on real cores, each within 2.3 s; the others: 1 by dpor
caught by nobody in this run: threads/table/ticket~calls_first
✗ caught as what, and after how many executions or rounds   ○ looked at and not caught   ? not decided
";
        assert_eq!(format!("\n{}", super::twins(&catches, Style::Plain)), expected);
    }
}
