//! A history in real time: what was asked, what was answered, and when, whoever wrote it down.

/// The end of an operation that never came back.
pub const NEVER: u64 = u64::MAX;

/// One operation.
///
/// Of its two times only the order matters, so any clock will do that all processes share. Where one operation ends at the
/// time at which another one begins, the two overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<C, A> {
    /// The thread or process that asked, one operation after the other.
    pub process: u32,
    /// What was asked.
    pub call: C,
    /// What was answered; `None` where that is not known.
    pub answer: Option<A>,
    /// When it began.
    pub begun: u64,
    /// When it ended, or [`NEVER`]: then it may have taken place at any later moment, or not at all, and there is no answer.
    pub ended: u64,
}

impl<C, A> Entry<C, A> {
    /// Whether it has ended. One that has, has taken place.
    pub const fn has_ended(&self) -> bool {
        self.ended != NEVER
    }

    /// Whether it had ended before the other one began.
    pub const fn precedes(&self, other: &Self) -> bool {
        self.ended < other.begun
    }
}
