//! Rows of the bounded queue, which waits or does not, as one calls it. That it can be closed is shown by
//! [other rows](crate::contract::closing).

use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::port::{BlockingQueue, Item, TryQueue};
use std::sync::Arc;

/// An empty queue with room for so many items.
fn room_for<Q: BlockingQueue<Item>>(items: usize) -> Arc<Q> {
    Arc::new(Q::with_capacity(items))
}

/// A consumer waits for an item, and gets that of a producer who would not wait for room.
pub fn try_push_wakes_a_consumer<Q: BlockingQueue<Item> + TryQueue<Item>>() -> Outcome {
    let queue = room_for::<Q>(1);
    for _ in rounds(1) {
        let consumer = spawn("consumer", {
            let queue = queue.clone();
            move || queue.pop().map(|item| item.label())
        });
        let producer = spawn("producer", {
            let queue = queue.clone();
            move || queue.try_push(Item::new(7)).is_ok()
        });
        let accepted = join(producer);
        let got = join(consumer);
        ensure(accepted && got == Some(7), "exchange", || format!("accepted {accepted}, {got:?} came out"))?;
    }
    Ok("woken".to_owned())
}

/// A producer waits for room, and gets that of a consumer who would not wait for an item.
pub fn try_pop_wakes_a_producer<Q: BlockingQueue<Item> + TryQueue<Item>>() -> Outcome {
    let queue = room_for::<Q>(1);
    for _ in rounds(1) {
        ensure(queue.push(Item::new(0)).is_ok(), "open", || "item 0 was sent away".to_owned())?;
        let producer = spawn("producer", {
            let queue = queue.clone();
            move || queue.push(Item::new(1)).is_ok()
        });
        let consumer = spawn("consumer", {
            let queue = queue.clone();
            move || queue.try_pop().map(|item| item.label())
        });
        let got = join(consumer);
        let accepted = join(producer);
        ensure(accepted && got == Some(0), "exchange", || format!("accepted {accepted}, {got:?} came out"))?;
        let left = queue.try_pop().map(|item| item.label());
        ensure(left == Some(1), "nothing_lost", || format!("{left:?} was left"))?;
    }
    Ok("woken".to_owned())
}
