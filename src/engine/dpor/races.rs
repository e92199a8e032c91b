//! Races: two events that conflict with nothing in between, the later of which could have come first.

use super::replay::NotDep;
use super::{Event, Explorer, Present, Race};
use crate::engine::machine::KILLED;
use crate::engine::machine::access::{Access, Mode, Transition};
use crate::engine::machine::clock::Clock;
use crate::event::op::Op;
use std::ops::Range;

/// What is found of a transition's past.
pub(super) struct Found {
    pub(super) past: Clock,
    reversible: Vec<u32>,
}

impl Explorer {
    /// A new event at the end of the path: its clock, and the races that it has with earlier ones.
    pub(super) fn append(&mut self, transition: Transition, state: &impl Present) {
        let races = self.races.len();
        let Found { past, reversible } = self.races_of(&transition, state);
        let later = self.events.len() as u32;
        let missed = self.missed_by(&transition);
        let race = |missed| move |earlier| Race { earlier, later, missed };
        self.races.extend(reversible.into_iter().map(race(false)));
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

    /// The earlier events that conflict with the transition with nothing in between.
    pub(super) fn races_of(&mut self, transition: &Transition, state: &impl Present) -> Found {
        let mut past = self.thread(transition.thread).clock.clone();
        let mut enabled_by = Clock::ZERO;
        let mut reversible = Vec::new();
        for index in self.conflicting(transition, &past) {
            let event = &self.events[index as usize];
            if past.has(event.transition.thread, event.stamp) {
                continue;
            }
            if self.reversed(index as usize, transition, state).is_some() {
                past.join(&event.clock);
                reversible.push(index);
            } else {
                enabled_by.join(&event.clock);
            }
        }
        past.join(&enabled_by);
        if acquires(transition.access.mode) {
            past.join(&self.target(transition.access.target).released);
        }
        Found { past, reversible }
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

    /// The earlier events that conflict with the transition and are not in its past, the latest first.
    fn conflicting(&mut self, transition: &Transition, past: &Clock) -> Vec<u32> {
        let mut conflicting = Vec::new();
        for access in transition.accesses() {
            self.target(access.target);
            let users = &self.targets[access.target.index()].users;
            let is_past = |index: u32| {
                let Event { transition, stamp, .. } = &self.events[index as usize];
                past.has(transition.thread, *stamp)
            };
            users.search(access.mode, transition.forced, is_past, |index| {
                let earlier = &self.events[index as usize].transition;
                if earlier.thread != transition.thread && earlier.conflicts(transition) {
                    conflicting.push(index);
                }
            });
        }
        if !transition.is_simple() {
            conflicting.sort_unstable_by(|a, b| b.cmp(a));
            conflicting.dedup();
        }
        conflicting
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
                self.reverse(earlier as usize, &later, state, counted);
            }
        }
        if counted < self.events.len() {
            return;
        }
        // An operation that waits for ever has races too: had it come earlier, it might not wait.
        for transition in state.blocked() {
            for earlier in self.races_of(&transition, state).reversible {
                self.reverse(earlier as usize, &transition, state, counted);
            }
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

    fn reverse(&mut self, earlier: usize, later: &Transition, state: &impl Present, counted: usize) {
        let Some((later, without)) = self.reversed(earlier, later, state) else { return };
        let sequence = self.without(earlier..counted, &without, later);
        self.schedule(earlier, sequence);
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
        let mut sequence = self.after(events, |index| without.stays(index));
        sequence.push(transition);
        sequence
    }

    /// Those of the events that stay where the others do not take place.
    fn after(&self, events: Range<usize>, stays: impl Fn(usize) -> bool) -> Vec<Transition> {
        let mut gone: Vec<&Transition> = Vec::new();
        let mut sequence = Vec::new();
        for (index, event) in events.clone().zip(&self.events[events]) {
            if stays(index) {
                let mut transition = event.transition.clone();
                gone.iter().for_each(|other| transition.precedes(other));
                sequence.push(transition);
            } else {
                gone.push(&event.transition);
            }
        }
        sequence
    }
}

fn acquires(mode: Mode) -> bool {
    matches!(mode, Mode::Acquire | Mode::AcquireShared)
}
