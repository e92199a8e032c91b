//! Rows of queues that can be closed.

use super::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::port::Item;
use crate::port::{BlockingQueue, Close, Closed};
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
