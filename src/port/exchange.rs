//! What producers and consumers do to a queue.

use crate::scenario::{Role, Scenario, SplitMix64, Verb};
use std::fmt;

/// The queue had no room; gives the item back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is full")
    }
}

impl<T: fmt::Debug> std::error::Error for Full<T> {}

/// The queue is closed; gives the item back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed<T>(pub T);

impl<T> fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is closed")
    }
}

impl<T: fmt::Debug> std::error::Error for Closed<T> {}

/// Puts in the item with this label, and waits for room.
pub const PUSH: Verb = Verb("push");
/// Takes an item, and waits for one.
pub const POP: Verb = Verb("pop");
/// Puts in the item with this label if there is room.
pub const TRY_PUSH: Verb = Verb("try_push");
/// Takes an item if there is one.
pub const TRY_POP: Verb = Verb("try_pop");

/// What a producer or consumer does where it could wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It waits: `push` and `pop`.
    Blocks,
    /// It goes on without: `try_push` and `try_pop`.
    Tries,
}

/// Every producer puts so many items into a queue; the consumers share them as evenly as can be.
pub fn exchange(waiting: Waiting, capacity: usize, items: &[usize], consumers: usize) -> Scenario {
    let (push, pop) = match waiting {
        Waiting::Blocks => (PUSH, POP),
        Waiting::Tries => (TRY_PUSH, TRY_POP),
    };
    let most = items.iter().max().map_or(0, |&most| most as u32);
    let stride = Scenario::STRIDE.max(most);
    let producers = items.iter().enumerate().map(|(i, &items)| Role {
        name: format!("producer {i}"),
        steps: (0..items as u32).map(|k| push.on(i as u32 * stride + k)).collect(),
    });
    let total = items.iter().sum();
    let consumers = (0..consumers)
        .map(|i| Role { name: format!("consumer {i}"), steps: vec![pop.step(); share(total, consumers, i)] });
    Scenario { size: capacity, roles: producers.chain(consumers).collect(), stride }
}

/// One try each, or three where there is one thread a side.
pub fn trying(producers: usize, consumers: usize) -> Scenario {
    let tries = if (producers, consumers) == (1, 1) { 3 } else { 1 };
    let mut scenario = exchange(Waiting::Tries, 2, &vec![tries; producers], consumers);
    for consumer in &mut scenario.roles[producers..] {
        consumer.steps = vec![TRY_POP.step(); tries];
    }
    scenario
}

/// An exchange of a campaign, with so many items a producer at most: one or many producers and consumers, on most machines fewer
/// threads than cores and more; little room and much; and half of the rounds short, because threads meet most where they begin and end.
pub(super) fn draw(waiting: Waiting, most: usize, random: &mut SplitMix64) -> Scenario {
    let capacity = draw_capacity(random);
    let (producers, consumers) = match random.between(0, 5) {
        0 => (1, 1),
        1 => (draw_many(random), 1),
        2 => (1, draw_many(random)),
        _ => (draw_many(random), draw_many(random)),
    };
    let most = draw_length(most, random);
    let items: Vec<_> = (0..producers).map(|_| random.between(1, most)).collect();
    exchange(waiting, capacity, &items, consumers)
}

/// Room for one, two, a few, or more than is ever in.
pub(super) const fn draw_capacity(random: &mut SplitMix64) -> usize {
    match random.between(0, 7) {
        0 | 1 => 1,
        2 | 3 => 2,
        4 => 1024,
        _ => random.between(3, 8),
    }
}

/// More than one thread: mostly as many as a small machine has cores.
const fn draw_many(random: &mut SplitMix64) -> usize {
    match random.between(0, 7) {
        0..=3 => random.between(2, 3),
        4..=6 => random.between(2, 6),
        _ => random.between(6, 16),
    }
}

/// The length of a short round, of one of middling length, or of the longest.
pub(super) const fn draw_length(most: usize, random: &mut SplitMix64) -> usize {
    match random.between(0, 7) {
        0..=3 => 10,
        4..=6 => most / 20 + 1,
        _ => most,
    }
}

/// The part of the `i`-th of `n` when `total` things are shared as evenly as can be.
pub(super) const fn share(total: usize, n: usize, i: usize) -> usize {
    total / n + (i < total % n) as usize
}
