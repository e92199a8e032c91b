//! The report for a terminal.

use super::report::{Alone, Estimate, LeftOut, Report, Row};
use crate::compare::words::{digits, seconds};
use crate::report::{Style, Tone};

/// Ours beside the best peers, the worst first; times that are compared with nothing; and what was not measured.
#[must_use]
pub fn table(report: &Report, style: Style) -> String {
    let parts = [
        ratios(report, style),
        alone(report, style),
        listed("failed", Tone::Bad, &report.failed, style),
        listed("not measured", Tone::Open, &report.left_out, style),
        totals(report),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// As in `12.3 ns`.
pub(super) fn an_item(time: f64) -> String {
    if time < 1e-7 { format!("{} ns", digits(time * 1e9)) } else { seconds(time) }
}

/// As in `0.85 to 0.91`.
pub(super) fn between(of: Estimate) -> String {
    format!("{} to {}", digits(of.low), digits(of.high))
}

/// As in `-3.1 % (-4.0 to -2.2)`.
pub(super) fn changed(change: Option<Estimate>) -> String {
    let part = |part: f64| format!("{:+.1}", 100.0 * part);
    change.map_or_else(
        || "–".to_owned(),
        |Estimate { value, low, high }| format!("{} % ({} to {})", part(value), part(low), part(high)),
    )
}

/// What a column with changes is called.
pub(super) fn since(baseline: &str) -> String {
    format!("time since {baseline}")
}

/// What stands in the columns of a row; the change last, where there is a baseline.
pub(super) fn cells(row: &Row, compared: bool) -> Vec<String> {
    let mut cells = vec![
        row.subject.clone(),
        digits(row.ratio.value),
        between(row.ratio),
        row.scenario.clone(),
        an_item(row.time.value),
        row.best_peer.clone(),
        an_item(row.peer_time.value),
    ];
    cells.extend(compared.then(|| changed(row.change)));
    cells
}

fn ratios(report: &Report, style: Style) -> String {
    if report.rows.is_empty() {
        return String::new();
    }
    let title = "throughput over that of the best peer, the worst first";
    let mut head = vec!["", "ratio", "lies in", "scenario", "an item", "best peer", "its item"];
    let since = report.baseline.as_deref().map(since);
    head.extend(since.as_deref());
    let row = |row: &Row| (tone(row.ratio), cells(row, since.is_some()));
    let rows: Vec<(Tone, Vec<String>)> = report.rows.iter().map(row).collect();
    aligned(title, &head, "lrrlrlrr", &rows, style)
}

/// Whether it is better or worse than the best peer, beyond the spread.
fn tone(ratio: Estimate) -> Tone {
    match ratio {
        of if of.high < 1.0 => Tone::Bad,
        of if of.low >= 1.0 => Tone::Good,
        _ => Tone::Usual,
    }
}

fn alone(report: &Report, style: Style) -> String {
    if report.alone.is_empty() {
        return String::new();
    }
    let mut head = vec!["", "an item", "lies in", "scenario"];
    let since = report.baseline.as_deref().map(since);
    head.extend(since.as_deref());
    let row = |one: &Alone| {
        let mut cells = vec![
            one.name.clone(),
            an_item(one.time.value),
            format!("{} to {}", an_item(one.time.low), an_item(one.time.high)),
            one.scenario.clone(),
        ];
        cells.extend(since.as_ref().map(|_| changed(one.change)));
        (Tone::Usual, cells)
    };
    let rows: Vec<(Tone, Vec<String>)> = report.alone.iter().map(row).collect();
    aligned("times with no peer", &head, "lrrlr", &rows, style)
}

/// A table; for each column, whether it stands left or right. The tone is that of the second column.
fn aligned(title: &str, head: &[&str], sides: &str, rows: &[(Tone, Vec<String>)], style: Style) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|(_, row)| row[column].as_str()).chain([head[column]]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |tone: Tone, cells: &[&str]| {
        let cells = cells.iter().zip(&widths).zip(sides.chars()).enumerate();
        let cells = cells.map(|(column, ((cell, width), side))| {
            let cell = if side == 'l' { format!("{cell:<width$}") } else { format!("{cell:>width$}") };
            if column == 1 { style.paint(tone, cell) } else { cell }
        });
        format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let mut text = format!("{}\n", style.paint(Tone::Strong, title));
    text += &(style.paint(Tone::Dim, line(Tone::Usual, head).trim_end()) + "\n");
    for (tone, cells) in rows {
        text += &line(*tone, &cells.iter().map(String::as_str).collect::<Vec<_>>());
    }
    text
}

/// What has the same reason stands in one line.
fn listed(what: &str, tone: Tone, list: &[LeftOut], style: Style) -> String {
    let mut reasons: Vec<&str> = list.iter().map(|one| one.why.as_str()).collect();
    reasons.dedup();
    let line = |why: &str| {
        let names = list.iter().filter(|one| one.why == why).map(|one| one.what.as_str());
        let names = names.collect::<Vec<_>>().join("; ");
        format!("{}, {why}: {names}\n", style.paint(tone, what))
    };
    reasons.into_iter().map(line).collect()
}

fn totals(report: &Report) -> String {
    let functions: usize = report.scenarios.iter().map(|scenario| scenario.functions.len()).sum();
    let behind = report.rows.iter().filter(|row| row.ratio.high < 1.0).count();
    let ahead = report.rows.iter().filter(|row| row.ratio.low >= 1.0).count();
    let times = |number: usize, what: &str| {
        if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
    };
    let mut text = format!(
        "{} in {}; {} beside a best peer: {ahead} ahead of it, {behind} behind, {} as fast within the spread\n",
        times(functions, "function"),
        times(report.scenarios.len(), "scenario"),
        times(report.rows.len(), "row"),
        report.rows.len() - ahead - behind,
    );
    if report.interrupted {
        text += "interrupted: this is what was measured by then\n";
    }
    text
}
