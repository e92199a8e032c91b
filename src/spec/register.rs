//! A register: one value.

use super::Spec;

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
    /// Nothing is in it yet.
    Nothing,
    /// The value was written, or exchanged.
    Done,
    /// Another value was in it than the one that was expected.
    Differs,
}

/// A register, which may hold nothing at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RegisterSpec {
    /// What is in it at first.
    pub initial: Option<u32>,
}

impl Default for RegisterSpec {
    /// Holds 0 at first.
    fn default() -> Self {
        Self { initial: Some(0) }
    }
}

impl Spec for RegisterSpec {
    type State = Option<u32>;
    type Call = RegisterCall;
    type Answer = RegisterAnswer;
    type Next = Option<Option<u32>>;

    fn initial(&self) -> Option<u32> {
        self.initial
    }

    fn step(&self, held: &Option<u32>, call: &RegisterCall, answer: &RegisterAnswer) -> Self::Next {
        let (next, right) = apply(*held, *call);
        (right == *answer).then_some(next)
    }

    fn answers(&self, held: &Option<u32>, call: &RegisterCall) -> impl IntoIterator<Item = RegisterAnswer> {
        [apply(*held, *call).1]
    }

    fn is_read(&self, call: &RegisterCall, answer: Option<&RegisterAnswer>) -> bool {
        matches!((call, answer), (RegisterCall::Read, _) | (_, Some(RegisterAnswer::Differs)))
    }
}

/// What is in it after the call, and its answer.
fn apply(held: Option<u32>, call: RegisterCall) -> (Option<u32>, RegisterAnswer) {
    match call {
        RegisterCall::Read => (held, held.map_or(RegisterAnswer::Nothing, RegisterAnswer::Value)),
        RegisterCall::Write(value) => (Some(value), RegisterAnswer::Done),
        RegisterCall::CompareExchange(expected, new) if held == Some(expected) => {
            (Some(new), RegisterAnswer::Done)
        }
        RegisterCall::CompareExchange(..) => (held, RegisterAnswer::Differs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RegisterAnswer::{Differs, Done, Nothing, Value};
    use RegisterCall::{CompareExchange, Read, Write};

    #[test]
    fn holds_what_was_written_last() {
        let spec = RegisterSpec::default();
        assert_eq!(spec.step(&spec.initial(), &Read, &Value(0)), Some(Some(0)));
        assert_eq!(spec.step(&Some(0), &Write(7), &Done), Some(Some(7)));
        assert_eq!(spec.step(&Some(7), &Read, &Value(0)), None);
        assert_eq!(spec.step(&Some(7), &Read, &Done), None);
    }

    #[test]
    fn exchanges_only_what_was_expected() {
        let spec = RegisterSpec::default();
        assert_eq!(spec.step(&Some(7), &CompareExchange(7, 8), &Done), Some(Some(8)));
        assert_eq!(spec.step(&Some(7), &CompareExchange(6, 8), &Differs), Some(Some(7)));
        assert_eq!(spec.step(&Some(7), &CompareExchange(6, 8), &Done), None);
    }

    #[test]
    fn may_hold_nothing_at_first() {
        let spec = RegisterSpec { initial: None };
        assert_eq!(spec.step(&None, &Read, &Nothing), Some(None));
        assert_eq!(spec.step(&None, &CompareExchange(0, 1), &Differs), Some(None));
    }
}
