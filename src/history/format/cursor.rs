//! A place in a text.

use super::{Failure, Problem};

/// Lists in each other, at most: a reader calls itself for each.
pub(super) const DEEPEST: usize = 64;

/// Where a reader stands. It moves over whole characters only.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Line and column of a byte, from 1 on.
    pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
        let before = &text.as_bytes()[..at.min(text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        // Each character has one byte that does not continue another.
        let column = before[start..].iter().filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
        (line, column)
    }

    /// The bytes before it.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The byte behind it.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What is behind it.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// What is between a place before it and itself.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// Goes on by so many bytes, behind whole characters.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
        debug_assert!(self.text.is_char_boundary(self.at), "the middle of a character");
    }

    /// Goes on by one character.
    pub(super) fn step(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    /// Goes on over all bytes of this kind, which are ASCII, and gives them.
    pub(super) fn skip(&mut self, is_one: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&is_one) {
            self.at += 1;
        }
        self.since(start)
    }

    /// Goes on over this byte, which is ASCII, if it is next.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Failure> {
        if self.eat(byte) { Ok(()) } else { Err(self.expected(what)) }
    }

    /// That something else was expected here.
    #[cold]
    pub(super) fn expected(&self, what: &'static str) -> Failure {
        self.fail(Problem::Expected { what, found: self.found() })
    }

    pub(super) fn fail(&self, problem: Problem) -> Failure {
        Failure::new(self.at, problem)
    }

    /// The beginning of what is behind it, in words.
    fn found(&self) -> String {
        const SHOWN: usize = 20;
        match self.rest().chars().next() {
            None => "the end of the text".to_owned(),
            Some('\n' | '\r') => "the end of the line".to_owned(),
            Some(_) => {
                let line = self.rest().lines().next().unwrap_or_default();
                let shown: String = line.chars().take(SHOWN).collect();
                let more = if shown.len() < line.len() { "…" } else { "" };
                format!("`{}{more}`", shown.escape_debug().to_string().replace("\\\"", "\""))
            }
        }
    }
}
