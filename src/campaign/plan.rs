//! What a round does, as drawn from its seed.

use crate::port::Port;
use crate::scenario::{Scenario, SplitMix64};
use crate::sync::{hint, thread};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How threads dawdle before their operations and while they eat, so that they meet in ever new ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pauses {
    /// Tells the pauses apart.
    pub seed: u64,
    /// The longest pause, in turns of a spin loop.
    pub longest: u32,
}

impl Pauses {
    /// The longest sleep, in microseconds: as long as another thread needs to be woken and to run.
    const LONGEST_SLEEP: usize = 50;

    /// The pause before the `step`-th operation of a role: none, some spinning, a yield, or seldom a sleep.
    pub(super) fn take(self, role: usize, step: usize) {
        let mut random = SplitMix64::new(self.seed ^ (role as u64) << 32 ^ step as u64);
        match random.between(0, 255) {
            0 => std::thread::sleep(Duration::from_micros(random.between(1, Self::LONGEST_SLEEP) as u64)),
            1..=15 => thread::yield_now(),
            16..=63 => (0..random.between(0, self.longest as usize)).for_each(|_| hint::spin_loop()),
            _ => {}
        }
    }
}

/// A round, as it will be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What each thread does.
    pub scenario: Scenario,
    /// How it dawdles.
    pub pauses: Pauses,
    /// Whether each thread stays on one core, the next one on the next core, or the system moves them.
    pub pinned: bool,
    /// Which load the items carry, where the subject is played with several: see [`Harness::loaded`](crate::port::Harness::loaded).
    pub load: usize,
}

impl Plan {
    /// The plan of this seed: on most machines, with fewer threads than cores and with more.
    pub fn draw(port: &Port, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        let scenario = (port.draw)(&mut random);
        let (pauses, pinned) = (Self::draw_pauses(&mut random), random.between(0, 3) == 0);
        Self { scenario, pauses, pinned, load: random.between(0, 255) }
    }

    /// The same threads, which meet in another way.
    #[must_use]
    pub(super) fn again(&self, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        let pauses = Self::draw_pauses(&mut random);
        Self { scenario: self.scenario.clone(), pauses, pinned: random.between(0, 3) == 0, load: self.load }
    }

    fn draw_pauses(random: &mut SplitMix64) -> Pauses {
        // Mostly short: operations that are far apart do not overlap.
        Pauses { seed: random.next_u64(), longest: (1 << random.between(0, 8)) - 1 }
    }
}

/// Keeps the calling thread on a core, which is chosen by its number; without effect where the system has no such thing, or says no.
pub(super) fn pin(number: usize) {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
        let Ok(allowed) = sched_getaffinity(None) else { return };
        let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core)).collect();
        let mut one = CpuSet::new();
        one.set(cores[number % cores.len()]);
        // It is a round like any other where that is forbidden.
        let _ = sched_setaffinity(None, &one);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = number;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PORTS;

    #[test]
    fn a_seed_draws_the_same_plan_again() {
        for port in PORTS {
            assert_eq!(Plan::draw(port, 7), Plan::draw(port, 7));
            assert_ne!(Plan::draw(port, 7), Plan::draw(port, 8));
        }
    }

    #[test]
    fn the_same_threads_meet_in_another_way() {
        let plan = Plan::draw(PORTS[0], 7);
        let again = plan.again(8);
        assert_eq!(plan.scenario, again.scenario);
        assert_ne!(plan.pauses, again.pauses);
    }

    #[cfg(target_os = "linux")]
    #[test]
    #[expect(clippy::disallowed_methods, reason = "no engine is to see it")]
    fn a_pinned_thread_may_run_on_one_core() {
        let cores = std::thread::spawn(|| {
            pin(1);
            rustix::thread::sched_getaffinity(None).unwrap().count()
        });
        assert_eq!(cores.join().unwrap(), 1);
    }
}
