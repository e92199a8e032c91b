//! What a transition would be, had it come before an event that it conflicts with.
//!
//! The state in question is never visited: it is what the events before the left-out one and those
//! after it that do not depend on it lead to. Of that state only the objects that the transition uses
//! are needed, and each is folded from the events that used it.

use super::{Event, Explorer};
use crate::engine::machine::access::{Access, Mode, Target, Transition};
use crate::engine::machine::clock::ThreadSet;
use crate::engine::machine::{Machine, RUN, exchange};
use crate::event::op::{Class, ObjectId, Op, ThreadId};

/// The events that stay when some are left out, together with all that depend on them.
pub(super) struct NotDep<'a> {
    explorer: &'a Explorer,
    machine: &'a Machine,
    /// Ascending.
    left_out: Vec<usize>,
}

impl Explorer {
    /// The transition as it would be without event `earlier` and what depends on it, and what stays then;
    /// `None` where it would not be enabled.
    pub(super) fn reversed<'a>(
        &'a self,
        earlier: usize,
        later: &Transition,
        machine: &'a Machine,
    ) -> Option<(Transition, NotDep<'a>)> {
        if later.last_resort || self.events[earlier].transition.last_resort {
            return None;
        }
        let without = |left_out| NotDep { explorer: self, machine, left_out };
        without(vec![earlier]).enabled(later).or_else(|| match later.op {
            // One reader out of the way is not enough where others hold the lock as well.
            Op::Write(_) => {
                let others = without(vec![earlier]).readers_beside(later);
                without([vec![earlier], others].concat()).enabled(later)
            }
            _ => None,
        })
    }
}

impl<'a> NotDep<'a> {
    /// The transition, if it is enabled.
    fn enabled(self, later: &Transition) -> Option<(Transition, Self)> {
        let mut transition = later.clone();
        let enabled = match self.guard_is_open(&transition) {
            true => self.resolve(&mut transition),
            false => goes_on_early(&mut transition),
        };
        enabled.then_some((transition, self))
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
            index > self.left_out[0] && !past.has(transition.thread, *stamp)
        };
        readers.into_iter().filter(in_the_way).map(|(index, _)| index).collect()
    }

    /// Whether the event with this index stays.
    pub(super) fn stays(&self, index: usize) -> bool {
        let clock = &self.explorer.events[index].clock;
        index < self.left_out[0]
            || self.left_out.iter().all(|&left_out| {
                let left_out = &self.explorer.events[left_out];
                !clock.has(left_out.transition.thread, left_out.stamp)
            })
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

    fn guard_is_open(&self, transition: &Transition) -> bool {
        let guard = transition.guard.as_deref();
        guard.is_none_or(|guard| guard.iter().any(|&(object, seen)| self.look(object) != seen))
    }

    /// Resolves the transition's use of its object; false where it is not enabled.
    fn resolve(&self, transition: &mut Transition) -> bool {
        if transition.choice == RUN {
            transition.choice = 0;
        }
        let target = transition.access.target;
        let (enabled, mode) = match transition.op {
            Op::CompareExchange { object, expected, .. } => (true, exchange(self.look(object) == expected)),
            Op::WaitIf { word, expected } => {
                transition.also = (self.look(word) == expected).then(|| Access::enqueue(word));
                return true;
            }
            Op::Lock(_) | Op::Write(_) => (self.is_free(target), Mode::Acquire),
            Op::Read(_) => (self.is_readable(target), Mode::AcquireShared),
            Op::TryLock(_) | Op::TryWrite(_) => {
                (true, if self.is_free(target) { Mode::Acquire } else { Mode::Read })
            }
            Op::TryRead(_) => (true, if self.is_readable(target) { Mode::AcquireShared } else { Mode::Read }),
            Op::NotifyOne(_) => {
                let waiter = self.waiters(target).first();
                transition.choice = waiter.map_or(0, |waiter| waiter.0 as u8 + 1);
                (true, Mode::NotifyOne(waiter))
            }
            Op::NotifyAll(_) => (true, Mode::NotifyAll(self.waiters(target))),
            Op::Wake { .. } if self.has_permit(target, transition.thread) => {
                (true, Mode::Take(transition.thread))
            }
            Op::Wake { .. } => (transition.may_time_out, Mode::Leave),
            Op::Park { timed } => (timed && transition.may_time_out || self.has_token(target), Mode::Park),
            Op::ArcDrop(_) if transition.access.mode != Mode::Write => {
                (true, Mode::Decrement(self.owners(target)))
            }
            _ => return true,
        };
        transition.access.mode = mode;
        enabled
    }

    /// What a spinning thread would see of an object.
    fn look(&self, object: ObjectId) -> u64 {
        let target = Target::object(object);
        let initial = self.machine.object(object);
        match initial.class {
            Class::Atomic => {
                let written = self.uses(target).rev().find(|(.., mode)| *mode == Mode::Write);
                written.map_or(initial.first_look(), |(index, ..)| self.explorer.events[index].after)
            }
            Class::Mutex => {
                let taken = self.uses(target).filter(|(.., mode)| *mode == Mode::Acquire).count();
                (taken as u64) << 1 | u64::from(!self.is_free(target))
            }
            Class::RwLock => {
                let taken = self.uses(target).filter(|(.., mode)| *mode == Mode::Acquire).count();
                let (written, readers) = self.holders(target);
                (taken as u64) << 2 | u64::from(written) << 1 | u64::from(readers != 0)
            }
            Class::Arc => u64::from(self.owners(target)),
            Class::Condvar => u64::from(self.waiters(Target::waiters(object)).len()),
            Class::Cell => 0,
        }
    }

    /// Whether a lock is held for writing, and by how many readers. When it was last taken or given back for
    /// writing, there were none.
    fn holders(&self, target: Target) -> (bool, i32) {
        let mut readers = 0;
        for (index, _, mode) in self.uses(target).rev() {
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

    /// Whether the lock that this event acquired was given back by a release that is no event, and that
    /// stays.
    fn is_released(&self, index: usize) -> bool {
        let event = &self.explorer.events[index];
        let Some(stamp) = event.released else { return false };
        let of_thread = &self.explorer.threads[event.transition.thread.index()].events;
        self.stays(of_thread[stamp as usize - 1] as usize)
    }

    fn is_free(&self, target: Target) -> bool {
        self.holders(target) == (false, 0)
    }

    fn is_readable(&self, target: Target) -> bool {
        !self.holders(target).0
    }

    fn waiters(&self, target: Target) -> ThreadSet {
        self.uses(target).fold(ThreadSet::NONE, |waiters, (_, thread, mode)| match mode {
            Mode::Enqueue => waiters.with(ThreadSet::of(thread)),
            Mode::Leave => waiters.without(ThreadSet::of(thread)),
            Mode::NotifyOne(Some(woken)) => waiters.without(ThreadSet::of(woken)),
            Mode::NotifyAll(woken) => waiters.without(woken),
            _ => waiters,
        })
    }

    fn has_permit(&self, target: Target, me: ThreadId) -> bool {
        self.uses(target).fold(false, |permit, (_, thread, mode)| match mode {
            Mode::NotifyOne(woken) => permit || woken == Some(me),
            Mode::NotifyAll(woken) => permit || woken.has(me),
            Mode::Take(taker) => permit && taker != me,
            Mode::Enqueue if thread == me => false,
            _ => permit,
        })
    }

    fn has_token(&self, target: Target) -> bool {
        let mut uses = self.uses(target).rev();
        uses.find_map(|(.., mode)| match mode {
            Mode::Unpark => Some(true),
            Mode::Park => Some(false),
            _ => None,
        })
        .unwrap_or(false)
    }

    fn owners(&self, target: Target) -> u32 {
        let initial = self.machine.object(target.as_object()).first_look() as i32;
        let owners = self.uses(target).fold(initial, |owners, (.., mode)| match mode {
            Mode::Increment => owners + 1,
            Mode::Decrement(_) => owners - 1,
            _ => owners,
        });
        owners.max(1) as u32
    }
}

/// A thread that is held back goes on early, if it may.
fn goes_on_early(transition: &mut Transition) -> bool {
    if transition.may_run {
        (transition.choice, transition.access.mode, transition.also) = (RUN, Mode::Read, None);
    }
    transition.may_run
}
