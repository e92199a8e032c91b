//! An operation that was announced takes place.

use super::access::Target;
use super::meaning::Observable;
use super::object::State;
use super::rounds::Run;
use super::{Edge, KILLED, Life, Machine, Phase, RUN};
use crate::event::op::{ObjectId, Op, ThreadId};

/// What takes place before any choice is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgent {
    /// The thread runs for the first time.
    Start(ThreadId),
    /// The operation of the thread is due.
    Due(ThreadId),
}

impl Machine {
    /// What comes before any choice: first of all that every thread has started.
    pub(crate) fn urgent(&self) -> Option<Urgent> {
        let mut due = None;
        for id in self.threads() {
            match self.phase(id) {
                Phase::Starting if self.may_start(id) => return Some(Urgent::Start(id)),
                Phase::Pending if due.is_none() && self.is_due(id) => due = Some(Urgent::Due(id)),
                _ => {}
            }
        }
        due
    }

    /// Whether the thread's pending operation takes place without any choice: the join of an ended
    /// thread, a waiter with its permit.
    fn is_due(&self, id: ThreadId) -> bool {
        let thread = &self.threads[id.index()];
        thread.phase == Phase::Pending
            && match thread.op {
                Op::Join(other) => self.phase(other) == Phase::Ended,
                Op::Wake { timed, .. } => thread.permit && !timed && thread.life == Life::Immortal,
                _ => false,
            }
    }

    /// A due operation takes place.
    pub(crate) fn grant_due(&mut self, id: ThreadId) -> Edge {
        let op = self.threads[id.index()].op;
        let edge = match op {
            Op::Join(other) => {
                let theirs = self.threads[other.index()].view.clone();
                self.threads[id.index()].view.learn(theirs.past());
                Edge::Join(other)
            }
            Op::Wake { .. } => {
                self.threads[id.index()].permit = false;
                Edge::Wake
            }
            _ => unreachable!("{op:?} is never due"),
        };
        self.granted(id, op, 0);
        edge
    }

    /// The thread's pending operation takes place, in this way.
    pub(crate) fn grant(&mut self, id: ThreadId, choice: u8) -> Edge {
        let op = self.threads[id.index()].op;
        let forced = self.is_forced(id, choice);
        if let Some(rare) = op.rare() {
            self.left_out[rare as usize] |= !self.may_happen(rare);
        }
        self.past.goes_on(id);
        if self.is_misuse(id, op) {
            self.threads[id.index()].phase = Phase::Running;
            return Edge::None;
        }
        let thread = &mut self.threads[id.index()];
        thread.stepped = true;
        let held = thread.held.take();
        if choice == RUN {
            thread.run = held.and_then(|held| held.run());
            thread.has_run.push(thread.site);
            thread.sees(u64::from(RUN));
        }
        if choice == KILLED {
            self.die(id, op);
            self.granted(id, op, 0);
            return Edge::None;
        }
        let answer = self.perform(id, op, if choice == RUN { 0 } else { choice });
        if !forced && is_time_out(op, answer) {
            self.threads[id.index()].early_timeouts += 1;
        }
        self.granted(id, op, answer);
        match op {
            Op::Wait { mutex, .. } if !self.is_watched(mutex) => Edge::Release(Target::object(mutex)),
            _ => Edge::None,
        }
    }

    fn granted(&mut self, id: ThreadId, op: Op, answer: u64) {
        let thread = &mut self.threads[id.index()];
        thread.answer = answer;
        thread.phase = Phase::Running;
        thread.rounds.did(op, thread.site, answer);
        // A value may be an address, which is not the same in every execution. It follows from the object's mark.
        thread.sees(if op.finds_value() { 0 } else { answer });
        self.leave_mark(id, op);
        self.record_finish(id, op, answer);
    }

    /// The value that the operation just granted to the running thread left in an atomic.
    pub(crate) fn commit(&mut self, object: ObjectId, after: u64) {
        let id = self.running;
        let State::Atomic { value, changes, .. } = &mut self.object_mut(object).state else {
            unreachable!("an atomic")
        };
        let before = std::mem::replace(value, after);
        *changes += u32::from(before != after);
        let changes = u64::from(*changes);
        let thread = &mut self.threads[id.index()];
        if thread.run.as_ref().is_none_or(Run::has_just_begun) {
            thread.rounds.notice_atomic(object, after, changes);
            thread.rounds.found(before, after);
        }
        if let Some(trace) = &mut self.trace {
            trace.answer(id, before);
            if before != after {
                trace.wrote(id, after);
            }
        }
    }

    /// The thread may have learnt whatever is known to those who changed the object before.
    pub(super) fn leave_mark(&mut self, id: ThreadId, op: Op) {
        let thread = &mut self.threads[id.index()];
        match op {
            Op::Join(other) => {
                let seen = self.threads[other.index()].seen;
                self.threads[id.index()].sees(seen);
            }
            Op::Spawn(other) => {
                thread.sees(u64::from(other.0));
                self.threads[other.index()].seen = self.threads[id.index()].seen;
            }
            op => {
                let Some(object) = op.object().and_then(|object| self.objects[object.index()].as_mut())
                else {
                    return;
                };
                thread.sees(object.mark);
                if !matches!(op, Op::Load(..) | Op::CellRead(_)) {
                    object.mark = thread.seen;
                }
            }
        }
    }

    pub(super) fn record_finish(&mut self, id: ThreadId, op: Op, answer: u64) {
        if let Some(trace) = &mut self.trace {
            trace.finish(id, answers(op).then_some(answer));
        }
    }
}

/// Whether the operation was a wait or the look at a deadline, and its time ran out.
fn is_time_out(op: Op, answer: u64) -> bool {
    matches!(op, Op::Wake { .. } | Op::Park { .. } | Op::Deadline) && answer == 1
}

/// Whether traces show the answer of the operation. That of an atomic one is shown by `commit`.
fn answers(op: Op) -> bool {
    matches!(
        op,
        Op::TryLock(_)
            | Op::TryRead(_)
            | Op::TryWrite(_)
            | Op::WaitIf { .. }
            | Op::Wake { .. }
            | Op::Park { .. }
            | Op::ArcCount(_)
            | Op::ArcUpgrade(_)
            | Op::Spurious(_)
            | Op::Cancel
            | Op::Die
            | Op::Deadline
            | Op::Choose(_)
            | Op::Receive { .. }
    )
}
