//! What a search learns about its objects, from one execution to the next.

use super::Machine;
use super::ids::{Ids, Makers};
use crate::event::op::{ObjectId, Op};

/// What the search has learnt about an object, whatever the execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    /// There are attempts or looks at it.
    pub(super) tried: bool,
    /// Its end may come before a use.
    pub(super) ends: bool,
    /// It does not: whoever comes last ends it, by a count that no engine sees.
    pub(super) ends_last: bool,
}

impl Watched {
    /// There are looks at it.
    pub(super) const fn is_read(&mut self) {
        self.tried = true;
    }

    /// A bit for each thing that is known of it.
    pub(crate) const fn bits(self) -> u8 {
        self.tried as u8 | (self.ends as u8) << 1 | (self.ends_last as u8) << 2
    }

    /// What these bits say.
    pub(crate) const fn of_bits(bits: u8) -> Self {
        Self { tried: bits & 1 != 0, ends: bits & 2 != 0, ends_last: bits & 4 != 0 }
    }
}

impl Machine {
    /// Whether this execution showed that releases of some object can be observed, which until now
    /// were taken for local: what was explored so far has to be explored again.
    pub(crate) fn take_learned(&mut self) -> bool {
        std::mem::take(&mut self.learned)
    }

    /// The objects that were known, when this execution began, for ones whose releases can be observed. They decide
    /// which of its operations were choices.
    pub(crate) fn known(&self) -> &[Watched] {
        &self.watched_before
    }

    /// Who has made the threads and objects so far, unless there were messages.
    pub(crate) fn makers(&self) -> Option<Makers> {
        self.ids.makers()
    }

    /// Threads and objects get the numbers that they had in another process.
    pub(crate) fn number(&mut self, makers: &Makers) {
        self.ids = Ids::of(makers);
    }

    /// Knows these and no others.
    pub(crate) fn know(&mut self, watched: Vec<Watched>) {
        self.watched = watched;
    }

    /// Learns which objects have attempts or looks at them, so that their releases are events.
    pub(super) fn watch(&mut self, op: Op) {
        if let Op::TryLock(object) | Op::ArcCount(object) | Op::ArcUpgrade(object) = op {
            self.learn(object, Watched::is_read);
        }
    }

    /// Where this is news, what was explored so far has to be explored again.
    pub(super) fn learn(&mut self, object: ObjectId, learn: impl FnOnce(&mut Watched)) {
        if self.watched.len() <= object.index() {
            self.watched.resize(object.index() + 1, Watched::default());
        }
        let it = &mut self.watched[object.index()];
        let before = *it;
        learn(it);
        self.learned |= before != *it;
    }

    pub(super) fn watched(&self, object: ObjectId) -> Watched {
        self.watched.get(object.index()).copied().unwrap_or_default()
    }
}
