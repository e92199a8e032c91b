//! How queues are measured: the time in which numbers go from producers to consumers.
//!
//! Each producer puts in so many, and each consumer takes out as many, so both sides must be of one size. Nobody is
//! watched, and nothing is judged: that is for the scenarios.

use super::{BlockingQueue, Full, Size, SpscConsumer, SpscProducer, SpscQueue, TryQueue};
use crate::scenario::time_together;
use crate::sync::{hint, thread};
use std::hint::black_box;
use std::time::Duration;

/// The room in a queue whose operations wait.
const WAITING: usize = 128;

/// The room in a queue whose operations never wait.
const TRYING: usize = 1024;

/// Through a queue whose operations wait.
///
/// # Panics
/// If there are not as many consumers as producers.
pub fn waiting<Q: BlockingQueue<u64>>(sides: Size, items: u64) -> Duration {
    let queue = &Q::with_capacity(WAITING);
    let produce = move || (0..items).for_each(|item| queue.push(black_box(item)).expect("nobody closes it"));
    let consume = move || (0..items).for_each(|_| _ = black_box(queue.pop()));
    time_sides(sides, produce, consume)
}

/// Through a queue whose operations never wait: who finds no item, or no room, tries again.
///
/// # Panics
/// If there are not as many consumers as producers.
pub fn trying<Q: TryQueue<u64>>(sides: Size, items: u64) -> Duration {
    let queue = &Q::with_capacity(TRYING);
    let produce = move || (0..items).for_each(|item| put(item, |item| queue.try_push(item)));
    let consume = move || (0..items).for_each(|_| take(|| queue.try_pop()));
    time_sides(sides, produce, consume)
}

/// From the one end of a queue to the other, each tried again where it must.
pub fn spsc<Q: SpscQueue<u64>>(_: Size, items: u64) -> Duration {
    let (mut producer, mut consumer) = Q::with_capacity(TRYING);
    let produce = move || (0..items).for_each(|item| put(item, |item| producer.try_push(item)));
    let consume = move || (0..items).for_each(|_| take(|| consumer.try_pop()));
    let bodies: [Box<dyn FnOnce() + Send>; 2] = [Box::new(produce), Box::new(consume)];
    time_together(bodies.into_iter())
}

fn time_sides<'a>(
    Size(producers, consumers): Size,
    produce: impl Fn() + Copy + Send + 'a,
    consume: impl Fn() + Copy + Send + 'a,
) -> Duration {
    assert_eq!(producers, consumers, "each consumer takes what one producer puts in");
    let mut bodies: Vec<Box<dyn FnOnce() + Send + 'a>> = Vec::with_capacity(2 * producers);
    for _ in 0..producers {
        bodies.push(Box::new(produce));
        bodies.push(Box::new(consume));
    }
    time_together(bodies.into_iter())
}

fn put(mut item: u64, mut attempt: impl FnMut(u64) -> Result<(), Full<u64>>) {
    let mut looks = 0;
    while let Err(Full(rejected)) = attempt(black_box(item)) {
        item = rejected;
        pause(&mut looks);
    }
}

fn take(mut attempt: impl FnMut() -> Option<u64>) {
    let mut looks = 0;
    while black_box(attempt()).is_none() {
        pause(&mut looks);
    }
}

/// On a machine with fewer free cores than threads, one that only spins holds up the other side.
fn pause(looks: &mut u32) {
    *looks += 1;
    if looks.is_multiple_of(64) { thread::yield_now() } else { hint::spin_loop() }
}
