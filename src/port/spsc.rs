//! Queues for one producer and one consumer, each with an end of its own.

use super::exchange::{
    self, Answer, Full, Item, Queue, TRY_POP, TRY_PUSH, Waiting, exchange, popped, pushed, trying,
};
use super::{Harness, Order, Port, Size};
use crate::engine::Outcome;
use crate::scenario::{Observer, Scenario, Step};
use crate::spec::QueueSpec;
use std::sync::Arc;

/// A bounded queue for one producer and one consumer, whose operations never wait.
///
/// - What [`TryQueue`](super::TryQueue) promises, first-in first-out.
/// - Each end is used by one thread at a time: its methods need `&mut`.
pub trait SpscQueue<T>: 'static {
    /// The end that puts items in.
    type Producer: SpscProducer<T>;
    /// The end that takes items out.
    type Consumer: SpscConsumer<T>;

    /// Both ends of an empty queue for at least `capacity` items; `capacity` is at least 1 and may be rounded
    /// up.
    fn with_capacity(capacity: usize) -> (Self::Producer, Self::Consumer);
}

/// The end of a [`SpscQueue`] that puts items in.
pub trait SpscProducer<T>: Send + 'static {
    /// Puts an item in.
    ///
    /// # Errors
    /// There is no room: the item comes back.
    fn try_push(&mut self, item: T) -> Result<(), Full<T>>;
}

/// The end of a [`SpscQueue`] that takes items out.
pub trait SpscConsumer<T>: Send + 'static {
    /// Takes an item out; `None` where there is none.
    fn try_pop(&mut self) -> Option<T>;
}

/// Always one producer and one consumer.
pub static PORT: Port = Port {
    name: "spsc",
    sizes: &[Size(1, 1)],
    larger: &[],
    scenario: |Size(producers, consumers)| trying(producers, consumers),
    draw: |random| {
        let capacity = random.between(1, 8);
        // Every other one is small enough for the order of its operations to be judged.
        let most = if random.between(0, 1) == 0 { 30 } else { 5_000 };
        exchange(Waiting::Tries, capacity, &[random.between(1, most)], 1)
    },
};

/// Plays on this queue, whose ends go to one producer and one consumer.
pub const fn harness<Q: SpscQueue<Item>>() -> Harness {
    Harness::new(&PORT, |scenario, observer| play::<Q>(scenario, observer).into())
}

fn play<Q: SpscQueue<Item>>(scenario: &Arc<Scenario>, observer: &Arc<dyn Observer>) -> Outcome {
    let spec = QueueSpec {
        order: Order::Fifo,
        capacity: scenario.size,
        answers_at_once: true,
        fails_under_contention: false,
    };
    let (producer, consumer) = Q::with_capacity(scenario.size);
    let ends = Ends { producer: End::new(producer), consumer: End::new(consumer) };
    exchange::play(ends, spec, scenario, observer)
}

/// Both ends, each for the one role that uses it.
struct Ends<P, C> {
    producer: End<P>,
    consumer: End<C>,
}

/// The harness's own, and never contended: it turns `&self` into the end's `&mut self`.
#[expect(clippy::disallowed_types, reason = "no engine is to see it")]
type End<E> = std::sync::Mutex<E>;

impl<P: SpscProducer<Item>, C: SpscConsumer<Item>> Queue for Ends<P, C> {
    fn answer(&self, step: Step) -> Answer {
        match step {
            Step { verb: TRY_PUSH, on: Some(label) } => {
                let mut producer = self.producer.try_lock().expect("there is one producer");
                pushed(label, producer.try_push(Item::new(label)))
            }
            Step { verb: TRY_POP, .. } => {
                let mut consumer = self.consumer.try_lock().expect("there is one consumer");
                popped(consumer.try_pop())
            }
            _ => panic!("an end of a queue cannot {step}"),
        }
    }
}
