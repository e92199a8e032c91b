//! Intervals as text.

use super::Interval;
use super::layout::Layout;
use crate::report::style::{Style, Tone, pad, width};

/// Columns of text that a drawing may fill.
const PAGE: usize = 80;
/// Operations of a drawing that is wider than a page, which are listed instead.
const LISTED: usize = 40;

/// The operations as intervals, a row a process, as in `|--push 7--|`; one that never ended ends with `…`.
///
/// Where that is wider than 80 columns, operations have numbers, and are listed below. Where even that is too wide, they are only listed.
pub fn intervals(intervals: &[Interval], style: Style) -> String {
    if intervals.is_empty() {
        return String::new();
    }
    let with_text = drawing(intervals, style, |index| intervals[index].text.clone());
    if let Some(drawing) = with_text {
        return drawing;
    }
    let number = |index: usize| (index + 1).to_string();
    match drawing(intervals, style, number) {
        Some(drawing) => drawing + "\n" + &list(intervals, style),
        None => list(intervals, style),
    }
}

/// The rows, if they fit into a page.
fn drawing(intervals: &[Interval], style: Style, text: impl Fn(usize) -> String) -> Option<String> {
    let texts: Vec<String> = (0..intervals.len()).map(text).collect();
    let layout = Layout::new(intervals, |index| width(&texts[index]) + 4);
    let names: Vec<String> = layout.rows.iter().map(|process| format!("process {process}")).collect();
    let margin = names.iter().map(|name| width(name)).max().unwrap_or(0) + 2;
    if margin + layout.width > PAGE {
        return None;
    }
    let mut rows = vec![vec![' '; layout.width]; layout.rows.len()];
    for ((span, text), one) in layout.spans.iter().zip(&texts).zip(intervals) {
        let end = if one.ended.is_some() { '|' } else { '…' };
        let bar = bar(text, span.to - span.from - 1);
        let row = &mut rows[span.row][span.from..=span.to];
        row.iter_mut().zip(format!("|{bar}{end}").chars()).for_each(|(place, letter)| *place = letter);
    }
    let line = |(name, row): (&String, Vec<char>)| {
        let row: String = row.into_iter().collect();
        style.paint(Tone::Dim, pad(name, margin)) + row.trim_end() + "\n"
    };
    Some(names.iter().zip(rows).map(line).collect())
}

/// A text with dashes on both sides.
fn bar(text: &str, length: usize) -> String {
    let dashes = length.saturating_sub(width(text));
    "-".repeat(dashes / 2) + text + &"-".repeat(dashes - dashes / 2)
}

/// A line for each operation.
fn list(intervals: &[Interval], style: Style) -> String {
    let digits = intervals.len().to_string().len();
    let line = |(index, one): (usize, &Interval)| {
        let ended = one.ended.map_or_else(|| "…".to_owned(), |ended| ended.to_string());
        let number = style.paint(Tone::Dim, format!("{:>digits$}", index + 1));
        format!("{number}  process {}, {}–{ended}: {}\n", one.process, one.begun, one.text)
    };
    let mut lines: String = intervals.iter().take(LISTED).enumerate().map(line).collect();
    if intervals.len() > LISTED {
        lines += &format!("… and {} more\n", intervals.len() - LISTED);
    }
    lines
}
