//! Which locks a thread holds, and a thread that waits for itself.

use super::{Machine, Phase};
use crate::event::op::{ObjectId, Op, Site, ThreadId};

/// A lock that a thread holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) object: ObjectId,
    since: Site,
    shared: bool,
}

/// A thread waits for a lock that it holds: nobody else can give it back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relock {
    pub(crate) thread: ThreadId,
    pub(crate) op: Op,
    pub(crate) here: Site,
    pub(crate) since: Site,
    /// It holds the lock for reading.
    pub(crate) shared: bool,
}

impl Machine {
    /// The thread has acquired the lock.
    pub(super) fn hold(&mut self, id: ThreadId, object: ObjectId, shared: bool) {
        let thread = &mut self.threads[id.index()];
        thread.holds.push(Hold { object, since: thread.site, shared });
    }

    /// The thread has given the lock back.
    pub(super) fn let_go(&mut self, id: ThreadId, object: ObjectId) {
        let holds = &mut self.threads[id.index()].holds;
        if let Some(index) = holds.iter().rposition(|hold| hold.object == object) {
            holds.remove(index);
        }
    }

    /// The thread waits for a lock that it holds. A second `read` is such a wait whether a writer stands in
    /// between or not: std promises nothing of it.
    pub(super) fn relock(&self, id: ThreadId) -> Option<Relock> {
        let thread = &self.threads[id.index()];
        let (Op::Lock(object) | Op::Read(object) | Op::Write(object)) = thread.op else { return None };
        let hold = thread.holds.iter().rfind(|hold| hold.object == object)?;
        let Hold { since, shared, .. } = *hold;
        (thread.phase == Phase::Pending).then_some(Relock {
            thread: id,
            op: thread.op,
            here: thread.site,
            since,
            shared,
        })
    }

    /// The first thread that waits for itself.
    pub(crate) fn first_relock(&self) -> Option<Relock> {
        self.threads().find_map(|id| self.relock(id))
    }
}
