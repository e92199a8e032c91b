//! What a round does, as drawn from its seed.

use crate::scenario::{Port, Scenario, Step, Waiting};
use crate::sync::{hint, thread};

/// A small generator of pseudorandom numbers, the same on every machine.
///
/// Source: Guy L. Steele Jr., Doug Lea, Christine H. Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014; the constants are those of its reference implementation.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// A generator with this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub const fn between(&mut self, low: usize, high: usize) -> usize {
        low + (self.next_u64() % (high - low + 1) as u64) as usize
    }
}

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
    pub fn draw(port: Port, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        let scenario = match port {
            Port::Table => Scenario::dining(random.between(2, 12), random.between(1, 100)),
            Port::Queue => exchange(Waiting::Blocks, 100, &mut random),
            // A try is over before another core has come, so it takes many.
            Port::TryQueue => exchange(Waiting::Tries, 2_000, &mut random),
            Port::Deque => robbery(&mut random),
            Port::Lane => {
                let capacity = random.between(1, 8);
                Scenario::exchange(Waiting::Tries, capacity, &[random.between(1, 5_000)], 1)
            }
        };
        // Mostly short: operations that are far apart do not overlap.
        let pauses = Pauses { seed: random.next_u64(), longest: (1 << random.between(0, 8)) - 1 };
        Self { scenario, pauses }
    }
}

fn exchange(waiting: Waiting, most: usize, random: &mut SplitMix64) -> Scenario {
    let capacity = random.between(1, 8);
    let items: Vec<_> = (0..random.between(1, 6)).map(|_| random.between(1, most)).collect();
    Scenario::exchange(waiting, capacity, &items, random.between(1, 6))
}

/// The owner pushes and pops in bursts, so that the deque is often nearly empty, and grows now and then.
fn robbery(random: &mut SplitMix64) -> Scenario {
    let longest = random.between(1, 6);
    let mut owner = Vec::new();
    let mut items = 0;
    for _ in 0..random.between(1, 1_000) {
        for _ in 0..random.between(1, longest) {
            owner.push(Step::Push(items));
            items += 1;
        }
        owner.extend(vec![Step::TryPop; random.between(0, longest)]);
    }
    let thieves = random.between(1, 6);
    Scenario::robbery(random.between(1, 8), owner, thieves, random.between(1, 3_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generator_gives_the_published_numbers() {
        let mut random = SplitMix64::new(1_234_567);
        let numbers = [(); 3].map(|()| random.next_u64());
        // Rosetta Code, "Pseudo-random numbers/Splitmix64".
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn a_seed_draws_the_same_plan_again() {
        for port in [Port::Table, Port::Queue, Port::TryQueue, Port::Deque, Port::Lane] {
            assert_eq!(Plan::draw(port, 7), Plan::draw(port, 7));
            assert_ne!(Plan::draw(port, 7), Plan::draw(port, 8));
        }
    }
}
