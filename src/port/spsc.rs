//! Queues for one producer and one consumer, each with an end of its own.

use super::answers::{self, Answer, Queue, popped, pushed};
use super::exchange::{Full, TRY_POP, TRY_PUSH, Waiting, draw_capacity, draw_length, exchange, trying};
use super::{Goods, Harness, Item, Order, Port, Size};
use crate::engine::ExecutionResult;
use crate::scenario::{Observer, Scenario, Step};
use crate::spec::QueueSpec;
use std::marker::PhantomData;
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
        let capacity = draw_capacity(random);
        let most = draw_length(5_000, random);
        exchange(Waiting::Tries, capacity, &[random.between(1, most)], 1)
    },
};

/// Plays on this queue, whose ends go to one producer and one consumer.
pub const fn harness<Q: SpscQueue<Item>>() -> Harness {
    Harness::new(&PORT, play::<Item, Q>)
}

/// Plays on this queue with such items.
pub fn play<G: Goods, Q: SpscQueue<G>>(
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> ExecutionResult {
    let spec = QueueSpec {
        order: Order::Fifo,
        capacity: scenario.size,
        answers_at_once: true,
        fails_under_contention: false,
    };
    let (producer, consumer) = Q::with_capacity(scenario.size);
    let ends = Ends { producer: End::new(producer), consumer: End::new(consumer), goods: PhantomData };
    answers::play(ends, spec, scenario, observer).into()
}

/// Both ends, each for the one role that uses it.
struct Ends<G, P, C> {
    producer: End<P>,
    consumer: End<C>,
    goods: PhantomData<fn(G)>,
}

/// The harness's own, and never contended: it turns `&self` into the end's `&mut self`.
#[expect(clippy::disallowed_types, reason = "no engine is to see it")]
type End<E> = std::sync::Mutex<E>;

impl<G: Goods, P: SpscProducer<G>, C: SpscConsumer<G>> Queue for Ends<G, P, C> {
    fn answer(&self, step: Step) -> Answer {
        match step {
            Step { verb: TRY_PUSH, on: Some(label) } => {
                let mut producer = self.producer.try_lock().expect("there is one producer");
                pushed(label, producer.try_push(G::new(label)))
            }
            Step { verb: TRY_POP, .. } => {
                let mut consumer = self.consumer.try_lock().expect("there is one consumer");
                popped(consumer.try_pop())
            }
            _ => panic!("an end of a queue cannot {step}"),
        }
    }
}
