//! A history as intervals: a row a process, time from left to right.
//!
//! Of times only the order is shown: columns are as wide as what is written in them.

mod layout;
mod svg;
mod text;

pub use self::svg::intervals_svg;
pub use self::text::intervals;

/// An operation in real time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Who asked.
    pub process: u32,
    /// What was asked and answered.
    pub text: String,
    /// When it began.
    pub begun: u64,
    /// When it ended; `None` if it never did.
    pub ended: Option<u64>,
}

#[cfg(test)]
mod tests;
