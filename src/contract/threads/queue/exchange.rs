//! Items go in and come out: Q01–Q10, Q14, Q15.

use super::{Flag, Items, LONG, Line, SHORT, alone};
use crate::contract::threads::queue::Queue;
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::{Outcome, Violation};
use crate::model::threads::queue::{Discipline, GetError, PutError};
use crate::port::Order;
use crate::sync::is_modelled;
use std::cmp::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Three items come out in the queue's order.
pub fn q01_order_of_items<B: Items<u32>>() -> Outcome {
    alone(|| {
        let queue = Queue::<u32, B>::new(3);
        let expected = match B::ORDER {
            Order::Lifo => [222, 333, 111],
            Order::Priority => [111, 222, 333],
            Order::Fifo | Order::Unordered => [111, 333, 222],
        };
        for _ in 0..2 {
            for item in [111, 333, 222] {
                ensure(queue.put(item).is_ok(), "has_room", || format!("for {item}"))?;
            }
            let got = [(); 3].map(|()| queue.get());
            ensure(got == expected.map(Ok), "order", || format!("{got:?} came out, not {expected:?}"))?;
        }
        Ok(format!("{expected:?}"))
    })
}

/// A `maxsize` of 0 is no limit.
pub fn q02_maxsize_0_is_no_limit<B: Items<u32>>() -> Outcome {
    alone(|| {
        let queue = Queue::<u32, B>::new(0);
        for item in 0..100 {
            ensure(!queue.is_full(), "never_full", || format!("full at {item} items"))?;
            ensure(queue.put_nowait(item).is_ok(), "never_full", || format!("no room for item {item}"))?;
        }
        ensure(queue.len() == 100, "nothing_lost", || format!("{} of 100 are in", queue.len()))?;
        Ok("100 items".to_owned())
    })
}

/// Where `put` and `get` would wait, their other forms come back at once, and the item with them.
pub fn q03_nowait_fails_at_once<B: Items<u32>>() -> Outcome {
    alone(|| {
        let queue = Queue::<u32, B>::new(1);
        for _ in 0..2 {
            let got = queue.get_nowait();
            ensure(got == Err(GetError::Empty), "empty", || format!("{got:?} came out of an empty queue"))?;
            ensure(queue.put_nowait(1).is_ok(), "has_room", || "for one item".to_owned())?;
            let put = queue.put_nowait(2);
            ensure(put == Err(PutError::Full(2)), "full", || format!("{put:?} by a full queue"))?;
            let got = queue.get_nowait();
            ensure(got == Ok(1), "nothing_lost", || format!("{got:?} came out"))?;
        }
        Ok("full, empty".to_owned())
    })
}

/// Nobody comes, and the time runs out; not before.
pub fn q04_time_runs_out<B: Items<u32>>() -> Outcome {
    alone(|| {
        let queue = Queue::<u32, B>::new(1);
        for _ in 0..2 {
            let (got, took) = timed(|| queue.get_timeout(SHORT));
            ensure(got == Err(GetError::Empty), "empty", || format!("{got:?} came out of an empty queue"))?;
            not_early(took)?;
            queue.put(1).expect("there is room");
            let (put, took) = timed(|| queue.put_timeout(2, SHORT));
            ensure(put == Err(PutError::Full(2)), "full", || format!("{put:?} by a full queue"))?;
            not_early(took)?;
            let got = queue.get();
            ensure(got == Ok(1), "nothing_lost", || format!("{got:?} came out"))?;
        }
        Ok("full, empty".to_owned())
    })
}

/// The same of a queue without a limit, where only a `get` may have to wait.
pub fn q04_get_runs_out_of_time<Q: Line<u32>>() -> Outcome {
    alone(|| {
        let queue = Q::unbounded();
        for _ in 0..2 {
            let (got, took) = timed(|| queue.get_timeout(SHORT));
            ensure(got == Err(GetError::Empty), "empty", || format!("{got:?} came out of an empty queue"))?;
            not_early(took)?;
            queue.put(1);
            let got = queue.get();
            ensure(got == Ok(1), "nothing_lost", || format!("{got:?} came out"))?;
        }
        Ok("empty".to_owned())
    })
}

fn timed<R>(call: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    (call(), start.elapsed())
}

/// Under an engine there is no clock.
fn not_early(took: Duration) -> Result<(), Violation> {
    ensure(is_modelled() || took >= SHORT, "not_early", || format!("came back after {took:?} of {SHORT:?}"))
}

/// A caller with no time at all gets the item that is there.
pub fn q04_item_before_deadline<Q: Line<u32>>() -> Outcome {
    alone(|| {
        let queue = Q::unbounded();
        for item in 0..2 {
            queue.put(item);
            let got = queue.get_timeout(Duration::ZERO);
            ensure(got == Ok(item), "item_before_deadline", || format!("{got:?}, though {item} was in"))?;
        }
        Ok("2 items".to_owned())
    })
}

/// A `put` waits until somebody takes an item out.
pub fn q05_get_releases_put<B: Items<u32>>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B>::new(1));
    queue.put(0).expect("there is room");
    let released = Flag::default();
    for round in rounds(1) {
        released.lower();
        let producer = spawn("producer", {
            let (queue, released) = (queue.clone(), released.clone());
            move || {
                let put = if round % 2 == 0 { queue.put(1) } else { queue.put_timeout(1, LONG) };
                (put, released.is_up())
            }
        });
        let consumer = spawn("consumer", {
            let (queue, released) = (queue.clone(), released.clone());
            move || {
                released.raise();
                queue.get()
            }
        });
        let (put, waited) = join(producer);
        let got = join(consumer);
        ensure(waited, "waits", || format!("{put:?} while the queue was full"))?;
        ensure(put.is_ok() && got.is_ok(), "exchange", || format!("{put:?}, {got:?}"))?;
    }
    Ok(format!("{} left", queue.len()))
}

/// A `get` waits until somebody puts an item in.
pub fn q05_put_releases_get<Q: Line<u32>>() -> Outcome {
    let queue = Arc::new(Q::unbounded());
    let released = Flag::default();
    for round in rounds(1) {
        released.lower();
        let consumer = spawn("consumer", {
            let (queue, released) = (queue.clone(), released.clone());
            move || {
                let got = if round % 2 == 0 { queue.get() } else { queue.get_timeout(LONG) };
                (got, released.is_up())
            }
        });
        let producer = spawn("producer", {
            let (queue, released) = (queue.clone(), released.clone());
            move || {
                released.raise();
                queue.put(1);
            }
        });
        let (got, waited) = join(consumer);
        join(producer);
        ensure(waited, "waits", || format!("{got:?} while the queue was empty"))?;
        ensure(got == Ok(1), "exchange", || format!("{got:?}"))?;
    }
    Ok(format!("{} left", queue.len()))
}

/// A queue that holds more than it may is full, and loses nothing.
pub fn q07_shrinking_maxsize<B: Items<u32>, D: Discipline>() -> Outcome {
    alone(|| {
        let queue = Queue::<u32, B, D>::new(3);
        for _ in 0..2 {
            queue.set_maxsize(3);
            for item in 0..3 {
                ensure(queue.put_nowait(item).is_ok(), "has_room", || format!("for {item}"))?;
            }
            queue.set_maxsize(1);
            for left in [3, 2, 1] {
                let put = queue.put_nowait(9);
                ensure(put == Err(PutError::Full(9)), "full", || format!("{put:?} with {left} items of 1"))?;
                ensure(queue.is_full(), "full", || format!("not said to be, with {left} items of 1"))?;
                let got = queue.get_nowait();
                ensure(got.is_ok(), "nothing_lost", || format!("{got:?} with {left} items"))?;
            }
        }
        Ok(format!("{} left", queue.len()))
    })
}

/// Two producers wait for room, and there is room for both at once.
pub fn q07_growing_wakes_putters<B: Items<u32>>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B>::new(1));
    queue.put(0).expect("there is room");
    let producers = [1, 2].map(|item| {
        let queue = queue.clone();
        spawn(&format!("producer {item}"), move || queue.put(item))
    });
    let host = spawn("host", {
        let queue = queue.clone();
        move || queue.set_maxsize(3)
    });
    join(host);
    let put = producers.map(join);
    ensure(put == [Ok(()); 2], "room_for_both", || format!("{put:?}"))?;
    ensure(queue.maxsize() == 3 && queue.is_full(), "nothing_lost", || format!("{} are in", queue.len()))?;
    Ok("3 items".to_owned())
}

/// Two producers wait for room, and the limit is lifted.
pub fn q07_lifting_the_limit_wakes_putters<B: Items<u32>>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B>::new(1));
    queue.put(0).expect("there is room");
    let producers = [1, 2].map(|item| {
        let queue = queue.clone();
        spawn(&format!("producer {item}"), move || queue.put(item))
    });
    let host = spawn("host", {
        let queue = queue.clone();
        move || queue.set_maxsize(0)
    });
    join(host);
    let put = producers.map(join);
    ensure(put == [Ok(()); 2], "room_for_both", || format!("{put:?}"))?;
    ensure(queue.len() == 3 && !queue.is_full(), "nothing_lost", || format!("{} are in", queue.len()))?;
    Ok("3 items".to_owned())
}

/// Producers, consumers, and items of each producer: the fewest that compete, and more on real cores.
fn crowd() -> (u32, u32, u32) {
    if is_modelled() { (2, 2, 1) } else { (4, 4, 25) }
}

/// What all consumers got, and what is left, is what was put.
fn settled<Q: Line<u32>>(queue: &Q, mut got: Vec<u32>) -> Result<(), Violation> {
    let (producers, _, items) = crowd();
    let put = producers * items;
    got.extend(std::iter::from_fn(|| queue.get_nowait().ok()));
    got.sort_unstable();
    ensure(got == (0..put).collect::<Vec<_>>(), "no_item_lost_or_duplicated", || format!("of {put}: {got:?}"))
}

/// Starts the crowd: `take` is what a consumer does as often as there are items for it.
fn exchange<Q: Line<u32>>(queue: &Arc<Q>, take: fn(&Q) -> Result<u32, GetError>) -> Outcome {
    let got = taken(queue, take);
    settled(&**queue, got.iter().flatten().filter_map(|got| got.ok()).collect())?;
    Ok(if is_modelled() { format!("{got:?}") } else { "settled".to_owned() })
}

/// What each consumer got when all threads have come to their end.
fn taken<Q: Line<u32>>(
    queue: &Arc<Q>,
    take: fn(&Q) -> Result<u32, GetError>,
) -> Vec<Vec<Result<u32, GetError>>> {
    let (producers, consumers, items) = crowd();
    let put = |number: u32| {
        let queue = queue.clone();
        let labels = number * items..(number + 1) * items;
        spawn(&format!("producer {number}"), move || labels.for_each(|label| queue.put(label)))
    };
    let get = |number: u32| {
        let queue = queue.clone();
        let mine = producers * items / consumers;
        let body = move || (0..mine).map(|_| take(&queue)).collect::<Vec<_>>();
        spawn(&format!("consumer {number}"), body)
    };
    let getting: Vec<_> = (0..consumers).map(get).collect();
    let putting: Vec<_> = (0..producers).map(put).collect();
    putting.into_iter().for_each(join);
    getting.into_iter().map(join).collect()
}

/// Who waits for an item gets one, and nobody else the same.
pub fn q08_no_item_lost_or_duplicated<Q: Line<u32>>() -> Outcome {
    let queue = Arc::new(Q::unbounded());
    // A `get` that waits, and comes back without an item, is an item lost.
    let take = |queue: &Q| Ok(queue.get().unwrap_or(u32::MAX));
    let outcomes: Result<Vec<_>, _> = rounds(1).map(|_| exchange(&queue, take)).collect();
    Ok(outcomes?.join(", "))
}

/// The same with consumers that do not wait.
pub fn q08_no_item_lost_nowait<Q: Line<u32>>() -> Outcome {
    let queue = Arc::new(Q::unbounded());
    let outcomes: Result<Vec<_>, _> = rounds(1).map(|_| exchange(&queue, Q::get_nowait)).collect();
    Ok(outcomes?.join(", "))
}

/// The same with consumers whose time may run out while an item comes in.
pub fn q08_no_item_lost_timed<Q: Line<u32>>() -> Outcome {
    let queue = Arc::new(Q::unbounded());
    let take = |queue: &Q| queue.get_timeout(Duration::from_micros(10));
    let outcomes: Result<Vec<_>, _> = rounds(1).map(|_| exchange(&queue, take)).collect();
    Ok(outcomes?.join(", "))
}

/// One producer, one consumer: first in, first out.
pub fn q09_one_to_one_keeps_order<Q: Line<u32>>() -> Outcome {
    let queue = Arc::new(Q::unbounded());
    let items = if is_modelled() { 2 } else { 100 };
    for _ in rounds(1) {
        let consumer = spawn("consumer", {
            let queue = queue.clone();
            move || (0..items).map(|_| queue.get()).collect::<Vec<_>>()
        });
        let producer = spawn("producer", {
            let queue = queue.clone();
            move || (0..items).for_each(|item| queue.put(item))
        });
        join(producer);
        let got = join(consumer);
        ensure(got.iter().copied().eq((0..items).map(Ok)), "fifo", || format!("{got:?} came out"))?;
    }
    Ok("in order".to_owned())
}

/// An item of which the number of owners is known.
pub type Shared = Arc<()>;

/// The queue has no reference to an item that has left it, on whichever way.
pub fn q10_keeps_no_reference<B: Items<Shared>>() -> Outcome {
    let owners = |item: &Shared, how| {
        let others = Arc::strong_count(item) - 1;
        ensure(others == 0, "keeps_no_reference", || format!("{others} left after {how}"))
    };
    alone(move || {
        let queue = Queue::<Shared, B>::new(1);
        let item = Arc::new(());
        for _ in 0..2 {
            queue.put(item.clone()).expect("there is room");
            drop(queue.put_nowait(item.clone()));
            drop(queue.get());
            owners(&item, "get")?;
        }
        queue.put(item.clone()).expect("there is room");
        queue.shutdown(true);
        owners(&item, "an immediate shutdown")?;
        drop(queue.put(item.clone()));
        owners(&item, "a put after shutdown")?;
        Ok("none left".to_owned())
    })
}

/// The same of a queue that cannot be shut down.
pub fn q10_line_keeps_no_reference<Q: Line<Shared>>() -> Outcome {
    alone(|| {
        let queue = Q::unbounded();
        let item = Arc::new(());
        for _ in 0..2 {
            queue.put(item.clone());
            drop(queue.get());
            let others = Arc::strong_count(&item) - 1;
            ensure(others == 0, "keeps_no_reference", || format!("{others} left after get"))?;
        }
        Ok("none left".to_owned())
    })
}

/// Compared by its rank alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Ranked {
    rank: u32,
    number: u32,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Items of equal rank come out as they came in.
pub fn q14_ties_keep_their_order<B: Items<Ranked>>() -> Outcome {
    alone(|| {
        let queue = Queue::<Ranked, B>::new(0);
        for _ in 0..2 {
            for number in 0..8 {
                queue.put(Ranked { rank: number % 2, number }).expect("there is no limit");
            }
            let got: Vec<_> =
                std::iter::from_fn(|| queue.get_nowait().ok()).map(|item| item.number).collect();
            ensure(got == [0, 2, 4, 6, 1, 3, 5, 7], "ties_keep_their_order", || format!("{got:?}"))?;
        }
        Ok("stable".to_owned())
    })
}

/// While one producer puts two items in, their number is seen to grow.
pub fn q15_len_is_a_snapshot<Q: Line<u32>>() -> Outcome {
    let queue = Arc::new(Q::unbounded());
    let observer = spawn("observer", {
        let queue = queue.clone();
        move || [queue.len(), usize::from(!queue.is_empty()), queue.len()]
    });
    let producer = spawn("producer", {
        let queue = queue.clone();
        move || {
            queue.put(1);
            queue.put(2);
            queue.len()
        }
    });
    let after = join(producer);
    let [first, some, last] = join(observer);
    ensure(after == 2, "own_puts_are_seen", || format!("{after} of 2"))?;
    let grows = first.min(1) <= some && some <= last && first <= last && last <= 2;
    ensure(grows, "len_is_a_snapshot", || format!("{first}, then {some}, then {last}"))?;
    Ok(format!("{first}, {some}, {last}"))
}
