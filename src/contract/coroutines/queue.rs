//! Rows of the queue for tasks, beside those of [queues that can be closed](crate::contract::closing).
//!
//! The promises are those of CPython's `asyncio.queues`, by the ids that they have in the list of its semantics.

use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::coroutines::lock::Protocol;
use crate::model::coroutines::queue::{Fifo, GetError, PutError, Queue};
use crate::port::{Item, TryQueue};
use crate::sync::future::{block_on, cancellable};
use std::sync::Arc;

type Numbers<P> = Queue<u32, Fifo<u32>, P>;

/// One item for two who wait, take it and put it back; one of them may be cancelled, before it was woken or after.
pub fn a02_a_cancelled_get_loses_no_item<P: Protocol>() -> Outcome {
    let queue = Arc::new(Numbers::<P>::new(1));
    let impatient = spawn("impatient", {
        let queue = queue.clone();
        move || block_on(cancellable(queue.get())).map(|got| put_back(&queue, got))
    });
    let getter = spawn("getter", {
        let queue = queue.clone();
        move || put_back(&queue, block_on(queue.get()))
    });
    let putter = spawn("putter", {
        let queue = queue.clone();
        move || block_on(queue.put(7)).is_ok()
    });
    let put = join(putter) && join(getter);
    let end = join(impatient);
    let left = queue.get_nowait();
    ensure(put && end != Ok(false) && left == Ok(7), "nothing_lost", || format!("{end:?}, {left:?} left"))?;
    Ok(if end.is_ok() { "served" } else { "cancelled" }.to_owned())
}

/// Whether there was an item, and it is in again.
fn put_back<P: Protocol>(queue: &Numbers<P>, got: Result<u32, GetError>) -> bool {
    got.is_ok_and(|item| queue.put_nowait(item).is_ok())
}

/// Room for one, and two who wait for it and give it back; one of them may be cancelled.
pub fn a03_a_cancelled_put_loses_no_room<P: Protocol>() -> Outcome {
    let queue = Arc::new(Numbers::<P>::new(1));
    let full = queue.put_nowait(7).is_ok();
    let impatient = spawn("impatient", {
        let queue = queue.clone();
        move || block_on(cancellable(queue.reserve())).is_ok()
    });
    let putter = spawn("putter", {
        let queue = queue.clone();
        move || block_on(queue.reserve()).is_some()
    });
    let getter = spawn("getter", {
        let queue = queue.clone();
        move || block_on(queue.get())
    });
    let got = join(getter);
    let had_room = join(putter);
    let served = join(impatient);
    let room = queue.put_nowait(8).is_ok() && queue.put_nowait(9).is_err();
    ensure(full && had_room && got == Ok(7) && room, "no_room_lost", || {
        format!("{got:?}, {had_room}, {room}")
    })?;
    Ok(if served { "served" } else { "cancelled" }.to_owned())
}

/// An item whose put was cancelled is not in, and a put that has ended is.
pub fn a03_a_cancelled_put_puts_nothing_in<P: Protocol>() -> Outcome {
    let queue = Arc::new(Numbers::<P>::new(1));
    let full = queue.put_nowait(7).is_ok();
    let putter = spawn("putter", {
        let queue = queue.clone();
        move || block_on(cancellable(queue.put(8))).is_ok()
    });
    let getter = spawn("getter", {
        let queue = queue.clone();
        move || block_on(queue.get())
    });
    let got = join(getter);
    let put = join(putter);
    let left = queue.get_nowait().ok();
    ensure(full && got == Ok(7) && left == put.then_some(8), "in_or_not", || {
        format!("put {put}, {left:?} left")
    })?;
    Ok(if put { "put" } else { "cancelled" }.to_owned())
}

/// Two producers wait for room, one after the other: their items come out in that order, whoever comes in between.
pub fn a06_who_has_waited_longest_puts_first<P: Protocol>() -> Outcome {
    let queue = Arc::new(Numbers::<P>::new(1));
    let full = queue.put_nowait(0).is_ok();
    let getter = spawn("getter", {
        let queue = queue.clone();
        move || [(); 3].map(|()| block_on(queue.get()).ok())
    });
    let putter = spawn("putter", {
        let queue = queue.clone();
        move || [1, 2].map(|item| block_on(queue.put(item)).is_ok())
    });
    let put = join(putter);
    let got = join(getter);
    let in_order = got == [Some(0), Some(1), Some(2)];
    ensure(full && put == [true; 2] && in_order, "fifo", || format!("{got:?}"))?;
    Ok(String::new())
}

/// Whoever joins goes on when the last task is done, and not before.
pub fn q07_join_waits_for_the_last_task<P: Protocol>() -> Outcome {
    let queue = Arc::new(Numbers::<P>::new(2));
    let put = [queue.put_nowait(7), queue.put_nowait(8)].iter().all(Result::is_ok);
    let worker = spawn("worker", {
        let queue = queue.clone();
        move || {
            [(); 2].map(|()| {
                let got = block_on(queue.get());
                (got.ok(), queue.task_done().is_ok())
            })
        }
    });
    let joiner = spawn("joiner", {
        let queue = queue.clone();
        move || {
            block_on(queue.join());
            (queue.is_empty(), queue.task_done().is_err())
        }
    });
    let joined = join(joiner);
    let done = join(worker);
    let worked = done == [(Some(7), true), (Some(8), true)];
    ensure(put && worked && joined == (true, true), "all_done", || format!("{done:?}, {joined:?}"))?;
    Ok(String::new())
}

/// Room that was reserved before a shutdown takes no item after it: whoever was told that there are no more is told the truth.
pub fn s05_a_place_does_not_outlive_the_shutdown<P: Protocol>() -> Outcome {
    let queue = Numbers::<P>::new(1);
    let place = block_on(queue.reserve());
    queue.shutdown(false);
    let told = block_on(queue.get());
    let put = place.map(|place| place.put(7));
    let expected = (Err(GetError::ShutDown), Some(Err(PutError::ShutDown(7))));
    ensure((told, put) == expected, "shut_down", || format!("{told:?}, {put:?}"))?;
    Ok(String::new())
}

/// Somebody joins, and the items that are waited for are thrown away by an immediate shutdown.
pub fn s06_an_immediate_shutdown_lets_joiners_go<P: Protocol>() -> Outcome {
    let queue = Arc::new(Numbers::<P>::new(1));
    let put = queue.put_nowait(7).is_ok();
    let joiner = spawn("joiner", {
        let queue = queue.clone();
        move || block_on(queue.join())
    });
    let closer = spawn("closer", {
        let queue = queue.clone();
        move || queue.shutdown(true)
    });
    join(closer);
    join(joiner);
    ensure(put && queue.is_empty(), "thrown_away", || format!("{} left", queue.len()))?;
    Ok(String::new())
}

/// Two put into the only place of a queue. Who finds it full finds an item in it: nobody else takes one.
pub fn what_is_full_is_not_empty<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(1));
    let putter = spawn("putter", {
        let queue = queue.clone();
        move || queue.try_push(Item::new(0)).is_ok()
    });
    let full = queue.try_push(Item::new(1)).is_err();
    let empty = queue.try_pop().is_none();
    let put = join(putter);
    ensure(!(full && empty), "full_and_empty", || "it was full, and then empty".to_owned())?;
    ensure(put || !full, "room", || "both found it full".to_owned())?;
    Ok(if full { "full" } else { "room" }.to_owned())
}
