//! The figures for a terminal.

use super::advice::advice;
use super::claims::{Claim, Verdict, claims};
use super::figures::{Figures, Machine, Passing, Point};
use super::model::Language;
use super::words::{bytes, digits, rate, seconds, times};
use super::work::Kind;
use crate::report::{Style, Tone};

/// The machine, a table for each kind of work, what passing things on costs, what the literature says, and which model to take.
#[must_use]
pub fn table(figures: &Figures, style: Style) -> String {
    let mut parts = vec![machine(&figures.machine, figures.rounds)];
    parts.extend(figures.kinds().into_iter().map(|kind| of_kind(figures, kind, style)));
    parts.push(prices(figures, style));
    parts.push(claims_in_words(&claims(figures), style));
    parts.push(advice_in_words(figures, style));
    parts.push(left_out(figures, style));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// As in `2 cores, linux x86_64, Python 3.13.1; 5 rounds`.
pub(super) fn machine(machine: &Machine, rounds: usize) -> String {
    let cores = if machine.cores == 1 { "1 core".to_owned() } else { format!("{} cores", machine.cores) };
    let python =
        machine.python.as_ref().map_or_else(|| "no Python".to_owned(), |version| format!("Python {version}"));
    let rounds = if rounds == 1 { "1 round".to_owned() } else { format!("{rounds} rounds") };
    let mut text = format!("{cores}, {}, {python}; {rounds}\n", machine.system);
    if !machine.optimised {
        text += "this binary is not optimised: run it with `--release`\n";
    }
    if let Some(free) = machine.free.filter(|free| *free < 0.95) {
        text += &format!(
            "the machine had other things to do: one thread that computes had a processor {:.0} % of its time\n",
            100.0 * free
        );
    }
    text
}

const HEAD: [&str; 14] = [
    "",
    "workers",
    "items",
    "× serial",
    "speed-up",
    "p50",
    "p99",
    "p99.9",
    "fair",
    "CPU/1000",
    "switches/1000",
    "memory",
    "start-up",
    "lines",
];

fn of_kind(figures: &Figures, kind: Kind, style: Style) -> String {
    let models = figures.models().into_iter().flat_map(|model| figures.of(kind, model));
    let rows: Vec<[String; 14]> = models.map(row).collect();
    let head = HEAD.map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let line = |row: &[String; 14]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("  {cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let title = style.paint(Tone::Strong, format!("{kind}: an item {}", kind.item()));
    let head = style.paint(Tone::Dim, line(&head).trim_end());
    let mut text = format!("{title}\n{head}\n");
    let mut above = String::new();
    for mut row in rows {
        if std::mem::replace(&mut above, row[0].clone()) == row[0] {
            row[0].clear();
            row[13].clear();
        }
        text += &line(&row);
    }
    for point in figures.points.iter().filter(|point| point.kind == kind) {
        if let Some(wrong) = &point.wrong {
            let what = format!("{} × {}: {wrong}", point.model, point.workers);
            text += &format!("  {} {what}\n", style.paint(Tone::Bad, "wrong:"));
        }
    }
    text
}

fn row(point: &Point) -> [String; 14] {
    let ratio = point.ratio.filter(|_| point.model.language() == Language::Rust);
    [
        point.model.name().to_owned(),
        point.workers.to_string(),
        rate(point.throughput.median),
        ratio.map_or_else(|| "–".to_owned(), |ratio| digits(ratio.median)),
        point
            .speed_up
            .filter(|_| point.workers > 1)
            .map_or_else(|| "–".to_owned(), |ratio| digits(ratio.median)),
        seconds(point.latency.p50),
        seconds(point.latency.p99),
        seconds(point.latency.p999),
        format!("{:.2}", point.fairness),
        seconds(point.cpu_seconds),
        digits(point.switches),
        bytes(point.memory),
        seconds(point.start_up),
        point.model.lines().to_string(),
    ]
}

fn prices(figures: &Figures, style: Style) -> String {
    if figures.prices.is_empty() {
        return String::new();
    }
    let mut text = style.paint(Tone::Strong, "passing things on") + "\n";
    for of in Passing::ALL {
        let of_language = |language, name: &str| {
            figures.price(of, language).map(|price| format!("{} {name}", seconds(price.median)))
        };
        let both = [of_language(Language::Rust, "here"), of_language(Language::Python, "in Python")];
        let both: Vec<String> = both.into_iter().flatten().collect();
        text += &format!("  {}: {}\n", of.title(), both.join(", "));
    }
    text
}

fn claims_in_words(claims: &[Claim], style: Style) -> String {
    let mut text = style.paint(Tone::Strong, "what the literature says") + "\n";
    for claim in claims {
        text += &format!("  {}\n", claim.text);
        for answer in &claim.answers {
            let tone = match answer.verdict {
                Verdict::Confirmed => Tone::Good,
                Verdict::Refuted => Tone::Bad,
                Verdict::NotDecided => Tone::Open,
            };
            let verdict = style.paint(tone, answer.verdict.in_words());
            text += &format!("    {}: {verdict}: {}\n", here(answer.language), answer.figures);
        }
    }
    text
}

/// Where something was measured.
pub(super) const fn here(language: Language) -> &'static str {
    match language {
        Language::Rust => "models",
        Language::Python => "Python",
    }
}

fn advice_in_words(figures: &Figures, style: Style) -> String {
    let advice = advice(figures);
    if advice.is_empty() {
        return String::new();
    }
    let lines: String = advice.iter().map(|advice| format!("  {}\n", advice.text)).collect();
    format!("{}\n{lines}", style.paint(Tone::Strong, "which model for which work"))
}

fn left_out(figures: &Figures, style: Style) -> String {
    if figures.left_out.is_empty() {
        return String::new();
    }
    let lines: String = figures.left_out.iter().map(|what| format!("  {what}\n")).collect();
    format!("{}\n{lines}", style.paint(Tone::Open, "left out"))
}

/// Python's throughput over that of the counterpart, in words.
pub(super) fn over_counterpart(point: &Point) -> Option<String> {
    let counterpart = point.model.counterpart()?;
    point.ratio.map(|ratio| format!("{} of {counterpart}", times(ratio.median)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::example::{Example, spread};
    use crate::compare::model::Model;

    #[test]
    fn each_point_is_a_row() {
        let figures = Example::new()
            .throughput(Kind::Cpu, Model::Serial, 1, spread(100.0, 100.0))
            .throughput(Kind::Cpu, Model::Threads, 1, spread(99.0, 99.0))
            .throughput(Kind::Cpu, Model::Threads, 2, spread(198.0, 198.0))
            .left_out("cpu gil × 1: it was interrupted")
            .figures();
        let text = table(&figures, Style::Plain);
        assert!(text.starts_with("2 cores, a system, no Python; 5 rounds\n"), "{text}");
        let rows: Vec<&str> = text.lines().filter(|line| line.contains("/s ")).map(str::trim_start).collect();
        assert_eq!(rows.len(), 3, "{text}");
        assert!(
            rows[1].starts_with("threads") && rows[2].starts_with("2 ") && rows[2].contains("198/s"),
            "{text}"
        );
        assert!(text.ends_with("left out\n  cpu gil × 1: it was interrupted\n"), "{text}");
    }

    #[test]
    fn what_is_wrong_is_told() {
        let mut figures = Example::new().throughput(Kind::Cpu, Model::Gil, 2, spread(1.0, 1.0)).figures();
        figures.points[0].wrong = Some("the sum is 7".to_owned());
        assert!(table(&figures, Style::Plain).contains("wrong: gil × 2: the sum is 7\n"));
    }
}
