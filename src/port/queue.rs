//! Queues whose operations wait.

use super::answers::{self, Answer, Queue, popped};
use super::exchange::{self, Closed, POP, PUSH, Waiting, exchange, share};
use super::{Goods, Harness, Item, Order, Port, Size};
use crate::engine::ExecutionResult;
use crate::scenario::{Observer, Scenario, Step};
use crate::spec::QueueSpec;
use crate::sync::atomic::{AtomicUsize, Ordering};
use std::marker::PhantomData;
use std::sync::Arc;

/// A queue for any number of producers and consumers, whose operations wait.
///
/// - Every item is received at most once, and dropped exactly once: by its receiver, or with the queue.
/// - Items come out in the [`Order`] that it promises: it is linearizable to the sequential object.
/// - A `push` waits only while there is no room, a `pop` only while there is no item; neither when the
///   queue is closed.
pub trait BlockingQueue<T>: Send + Sync + 'static {
    /// Which item comes out next.
    const ORDER: Order = Order::Fifo;

    /// An empty queue for at least `capacity` items; `capacity` is at least 1 and may be rounded up.
    fn with_capacity(capacity: usize) -> Self
    where
        Self: Sized;

    /// Waits for room and puts an item in.
    ///
    /// # Errors
    /// The queue was [closed](Close::close): the item comes back.
    fn push(&self, item: T) -> Result<(), Closed<T>>;

    /// Waits for an item and takes it out; `None` once the queue is [closed](Close::close) and empty.
    fn pop(&self) -> Option<T>;
}

/// A queue that can be closed.
///
/// - From then on no item is accepted; those that are in can still be taken out.
/// - Everybody who waits is woken.
pub trait Close {
    /// Closes it. Closing it once more does nothing.
    fn close(&self);
}

/// Producers and consumers.
pub static PORT: Port = Port {
    name: "queue",
    sizes: &[Size(1, 1), Size(2, 1), Size(1, 2), Size(2, 2)],
    larger: &[Size(3, 1), Size(1, 3), Size(3, 2), Size(2, 3)],
    scenario: |Size(producers, consumers)| blocking(producers, consumers),
    draw: |random| exchange::draw(Waiting::Blocks, 1_000, random),
};

/// The smallest exchange in which each side has to wait, and everybody has something to do.
pub fn blocking(producers: usize, consumers: usize) -> Scenario {
    let total = if (producers, consumers) == (1, 1) { 3 } else { producers.max(consumers) };
    let items: Vec<_> = (0..producers).map(|i| share(total, producers, i)).collect();
    exchange(Waiting::Blocks, 1, &items, consumers)
}

/// Plays on this queue.
pub const fn harness<Q: BlockingQueue<Item>>() -> Harness {
    Harness::new(&PORT, play::<Item, Q>)
}

/// Plays on this queue with such items.
pub fn play<G: Goods, Q: BlockingQueue<G>>(
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> ExecutionResult {
    let queue = Blocking(Q::with_capacity(scenario.size), PhantomData);
    answers::play(queue, spec_of::<G, Q>(scenario), scenario, observer).into()
}

/// The same, and whoever begins the step in the middle closes the queue before it.
pub fn play_closing<G: Goods, Q: BlockingQueue<G> + Close>(
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> ExecutionResult {
    let queue = Blocking(Q::with_capacity(scenario.size), PhantomData);
    let steps: usize = scenario.roles.iter().map(|role| role.steps.len()).sum();
    let queue = Closing { queue, begun: AtomicUsize::new(0), closes_at: steps / 2 };
    answers::play(queue, spec_of::<G, Q>(scenario), scenario, observer).into()
}

fn spec_of<G, Q: BlockingQueue<G>>(scenario: &Scenario) -> QueueSpec {
    QueueSpec {
        order: Q::ORDER,
        capacity: scenario.size,
        answers_at_once: false,
        fails_under_contention: false,
    }
}

/// A queue that is closed by whoever begins this step, as it counts them.
struct Closing<G, Q> {
    queue: Blocking<G, Q>,
    begun: AtomicUsize,
    closes_at: usize,
}

impl<G: Goods, Q: BlockingQueue<G> + Close> Queue for Closing<G, Q> {
    const CLOSES: bool = true;

    fn answer(&self, step: Step) -> Answer {
        // Ordering: the count publishes nothing.
        if self.begun.fetch_add(1, Ordering::Relaxed) == self.closes_at {
            self.queue.0.close();
        }
        self.queue.answer(step)
    }
}

struct Blocking<G, Q>(Q, PhantomData<fn(G)>);

impl<G: Goods, Q: BlockingQueue<G>> Queue for Blocking<G, Q> {
    fn answer(&self, step: Step) -> Answer {
        match step {
            Step { verb: PUSH, on: Some(label) } => match self.0.push(G::new(label)) {
                Ok(()) => Answer::Pushed(label),
                Err(Closed(item)) => Answer::Full { put: label, back: item.label() },
            },
            Step { verb: POP, .. } => popped(self.0.pop()),
            _ => panic!("a blocking queue cannot {step}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Violation;
    use crate::model::threads::queue::bounded::Bounded;
    use crate::scenario::Unobserved;

    /// A queue that keeps an item to itself when it is closed.
    struct KeepsOne(Bounded<Item>);

    impl BlockingQueue<Item> for KeepsOne {
        fn with_capacity(capacity: usize) -> Self {
            Self(Bounded::with_capacity(capacity))
        }

        fn push(&self, item: Item) -> Result<(), Closed<Item>> {
            self.0.push(item)
        }

        fn pop(&self) -> Option<Item> {
            None
        }
    }

    impl Close for KeepsOne {
        fn close(&self) {
            Close::close(&self.0);
        }
    }

    /// One role puts two items in and takes two out: the queue is closed in between.
    fn closed<Q: BlockingQueue<Item> + Close>() -> Result<String, Violation> {
        let mut scenario = exchange(Waiting::Blocks, 4, &[2], 1);
        let pops = scenario.roles.remove(1).steps;
        scenario.roles[0].steps.extend(pops);
        let observer: Arc<dyn Observer> = Arc::new(Unobserved);
        play_closing::<Item, Q>(&Arc::new(scenario), &observer).outcome
    }

    #[test]
    fn accepts_what_is_taken_out_after_the_end() {
        assert_eq!(closed::<Bounded<Item>>().unwrap(), "p0=[0, 1]");
    }

    #[test]
    fn rejects_an_end_that_leaves_an_item() {
        assert_eq!(closed::<KeepsOne>().unwrap_err().property, "closed_means_empty");
    }
}
