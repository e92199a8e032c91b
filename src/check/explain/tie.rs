//! Which operations hang together.

use crate::history::log::Entry;

use crate::spec::{
    KvAnswer, KvCall, QueueAnswer, QueueCall, RegisterAnswer, RegisterCall, SetAnswer, SetCall,
};
use hashbrown::HashMap;

/// How an operation hangs together with others.
///
/// Operations make things and use things, which have numbers: an item is one, a value, a key. Where an operation is left out that makes a thing,
/// those are left out too that use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tie {
    /// What it makes.
    pub makes: Option<u64>,
    /// What it uses.
    pub uses: Uses,
    /// Nobody knows what it has used, or who has used it. So it is left out only with all of these, or where it begins after
    /// everything else has ended.
    pub stays: bool,
}

/// What an operation cannot do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Uses {
    /// It is right by itself, if it is right.
    #[default]
    Nothing,
    /// All that make this.
    All(u64),
    /// All that make this and have begun before it ended.
    Earlier(u64),
    /// All that make something and have begun before it ended.
    Anything,
}

/// A call of an object of which it is known what hangs together.
pub trait Tied: Sized {
    /// What can be answered.
    type Answer;

    /// The ties of a log, in its order.
    ///
    /// If a log is linearizable, it has to be so too without some of its operations and those that are tied to these.
    fn ties(log: &[Entry<Self, Self::Answer>]) -> Vec<Tie>;
}

impl Tied for QueueCall {
    type Answer = QueueAnswer;

    /// An item's push and pop go together. A pop that is not known may have taken what nobody else did.
    fn ties(log: &[Entry<Self, QueueAnswer>]) -> Vec<Tie> {
        // Of each item, how many more times it was put in than it is known to have come out.
        let mut left: HashMap<u32, i64> = HashMap::new();
        for entry in log {
            match (entry.call, entry.answer) {
                (_, Some(QueueAnswer::Popped(item))) => *left.entry(item).or_default() -= 1,
                (Self::Push(item), _) => *left.entry(item).or_default() += 1,
                _ => {}
            }
        }
        let is_open = |entry: &Entry<Self, QueueAnswer>| entry.call == Self::Pop && entry.answer.is_none();
        let some_open = log.iter().any(is_open);
        let tie = |entry: &Entry<Self, QueueAnswer>| match (entry.call, entry.answer) {
            (Self::Push(_), Some(QueueAnswer::Full)) => Tie { uses: Uses::Anything, ..Tie::default() },
            (Self::Push(item), _) if left[&item] <= 0 => both(item),
            // It may have been answered `Full`.
            (Self::Push(item), None) if entry.has_ended() => {
                Tie { uses: Uses::Anything, stays: some_open, ..makes(item) }
            }
            (Self::Push(item), _) => Tie { stays: some_open, ..both(item) },
            (Self::Pop, Some(QueueAnswer::Popped(item))) => both(item),
            (Self::Pop, Some(_)) => Tie::default(),
            (Self::Pop, None) => Tie { stays: true, ..Tie::default() },
        };
        log.iter().map(tie).collect()
    }
}

/// It goes together with all others of this thing.
fn both(thing: u32) -> Tie {
    let thing = u64::from(thing);
    Tie { makes: Some(thing), uses: Uses::All(thing), stays: false }
}

fn makes(thing: u32) -> Tie {
    Tie { makes: Some(thing.into()), ..Tie::default() }
}

fn uses(thing: u32) -> Tie {
    Tie { uses: Uses::All(thing.into()), ..Tie::default() }
}

impl Tied for RegisterCall {
    type Answer = RegisterAnswer;

    /// Who has read a value goes with those that wrote it. That a value differs from another says something of all of them.
    fn ties(log: &[Entry<Self, RegisterAnswer>]) -> Vec<Tie> {
        let tie = |entry: &Entry<Self, RegisterAnswer>| match (entry.call, entry.answer) {
            (Self::Read, Some(RegisterAnswer::Value(value))) => uses(value),
            (Self::Read, _) => Tie::default(),
            (Self::Write(value), _) => makes(value),
            (Self::CompareExchange(..), Some(RegisterAnswer::Differs)) => {
                Tie { uses: Uses::Anything, ..Tie::default() }
            }
            (Self::CompareExchange(_, new), None) if entry.has_ended() => {
                Tie { uses: Uses::Anything, ..makes(new) }
            }
            (Self::CompareExchange(expected, new), _) => Tie { makes: makes(new).makes, ..uses(expected) },
        };
        log.iter().map(tie).collect()
    }
}

impl Tied for SetCall {
    type Answer = SetAnswer;

    /// All changes of a member go together.
    fn ties(log: &[Entry<Self, SetAnswer>]) -> Vec<Tie> {
        let tie = |entry: &Entry<Self, SetAnswer>| match (entry.call, entry.answer) {
            (Self::Contains(_), None) => Tie::default(),
            (Self::Contains(item), _) | (Self::Insert(item) | Self::Remove(item), Some(SetAnswer(false))) => {
                uses(item)
            }
            (Self::Insert(item) | Self::Remove(item), _) => both(item),
        };
        log.iter().map(tie).collect()
    }
}

impl Tied for KvCall {
    type Answer = KvAnswer;

    /// What is got has been made by all that came before under the same key.
    fn ties(log: &[Entry<Self, Self::Answer>]) -> Vec<Tie> {
        let tie = |entry: &Entry<Self, Self::Answer>| match &entry.call {
            Self::Get(_) if entry.answer.is_none() => Tie::default(),
            Self::Get(key) => Tie { uses: Uses::Earlier((*key).into()), ..Tie::default() },
            Self::Put(key, _) | Self::Append(key, _) => makes(*key),
        };
        log.iter().map(tie).collect()
    }
}
