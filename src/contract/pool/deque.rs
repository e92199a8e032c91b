//! Rows of work-stealing deques, and of the injector beside them.
//!
//! The promises of the port [`Deque`] one by one, each in the smallest scenario that shows it:
//!
//! The scenario's own scopes show all of them at once, but loom explores those only within a bound of preemptions.
//! A scenario uses its deque again and again; a second round on the same instance would show nothing new.

use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::pool::deque::chase_lev::{self, Protocol, Worker};
use crate::port::exchange::{PUSH, TRY_POP};
use crate::port::{self, Item};
use crate::port::{Deque, TryQueue};
use crate::scenario::{Observer, Step, Unobserved};
use std::sync::Arc;

const PUSH_0: Step = PUSH.on(0);
const PUSH_1: Step = PUSH.on(1);

/// The owner and so many thieves, each of whom tries so often.
fn contested<D: Deque<Item>>(capacity: usize, owner: &[Step], thieves: usize, tries: usize) -> Outcome {
    let scenario = port::deque::stealing(capacity, owner.to_vec(), thieves, tries);
    let observer: Arc<dyn Observer> = Arc::new(Unobserved);
    port::deque::harness::<D>().play(&Arc::new(scenario), &observer).outcome
}

/// What the owner did before the push, the thief sees.
pub fn a_push_publishes<D: Deque<Item>>() -> Outcome {
    contested::<D>(1, &[PUSH_0], 1, 1)
}

/// The owner and a thief want the only item: one has it.
pub fn the_last_item_goes_to_one<D: Deque<Item>>() -> Outcome {
    contested::<D>(1, &[PUSH_0, TRY_POP.step()], 1, 1)
}

/// The owner takes one of two items without a fight, while a thief takes what it can.
pub fn the_owner_and_a_thief_share_two<D: Deque<Item>>() -> Outcome {
    contested::<D>(2, &[PUSH_0, PUSH_1, TRY_POP.step()], 1, 2)
}

/// Two thieves at a deque that grows under their hands: what one has taken the other does not get again.
pub fn a_growing_deque_keeps_its_items<D: Deque<Item>>() -> Outcome {
    contested::<D>(1, &[PUSH_0, PUSH_1], 2, 1)
}

/// The slot of an item that was stolen is used again, perhaps while the thief is still at it.
pub fn a_slot_is_used_again<D: Deque<Item>>() -> Outcome {
    contested::<D>(1, &[PUSH_0, PUSH_1], 1, 1)
}

/// The owner finds nothing, perhaps because a thief was faster, and puts another item in: that one is found.
pub fn an_empty_deque_is_used_again<D: Deque<Item>>() -> Outcome {
    contested::<D>(1, &[PUSH_0, TRY_POP.step(), PUSH_1, TRY_POP.step()], 1, 1)
}

/// A deque that grows again and again, and whose first item is gone by then, keeps each item in its place,
/// whatever its first capacity.
pub fn growth_keeps_items_in_their_places<D: Deque<Item>>() -> Outcome {
    let mut owner = vec![PUSH_0, TRY_POP.step()];
    owner.extend((1..6).map(|label| PUSH.on(label)));
    owner.extend(vec![TRY_POP.step(); 6]);
    contested::<D>(1, &owner, 0, 0)?;
    contested::<D>(3, &owner, 0, 0)
}

/// The positions of a deque's items pass the last number there is: neither a thief nor the drop loses one.
pub fn positions_wrap_around<P: Protocol>() -> Outcome {
    contested::<AtTheLast<P>>(2, &[PUSH_0, PUSH_1], 1, 1)
}

/// A deque whose first item gets the last position there is.
struct AtTheLast<P: Protocol>(Worker<Item, P>);

impl<P: Protocol> Deque<Item> for AtTheLast<P> {
    type Stealer = chase_lev::Stealer<Item, P>;

    fn with_capacity(capacity: usize) -> Self {
        Self(Worker::starting_at(usize::MAX, capacity))
    }

    fn push(&self, item: Item) {
        self.0.push(item);
    }

    fn pop(&self) -> Option<Item> {
        self.0.pop()
    }

    fn stealer(&self) -> Self::Stealer {
        self.0.stealer()
    }
}

/// A thread puts two items in while another takes one: then there is one left, and it is found.
pub fn what_was_pushed_is_found<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(2));
    let mut outcome = Vec::new();
    for _ in rounds(1) {
        let consumer = spawn("consumer", {
            let queue = queue.clone();
            move || queue.try_pop().is_some()
        });
        let producer = spawn("producer", {
            let queue = queue.clone();
            move || {
                let pushed = [0, 1].map(|label| queue.try_push(Item::new(label)).is_ok());
                pushed == [true; 2] && queue.try_pop().is_some()
            }
        });
        let found = join(producer);
        let taken = join(consumer);
        ensure(found, "what_was_pushed_is_found", || {
            "two items, one consumer, and none was left".to_owned()
        })?;
        ensure(queue.try_pop().is_none() == taken, "nothing_lost", || format!("taken: {taken}"))?;
        outcome.push(taken);
    }
    Ok(format!("{outcome:?}"))
}
