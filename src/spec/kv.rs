//! A store of texts under keys.

use super::Spec;
use std::sync::Arc;

/// What can be asked of a store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KvCall {
    /// What is under this key?
    Get(u32),
    /// This is under the key from now on.
    Put(u32, Arc<str>),
    /// This comes after what is under the key.
    Append(u32, Arc<str>),
}

impl KvCall {
    /// The key that it is about.
    pub const fn key(&self) -> u32 {
        match self {
            Self::Get(key) | Self::Put(key, _) | Self::Append(key, _) => *key,
        }
    }
}

/// What a store can answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KvAnswer {
    /// This is under the key; the empty text, if nothing was put there.
    Value(Arc<str>),
    /// The text was put or appended.
    Done,
}

/// A store, in which every key is a part of its own. Under each is the empty text at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KvSpec;

impl Spec for KvSpec {
    type State = Arc<str>;
    type Call = KvCall;
    type Answer = KvAnswer;
    type Next = Option<Arc<str>>;

    fn initial(&self) -> Arc<str> {
        Arc::default()
    }

    fn step(&self, value: &Arc<str>, call: &KvCall, answer: &KvAnswer) -> Option<Arc<str>> {
        match (call, answer) {
            (KvCall::Get(_), KvAnswer::Value(seen)) => (seen == value).then(|| value.clone()),
            (KvCall::Put(_, new), KvAnswer::Done) => Some(new.clone()),
            (KvCall::Append(_, more), KvAnswer::Done) => Some([&**value, &**more].concat().into()),
            _ => None,
        }
    }

    fn answers(&self, value: &Arc<str>, call: &KvCall) -> impl IntoIterator<Item = KvAnswer> {
        [match call {
            KvCall::Get(_) => KvAnswer::Value(value.clone()),
            KvCall::Put(..) | KvCall::Append(..) => KvAnswer::Done,
        }]
    }

    fn part(&self, call: &KvCall) -> u32 {
        call.key()
    }

    fn is_read(&self, call: &KvCall, _answer: Option<&KvAnswer>) -> bool {
        matches!(call, KvCall::Get(_))
    }

    fn bytes(&self, value: &Arc<str>) -> usize {
        size_of_val(value) + value.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_and_appends() {
        let nothing = KvSpec.initial();
        let a = KvSpec.step(&nothing, &KvCall::Put(1, "a".into()), &KvAnswer::Done).unwrap();
        let ab = KvSpec.step(&a, &KvCall::Append(1, "b".into()), &KvAnswer::Done).unwrap();
        assert_eq!((&*nothing, &*a, &*ab), ("", "a", "ab"));
        assert!(KvSpec.step(&ab, &KvCall::Get(1), &KvAnswer::Value("ab".into())).is_some());
        assert!(KvSpec.step(&ab, &KvCall::Get(1), &KvAnswer::Value("a".into())).is_none());
    }

    #[test]
    fn every_key_is_a_part() {
        assert_eq!(KvSpec.part(&KvCall::Get(3)), 3);
        assert_eq!(KvSpec.part(&KvCall::Append(4, "".into())), 4);
    }
}
