//! Whether an execution is back where it was.
//!
//! An execution is *back where it was* if at two of its moments every object has the same state, and every
//! thread is at the same point of the same round after the same last one, and if all rounds in between were
//! idle. A thread may count its rounds, which nobody sees from outside. So this alone is no livelock: what came
//! in between has to follow on itself [many times](crate::engine::execution). Nor is it one where some thread could
//! have gone on and did not: that is a schedule that leaves somebody out, and who is left out comes first.

use super::clock::ThreadSet;
use super::object::State;
use super::{Machine, Phase, meaning};
use crate::event::op::{Op, ThreadId};
use std::collections::HashMap;

/// Moments of an execution, all rounds since which were idle.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The state at each, how many rounds each thread had done, and how many choices there had been.
    moments: HashMap<Vec<u64>, (Vec<u64>, usize)>,
    /// A round has just ended, idly.
    fresh: bool,
    /// Threads that could have gone on and did not, while the others went round.
    unfairly_delayed: ThreadSet,
}

impl Past {
    pub(super) fn clear(&mut self) {
        self.moments.clear();
        (self.fresh, self.unfairly_delayed) = (false, ThreadSet::NONE);
    }

    /// The thread goes on.
    pub(super) fn goes_on(&mut self, id: ThreadId) {
        self.unfairly_delayed = self.unfairly_delayed.without(ThreadSet::of(id));
    }

    /// A thread's round has ended.
    pub(super) fn round(&mut self, idle: bool) {
        if !idle {
            self.moments.clear();
        }
        self.fresh = idle;
    }
}

impl Machine {
    /// Whether all rounds of late were idle, so that the execution may be back where it was.
    pub(crate) fn may_be_back(&self) -> bool {
        !self.past.moments.is_empty()
    }

    /// Whether the execution is back where it was, after `choices` choices: after how many it was there
    /// before. `could` tells which of these threads could have gone on at some choice from that one on.
    pub(crate) fn is_back(
        &mut self,
        choices: usize,
        could: impl Fn(usize, ThreadSet) -> ThreadSet,
    ) -> Option<usize> {
        if !std::mem::take(&mut self.past.fresh) {
            return None;
        }
        let state = self.state();
        let rounds: Vec<u64> = self.threads().map(|id| self.threads[id.index()].rounds.count()).collect();
        let Some((then, since)) = self.past.moments.get(&state) else {
            self.past.moments.insert(state, (rounds, choices));
            return None;
        };
        let since = *since;
        let threads = self.threads().zip(then.iter().zip(&rounds));
        let idle: ThreadSet = threads.filter(|(_, (then, now))| then == now).map(|(id, _)| id).collect();
        let could = could(since, idle);
        let unfairly_delayed =
            |id: &ThreadId| idle.has(*id) && (could.has(*id) || self.goes_on_in_the_end(*id));
        self.past.unfairly_delayed = self.threads().filter(unfairly_delayed).collect();
        if !self.past.unfairly_delayed.is_empty() {
            return None;
        }
        // Who goes round until a deadline does not do so for ever.
        let looks = |id: &ThreadId| {
            self.phase(*id) == Phase::Pending && self.threads[id.index()].rounds.looks_at_a_deadline()
        };
        let Some(looking) = self.threads().find(looks) else { return Some(since) };
        self.threads[looking.index()].time_is_over = true;
        None
    }

    /// Whether the others have gone round while this thread could have gone on. It comes first where there is
    /// a choice, or an unfair execution would have no end (Madanlal Musuvathi and Shaz Qadeer, "Fair
    /// stateless model checking", 2008).
    pub(crate) fn is_unfairly_delayed(&self, id: ThreadId) -> bool {
        self.past.unfairly_delayed.has(id)
    }

    /// Where the thread goes on sooner or later, it does so now.
    pub(crate) fn let_go_on(&mut self, id: ThreadId) {
        if self.goes_on_for_nothing(id) {
            self.past.unfairly_delayed = self.past.unfairly_delayed.with(ThreadSet::of(id));
        }
    }

    /// Whether the thread goes on sooner or later, whatever the others do: its time runs out, or it spins.
    pub(super) fn goes_on_in_the_end(&self, id: ThreadId) -> bool {
        let thread = &self.threads[id.index()];
        let timed = matches!(thread.op, Op::Wake { timed: true, .. } | Op::Park { timed: true } | Op::Idle);
        let spins = thread.held.as_ref().is_some_and(|held| !held.only_waits);
        // What it does next may be a wait of its own, for a lock that is held.
        let spins = spins && meaning::choices(self, id, thread.op) != 0;
        self.phase(id) == Phase::Pending && (timed && self.condition_holds(id) || spins)
    }

    /// Everything that decides how the execution goes on, as far as the machine can tell.
    fn state(&self) -> Vec<u64> {
        let objects =
            self.objects.iter().map(|object| object.as_ref().map_or(0, |object| held(&object.state)));
        let halves = objects.flat_map(|held| [held as u64, (held >> 64) as u64]);
        let mut state: Vec<u64> = halves.collect();
        state.extend(self.happened.map(u64::from));
        for id in self.threads() {
            let thread = &self.threads[id.index()];
            let place = std::ptr::from_ref(thread.site) as u64;
            let gifts = (thread.life as u64) << 2 | u64::from(thread.token) << 1 | u64::from(thread.permit);
            let time = u64::from(thread.early_timeouts) << 1 | u64::from(thread.time_is_over);
            state.extend([thread.phase as u64, place, gifts, time]);
            state.extend(thread.rounds.digests());
            let looks = thread.held.iter().flat_map(|held| held.awaits.iter());
            state.extend(looks.map(|look| u64::from(look.object.0) << 1 | u64::from(look.has_changed(self))));
        }
        state
    }
}

/// What an object holds, without how often it was taken.
fn held(state: &State) -> u128 {
    match state {
        // Who waits there has that in its round.
        State::Atomic { value, .. } => u128::from(*value),
        State::Mutex { owner, .. } => owner.map_or(0, |owner| 1 + u128::from(owner.0)),
        State::RwLock { writer: Some(writer), .. } => u128::MAX - u128::from(writer.0),
        State::RwLock { readers, .. } => readers.bits(),
        State::Condvar { waiters } => waiters.bits(),
        State::Arc { owners, .. } => u128::from(*owners),
        State::Mailbox { in_flight } => in_flight.iter().fold(0, |all, letter| all | 1 << letter.number),
        State::Cell(_) => 0,
    }
}
