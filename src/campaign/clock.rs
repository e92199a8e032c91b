//! Who watches a round: knows how far each thread has come, when each operation began and ended, and what was recorded.

use super::plan::{Pauses, Plan, pin};
use crate::check::Decision;
use crate::history::recorder;
use crate::report::Unfinished;
use crate::scenario::{Observer, Recorded, Scenario, SplitMix64, Step};
use crate::sync::future::storm;
use crate::sync::noise;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was recorded in a round, and what the check says of it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) history: Recorded,
    pub(super) decision: Decision,
}

/// Knows when each operation began and ended. Threads write their own stamps alone, relaxed: a clock that ordered them would hide
/// their races.
pub(super) struct Clock {
    clock: recorder::Clock,
    pauses: Pauses,
    pinned: bool,
    roles: Vec<Stamps>,
    judged: Slot,
}

#[expect(clippy::disallowed_types, reason = "written by the main thread, after the round")]
type Slot = std::sync::OnceLock<Judged>;

/// The stamps of one role, on lines of the cache of its own.
#[repr(align(128))]
struct Stamps(Vec<Stamp>);

/// Times of the recorder's clock; 0 is not yet.
#[derive(Default)]
struct Stamp {
    begins: AtomicU64,
    eats: AtomicU64,
    ends: AtomicU64,
}

impl Stamp {
    fn values(&self) -> [u64; 3] {
        [&self.begins, &self.eats, &self.ends].map(|time| time.load(Ordering::Relaxed))
    }
}

impl Clock {
    pub(super) fn of(plan: &Plan) -> Self {
        let stamps = |steps: &Vec<Step>| Stamps(steps.iter().map(|_| Stamp::default()).collect());
        let roles = plan.scenario.roles.iter().map(|role| stamps(&role.steps)).collect();
        let clock = recorder::Clock::of_this_machine();
        Self { clock, pauses: plan.pauses, pinned: plan.pinned, roles, judged: Slot::new() }
    }

    fn stamp(&self, time: &AtomicU64) {
        time.store(self.clock.glance(), Ordering::Relaxed);
    }

    /// The role's thread is about to begin.
    fn arrives(&self, role: usize) {
        noise::is_thread(role);
        storm(SplitMix64::new(self.pauses.seed ^ role as u64).next_u64());
        if self.pinned {
            pin(role);
        }
    }

    fn at(&self, role: usize, step: usize) -> &Stamp {
        &self.roles[role].0[step]
    }

    fn stamps(&self) -> impl Iterator<Item = [u64; 3]> {
        self.roles.iter().flat_map(|role| &role.0).map(Stamp::values)
    }

    /// How many things have happened.
    pub(super) fn moves(&self) -> usize {
        self.stamps().flatten().filter(|&time| time != 0).count()
    }

    /// When the completed operations began and ended.
    pub(super) fn intervals(&self) -> Vec<(u64, u64)> {
        self.stamps().filter(|&[_, _, ends]| ends != 0).map(|[begins, _, ends]| (begins, ends)).collect()
    }

    /// What each thread that is not done is in the middle of.
    pub(super) fn unfinished<'a>(&self, scenario: &'a Scenario) -> Vec<Unfinished<'a>> {
        let mut unfinished = Vec::new();
        for (role, stamps) in scenario.roles.iter().zip(&self.roles) {
            let Some(done) = stamps.0.iter().position(|stamp| stamp.values()[2] == 0) else { continue };
            let [begun, ate, _] = stamps.0[done].values().map(|time| time != 0);
            unfinished.push(Unfinished { role, size: scenario.size, done, begun, ate });
        }
        unfinished
    }

    /// What was recorded and judged, if the round came to its end, and anything was.
    pub(super) fn judged(&self) -> Option<&Judged> {
        self.judged.get()
    }
}

impl Observer for Clock {
    fn begins(&self, role: usize, step: usize) {
        if step == 0 {
            self.arrives(role);
        }
        self.pauses.take(role, step);
        self.stamp(&self.at(role, step).begins);
    }

    fn eats(&self, role: usize, step: usize) {
        self.stamp(&self.at(role, step).eats);
        self.pauses.take(role, !step);
    }

    fn ends(&self, role: usize, step: usize) {
        self.stamp(&self.at(role, step).ends);
    }

    fn judged(&self, history: Recorded, decision: &Decision) {
        // A round is judged once.
        let _ = self.judged.set(Judged { history, decision: decision.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::unfinished;

    #[test]
    fn a_hang_tells_who_waits_for_what() {
        let scenario = crate::port::table::dining(2, 3);
        let plan = Plan { scenario, pauses: Pauses { seed: 0, longest: 0 }, pinned: false, load: 0 };
        let clock = Clock::of(&plan);
        clock.begins(0, 0);
        clock.eats(0, 0);
        clock.ends(0, 0);
        clock.begins(0, 1);
        assert_eq!(
            unfinished(&clock.unfinished(&plan.scenario)),
            "nothing moves any more\n\
             philosopher 0 waits for fork 0 or fork 1, operation 2 of 3\n\
             philosopher 1 is about to dine at 1, operation 1 of 3"
        );
        assert_eq!(clock.moves(), 4);
    }
}
