//! Races: two events that conflict with nothing in between, the later of which could have come first.

use super::replay::NotDep;
use super::wakeup::{Initial, weak_initial};
use super::{Event, Explorer, Present, Race, Sleeper, known};
use crate::engine::machine::KILLED;
use crate::engine::machine::access::{Access, Mode, Transition};
use crate::engine::machine::clock::Clock;
use crate::event::op::Op;
use std::ops::Range;

impl Explorer {
    /// A new event at the end of the path: its clock, and the races that it has with earlier ones.
    pub(super) fn append(&mut self, transition: Transition, state: &impl Present) {
        let races = self.races.len();
        let past = self.races_of(&transition, state);
        let later = self.events.len() as u32;
        let missed = self.missed_by(&transition);
        let race = |missed| move |earlier| Race { earlier, later, missed };
        self.races.extend(self.buffers.reversible.iter().copied().map(race(false)));
        self.races.extend(missed.into_iter().map(race(true)));
        // Those from here on were of other executions.
        self.killed.truncate(self.killed_before(self.events.len()));
        if transition.choice == KILLED {
            self.killed.push((later, self.threads[transition.thread.index()].clock.clone()));
        }
        let (clock, stamp) = self.stamped(&transition, past);
        self.events.push(Event { transition, clock, stamp, after: 0, released: None, races });
    }

    /// How many of the first events are of threads that were killed.
    fn killed_before(&self, events: usize) -> usize {
        self.killed.partition_point(|(event, _)| (*event as usize) < events)
    }

    /// The clock of an event with this past, and the number of the event in its thread.
    pub(super) fn stamped(&self, transition: &Transition, mut past: Clock) -> (Clock, u32) {
        if transition.forced {
            self.threads.iter().for_each(|thread| past.join(&thread.clock));
        }
        let stamp = past.tick(transition.thread);
        (past, stamp)
    }

    /// All that comes before the transition. The earlier events that conflict with it with nothing in between, and
    /// that could come later, are in the buffer for those.
    pub(super) fn races_of(&mut self, transition: &Transition, state: &impl Present) -> Clock {
        let mut past = self.thread(transition.thread).clock.clone();
        let mut enabled_by = Clock::ZERO;
        self.find_conflicting(transition, &past);
        self.buffers.reversible.clear();
        for position in 0..self.buffers.conflicting.len() {
            let index = self.buffers.conflicting[position];
            let event = &self.events[index as usize];
            if past.has(event.transition.thread, event.stamp) {
                continue;
            }
            if self.reversed(index as usize, transition, state).is_some() {
                past.join(&event.clock);
                self.buffers.reversible.push(index);
            } else {
                enabled_by.join(&event.clock);
            }
        }
        past.join(&enabled_by);
        if acquires(transition.access.mode) {
            past.join(&self.target(transition.access.target).released);
        }
        past
    }

    /// The earlier receives that could have got the message that is sent: nobody sees that they came first.
    fn missed_by(&self, transition: &Transition) -> Vec<u32> {
        let Access { target, mode: Mode::Send(..) } = transition.access else { return Vec::new() };
        let past = &self.threads[transition.thread.index()].clock;
        let missed = |&index: &u32| {
            let Event { transition: receive, stamp, .. } = &self.events[index as usize];
            matches!(receive.access.mode, Mode::Receive(_)) && !past.has(receive.thread, *stamp)
        };
        self.targets[target.index()].users.events().filter(missed).collect()
    }

    /// Puts the earlier events that conflict with the transition and are not in its past into the buffer for them, the
    /// latest first.
    fn find_conflicting(&mut self, transition: &Transition, past: &Clock) {
        let mut conflicting = std::mem::take(&mut self.buffers.conflicting);
        conflicting.clear();
        let Self { events, targets, .. } = self;
        let is_past = |index: u32| {
            let Event { transition, stamp, .. } = &events[index as usize];
            past.has(transition.thread, *stamp)
        };
        transition.for_each_access(|target, mode| {
            known(targets, target.index()).users.search(mode, transition.forced, is_past, |index| {
                let earlier = &events[index as usize].transition;
                if earlier.thread != transition.thread && earlier.conflicts(transition) {
                    conflicting.push(index);
                }
            });
        });
        if !transition.is_simple() {
            conflicting.sort_unstable_by(|a, b| b.cmp(a));
            conflicting.dedup();
        }
        self.buffers.conflicting = conflicting;
    }

    /// Reverses the races among so many events.
    pub(super) fn reverse_races(&mut self, state: &impl Present, counted: usize) {
        for position in 0..self.races.len() {
            let Race { earlier, later, missed } = self.races[position];
            if later as usize >= counted {
                break;
            }
            if missed {
                self.redirect(earlier as usize, later as usize, state, counted);
            } else {
                let later = self.events[later as usize].transition.clone();
                if self.is_seen(earlier as usize, &later, counted) {
                    continue;
                }
                self.reverse(earlier as usize, &later, state, counted);
            }
        }
        if counted < self.events.len() {
            return;
        }
        // An operation that waits for ever has races too: had it come earlier, it might not wait.
        for transition in state.blocked() {
            self.races_of(&transition, state);
            let reversible = std::mem::take(&mut self.buffers.reversible);
            for &earlier in &reversible {
                self.reverse(earlier as usize, &transition, state, counted);
            }
            self.buffers.reversible = reversible;
        }
        for position in 0..self.killed_before(counted) {
            let (event, past) = self.killed[position].clone();
            self.spare(event as usize, past, state);
        }
    }

    /// A thread that was killed where it waited, and has this past, goes on: without the kill, and without what was in its way.
    fn spare(&mut self, killed: usize, mut past: Clock, state: &impl Present) {
        let waits = self.events[killed].transition.clone();
        let kill = self.kill_of(&waits);
        let Event { transition, stamp, .. } = &self.events[kill];
        if past.has(transition.thread, *stamp) {
            return;
        }
        self.spare_without([kill], &waits, state);
        let goes_on = self.not_dep([kill], &waits, state).unkilled(&waits);
        for index in (0..self.events.len()).rev() {
            let Event { transition, stamp, clock, .. } = &self.events[index];
            let is_past = past.has(transition.thread, *stamp) || transition.thread == waits.thread;
            if index == kill || is_past || !transition.conflicts(&goes_on) {
                continue;
            }
            let clock = clock.clone();
            if self.spare_without([kill.min(index), kill.max(index)], &waits, state) {
                past.join(&clock);
            }
        }
    }

    /// What a thread that was killed was killed by.
    fn kill_of(&self, killed: &Transition) -> usize {
        let is_kill = |index: &u32| matches!(self.events[*index as usize].transition.op, Op::Kill(_));
        let mut users = self.targets[killed.access.target.index()].users.events();
        users.find(is_kill).expect("somebody has done it") as usize
    }

    /// Whether it goes on without these events, ascending; if so that is explored.
    fn spare_without<const N: usize>(
        &mut self,
        left_out: [usize; N],
        waits: &Transition,
        state: &impl Present,
    ) -> bool {
        let Some((goes_on, without)) = self.resolved(left_out, waits, state) else { return false };
        let sequence = self.without(left_out[0]..self.events.len(), &without, goes_on);
        self.schedule(left_out[0], sequence);
        true
    }

    /// Whether all was seen that begins with the events that stay without the earlier one, whatever the later one is
    /// then. That is told more quickly than what it is.
    fn is_seen(&mut self, earlier: usize, later: &Transition, counted: usize) -> bool {
        let sleep = self.sleep_of(earlier);
        // Rounds in vain are left out first, and more than one reader may be.
        if sleep.is_empty() || matches!(later.op, Op::Write(_)) || sleep.iter().any(|it| it.in_vain) {
            return false;
        }
        let Event { transition: Transition { thread, .. }, stamp, .. } = self.events[earlier];
        let mut staying = std::mem::take(&mut self.buffers.staying);
        staying.clear();
        let stays = |index: &usize| !self.events[*index].clock.has(thread, stamp);
        staying.extend((earlier..counted).filter(stays).map(|index| index as u32));
        let sequence = || staying.iter().map(|&index| &self.events[index as usize].transition);
        let is_among =
            |sleeper: &Sleeper| matches!(weak_initial(&sleeper.transition, sequence()), Some(Initial::At(_)));
        let seen = self.sleep_of(earlier).iter().any(is_among);
        self.buffers.staying = staying;
        seen
    }

    fn reverse(&mut self, earlier: usize, later: &Transition, state: &impl Present, counted: usize) {
        let mut sequence = std::mem::take(&mut self.buffers.sequence);
        sequence.clear();
        if let Some((later, without)) = self.reversed(earlier, later, state) {
            self.after(earlier..counted, |index| without.stays(index), &mut sequence);
            sequence.push(later);
            self.schedule_in(earlier, &mut sequence);
        }
        self.buffers.sequence = sequence;
    }

    /// The receive gets the message that is sent later, and nobody else gets it.
    fn redirect(&mut self, receive: usize, send: usize, state: &impl Present, counted: usize) {
        let transition = |index: usize| &self.events[index].transition;
        let Mode::Send(message, _) = transition(send).access.mode else { return };
        let users = self.targets[transition(send).access.target.index()].users.events();
        let has_it = |&index: &usize| transition(index).access.mode == Mode::Receive(Some(message));
        let had = users.map(|index| index as usize).find(has_it);
        let receives = Transition { choice: message, ..transition(receive).clone() };
        let left_out = std::iter::once(receive).chain(had);
        let Some((receives, without)) = self.resolved(left_out, &receives, state) else { return };
        if receives.choice == message {
            let sequence = self.without(receive..counted, &without, receives);
            self.schedule(receive, sequence);
        }
    }

    /// Those of the events that stay, and then the transition.
    fn without<S: Present>(
        &self,
        events: Range<usize>,
        without: &NotDep<'_, S>,
        transition: Transition,
    ) -> Vec<Transition> {
        let mut sequence = Vec::new();
        self.after(events, |index| without.stays(index), &mut sequence);
        sequence.push(transition);
        sequence
    }

    /// Adds those of the events that stay where the others do not take place.
    fn after(&self, events: Range<usize>, stays: impl Fn(usize) -> bool, sequence: &mut Vec<Transition>) {
        // Only who counts owners finds something else.
        let mut gone: Vec<&Transition> = Vec::new();
        for (index, event) in events.clone().zip(&self.events[events]) {
            if stays(index) {
                let mut transition = event.transition.clone();
                gone.iter().for_each(|other| transition.precedes(other));
                sequence.push(transition);
            } else if matches!(event.transition.access.mode, Mode::Increment | Mode::Decrement(_)) {
                gone.push(&event.transition);
            }
        }
    }
}

fn acquires(mode: Mode) -> bool {
    matches!(mode, Mode::Acquire | Mode::AcquireShared)
}
