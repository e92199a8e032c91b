//! Queues whose operations never wait.

use super::answers::{self, Answer, Queue, popped, pushed};
use super::exchange::{self, Full, TRY_POP, TRY_PUSH, Waiting, trying};
use super::{Goods, Harness, Item, Order, Port, Size};
use crate::engine::ExecutionResult;
use crate::scenario::{Observer, Scenario, Step};
use crate::spec::QueueSpec;
use std::marker::PhantomData;
use std::sync::Arc;

/// A queue for any number of producers and consumers, whose operations never wait.
///
/// - Every item that was accepted is received at most once, and dropped exactly once: by its receiver,
///   or with the queue.
/// - Items come out in the [`Order`] that it promises: it is linearizable to the sequential object.
/// - An operation fails only where there is no item, or no room; in a queue that
///   [fails under contention](Self::FAILS_UNDER_CONTENTION) also while another one is under way.
pub trait TryQueue<T>: Send + Sync + 'static {
    /// Which item comes out next.
    const ORDER: Order = Order::Fifo;

    /// Whether an operation may fail for no other reason than that another one is under way.
    const FAILS_UNDER_CONTENTION: bool = false;

    /// An empty queue for at least `capacity` items; `capacity` is at least 1 and may be rounded up.
    fn with_capacity(capacity: usize) -> Self
    where
        Self: Sized;

    /// Puts an item in.
    ///
    /// # Errors
    /// There is no room: the item comes back.
    fn try_push(&self, item: T) -> Result<(), Full<T>>;

    /// Takes an item out; `None` where there is none.
    fn try_pop(&self) -> Option<T>;
}

/// Producers and consumers.
pub static PORT: Port = Port {
    name: "try_queue",
    sizes: &[Size(1, 1), Size(2, 1), Size(1, 2), Size(2, 2)],
    larger: &[Size(3, 1), Size(1, 3), Size(3, 2), Size(2, 3)],
    scenario: |Size(producers, consumers)| trying(producers, consumers),
    // A try is over before another core has come, so it takes many.
    draw: |random| exchange::draw(Waiting::Tries, 4_000, random),
};

/// Plays on this queue.
pub const fn harness<Q: TryQueue<Item>>() -> Harness {
    Harness::new(&PORT, play::<Item, Q>)
}

/// Plays on this queue with such items.
pub fn play<G: Goods, Q: TryQueue<G>>(
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> ExecutionResult {
    let spec = QueueSpec {
        order: Q::ORDER,
        capacity: scenario.size,
        answers_at_once: true,
        fails_under_contention: Q::FAILS_UNDER_CONTENTION,
    };
    let queue = Trying(Q::with_capacity(scenario.size), PhantomData);
    answers::play(queue, spec, scenario, observer).into()
}

struct Trying<G, Q>(Q, PhantomData<fn(G)>);

impl<G: Goods, Q: TryQueue<G>> Queue for Trying<G, Q> {
    fn answer(&self, step: Step) -> Answer {
        match step {
            Step { verb: TRY_PUSH, on: Some(label) } => pushed(label, self.0.try_push(G::new(label))),
            Step { verb: TRY_POP, .. } => popped(self.0.try_pop()),
            _ => panic!("a queue that never waits cannot {step}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::Parcel;
    use crate::port::exchange::exchange;
    use crate::port::ledger::same;
    use crate::scenario::Role;
    use std::collections::VecDeque;

    /// A queue that is not one: what it does with the items is up to the test.
    #[expect(clippy::disallowed_types, reason = "a test double, never modelled")]
    type Items = std::sync::Mutex<VecDeque<Item>>;

    macro_rules! double {
        ($name:ident, $push:expr, $pop:expr) => {
            #[derive(Default)]
            struct $name(Items);

            impl TryQueue<Item> for $name {
                fn with_capacity(_capacity: usize) -> Self {
                    Self::default()
                }

                fn try_push(&self, item: Item) -> Result<(), Full<Item>> {
                    $push(&mut *self.0.lock().unwrap(), item)
                }

                fn try_pop(&self) -> Option<Item> {
                    $pop(&mut *self.0.lock().unwrap())
                }
            }
        };
    }

    fn put(items: &mut VecDeque<Item>, item: Item) -> Result<(), Full<Item>> {
        items.push_back(item);
        Ok(())
    }

    double!(Correct, put, VecDeque::pop_front);
    double!(LastInFirstOut, put, VecDeque::pop_back);
    double!(
        Forgets,
        |_: &mut VecDeque<Item>, item| {
            std::mem::forget(item);
            Ok(())
        },
        VecDeque::pop_front
    );
    double!(
        Drops,
        |_: &mut VecDeque<Item>, item| {
            drop(item);
            Ok(())
        },
        VecDeque::pop_front
    );
    double!(
        Repeats,
        |items: &mut VecDeque<Item>, item: Item| {
            items.push_back(Item::new(item.label()));
            put(items, item)
        },
        VecDeque::pop_front
    );
    double!(
        DropsTwice,
        |items: &mut VecDeque<Item>, item: Item| {
            drop(Item::new(item.label()));
            put(items, item)
        },
        VecDeque::pop_front
    );
    /// It promises another order than it keeps.
    struct Promises<const LIFO: bool>(Correct);

    impl<const LIFO: bool> TryQueue<Item> for Promises<LIFO> {
        const ORDER: Order = if LIFO { Order::Lifo } else { Order::Priority };

        fn with_capacity(capacity: usize) -> Self {
            Self(Correct::with_capacity(capacity))
        }

        fn try_push(&self, item: Item) -> Result<(), Full<Item>> {
            self.0.try_push(item)
        }

        fn try_pop(&self) -> Option<Item> {
            self.0.try_pop()
        }
    }

    double!(Swaps, |_: &mut VecDeque<Item>, _| Err(Full(Item::new(42))), VecDeque::pop_front);

    fn judge<Q: TryQueue<Item>>() -> Result<(), &'static str> {
        // One role puts all items in, then takes them out: nothing is left to chance.
        let mut scenario = exchange(Waiting::Tries, 4, &[3], 1);
        let pops = scenario.roles.remove(1).steps;
        scenario.roles[0].steps.extend(pops);
        let outcome = harness::<Q>().program(scenario).run();
        outcome.map(drop).map_err(|violation| violation.property)
    }

    #[test]
    fn accepts_a_sound_queue() {
        assert_eq!(judge::<Correct>(), Ok(()));
    }

    #[test]
    fn rejects_another_order() {
        assert_eq!(judge::<LastInFirstOut>(), Err("fifo_per_producer"));
    }

    /// Real threads are judged by the times of their operations.
    #[test]
    fn rejects_an_order_that_was_not_promised() {
        assert_eq!(judge::<Promises<true>>(), Err("linearizable"));
        // The least item came first here.
        assert_eq!(judge::<Promises<false>>(), Ok(()));
        assert_eq!(judge::<LastInFirstOut>(), Err("fifo_per_producer"));
        let scenario = Scenario::new(
            4,
            vec![Role {
                name: "producer 0".to_owned(),
                steps: vec![TRY_PUSH.on(2), TRY_PUSH.on(1), TRY_POP.step(), TRY_POP.step()],
            }],
        );
        let outcome = harness::<Promises<false>>().program(scenario).run();
        assert_eq!(outcome.map_err(|violation| violation.property), Err("linearizable"));
    }

    #[test]
    fn rejects_a_lost_item() {
        assert_eq!(judge::<Forgets>(), Err("nothing_lost"));
        assert_eq!(judge::<Drops>(), Err("nothing_lost"));
    }

    #[test]
    fn rejects_a_duplicated_item() {
        assert_eq!(judge::<Repeats>(), Err("nothing_duplicated"));
    }

    #[test]
    fn rejects_an_item_that_is_dropped_twice() {
        assert_eq!(judge::<DropsTwice>(), Err("dropped_once"));
    }

    #[test]
    fn rejects_another_item_back() {
        assert_eq!(judge::<Swaps>(), Err("rejected_comes_back"));
    }

    /// Hands on the label of one item with the load of another.
    struct Tears(Halves);

    #[expect(clippy::disallowed_types, reason = "a test double, never modelled")]
    type Halves = std::sync::Mutex<Vec<[u32; 2]>>;

    impl TryQueue<Parcel<1>> for Tears {
        fn with_capacity(_capacity: usize) -> Self {
            Self(Halves::default())
        }

        fn try_push(&self, parcel: Parcel<1>) -> Result<(), Full<Parcel<1>>> {
            self.0.lock().unwrap().push([parcel.label(), parcel.label() + 1]);
            Ok(())
        }

        fn try_pop(&self) -> Option<Parcel<1>> {
            let [label, load] = self.0.lock().unwrap().pop()?;
            Some(Parcel::torn(label, load))
        }
    }

    #[test]
    #[should_panic = "item 1 is torn: there is a word of item 2 in it"]
    fn rejects_a_torn_item() {
        let steps = vec![TRY_PUSH.on(1), TRY_POP.step()];
        let scenario = Scenario::new(4, vec![Role { name: "producer 0".to_owned(), steps }]);
        let observer: Arc<dyn Observer> = Arc::new(crate::scenario::Unobserved);
        let _ = play::<Parcel<1>, Tears>(&Arc::new(scenario), &observer);
    }

    #[test]
    fn compares_in_any_order() {
        assert_eq!(same([1, 2, 3].into_iter(), [3, 1, 2].into_iter()), Ok(()));
        assert_eq!(same([1, 2].into_iter(), [1].into_iter()), Err((2, 0)));
        assert_eq!(same([1].into_iter(), [1, 1, 1].into_iter()), Err((1, 2)));
    }
}
