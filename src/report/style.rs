//! Colours for terminals, and nothing for files.

use crate::cell::CellId;
use std::fmt;

/// Whether text carries colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text alone: for snapshots, files and pipes.
    Plain,
    /// With the escape sequences of ECMA-48 (select graphic rendition).
    Coloured,
}

/// What a piece of text means to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Not decided.
    Open,
    /// Of less importance.
    Dim,
    /// A heading or a name.
    Strong,
    /// Nothing special.
    Usual,
}

impl Style {
    /// The text in this tone.
    pub fn paint(self, tone: Tone, text: impl fmt::Display) -> String {
        let text = text.to_string();
        if text.trim().is_empty() {
            return text;
        }
        let code = match (self, tone) {
            (Self::Plain, _) | (_, Tone::Usual) => return text,
            (_, Tone::Good) => "32",
            (_, Tone::Bad) => "1;31",
            (_, Tone::Open) => "33",
            (_, Tone::Dim) => "2",
            (_, Tone::Strong) => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// A number with its digits in groups of three, as in `5 730`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// The first of some ids, and how many more there are; `None` if there are none.
pub(super) fn listed(ids: &[&CellId]) -> Option<String> {
    const SHOWN: usize = 3;
    let shown: Vec<String> = ids.iter().take(SHOWN).map(ToString::to_string).collect();
    let shown = shown.join(", ");
    match ids.len() {
        0 => None,
        n if n <= SHOWN => Some(shown),
        n => Some(format!("{shown}, and {} more", n - SHOWN)),
    }
}

/// The size of a scope as people write it, `3×2`; a row keeps its name.
pub(super) fn times(scope: &str) -> String {
    match scope.starts_with(|first: char| first.is_ascii_digit()) {
        true => scope.replace('x', "×"),
        false => scope.to_owned(),
    }
}

/// Adds blanks up to this width.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text:<width$}")
}

/// The number of characters.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        let texts: Vec<String> = [0, 31, 999, 1_000, 38_466, 1_220_448].map(grouped).into();
        assert_eq!(texts, ["0", "31", "999", "1 000", "38 466", "1 220 448"]);
    }

    #[test]
    fn plain_text_has_no_escapes() {
        assert_eq!(Style::Plain.paint(Tone::Bad, "x"), "x");
        assert_eq!(Style::Coloured.paint(Tone::Bad, "x"), "\x1b[1;31mx\x1b[0m");
    }
}
