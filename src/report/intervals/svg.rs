//! Intervals as a picture.

use super::Interval;
use super::layout::{Layout, Span};
use crate::report::style::width;
use std::fmt::Write as _;

/// The width of a character, in pixels: that of the fonts of a fixed width at this size, and a little more.
const CHARACTER: usize = 8;
/// The height of a row.
const ROW: usize = 32;
/// The height of a line of the sentence above.
const LINE: usize = 20;
/// Around everything.
const MARGIN: usize = 16;
/// Characters of a line of the sentence above, at least.
const LEAST: usize = 60;

/// Colours for light and dark, by what the reader prefers.
const COLOURS: &str = "\
:root{--ground:#fff;--ink:#1f2328;--dim:#6e7781;--line:#d0d7de;--bar:#ddf4ff;--edge:#0969da}
@media(prefers-color-scheme:dark){:root{--ground:#0d1117;--ink:#e6edf3;--dim:#8d96a0;--line:#30363d;--bar:#0c2d6b;--edge:#58a6ff}}
.ground{fill:var(--ground)}text{font:13px ui-monospace,monospace;fill:var(--ink)}.dim{fill:var(--dim)}
.row{stroke:var(--line)}.bar{fill:var(--bar);stroke:var(--edge)}.open{stroke-dasharray:4 3}.in{text-anchor:middle}
";

/// The operations as intervals, a row a process, below a sentence: a picture for itself, without scripts, in light and dark. The bar
/// of one that never ended is dashed.
pub fn intervals_svg(intervals: &[Interval], sentence: &str) -> String {
    let layout = Layout::new(intervals, |index| width(&intervals[index].text) + 2);
    let names: Vec<String> = layout.rows.iter().map(|process| format!("process {process}")).collect();
    let left = MARGIN + CHARACTER * (names.iter().map(|name| width(name)).max().unwrap_or(0) + 2);
    let right = (left + CHARACTER * layout.width).max(MARGIN + CHARACTER * LEAST);
    let lines = wrapped(sentence, (right - MARGIN) / CHARACTER);
    let top = MARGIN + LINE * lines.len() + LINE / 2;
    let (wide, high) = (right + MARGIN, top + ROW * layout.rows.len() + MARGIN);
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" role=\"img\">\n\
         <title>{}</title>\n<style>\n{COLOURS}</style>\n<rect class=\"ground\" width=\"{wide}\" height=\"{high}\"/>\n",
        escaped(sentence)
    );
    for (index, line) in lines.iter().enumerate() {
        text(&mut picture, "", MARGIN, MARGIN + LINE * (index + 1) - 6, line);
    }
    for (index, name) in names.iter().enumerate() {
        let middle = top + ROW * index + ROW / 2;
        let _ = writeln!(picture, "<path class=\"row\" d=\"M{left} {middle}H{right}\"/>");
        text(&mut picture, "dim", MARGIN, middle + 5, name);
    }
    for (one, span) in intervals.iter().zip(&layout.spans) {
        bar(&mut picture, one, *span, (left, top));
    }
    picture + "</svg>\n"
}

fn bar(picture: &mut String, one: &Interval, span: Span, (left, top): (usize, usize)) {
    let (x, y) = (left + CHARACTER * span.from, top + ROW * span.row + 4);
    let (wide, high) = (CHARACTER * (span.to - span.from), ROW - 8);
    let class = if one.ended.is_some() { "bar" } else { "bar open" };
    let _ = writeln!(
        picture,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" rx=\"3\"/>"
    );
    let more = if one.ended.is_some() { "" } else { " …" };
    text(picture, "in", x + wide / 2, y + high / 2 + 5, &format!("{}{more}", one.text));
}

fn text(picture: &mut String, class: &str, x: usize, y: usize, text: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(picture, "<text{class} x=\"{x}\" y=\"{y}\">{}</text>", escaped(text));
}

/// The words in lines of at most so many characters, if none is longer.
fn wrapped(sentence: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// As XML writes it; characters that it does not know are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            _ => escaped.push(letter),
        }
    }
    escaped
}
