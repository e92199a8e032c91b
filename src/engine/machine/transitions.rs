//! What can happen next: which pending operations are enabled, in how many ways, and how each would use its
//! objects in the present state.

use super::access::{Access, AwaitCondition, Awaited, Mode, Target, Transition};
use super::clock::ThreadSet;
use super::meaning::{self, Observable, Uses};
use super::object::{State, deliverable};
use super::rounds::Held;
use super::{KILLED, Life, Machine, Phase, RUN, Watched};
use crate::event::op::{ObjectId, Op, Rare, ThreadId};

impl Machine {
    /// The ways in which the thread's pending operation can take place now, a bit each; 0 where it
    /// cannot. Bit n is choice n.
    pub(crate) fn choices(&self, id: ThreadId) -> u128 {
        self.own_choices(id) | u128::from(self.is_unfairly_delayed(id) && self.goes_on_for_nothing(id))
    }

    /// The first of them.
    pub(crate) fn first_choice(&self, id: ThreadId) -> u8 {
        match self.choices(id) {
            0 => 0,
            choices => choices.trailing_zeros() as u8,
        }
    }

    /// Whether the thread can go on, though not by itself in the present state: for nothing, as it would in the
    /// end.
    pub(super) fn goes_on_for_nothing(&self, id: ThreadId) -> bool {
        self.own_choices(id) & !(1 << RUN) == 0 && self.goes_on_in_the_end(id)
    }

    /// The same, without what is for nothing because the thread was left behind.
    fn own_choices(&self, id: ThreadId) -> u128 {
        let thread = &self.threads[id.index()];
        if thread.phase != Phase::Pending {
            return 0;
        }
        if self.is_killed(id) && meaning::is_mortal(thread.op, thread.held.is_some()) {
            return 1 << KILLED;
        }
        if !self.condition_holds(id) {
            return u128::from(self.may_run(id)) << RUN;
        }
        meaning::choices(self, id, thread.op)
    }

    /// Whether the thread's pending operation takes place where nobody can see when: a strategy that draws
    /// has nothing to gain from the choice, and the uniform walk would draw executions that differ in
    /// nothing else as different ones.
    pub(crate) fn is_unseen(&self, id: ThreadId) -> bool {
        let clones = matches!(self.threads[id.index()].op, Op::ArcClone(arc) if !self.is_watched(arc));
        clones && self.choices(id) != 0
    }

    /// Whether the await condition of the thread holds; true where it does not spin.
    pub(super) fn condition_holds(&self, id: ThreadId) -> bool {
        let held = self.threads[id.index()].held.as_ref();
        held.is_none_or(|held| held.awaits.iter().any(|it| it.has_changed(self)))
    }

    /// Whether the thread may go on early though it is held back.
    pub(crate) fn may_run(&self, id: ThreadId) -> bool {
        let thread = &self.threads[id.index()];
        !thread.has_run.contains(&thread.site)
            && thread.held.as_ref().is_some_and(Held::may_run)
            && thread.seen_at_first.is_none_or(|seen| !self.waits_for_ever.contains(&(id, seen)))
    }

    /// Whether the thread spins, and nothing has changed since.
    pub(crate) fn is_spinning(&self, id: ThreadId) -> bool {
        self.phase(id) == Phase::Pending && !self.condition_holds(id)
    }

    /// Who goes on because nothing else can happen: who waits for just that, or else a waiter, by a forced time-out, or
    /// else a thread that spins, by a forced step.
    pub(crate) fn forced_thread(&self) -> Option<ThreadId> {
        let in_the_end = self.threads().filter(|&id| self.goes_on_in_the_end(id));
        in_the_end.min_by_key(|&id| (self.pending(id) != Op::Idle, self.is_spinning(id)))
    }

    /// Whether a thread of this execution has used up its early time-outs, so that it may have had another one
    /// that was not explored.
    pub(crate) fn is_capped(&self) -> bool {
        self.threads().any(|id| !self.may_time_out(id))
    }

    /// The pending operations that are not enabled and that something earlier could have enabled.
    pub(crate) fn blocked(&self) -> impl Iterator<Item = Transition> + '_ {
        let stuck = |id: &ThreadId| {
            let op = self.threads[id.index()].op;
            let waits = !matches!(op, Op::Join(_) | Op::Wake { .. } | Op::Park { .. } | Op::Idle)
                && self.relock(*id).is_none();
            self.phase(*id) == Phase::Pending && self.choices(*id) == 0 && (waits || self.is_spinning(*id))
        };
        self.threads().filter(stuck).map(|id| Transition { forced: false, ..self.transition(id, 0) })
    }

    /// Whether the transition of a thread would be a forced one.
    pub(super) fn is_forced(&self, id: ThreadId, choice: u8) -> bool {
        choice != RUN
            && self.own_choices(id) & !(1 << RUN) == 0
            && (self.is_unfairly_delayed(id) || self.forced_thread() == Some(id))
    }

    /// The thread's pending operation, taken in this way, resolved in the present state.
    pub(crate) fn transition(&self, id: ThreadId, choice: u8) -> Transition {
        let thread = &self.threads[id.index()];
        let forced = self.is_forced(id, choice);
        let Uses { access, also } = meaning::uses(self, id, thread.op, choice);
        Transition {
            thread: id,
            choice,
            op: thread.op,
            access,
            also,
            found: self.found(thread.op, thread.held.as_ref().map(|held| &*held.awaits)),
            awaits: thread.held.as_ref().map(|held| AwaitCondition::clone(&held.awaits)),
            forced,
            may_time_out: self.may_time_out(id),
            may_run: self.may_run(id),
            mortal: thread.life != Life::Immortal && meaning::is_mortal(thread.op, thread.held.is_some()),
        }
    }

    /// The use of what was found in zeroed memory.
    fn found(&self, op: Op, awaits: Option<&[Awaited]>) -> Option<Access> {
        let mutex = if let Op::Wait { mutex, .. } = op { Some(mutex) } else { None };
        let uses = op.object().into_iter().chain(mutex).any(|object| self.is_found(object));
        let looks = || awaits.is_some_and(|awaits| awaits.iter().any(|it| self.is_found(it.object)));
        let mode = match op {
            Op::Load(..) if uses => Mode::Read,
            _ if uses => Mode::Write,
            _ if looks() => Mode::Read,
            _ => return None,
        };
        Some(Access { target: Target::FOUND, mode })
    }
}

impl Observable for Machine {
    fn look(&self, object: ObjectId) -> u64 {
        self.object(object).look()
    }

    fn changes(&self, atomic: ObjectId) -> u64 {
        match self.object(atomic).state {
            State::Atomic { changes, .. } => u64::from(changes),
            _ => 0,
        }
    }

    fn is_free(&self, lock: ObjectId) -> bool {
        match &self.object(lock).state {
            State::Mutex { owner, .. } => owner.is_none(),
            State::RwLock { writer, readers, .. } => writer.is_none() && readers.is_empty(),
            _ => unreachable!("a lock"),
        }
    }

    fn is_readable(&self, lock: ObjectId) -> bool {
        matches!(self.object(lock).state, State::RwLock { writer: None, .. })
    }

    fn holds(&self, thread: ThreadId, lock: ObjectId) -> bool {
        self.threads[thread.index()].holds.iter().any(|hold| hold.object == lock)
    }

    fn waiters(&self, object: ObjectId) -> ThreadSet {
        match self.object(object).state {
            State::Condvar { waiters } | State::Atomic { waiters, .. } => waiters,
            _ => unreachable!("a condition variable or a futex"),
        }
    }

    fn has_permit(&self, thread: ThreadId, _: ObjectId) -> bool {
        self.threads[thread.index()].permit
    }

    fn has_token(&self, thread: ThreadId) -> bool {
        self.threads[thread.index()].token
    }

    fn may_time_out(&self, thread: ThreadId) -> bool {
        self.threads[thread.index()].early_timeouts < self.allowed.early_timeouts
    }

    fn may_happen(&self, rare: Rare) -> bool {
        self.happened[rare as usize] < self.allowed.rare[rare as usize]
    }

    fn deliverable(&self, mailbox: ObjectId) -> u64 {
        match &self.object(mailbox).state {
            State::Mailbox { in_flight } => {
                deliverable(in_flight.iter().map(|letter| (letter.number, letter.behind)))
            }
            _ => unreachable!("a mailbox"),
        }
    }

    fn is_watched(&self, object: ObjectId) -> bool {
        let Watched { tried, ends, ends_last } = self.watched(object);
        tried || ends && !ends_last || self.is_found(object)
    }

    fn is_killed(&self, thread: ThreadId) -> bool {
        matches!(self.threads[thread.index()].life, Life::Killed | Life::Over)
    }
}
