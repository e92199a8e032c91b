//! A counter, which is 0 at first.

use super::Spec;

/// What can be asked of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CounterCall {
    /// Add this, and say what it was before. It wraps around.
    FetchAdd(i64),
    /// Where does it stand?
    Get,
}

/// What a counter can answer: where it stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CounterAnswer(pub i64);

/// A counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CounterSpec;

impl Spec for CounterSpec {
    type State = i64;
    type Call = CounterCall;
    type Answer = CounterAnswer;
    type Next = Option<i64>;

    fn initial(&self) -> i64 {
        0
    }

    fn step(&self, count: &i64, call: &CounterCall, answer: &CounterAnswer) -> Option<i64> {
        let next = match *call {
            CounterCall::FetchAdd(more) => count.wrapping_add(more),
            CounterCall::Get => *count,
        };
        (answer.0 == *count).then_some(next)
    }

    fn answers(&self, count: &i64, _call: &CounterCall) -> impl IntoIterator<Item = CounterAnswer> {
        [CounterAnswer(*count)]
    }

    fn is_read(&self, call: &CounterCall, _answer: Option<&CounterAnswer>) -> bool {
        matches!(call, CounterCall::Get | CounterCall::FetchAdd(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_it_stood() {
        let spec = CounterSpec;
        assert_eq!(spec.step(&5, &CounterCall::FetchAdd(2), &CounterAnswer(5)), Some(7));
        assert_eq!(spec.step(&5, &CounterCall::FetchAdd(2), &CounterAnswer(7)), None);
        assert_eq!(spec.step(&i64::MAX, &CounterCall::FetchAdd(1), &CounterAnswer(i64::MAX)), Some(i64::MIN));
        assert_eq!(spec.step(&5, &CounterCall::Get, &CounterAnswer(5)), Some(5));
    }
}
