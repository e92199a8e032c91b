//! Objects that are used after their end.
//!
//! The destruction of an object is local where everything that other threads did to it comes before it in every
//! equivalent execution: its order cannot be seen. Where something does not, an equivalent execution may use the
//! object after its end. The machine learns that at the first such destruction, and the search starts again with
//! the destruction of this object as an event, which conflicts with every use. So it is no guess: an
//! execution that uses the object after its end is shown, or there is none. Where a count of owners that no engine
//! sees, such as that of std's `Arc`, lets the last owner destroy, the destruction cannot be brought forward: the
//! search finds that out at the first attempt, and starts again with this object's destruction as a local operation.

use super::Machine;
use super::object::{Object, State};
use crate::event::op::{Class, ObjectId, Op, Site, ThreadId};

/// An operation on an object that was destroyed before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Misuse {
    pub(crate) object: ObjectId,
    pub(crate) class: Class,
    pub(crate) born: Site,
    /// Who destroyed it, and the place of the operation that this thread did last.
    pub(crate) destroyed: (ThreadId, Site),
    pub(crate) used: (ThreadId, Op, Site),
    /// How many steps the trace had, if there is one.
    pub(crate) steps: usize,
}

impl Machine {
    /// The first use of an object after its end, in this execution.
    pub(crate) fn misuse(&self) -> Option<&Misuse> {
        self.misuse.as_ref()
    }

    /// The running thread destroys an object, which nobody else can see; says whether somebody could have, as
    /// far as the objects' own order of things goes.
    pub(crate) fn destroy(&mut self, object: ObjectId) -> bool {
        let (id, op) = (self.running, Op::Destroy(object));
        let site = self.threads[id.index()].site;
        if let Some(trace) = &mut self.trace {
            trace.begin(id, op, site);
        }
        if !self.is_misuse(id, op) {
            self.end(id, object);
            self.record_finish(id, op, 0);
        }
        self.is_released_out_of_order(id, object)
    }

    /// Whether the destruction of the object is an event.
    pub(crate) fn sees_destruction(&self, object: ObjectId) -> bool {
        let watched = self.watched(object);
        (watched.ends || self.is_found(object)) && !watched.ends_last
    }

    /// The destruction of the object is an event from now on, and so are the releases of a lock.
    pub(crate) fn learn_destruction(&mut self, object: ObjectId) {
        self.learn(object, |it| it.ends = true);
    }

    /// The destruction of the object, brought forward, was not that thread's: whoever comes last destroys, and
    /// so nobody can come later.
    pub(crate) fn learn_destroyed_last(&mut self, object: ObjectId) {
        self.learn(object, |it| it.ends_last = true);
    }

    /// The running thread's place: that of its last operation.
    pub(crate) fn place(&self) -> Site {
        self.threads[self.running.index()].site
    }

    pub(super) fn end(&mut self, id: ThreadId, object: ObjectId) {
        let site = self.threads[id.index()].site;
        self.object_mut(object).destroyed = Some((id, site));
    }

    /// A release that is no event has to come before the end of the lock as well.
    fn is_released_out_of_order(&self, id: ThreadId, object: ObjectId) -> bool {
        let past = self.threads[id.index()].view.past();
        let lock = self.object(object);
        match &lock.state {
            State::Mutex { .. } => !lock.message.is_within(past),
            _ => false,
        }
    }

    /// Whether the operation comes after the end of its object: it then takes no effect.
    pub(super) fn is_misuse(&mut self, id: ThreadId, op: Op) -> bool {
        let Some((object, destroyed)) = self.destroyed(op) else { return false };
        self.record_finish(id, op, 0);
        let Object { class, born, .. } = *self.object(object);
        let steps = self.trace.as_ref().map_or(0, |trace| trace.steps.len());
        let used = (id, op, self.threads[id.index()].site);
        self.misuse.get_or_insert(Misuse { object, class, born, destroyed, used, steps });
        true
    }

    fn destroyed(&self, op: Op) -> Option<(ObjectId, (ThreadId, Site))> {
        let mutex = match op {
            Op::Wait { mutex, .. } => Some(mutex),
            // That there is nobody left is what it asks.
            Op::ArcUpgrade(_) => return None,
            _ => None,
        };
        let destroyed = |object: ObjectId| Some((object, self.object(object).destroyed?));
        op.object().and_then(destroyed).or_else(|| mutex.and_then(destroyed))
    }
}
