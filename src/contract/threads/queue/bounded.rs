//! Rows of the bounded queue: it waits or does not, as one calls it, and can be closed.

use super::alone;
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::port::{BlockingQueue, Close, Closed, Full, Item, TryQueue};
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

/// Two producers wait for room when the queue is closed: both are sent away, with their items.
pub fn close_wakes_every_producer<Q: BlockingQueue<Item> + Close>() -> Outcome {
    let queue = room_for::<Q>(1);
    ensure(queue.push(Item::new(0)).is_ok(), "open", || "item 0 was sent away".to_owned())?;
    let producers = [1, 2].map(|label| {
        let queue = queue.clone();
        spawn(&format!("producer {label}"), move || queue.push(Item::new(label)))
    });
    let closer = spawn("closer", {
        let queue = queue.clone();
        move || queue.close()
    });
    join(closer);
    let put = producers.map(join);
    let sent_away = [1, 2].map(|label| Err(Closed(Item::new(label))));
    ensure(put == sent_away, "producers_are_woken", || format!("{put:?}"))?;
    let left = queue.pop().map(|item| item.label());
    ensure(left == Some(0), "close_drains", || format!("{left:?} was left"))?;
    Ok("woken".to_owned())
}

/// Two consumers wait for an item when the queue is closed: both are sent away.
pub fn close_wakes_every_consumer<Q: BlockingQueue<Item> + Close>() -> Outcome {
    let queue = room_for::<Q>(1);
    let consumers = [0, 1].map(|number| {
        let queue = queue.clone();
        spawn(&format!("consumer {number}"), move || queue.pop())
    });
    let closer = spawn("closer", {
        let queue = queue.clone();
        move || queue.close()
    });
    join(closer);
    let got = consumers.map(join);
    ensure(got == [None, None], "consumers_are_woken", || format!("{got:?}"))?;
    Ok("woken".to_owned())
}

/// Nothing goes into a queue that is closed, once or twice, though there is room; what is in comes out, and then
/// nothing.
pub fn nothing_goes_into_a_closed_queue<Q: BlockingQueue<Item> + TryQueue<Item> + Close>() -> Outcome {
    alone(|| {
        let queue = room_for::<Q>(2);
        ensure(queue.push(Item::new(0)).is_ok(), "open", || "item 0 was sent away".to_owned())?;
        for _ in 0..2 {
            queue.close();
            let put = queue.push(Item::new(1));
            ensure(put == Err(Closed(Item::new(1))), "closed", || format!("push: {put:?}"))?;
            let put = queue.try_push(Item::new(2));
            ensure(put == Err(Full(Item::new(2))), "closed", || format!("try_push: {put:?}"))?;
        }
        let got = [queue.pop(), queue.pop(), queue.try_pop()];
        ensure(got == [Some(Item::new(0)), None, None], "close_drains", || format!("{got:?} came out"))?;
        Ok("closed".to_owned())
    })
}
