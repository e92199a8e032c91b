//! The state of the objects of one execution.

use super::clock::{Clock, ThreadSet};
use crate::event::op::{Class, Site, ThreadId};

/// An object: what it is, where it was made, its state.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) class: Class,
    pub(crate) born: Site,
    pub(crate) state: State,
    /// A digest of all that happens before the last change.
    pub(crate) mark: u64,
    /// What the next owner of a lock, or reader of an atomic, learns of the past in the C11 sense.
    pub(crate) message: Clock,
    /// Who destroyed it, and where that thread was.
    pub(crate) destroyed: Option<(ThreadId, Site)>,
    /// It was found in zeroed memory, and its name depends on the schedule.
    pub(crate) found: bool,
}

/// The state of an object.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// An atomic: its value, the one that it was made with, how often it has changed, and those who wait for another
    /// value.
    Atomic { value: u64, initial: u64, changes: u32, waiters: ThreadSet },
    /// A mutex: who holds it, and how often it was taken.
    Mutex { owner: Option<ThreadId>, taken: u32 },
    /// A readers-writer lock: who holds it, and how often it was taken for writing.
    RwLock { writer: Option<ThreadId>, readers: ThreadSet, taken: u32, read: Box<Clock> },
    /// A condition variable: its waiters.
    Condvar { waiters: ThreadSet },
    /// Unguarded memory.
    Cell(Box<Accesses>),
    /// A reference count: owners now, and owners it was made with.
    Arc { owners: u32, initial: u32 },
    /// Messages in flight, in no order.
    Mailbox { in_flight: Vec<Letter> },
}

/// A message in flight.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) number: u8,
    /// Those that have to be received before it, a bit each.
    pub(crate) behind: u64,
    /// What its receiver learns of the past in the C11 sense.
    pub(crate) knows: Clock,
}

/// Of messages in flight, each with those that it is behind, those that can be received next.
pub(crate) fn deliverable(in_flight: impl Iterator<Item = (u8, u64)> + Clone) -> u64 {
    let all = in_flight.clone().fold(0, |all, (number, _)| all | 1 << number);
    in_flight.filter(|(_, behind)| behind & all == 0).fold(0, |free, (number, _)| free | 1 << number)
}

/// The accesses to unguarded memory that a later one has to be ordered after.
#[derive(Clone, Debug)]
pub(crate) struct Accesses {
    /// The last write: who, its stamp, where.
    pub(crate) write: (ThreadId, u32, Site),
    /// The last read of each thread since then.
    pub(crate) reads: Vec<(ThreadId, u32, Site)>,
}

/// In a look at a readers-writer lock: somebody reads.
pub(crate) const READERS: u64 = 1;

impl Object {
    /// A new object, made by an operation of `creator` with this stamp.
    pub(crate) fn new(class: Class, value: u64, born: Site, creator: ThreadId, stamp: u32) -> Self {
        let state = match class {
            Class::Atomic => State::Atomic { value, initial: value, changes: 0, waiters: ThreadSet::NONE },
            Class::Mutex => State::Mutex { owner: None, taken: 0 },
            Class::RwLock => State::RwLock {
                writer: None,
                readers: ThreadSet::NONE,
                taken: 0,
                read: Box::new(Clock::ZERO),
            },
            Class::Condvar => State::Condvar { waiters: ThreadSet::NONE },
            Class::Cell => {
                State::Cell(Box::new(Accesses { write: (creator, stamp, born), reads: Vec::new() }))
            }
            Class::Arc => State::Arc { owners: value as u32, initial: value as u32 },
            Class::Mailbox => State::Mailbox { in_flight: Vec::new() },
        };
        Self { class, born, state, mark: 0, message: Clock::ZERO, destroyed: None, found: false }
    }

    /// What a spinning thread compares: two looks that give the same number saw the same.
    pub(crate) fn look(&self) -> u64 {
        match &self.state {
            State::Atomic { value, .. } => *value,
            State::Mutex { owner, taken } => u64::from(*taken) << 1 | u64::from(owner.is_some()),
            State::RwLock { writer, readers, taken, .. } => {
                u64::from(*taken) << 2
                    | u64::from(writer.is_some()) << 1
                    | if readers.is_empty() { 0 } else { READERS }
            }
            State::Condvar { waiters } => u64::from(waiters.len()),
            State::Arc { owners, .. } => u64::from(*owners),
            State::Cell(_) | State::Mailbox { .. } => 0,
        }
    }

    /// What [`look`](Self::look) gave when the object was new.
    pub(crate) fn first_look(&self) -> u64 {
        match &self.state {
            State::Atomic { initial, .. } => *initial,
            State::Arc { initial, .. } => u64::from(*initial),
            _ => 0,
        }
    }
}
