//! Objects as one would write them down with std's collections, apart from their specs.

use crate::scenario::SplitMix64;
use crate::spec::{
    CounterAnswer, CounterCall, KvAnswer, KvCall, Order, QueueAnswer, QueueCall, RegisterAnswer,
    RegisterCall, SetAnswer, SetCall,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// A sequential object that says how it would answer.
pub(crate) trait Reference: Clone {
    type Call: Clone + Debug;
    type Answer: Clone + PartialEq + Debug;

    /// Each answer that it may give, and what it is afterwards.
    fn ask(&self, call: &Self::Call) -> Vec<(Self::Answer, Self)>;

    /// Whether it may give this answer for no other reason than that another operation is under way.
    fn may_fail(&self, _answer: &Self::Answer) -> bool {
        false
    }

    /// Something to ask.
    fn call(random: &mut SplitMix64) -> Self::Call;

    /// Something that could be answered, if at another time.
    fn answer(call: &Self::Call, random: &mut SplitMix64) -> Self::Answer;
}

/// A register with a value, or none.
#[derive(Clone)]
pub(crate) struct Register(pub(crate) Option<u32>);

impl Reference for Register {
    type Call = RegisterCall;
    type Answer = RegisterAnswer;

    fn ask(&self, call: &RegisterCall) -> Vec<(RegisterAnswer, Self)> {
        vec![match (*call, self.0) {
            (RegisterCall::Read, None) => (RegisterAnswer::Nothing, self.clone()),
            (RegisterCall::Read, Some(value)) => (RegisterAnswer::Value(value), self.clone()),
            (RegisterCall::Write(value), _) => (RegisterAnswer::Done, Self(Some(value))),
            (RegisterCall::CompareExchange(old, new), Some(value)) if old == value => {
                (RegisterAnswer::Done, Self(Some(new)))
            }
            (RegisterCall::CompareExchange(..), _) => (RegisterAnswer::Differs, self.clone()),
        }]
    }

    fn call(random: &mut SplitMix64) -> RegisterCall {
        let value = random.between(0, 2) as u32;
        match random.between(0, 4) {
            0 | 1 => RegisterCall::Read,
            2 | 3 => RegisterCall::Write(value),
            _ => RegisterCall::CompareExchange(value, random.between(0, 2) as u32),
        }
    }

    fn answer(call: &RegisterCall, random: &mut SplitMix64) -> RegisterAnswer {
        match (call, random.between(0, 4) as u32) {
            (RegisterCall::Read, 4) => RegisterAnswer::Nothing,
            (RegisterCall::Read, value) => RegisterAnswer::Value(value % 3),
            (RegisterCall::CompareExchange(..), 0..=1) => RegisterAnswer::Differs,
            _ => RegisterAnswer::Done,
        }
    }
}

/// What is in a set.
#[derive(Clone, Default)]
pub(crate) struct Set(BTreeSet<u32>);

impl Reference for Set {
    type Call = SetCall;
    type Answer = SetAnswer;

    fn ask(&self, call: &SetCall) -> Vec<(SetAnswer, Self)> {
        let mut next = self.clone();
        let answer = match call {
            SetCall::Insert(value) => next.0.insert(*value),
            SetCall::Remove(value) => next.0.remove(value),
            SetCall::Contains(value) => next.0.contains(value),
        };
        vec![(SetAnswer(answer), next)]
    }

    fn call(random: &mut SplitMix64) -> SetCall {
        let value = random.between(0, 1) as u32;
        [SetCall::Insert(value), SetCall::Remove(value), SetCall::Contains(value)][random.between(0, 2)]
    }

    fn answer(_call: &SetCall, random: &mut SplitMix64) -> SetAnswer {
        SetAnswer(random.between(0, 1) == 0)
    }
}

/// What is under each key.
#[derive(Clone, Default)]
pub(crate) struct Store(BTreeMap<u32, String>);

impl Reference for Store {
    type Call = KvCall;
    type Answer = KvAnswer;

    fn ask(&self, call: &KvCall) -> Vec<(KvAnswer, Self)> {
        let mut next = self.clone();
        let value = next.0.entry(call.key()).or_default();
        let answer = match call {
            KvCall::Get(_) => KvAnswer::Value((**value).into()),
            KvCall::Put(_, new) => {
                *value = new.to_string();
                KvAnswer::Done
            }
            KvCall::Append(_, more) => {
                value.push_str(more);
                KvAnswer::Done
            }
        };
        vec![(answer, next)]
    }

    fn call(random: &mut SplitMix64) -> KvCall {
        let (key, text) = (random.between(0, 1) as u32, ["a", "b"][random.between(0, 1)].into());
        match random.between(0, 3) {
            0 | 1 => KvCall::Get(key),
            2 => KvCall::Put(key, text),
            _ => KvCall::Append(key, text),
        }
    }

    fn answer(call: &KvCall, random: &mut SplitMix64) -> KvAnswer {
        match call {
            KvCall::Get(_) => KvAnswer::Value(["", "a", "b", "ab", "aa"][random.between(0, 4)].into()),
            _ => KvAnswer::Done,
        }
    }
}

/// Where a counter stands.
#[derive(Clone, Default)]
pub(crate) struct Counter(i64);

impl Reference for Counter {
    type Call = CounterCall;
    type Answer = CounterAnswer;

    fn ask(&self, call: &CounterCall) -> Vec<(CounterAnswer, Self)> {
        let more = if let CounterCall::FetchAdd(more) = call { *more } else { 0 };
        vec![(CounterAnswer(self.0), Self(self.0 + more))]
    }

    fn call(random: &mut SplitMix64) -> CounterCall {
        match random.between(0, 3) {
            0 => CounterCall::Get,
            more => CounterCall::FetchAdd(more as i64 - 1),
        }
    }

    fn answer(_call: &CounterCall, random: &mut SplitMix64) -> CounterAnswer {
        CounterAnswer(random.between(0, 4) as i64)
    }
}

/// What is in a queue with room for two, the oldest first.
#[derive(Clone)]
pub(crate) struct Items {
    pub(crate) order: Order,
    /// One of the so many oldest may come out, where the order is first-in first-out.
    pub(crate) k: usize,
    pub(crate) waits: bool,
    pub(crate) fails: bool,
    pub(crate) room: usize,
    pub(crate) items: Vec<u32>,
}

impl Items {
    fn may_come_out(&self, index: usize) -> bool {
        match self.order {
            Order::Fifo => index < self.k,
            Order::Lifo => index == self.items.len() - 1,
            Order::Priority => self.items.iter().min() == Some(&self.items[index]),
            Order::Unordered => true,
        }
    }
}

impl Reference for Items {
    type Call = QueueCall;
    type Answer = QueueAnswer;

    fn ask(&self, call: &QueueCall) -> Vec<(QueueAnswer, Self)> {
        let mut all = Vec::new();
        match call {
            QueueCall::Push(label) => {
                let mut next = self.clone();
                next.items.push(*label);
                all.push((QueueAnswer::Pushed, next));
                if self.items.len() >= self.room && !self.waits {
                    all.push((QueueAnswer::Full, self.clone()));
                }
            }
            QueueCall::Pop => {
                for index in (0..self.items.len()).filter(|&index| self.may_come_out(index)) {
                    let mut next = self.clone();
                    let label = next.items.remove(index);
                    all.push((QueueAnswer::Popped(label), next));
                }
                if self.items.is_empty() && !self.waits {
                    all.push((QueueAnswer::Empty, self.clone()));
                }
            }
        }
        all
    }

    fn may_fail(&self, answer: &QueueAnswer) -> bool {
        self.fails && matches!(answer, QueueAnswer::Full | QueueAnswer::Empty)
    }

    /// Labels come twice now and then.
    fn call(random: &mut SplitMix64) -> QueueCall {
        match random.between(0, 7) as u32 {
            label @ 0..4 => QueueCall::Push(label),
            _ => QueueCall::Pop,
        }
    }

    fn answer(call: &QueueCall, random: &mut SplitMix64) -> QueueAnswer {
        match (call, random.between(0, 5) as u32) {
            (QueueCall::Push(_), 0..=1) => QueueAnswer::Full,
            (QueueCall::Push(_), _) => QueueAnswer::Pushed,
            (QueueCall::Pop, 0..=1) => QueueAnswer::Empty,
            (QueueCall::Pop, label) => QueueAnswer::Popped(label - 2),
        }
    }
}
