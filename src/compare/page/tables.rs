//! The tables of the page.

use super::markup::Tag;
use crate::compare::figures::{Figures, Passing, Point};
use crate::compare::model::Language;
use crate::compare::table::over_counterpart;
use crate::compare::words::{bytes, digits, rate, seconds, times, times_between};
use crate::compare::work::Kind;

const HEAD: [&str; 14] = [
    "Model",
    "Workers",
    "Items",
    "Of the serial loop",
    "Speed-up over one worker",
    "p50",
    "p99",
    "p99.9",
    "Items timed",
    "Fairness",
    "CPU for 1000 items",
    "Switches for 1000 items",
    "Memory",
    "Start-up",
];

/// All figures of one kind of work.
pub(super) fn points(figures: &Figures, kind: Kind) -> String {
    let points = figures.models().into_iter().flat_map(|model| figures.of(kind, model));
    let rows: Vec<Vec<String>> = points.map(row).collect();
    let table = Tag::wide_table(&format!("All figures of {}", kind.title()), &HEAD, &rows);
    format!(
        "<details><summary>All figures <span class=\"count\">{} rows</span></summary>\n{table}</details>\n",
        rows.len()
    )
}

fn row(point: &Point) -> Vec<String> {
    let nothing = || "–".to_owned();
    let of_serial = match point.model.language() {
        Language::Rust => point.ratio.as_ref().map(times_between),
        Language::Python => over_counterpart(point),
    };
    let wrong = point.wrong.as_ref().map(|wrong| format!(" (wrong: {wrong})")).unwrap_or_default();
    vec![
        format!("{}{wrong}", point.model),
        point.workers.to_string(),
        rate(point.throughput.median),
        of_serial.unwrap_or_else(nothing),
        point.speed_up.as_ref().filter(|_| point.workers > 1).map_or_else(nothing, times_between),
        seconds(point.latency.p50),
        seconds(point.latency.p99),
        seconds(point.latency.p999),
        point.latency.items.to_string(),
        format!("{:.2}", point.fairness),
        seconds(point.cpu_seconds),
        digits(point.switches),
        bytes(point.memory),
        seconds(point.start_up),
    ]
}

/// What passing things on costs.
pub(super) fn prices(figures: &Figures) -> String {
    if figures.prices.is_empty() {
        return String::new();
    }
    let cell = |of, language| {
        figures.price(of, language).map_or_else(|| "–".to_owned(), |price| seconds(price.median))
    };
    let ratio = |of| {
        let both = (figures.price(of, Language::Python), figures.price(of, Language::Rust));
        let (Some(python), Some(here)) = both else { return "–".to_owned() };
        times(python.median / here.median)
    };
    let row = |of: Passing| {
        vec![of.title().to_owned(), cell(of, Language::Rust), cell(of, Language::Python), ratio(of)]
    };
    let rows: Vec<Vec<String>> = Passing::ALL.map(row).into();
    let table = Tag::wide_table(
        "What it costs to pass something on",
        &["What is passed on", "Models", "Python", "Python over models"],
        &rows,
    );
    Tag::section("prices", "Passing things on", &table)
}
