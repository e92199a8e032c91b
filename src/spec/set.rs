//! A set of values, which is empty at first.

use super::Spec;

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

impl SetCall {
    /// The value that it is about.
    pub const fn value(self) -> u32 {
        match self {
            Self::Insert(value) | Self::Remove(value) | Self::Contains(value) => value,
        }
    }
}

/// What a set can answer: of an insertion and of a removal, whether they changed it; of a question, whether it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetAnswer(pub bool);

/// A set, in which every value is a part of its own: it is in it or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SetSpec;

impl Spec for SetSpec {
    type State = bool;
    type Call = SetCall;
    type Answer = SetAnswer;
    type Next = Option<bool>;

    fn initial(&self) -> bool {
        false
    }

    fn step(&self, is_in: &bool, call: &SetCall, answer: &SetAnswer) -> Option<bool> {
        let (next, right) = apply(*is_in, *call);
        (right == *answer).then_some(next)
    }

    fn answers(&self, is_in: &bool, call: &SetCall) -> impl IntoIterator<Item = SetAnswer> {
        [apply(*is_in, *call).1]
    }

    fn part(&self, call: &SetCall) -> u32 {
        call.value()
    }

    fn is_read(&self, call: &SetCall, answer: Option<&SetAnswer>) -> bool {
        matches!((call, answer), (SetCall::Contains(_), _) | (_, Some(SetAnswer(false))))
    }
}

/// Whether the value is in the set after the call, and the answer.
const fn apply(is_in: bool, call: SetCall) -> (bool, SetAnswer) {
    match call {
        SetCall::Insert(_) => (true, SetAnswer(!is_in)),
        SetCall::Remove(_) => (false, SetAnswer(is_in)),
        SetCall::Contains(_) => (is_in, SetAnswer(is_in)),
    }
}

#[cfg(test)]
mod tests {
    use super::SetCall::{Contains, Insert, Remove};
    use super::*;

    #[test]
    fn answers_whether_it_changed() {
        assert_eq!(SetSpec.step(&false, &Insert(7), &SetAnswer(true)), Some(true));
        assert_eq!(SetSpec.step(&true, &Insert(7), &SetAnswer(true)), None);
        assert_eq!(SetSpec.step(&true, &Remove(7), &SetAnswer(true)), Some(false));
        assert_eq!(SetSpec.step(&false, &Contains(7), &SetAnswer(false)), Some(false));
    }

    #[test]
    fn every_value_is_a_part() {
        assert_eq!([Insert(1), Remove(1), Contains(2)].map(|call| SetSpec.part(&call)), [1, 1, 2]);
    }
}
