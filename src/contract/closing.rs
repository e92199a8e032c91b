//! Rows of queues that can be closed.

use super::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::port::{BlockingQueue, Close, Closed, Full, Item, TryQueue};
use std::sync::Arc;

/// Two consumers, one item, and a close: one receives it, the other is sent away.
pub fn close_wakes_consumers<Q: BlockingQueue<Item> + Close>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(1));
    let consumers = [0, 1].map(|i| {
        let queue = queue.clone();
        spawn(&format!("consumer {i}"), move || queue.pop().is_some())
    });
    let closer = spawn("producer", {
        let queue = queue.clone();
        move || {
            let accepted = queue.push(Item::new(7)).is_ok();
            queue.close();
            accepted
        }
    });
    let accepted = join(closer);
    let received = consumers.map(join);
    ensure(accepted, "open_until_closed", || "the item was rejected before the close".to_owned())?;
    ensure(received[0] != received[1], "close_drains", || format!("one item, received {received:?}"))?;
    Ok(format!("{received:?}"))
}

/// Two producers, room for one item, and a close: both come back, with their items or without.
pub fn close_wakes_producers<Q: BlockingQueue<Item> + Close>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(1));
    let producers = [0, 1].map(|label| {
        let queue = queue.clone();
        spawn(&format!("producer {label}"), move || queue.push(Item::new(label)))
    });
    let closer = spawn("closer", {
        let queue = queue.clone();
        move || queue.close()
    });
    join(closer);
    let [first, second] = producers.map(join);
    let accepted = [&first, &second].map(|put| put.is_ok());
    let back = [first, second].map(|put| put.err().map(|Closed(item)| item.label()));
    let left: Vec<u32> = std::iter::from_fn(|| queue.pop()).map(|item| item.label()).collect();
    ensure(left.len() <= 1, "room_for_one", || format!("{left:?} were in"))?;
    for label in 0..2 {
        let whereabouts =
            usize::from(back[label as usize] == Some(label)) + usize::from(left.contains(&label));
        ensure(whereabouts == 1, "nothing_lost", || format!("item {label} is in {whereabouts} places"))?;
    }
    Ok(format!("accepted {accepted:?}"))
}

/// Two producers wait for room when the queue is closed: both are sent away, with their items.
pub fn close_wakes_every_producer<Q: BlockingQueue<Item> + Close>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(1));
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
    let queue = Arc::new(Q::with_capacity(1));
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
    join(spawn("caller", || {
        let queue = <Q as BlockingQueue<Item>>::with_capacity(2);
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
    }))
}
