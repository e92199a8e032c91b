//! Rows of queues in an interpreter, beside those of [queues that can be closed](crate::contract::closing).
//!
//! | promise | row |
//! |---|---|
//! | who waits is woken by a pop, or by the close | [`every_pop_makes_room_for_one`], [`a_close_sends_all_consumers_away`], [`a_close_sends_all_producers_away`] |
//! | a closed queue counts as full | [`a_closed_queue_takes_nothing`] |
//! | capacity and length | [`a_queue_needs_room`], [`len_counts_the_items`] |

use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::gil::lock::plain::InterpreterLock;
use crate::model::gil::queue::bounded::Bounded;
use crate::port::{BlockingQueue, Close, Closed, Full, Item, TryQueue};
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

/// Two consumers wait at an empty queue, or come to it, when it is closed: both are sent away.
pub fn a_close_sends_all_consumers_away<Q: BlockingQueue<Item> + Close>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(1));
    let consumers = [0, 1].map(|i| {
        let queue = queue.clone();
        spawn(&format!("consumer {i}"), move || queue.pop().map(|item| item.label()))
    });
    join(spawn("closer", move || queue.close()));
    let received = consumers.map(join);
    ensure(received == [None; 2], "sent_away", || format!("received {received:?}"))?;
    Ok(String::new())
}

/// Two producers wait at a full queue, or come to it, when it is closed: both have their items back.
pub fn a_close_sends_all_producers_away<Q: BlockingQueue<Item> + Close>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(1));
    let full = queue.push(Item::new(0)).is_ok();
    let producers = [1, 2].map(|label| {
        let queue = queue.clone();
        spawn(&format!("producer {label}"), move || queue.push(Item::new(label)))
    });
    let closer = spawn("closer", {
        let queue = queue.clone();
        move || queue.close()
    });
    join(closer);
    let back = producers.map(|put| join(put).err().map(|Closed(item)| item.label()));
    ensure(full && back == [Some(1), Some(2)], "sent_away", || format!("back came {back:?}"))?;
    let left = [(); 2].map(|()| queue.pop().map(|item| item.label()));
    ensure(left == [Some(0), None], "close_drains", || format!("left {left:?}"))?;
    Ok(String::new())
}

/// A queue with room is closed: what comes after that is given back, and what was in is still received.
pub fn a_closed_queue_takes_nothing<Q>() -> Outcome
where
    Q: BlockingQueue<Item> + TryQueue<Item> + Close,
{
    let queue = <Q as BlockingQueue<Item>>::with_capacity(3);
    let accepted = queue.push(Item::new(0)).is_ok();
    queue.close();
    let pushed = queue.push(Item::new(1)).err().map(|Closed(item)| item.label());
    let tried = queue.try_push(Item::new(2)).err().map(|Full(item)| item.label());
    let back = (pushed, tried);
    ensure(accepted && back == (Some(1), Some(2)), "rejected_comes_back", || format!("{back:?}"))?;
    let left = [(); 2].map(|()| queue.pop().map(|item| item.label()));
    ensure(left == [Some(0), None], "close_drains", || format!("left {left:?}"))?;
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
