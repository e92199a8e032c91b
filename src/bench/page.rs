//! The report as one page that needs nothing else: no network, no script, no font.
//!
//! Pure: from the report to text. Pictures stand beside a table that says the same.

use super::report::{LeftOut, Report, Scenario, Timed};
use super::table::{an_item, cells, changed, since};
use crate::compare::page::draw::{Scale, line, picture, short, text};
use crate::compare::page::markup::{Tag, document, escaped};
use crate::compare::words::digits;
use std::fmt::Write;

/// Units of a picture's width. Where there is less room it shrinks.
const WIDTH: f64 = 470.0;
/// Between these stand bars; names before, figures behind.
const BARS: (f64, f64) = (236.0, 412.0);
/// From one row to the next.
const ROW: f64 = 24.0;

/// The page.
#[must_use]
pub fn page(report: &Report) -> String {
    let parts = [head(report), ratios(report), scenarios(report), alone(report), open(report), method()];
    document("Ours beside the best of others", &parts.concat())
}

fn head(report: &Report) -> String {
    let behind = report.rows.iter().filter(|row| row.ratio.high < 1.0).count();
    let ahead = report.rows.iter().filter(|row| row.ratio.low >= 1.0).count();
    let interrupted = match report.interrupted {
        true => {
            "<p><strong class=\"open\">The run was interrupted.</strong> This is what was measured by then.</p>\n"
        }
        false => "",
    };
    format!(
        "<header>\n<h1>Ours beside the best of others</h1>\n<p class=\"lead\">Throughput over that of the fastest peer in the same scenario: \
         1 is as fast, more is better.</p>\n<p class=\"machine\">Of {} rows {ahead} are ahead of the best peer, {behind} behind it, and {} as \
         fast within the spread.</p>\n{interrupted}<nav aria-label=\"Contents\"><a href=\"#ratios\">Ratios</a> <a \
         href=\"#scenarios\">Scenarios</a> <a href=\"#method\">How it was measured</a></nav>\n</header>\n",
        report.rows.len(),
        report.rows.len() - ahead - behind
    )
}

fn ratios(report: &Report) -> String {
    if report.rows.is_empty() {
        return Tag::section("ratios", "Ratios", "<p>Nothing of ours was measured beside a peer.</p>\n");
    }
    let mut head = vec!["Ours", "Ratio", "Lies in", "Scenario", "An item", "Best peer", "Its item"];
    let since = report.baseline.as_deref().map(since);
    head.extend(since.as_deref());
    let rows: Vec<Vec<String>> = report.rows.iter().map(|row| cells(row, since.is_some())).collect();
    Tag::section("ratios", "Ratios", &Tag::wide_table("All rows, the worst first", &head, &rows))
}

/// A picture for each scenario that has a best peer, in the order of the worst row.
fn scenarios(report: &Report) -> String {
    let worst = |scenario: &&Scenario| report.rows.iter().position(|row| row.scenario == scenario.name);
    let mut compared: Vec<&Scenario> =
        report.scenarios.iter().filter(|one| one.best_peer.is_some()).collect();
    compared.sort_by_key(worst);
    if compared.is_empty() {
        return String::new();
    }
    let pictures: String = compared.iter().enumerate().map(|(index, one)| bars(index, one)).collect();
    let intro = "<p>Ours are coloured, peers are grey. The thin line is where a ratio lies.</p>";
    let body = format!("{intro}\n<div class=\"pictures\">\n{pictures}</div>\n");
    Tag::section("scenarios", "All who took part, by scenario", &body)
}

fn bars(index: usize, scenario: &Scenario) -> String {
    let rows: Vec<(&Timed, super::Estimate)> =
        scenario.functions.iter().filter_map(|one| Some((one, one.ratio?))).collect();
    let values = rows.iter().flat_map(|(_, ratio)| [ratio.low, ratio.high]).chain([1.0]);
    let Some(scale) = Scale::over(BARS, values) else { return String::new() };
    let bottom = 8.0 + ROW * rows.len() as f64;
    let mut content = scale.grid(bottom, short);
    content += &line((scale.at(1.0), 4.0), (scale.at(1.0), bottom), "one");
    for (row, (one, ratio)) in rows.iter().enumerate() {
        content += &bar(one, *ratio, &scale, 8.0 + ROW * (row as f64 + 0.5));
    }
    let said: Vec<String> =
        rows.iter().map(|(one, ratio)| format!("{}: {}", one.name, digits(ratio.value))).collect();
    let title = format!("Throughput over that of the best peer: {}", scenario.name);
    let size = (WIDTH, bottom + 22.0);
    let drawn = picture(&format!("scenario-{index}"), "bars", size, &title, &said.join("; "), &content);
    let logarithmic = if scale.logarithmic { " (logarithmic)" } else { "" };
    let best = scenario.best_peer.as_deref().unwrap_or_default();
    Tag::figure("bars", &scenario.name, &format!("1 is {best}{logarithmic}"), &drawn)
}

fn bar(one: &Timed, ratio: super::Estimate, scale: &Scale, middle: f64) -> String {
    let (zero, end) = (BARS.0, scale.at(ratio.value));
    let class = if one.ours { "rust" } else { "serial" };
    let mut drawn = text(BARS.0 - 8.0, middle + 4.0, "name", &one.name);
    let _ = writeln!(
        drawn,
        "<rect x=\"{zero:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"14\" rx=\"2\" class=\"{class}\"/>",
        middle - 7.0,
        (end - zero).max(1.0)
    );
    drawn += &line((scale.at(ratio.low), middle), (scale.at(ratio.high), middle), "whisker");
    let after = scale.at(ratio.high).max(end) + 6.0;
    drawn + &text(after, middle + 4.0, "value", &digits(ratio.value))
}

fn alone(report: &Report) -> String {
    if report.alone.is_empty() {
        return String::new();
    }
    let mut head = vec!["Function", "An item", "Lies in", "Scenario"];
    let since = report.baseline.as_deref().map(since);
    head.extend(since.as_deref());
    let rows = report.alone.iter().map(|one| {
        let lies_in = format!("{} to {}", an_item(one.time.low), an_item(one.time.high));
        let mut cells = vec![one.name.clone(), an_item(one.time.value), lies_in, one.scenario.clone()];
        cells.extend(since.as_ref().map(|_| changed(one.change)));
        cells
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let table = Tag::wide_table("Of scenarios with no peer, or with nothing of ours", &head, &rows);
    let table = format!(
        "<details><summary>All times <span class=\"count\">{} rows</span></summary>\n{table}</details>\n",
        rows.len()
    );
    Tag::section("alone", "Times that are compared with nothing", &table)
}

/// What has failed and what was left out.
fn open(report: &Report) -> String {
    let item = |one: &LeftOut| format!("<li>{}: {}</li>\n", escaped(&one.what), escaped(&one.why));
    let items: String = report.failed.iter().chain(&report.left_out).map(item).collect();
    match items.is_empty() {
        true => String::new(),
        false => Tag::section("open", "Not measured", &format!("<ul>\n{items}</ul>\n")),
    }
}

fn method() -> String {
    Tag::section("method", "How it was measured", METHOD)
}

const METHOD: &str = "\
<p>A time is the median of criterion’s samples, and the thin line is where a figure lies with a probability of 95&nbsp;%. Functions of a \
scenario are measured one after the other in one process, so what else the machine does need not hit all of them.</p>
<dl>
<dt>Ratio</dt><dd>throughput of ours over that of the best peer; its interval is made of those of both times.</dd>
<dt>Best peer</dt><dd>the one that was measured as the fastest. Of two that are equally fast this is the one that was lucky.</dd>
<dt>An item</dt><dd>what the scenario counts: an item that goes through a queue, a critical section, a meal, a task.</dd>
</dl>
";
