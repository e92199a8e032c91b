//! Ping-pong: an item goes to another thread and comes back, through two queues with room for one, or as little as they can have.

use crate::peers::{
    Array, Crossbeam, Crossfire, Flume, Kanal, Omango, SyncChannel, TextbookOnParkingLot, TextbookOnStd,
};
use crate::{group, together};
use criterion::Criterion;
use refectory::model::threads::lockfree::ring::Ring;
use refectory::model::threads::lockfree::spsc::Spsc;
use refectory::model::threads::queue::Queue;
use refectory::model::threads::queue::bounded::Bounded;
use refectory::model::threads::queue::spinning::Spinning;
use refectory::port::{BlockingQueue, SpscConsumer, SpscQueue};
use std::thread;
use std::time::Duration;

type Timing = fn(u64) -> Duration;

const QUEUES: [(&str, Timing); 13] = [
    ("threads/queue", ping_pong::<Queue<u64>>),
    ("threads/bounded", ping_pong::<Bounded<u64>>),
    ("threads/spinning", ping_pong::<Spinning<Ring<u64>>>),
    ("threads/spsc", between_ends),
    ("crossbeam channel", ping_pong::<Crossbeam<u64>>),
    ("kanal", ping_pong::<Kanal<u64>>),
    ("flume", ping_pong::<Flume<u64>>),
    ("omango mpmc", ping_pong::<Omango<u64>>),
    ("crossfire", ping_pong::<Crossfire<u64>>),
    ("crossbeam ArrayQueue", ping_pong::<Spinning<Array<u64>>>),
    ("std sync_channel", ping_pong::<SyncChannel<u64>>),
    ("std Mutex and Condvar", ping_pong::<TextbookOnStd<u64>>),
    ("parking_lot Mutex and Condvar", ping_pong::<TextbookOnParkingLot<u64>>),
];

/// Round trips.
pub(crate) fn turns(criterion: &mut Criterion) {
    let mut group = group(criterion, "ping-pong, room for 1", 1);
    for (name, time) in QUEUES {
        group.bench_function(name, |bencher| bencher.iter_custom(time));
    }
    group.finish();
}

fn ping_pong<Q: BlockingQueue<u64>>(rounds: u64) -> Duration {
    let [there, back] = &[(); 2].map(|()| Q::with_capacity(1));
    let send = |queue: &Q, item| assert!(queue.push(item).is_ok(), "nobody closes it");
    let ping = move || {
        (0..rounds).for_each(|round| {
            send(there, round);
            assert_eq!(back.pop(), Some(round));
        });
    };
    let pong = move || (0..rounds).for_each(|_| send(back, there.pop().expect("nobody closes it")));
    together(vec![Box::new(ping), Box::new(pong)])
}

fn between_ends(rounds: u64) -> Duration {
    let [(mut there, mut at_there), (mut back, mut at_back)] =
        [(); 2].map(|()| <Spsc<u64> as SpscQueue<u64>>::with_capacity(1));
    let ping = move || {
        (0..rounds).for_each(|round| {
            assert!(there.try_push(round).is_ok(), "there is room");
            assert_eq!(await_item(&mut at_back), round);
        });
    };
    let pong = move || {
        (0..rounds).for_each(|_| assert!(back.try_push(await_item(&mut at_there)).is_ok(), "there is room"));
    };
    together(vec![Box::new(ping), Box::new(pong)])
}

fn await_item(consumer: &mut impl SpscConsumer<u64>) -> u64 {
    loop {
        match consumer.try_pop() {
            Some(item) => return item,
            None => thread::yield_now(),
        }
    }
}
