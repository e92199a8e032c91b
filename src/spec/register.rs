//! A register: one value, which is 0 at first.

/// What can be asked of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegisterCall {
    /// What is in it?
    Read,
    /// This is in it from now on.
    Write(u32),
    /// The second is in it from now on, if the first is.
    CompareExchange(u32, u32),
}

/// What a register can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegisterAnswer {
    /// This is in it.
    Value(u32),
    /// The value was written, or exchanged.
    Done,
    /// Another value was in it than the one that was expected.
    Differs,
}
