//! Queues whose operations wait.

use super::answers::{self, Answer, Attempt, Queue, popped, pushed};
use super::exchange::{self, Closed, Full, POP, PUSH, Waiting, exchange, share};
use super::{Goods, Harness, Item, Order, Port, Size, TryQueue};
use crate::engine::ExecutionResult;
use crate::scenario::{Observer, Scenario, SplitMix64, Step};
use crate::spec::QueueSpec;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::future::Cancelled;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

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

/// A queue whose operations wait, but not longer than they are told to.
///
/// - Such an operation gives up only where at some moment after it began there was no room, or no item: that its time ran out is no reason
///   of its own.
pub trait TimedQueue<T>: BlockingQueue<T> + TryQueue<T> {
    /// Waits for room, but not longer than this, and puts an item in.
    ///
    /// # Errors
    /// There was no room: the item comes back.
    fn push_timeout(&self, item: T, time: Duration) -> Result<(), Full<T>>;

    /// Waits for an item, but not longer than this, and takes it out.
    fn pop_timeout(&self, time: Duration) -> Option<T>;
}

/// A queue whose `push` is a future, which may be dropped while it waits.
///
/// - What is dropped with the future is not in, and never comes to be: it is as if nobody had pushed it.
pub trait CancellableQueue<T>: BlockingQueue<T> {
    /// Waits for room and puts an item in, unless the wait is [cancelled](crate::sync::future::cancellable): then the item is dropped with it.
    ///
    /// # Errors
    /// It was cancelled.
    fn push_unless_cancelled(&self, item: T) -> Result<(), Cancelled>;
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

/// The same, and whoever has a step to do tries first, or waits for a little, or both, before it waits for as long as it takes.
pub fn play_mixed<G: Goods, Q: TimedQueue<G>>(
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> ExecutionResult {
    let queue = <Q as BlockingQueue<G>>::with_capacity(scenario.size);
    let spec = QueueSpec { answers_at_once: true, ..spec_of::<G, Q>(scenario) };
    answers::play(Mixed(Blocking(queue, PhantomData)), spec, scenario, observer).into()
}

/// The same, and whoever waits with an item may be cancelled, and comes with another one then.
pub fn play_cancelling<G: Goods, Q: CancellableQueue<G>>(
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> ExecutionResult {
    let queue = Cancelling(Blocking(Q::with_capacity(scenario.size), PhantomData));
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

/// A queue of which producers are cancelled. The last attempt waits for as long as it takes.
struct Cancelling<G, Q>(Blocking<G, Q>);

impl<G: Goods, Q: CancellableQueue<G>> Queue for Cancelling<G, Q> {
    const DROPS: bool = true;
    const ATTEMPTS: usize = 4;

    fn answer(&self, step: Step) -> Answer {
        self.0.answer(step)
    }

    fn attempt(&self, step: Step, attempt: Attempt) -> Answer {
        match step {
            Step { verb: PUSH, on: Some(label) } if attempt.number + 1 < Self::ATTEMPTS => {
                match self.0.0.push_unless_cancelled(G::new(label)) {
                    Ok(()) => Answer::Pushed(label),
                    Err(Cancelled) => Answer::Dropped(label),
                }
            }
            _ => self.answer(step),
        }
    }
}

/// A queue that is asked in every way there is.
struct Mixed<G, Q>(Blocking<G, Q>);

/// How long an attempt waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    None,
    For(Duration),
    Endless,
}

impl Patience {
    /// The longest wait that may end in vain, in microseconds: as long as another thread needs to be woken and to run.
    const LONGEST: usize = 100;

    /// The same at the same place each time. The last attempt waits for as long as it takes.
    fn of(attempt: Attempt, attempts: usize) -> Self {
        let Attempt { role, step, number } = attempt;
        let mut random = SplitMix64::new((role as u64) << 32 ^ (step * attempts + number) as u64);
        match random.between(0, 2) {
            _ if number + 1 == attempts => Self::Endless,
            0 => Self::None,
            1 => Self::For(Duration::from_micros(random.between(0, Self::LONGEST) as u64)),
            _ => Self::Endless,
        }
    }
}

impl<G: Goods, Q: TimedQueue<G>> Queue for Mixed<G, Q> {
    const ATTEMPTS: usize = 3;

    fn answer(&self, step: Step) -> Answer {
        self.0.answer(step)
    }

    fn attempt(&self, step: Step, attempt: Attempt) -> Answer {
        let queue = &self.0.0;
        match (Patience::of(attempt, Self::ATTEMPTS), step) {
            (Patience::None, Step { verb: PUSH, on: Some(label) }) => {
                pushed(label, queue.try_push(G::new(label)))
            }
            (Patience::None, Step { verb: POP, .. }) => popped(queue.try_pop()),
            (Patience::For(time), Step { verb: PUSH, on: Some(label) }) => {
                pushed(label, queue.push_timeout(G::new(label), time))
            }
            (Patience::For(time), Step { verb: POP, .. }) => popped(queue.pop_timeout(time)),
            _ => self.answer(step),
        }
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
            Self(BlockingQueue::with_capacity(capacity))
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

    #[test]
    fn an_operation_waits_in_every_way_and_in_the_end_for_as_long_as_it_takes() {
        let of = |step, number| Patience::of(Attempt { role: 1, step, number }, 3);
        let first: Vec<Patience> = (0..30).map(|step| of(step, 0)).collect();
        assert!(first.contains(&Patience::None) && first.contains(&Patience::Endless));
        assert!(first.iter().any(|patience| matches!(patience, Patience::For(_))));
        assert!((0..30).all(|step| of(step, 2) == Patience::Endless));
        assert_eq!(of(7, 1), of(7, 1));
    }

    /// Room for one, so that producers often wait with an item.
    fn cancelled<Q: CancellableQueue<Item>>() -> Result<String, Violation> {
        let observer: Arc<dyn Observer> = Arc::new(Unobserved);
        let scenario = exchange(Waiting::Blocks, 1, &[200, 200], 2);
        play_cancelling::<Item, Q>(&Arc::new(scenario), &observer).outcome
    }

    #[test]
    fn accepts_items_that_are_dropped_while_their_producers_wait() {
        use crate::model::coroutines::queue::{Impatient, Queue};
        let outcome = (0..20).map(|_| cancelled::<Impatient<Queue<Item>>>().unwrap());
        assert!(outcome.into_iter().any(|outcome| outcome.contains("dropped")), "nobody was cancelled");
    }

    #[test]
    fn rejects_an_item_that_comes_out_although_it_was_dropped() {
        use crate::model::coroutines::queue::broken::LeavesItsItem;
        let wrong = (0..20).find_map(|_| cancelled::<LeavesItsItem<Item>>().err());
        let wrong = wrong.expect("some item is left in the line");
        assert!(
            ["nothing_duplicated", "nothing_lost", "linearizable"].contains(&wrong.property),
            "{wrong:?}"
        );
    }

    /// Room for one, so that both sides often find none.
    fn mixed<Q: TimedQueue<Item>>() -> Result<String, Violation> {
        let observer: Arc<dyn Observer> = Arc::new(Unobserved);
        let scenario = exchange(Waiting::Blocks, 1, &[200, 200], 2);
        play_mixed::<Item, Q>(&Arc::new(scenario), &observer).outcome
    }

    #[test]
    fn accepts_tries_and_timed_operations_among_those_that_wait() {
        use crate::model::threads::queue::{self, LifoQueue, PriorityQueue, SimpleQueue};
        mixed::<queue::Queue<Item>>().unwrap();
        mixed::<LifoQueue<Item>>().unwrap();
        mixed::<PriorityQueue<Item>>().unwrap();
        mixed::<SimpleQueue<Item>>().unwrap();
    }

    /// It says that there is nothing because the time is over.
    struct GivesUp(crate::model::threads::queue::Queue<Item>);

    impl BlockingQueue<Item> for GivesUp {
        fn with_capacity(capacity: usize) -> Self {
            Self(BlockingQueue::with_capacity(capacity))
        }

        fn push(&self, item: Item) -> Result<(), Closed<Item>> {
            self.0.push(item)
        }

        fn pop(&self) -> Option<Item> {
            self.0.pop()
        }
    }

    impl TryQueue<Item> for GivesUp {
        fn with_capacity(capacity: usize) -> Self {
            BlockingQueue::with_capacity(capacity)
        }

        fn try_push(&self, item: Item) -> Result<(), Full<Item>> {
            self.0.try_push(item)
        }

        fn try_pop(&self) -> Option<Item> {
            self.0.try_pop()
        }
    }

    impl TimedQueue<Item> for GivesUp {
        fn push_timeout(&self, item: Item, time: Duration) -> Result<(), Full<Item>> {
            self.0.push_timeout(item, time)
        }

        fn pop_timeout(&self, _: Duration) -> Option<Item> {
            None
        }
    }

    #[test]
    fn rejects_an_end_of_time_that_is_no_reason() {
        // One role puts all in, then takes all out: there is an item whenever it asks for one.
        let mut scenario = exchange(Waiting::Blocks, 30, &[30], 1);
        let pops = scenario.roles.remove(1).steps;
        scenario.roles[0].steps.extend(pops);
        let observer: Arc<dyn Observer> = Arc::new(Unobserved);
        let outcome = play_mixed::<Item, GivesUp>(&Arc::new(scenario), &observer).outcome;
        assert_eq!(outcome.unwrap_err().property, "linearizable");
    }
}
