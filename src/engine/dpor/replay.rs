//! What a transition would be, had it come before an event that it conflicts with.
//!
//! The state in question is never visited: it is what the events before the left-out one and those
//! after it that do not depend on it lead to. Of that state only the objects that the transition uses
//! are needed, and each is folded from the events that used it.

use super::{Event, Explorer, Present};
use crate::engine::machine::access::{Mode, Target, Transition};
use crate::engine::machine::clock::ThreadSet;
use crate::engine::machine::meaning::{self, Observable, Uses};
use crate::engine::machine::object::{READERS, deliverable};
use crate::engine::machine::{KILLED, RUN};
use crate::event::op::{Class, ObjectId, Op, Rare, ThreadId};

/// The events that stay when some are left out, together with all that depend on them.
pub(super) struct NotDep<'a, S> {
    explorer: &'a Explorer,
    state: &'a S,
    /// Whether the thread of the later transition may time out early.
    may_time_out: bool,
    /// The first event that is left out.
    first: usize,
    /// The others, ascending.
    others: Vec<usize>,
}

impl Explorer {
    /// The transition as it would be without event `earlier` and what depends on it, and what stays then;
    /// `None` where it would not be enabled.
    pub(super) fn reversed<'a, S: Present>(
        &'a self,
        earlier: usize,
        later: &Transition,
        state: &'a S,
    ) -> Option<(Transition, NotDep<'a, S>)> {
        if later.forced || self.events[earlier].transition.forced {
            return None;
        }
        self.resolved([earlier], later, state).or_else(|| match later.op {
            // One reader out of the way is not enough where others hold the lock as well.
            Op::Write(_) => {
                let others = self.not_dep([earlier], later, state).readers_beside(later);
                self.resolved([earlier].into_iter().chain(others), later, state)
            }
            _ => None,
        })
    }

    /// The same without these events, ascending.
    pub(super) fn resolved<'a, S: Present>(
        &'a self,
        left_out: impl IntoIterator<Item = usize>,
        later: &Transition,
        state: &'a S,
    ) -> Option<(Transition, NotDep<'a, S>)> {
        self.not_dep(left_out, later, state).enabled(later)
    }

    pub(super) fn not_dep<'a, S: Present>(
        &'a self,
        left_out: impl IntoIterator<Item = usize>,
        later: &Transition,
        state: &'a S,
    ) -> NotDep<'a, S> {
        let mut left_out = left_out.into_iter();
        let first = left_out.next().expect("some event is left out");
        let others = left_out.collect();
        NotDep { explorer: self, state, may_time_out: later.may_time_out, first, others }
    }
}

impl<S: Present> NotDep<'_, S> {
    /// The transition, if it is enabled.
    fn enabled(self, later: &Transition) -> Option<(Transition, Self)> {
        let Transition { thread, op, .. } = *later;
        let choice = self.choice(later)?;
        let Uses { access, also } = meaning::uses(&self, thread, op, choice);
        Some((Transition { choice, access, also, ..later.clone() }, self))
    }

    /// The transition of a thread that was killed there, had it not been, whether it is enabled or not.
    pub(super) fn unkilled(&self, killed: &Transition) -> Transition {
        let choice = self.choice(&Transition { choice: RUN, ..killed.clone() }).unwrap_or(0);
        let Uses { access, also } = meaning::uses(self, killed.thread, killed.op, choice);
        Transition { choice, access, also, ..killed.clone() }
    }

    /// The way in which the transition would take place, if it is enabled.
    fn choice(&self, later: &Transition) -> Option<u8> {
        if later.mortal && self.is_killed(later.thread) {
            return Some(KILLED);
        }
        if !self.condition_holds(later) {
            return later.may_run.then_some(RUN);
        }
        let choices = meaning::choices(self, later.thread, later.op);
        let choice = match later.op {
            // The one that it woke may not wait here.
            Op::NotifyOne(_) => choices.trailing_zeros() as u8,
            // Another one had to be received before it, and another thread did that.
            Op::Receive { .. } if self.leaves_out_a_receive() && choices & 1 << later.choice == 0 => {
                choices.trailing_zeros() as u8
            }
            _ if matches!(later.choice, RUN | KILLED) => choices.trailing_zeros() as u8,
            _ => later.choice,
        };
        (choices != 0 && choices & 1 << choice != 0).then_some(choice)
    }

    fn leaves_out_a_receive(&self) -> bool {
        let left_out = &self.explorer.events[self.first].transition;
        matches!(left_out.access.mode, Mode::Receive(_))
    }

    /// The readers that still hold the lock, of other threads than the one that wants it, as far as they
    /// took it after the event that is left out.
    fn readers_beside(&self, later: &Transition) -> Vec<usize> {
        let mut readers: Vec<(usize, ThreadId)> = Vec::new();
        for (index, thread, mode) in self.uses(later.access.target) {
            match mode {
                Mode::AcquireShared => readers.push((index, thread)),
                // A thread may have read several times over, by attempts.
                Mode::ReleaseShared => {
                    if let Some(last) = readers.iter().rposition(|(_, reader)| *reader == thread) {
                        readers.remove(last);
                    }
                }
                _ => {}
            }
        }
        let past = &self.explorer.threads[later.thread.index()].clock;
        let in_the_way = |&(index, _): &(usize, ThreadId)| {
            let Event { transition, stamp, .. } = &self.explorer.events[index];
            index > self.first && !past.has(transition.thread, *stamp)
        };
        readers.into_iter().filter(in_the_way).map(|(index, _)| index).collect()
    }

    /// Whether the event with this index stays.
    pub(super) fn stays(&self, index: usize) -> bool {
        let clock = &self.explorer.events[index].clock;
        let comes_before = |left_out: usize| {
            let left_out = &self.explorer.events[left_out];
            clock.has(left_out.transition.thread, left_out.stamp)
        };
        index < self.first
            || !comes_before(self.first) && !self.others.iter().any(|&other| comes_before(other))
    }

    /// The uses of a target that stay, in their order, each with the number of its event.
    fn uses(&self, target: Target) -> impl DoubleEndedIterator<Item = (usize, ThreadId, Mode)> {
        let users = self.explorer.targets.get(target.index()).map(|state| state.users.events());
        let events = users.into_iter().flatten().map(|index| index as usize);
        let stay = events.filter(|&index| self.stays(index));
        stay.flat_map(move |index| {
            let transition = &self.explorer.events[index].transition;
            let uses = [Some(transition.access), transition.also].into_iter().flatten();
            let uses = uses.filter(move |access| access.target == target);
            uses.map(move |access| (index, transition.thread, access.mode))
        })
    }

    fn condition_holds(&self, transition: &Transition) -> bool {
        let awaits = transition.awaits.as_deref();
        awaits.is_none_or(|awaits| awaits.iter().any(|it| it.has_changed(self)))
    }

    /// Whether a lock is held for writing, and by how many readers. When it was last taken or given back for
    /// writing, there were none.
    fn holders(&self, lock: ObjectId) -> (bool, i32) {
        let mut readers = 0;
        for (index, _, mode) in self.uses(Target::object(lock)).rev() {
            match mode {
                Mode::Acquire => return (!self.is_released(index), readers),
                Mode::Release => return (false, readers),
                Mode::AcquireShared => readers += 1,
                Mode::ReleaseShared => readers -= 1,
                _ => {}
            }
        }
        (false, readers)
    }

    /// How often a lock was taken for writing.
    fn taken(&self, lock: ObjectId) -> u64 {
        self.uses(Target::object(lock)).filter(|(.., mode)| *mode == Mode::Acquire).count() as u64
    }

    /// Whether the lock that this event acquired was given back by a release that is no event, and that
    /// stays.
    fn is_released(&self, index: usize) -> bool {
        let event = &self.explorer.events[index];
        let Some(stamp) = event.released else { return false };
        let of_thread = &self.explorer.threads[event.transition.thread.index()].events;
        self.stays(of_thread[stamp as usize - 1] as usize)
    }

    fn value(&self, atomic: ObjectId, initial: u64) -> u64 {
        let written = self.uses(Target::object(atomic)).rev().find(|(.., mode)| *mode == Mode::Write);
        written.map_or(initial, |(index, ..)| self.explorer.events[index].after)
    }

    fn owners(&self, arc: ObjectId, initial: u64) -> u64 {
        let owners = self.uses(Target::object(arc)).fold(initial as i64, |owners, (.., mode)| match mode {
            Mode::Increment => owners + 1,
            Mode::Decrement(_) => owners - 1,
            _ => owners,
        });
        owners.max(1) as u64
    }
}

/// Each is folded from the events that stay.
impl<S: Present> Observable for NotDep<'_, S> {
    fn look(&self, object: ObjectId) -> u64 {
        let (class, initial) = self.state.initial(object);
        match class {
            Class::Atomic => self.value(object, initial),
            Class::Mutex => self.taken(object) << 1 | u64::from(!self.is_free(object)),
            Class::RwLock => {
                let (written, readers) = self.holders(object);
                self.taken(object) << 2 | u64::from(written) << 1 | if readers != 0 { READERS } else { 0 }
            }
            Class::Arc => self.owners(object, initial),
            Class::Condvar => u64::from(self.waiters(object).len()),
            Class::Cell | Class::Mailbox => 0,
        }
    }

    fn changes(&self, atomic: ObjectId) -> u64 {
        let writes = self.uses(Target::object(atomic)).filter(|(.., mode)| *mode == Mode::Write);
        let mut value = self.state.initial(atomic).1;
        let is_change = |&(index, ..): &(usize, ThreadId, Mode)| {
            let after = self.explorer.events[index].after;
            std::mem::replace(&mut value, after) != after
        };
        writes.filter(is_change).count() as u64
    }

    fn is_free(&self, lock: ObjectId) -> bool {
        self.holders(lock) == (false, 0)
    }

    fn is_readable(&self, lock: ObjectId) -> bool {
        !self.holders(lock).0
    }

    /// A thread that waits for itself has no race: what it did itself stays.
    fn holds(&self, _: ThreadId, _: ObjectId) -> bool {
        false
    }

    fn waiters(&self, object: ObjectId) -> ThreadSet {
        let uses = self.uses(Target::waiters(object));
        uses.fold(ThreadSet::NONE, |waiters, (_, thread, mode)| match mode {
            Mode::Enqueue => waiters.with(ThreadSet::of(thread)),
            Mode::Leave => waiters.without(ThreadSet::of(thread)),
            Mode::NotifyOne(Some(woken)) => waiters.without(ThreadSet::of(woken)),
            Mode::NotifyAll(woken) => waiters.without(woken),
            _ => waiters,
        })
    }

    fn has_permit(&self, me: ThreadId, object: ObjectId) -> bool {
        self.uses(Target::waiters(object)).fold(false, |permit, (_, thread, mode)| match mode {
            Mode::NotifyOne(woken) => permit || woken == Some(me),
            Mode::NotifyAll(woken) => permit || woken.has(me),
            Mode::Take(taker) => permit && taker != me,
            Mode::Enqueue if thread == me => false,
            _ => permit,
        })
    }

    fn has_token(&self, thread: ThreadId) -> bool {
        let last = self.uses(Target::token(thread)).rev().find_map(|(.., mode)| match mode {
            Mode::Unpark => Some(true),
            Mode::Park => Some(false),
            _ => None,
        });
        last.unwrap_or(false)
    }

    fn may_time_out(&self, _: ThreadId) -> bool {
        self.may_time_out
    }

    /// It was so with more events before.
    fn may_happen(&self, _: Rare) -> bool {
        true
    }

    fn deliverable(&self, mailbox: ObjectId) -> u64 {
        let mut in_flight: Vec<(u8, u64)> = Vec::new();
        for (.., mode) in self.uses(Target::object(mailbox)) {
            match mode {
                Mode::Send(number, behind) => in_flight.push((number, behind)),
                Mode::Receive(Some(number)) => in_flight.retain(|(other, _)| *other != number),
                _ => {}
            }
        }
        deliverable(in_flight.into_iter())
    }

    fn is_watched(&self, object: ObjectId) -> bool {
        self.state.is_watched(object)
    }

    fn is_mortal(&self, thread: ThreadId) -> bool {
        self.state.is_mortal(thread)
    }

    fn is_killed(&self, thread: ThreadId) -> bool {
        self.uses(Target::life(thread)).any(|(.., mode)| mode == Mode::Write)
    }
}
