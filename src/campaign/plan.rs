//! What a round does, as drawn from its seed.

use crate::port::Port;
use crate::scenario::{Scenario, SplitMix64};
use crate::sync::{hint, thread};

/// How threads dawdle before their operations and while they eat, so that they meet in ever new ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    /// Tells the pauses apart.
    pub seed: u64,
    /// The longest pause, in turns of a spin loop.
    pub longest: u32,
}

impl Pauses {
    /// The pause before the `step`-th operation of a role: none, some spinning, or a yield.
    pub(super) fn take(self, role: usize, step: usize) {
        let mut random = SplitMix64::new(self.seed ^ (role as u64) << 32 ^ step as u64);
        match random.between(0, 15) {
            0 => thread::yield_now(),
            1..=3 => (0..random.between(0, self.longest as usize)).for_each(|_| hint::spin_loop()),
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
}

impl Plan {
    /// The plan of this seed: on most machines, with fewer threads than cores and with more.
    pub fn draw(port: &Port, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        let scenario = (port.draw)(&mut random);
        // Mostly short: operations that are far apart do not overlap.
        let pauses = Pauses { seed: random.next_u64(), longest: (1 << random.between(0, 8)) - 1 };
        Self { scenario, pauses }
    }
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
}
