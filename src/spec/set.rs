//! A set of values, which is empty at first.

/// What can be asked of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetCall {
    /// Let this be in it.
    Insert(u32),
    /// Let this not be in it.
    Remove(u32),
    /// Is this in it?
    Contains(u32),
}

/// What a set can answer: of an insertion and of a removal, whether they changed it; of a question, whether it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetAnswer(pub bool);
