//! Rows of queues in an interpreter, beside those of [queues that can be closed](crate::contract::closing).
//!
//! | promise | row |
//! |---|---|
//! | who waits for room is woken by a pop | [`every_pop_makes_room_for_one`] |
//! | capacity and length | [`a_queue_needs_room`], [`len_counts_the_items`] |

use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::gil::lock::plain::InterpreterLock;
use crate::model::gil::queue::bounded::Bounded;
use crate::port::{BlockingQueue, Item};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Two producers wait at a full queue of two, and a consumer takes both items: both producers have room.
pub fn every_pop_makes_room_for_one<Q: BlockingQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(2));
    for _ in rounds(1) {
        let full = (0..2).all(|label| queue.push(Item::new(label)).is_ok());
        let producers = [2, 3].map(|label| {
            let queue = queue.clone();
            spawn(&format!("producer {label}"), move || queue.push(Item::new(label)).is_ok())
        });
        let consumer = spawn("consumer", {
            let queue = queue.clone();
            move || [(); 2].map(|()| queue.pop().map(|item| item.label()))
        });
        let received = join(consumer);
        let accepted = producers.map(join);
        ensure(full && accepted == [true; 2], "open", || format!("accepted {accepted:?}"))?;
        ensure(received == [Some(0), Some(1)], "fifo", || format!("received {received:?}"))?;
        let mut left = [(); 2].map(|()| queue.pop().map(|item| item.label()));
        left.sort_unstable();
        ensure(left == [Some(2), Some(3)], "nothing_lost", || format!("left {left:?}"))?;
    }
    Ok(String::new())
}

/// A queue in which there is never room for an item is not made.
pub fn a_queue_needs_room<L: InterpreterLock>() -> Outcome {
    let made = catch_unwind(AssertUnwindSafe(|| Bounded::<u32, L>::new(0))).is_ok();
    ensure(!made, "room", || "a queue of 0 was made".to_owned())?;
    Ok(String::new())
}

/// The length is the number of items, and not that for which there is room.
pub fn len_counts_the_items<L: InterpreterLock>() -> Outcome {
    let queue = Bounded::<u32, L>::new(3);
    let mut seen = vec![(queue.len(), queue.is_empty())];
    for item in 0..2 {
        queue.push(item).expect("nobody closes it");
        seen.push((queue.len(), queue.is_empty()));
    }
    ensure(seen == [(0, true), (1, false), (2, false)], "len", || format!("{seen:?}"))?;
    Ok(String::new())
}
