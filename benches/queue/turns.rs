//! Ping-pong: an item goes to another thread and comes back, through two queues with room for one.

use crate::peers::{Crossbeam, Flume, Kanal, SyncChannel, TextbookOnParkingLot, TextbookOnStd};
use crate::together;
use criterion::Criterion;
use refectory::model::threads::lockfree::ring::Ring;
use refectory::model::threads::queue::Queue;
use refectory::model::threads::queue::bounded::Bounded;
use refectory::model::threads::queue::spinning::Spinning;
use refectory::port::BlockingQueue;
use std::time::Duration;

type Timing = fn(u64) -> Duration;

const QUEUES: [(&str, Timing); 9] = [
    ("threads/queue", ping_pong::<Queue<u64>>),
    ("threads/bounded", ping_pong::<Bounded<u64>>),
    ("threads/spinning", ping_pong::<Spinning<Ring<u64>>>),
    ("crossbeam channel", ping_pong::<Crossbeam<u64>>),
    ("kanal", ping_pong::<Kanal<u64>>),
    ("flume", ping_pong::<Flume<u64>>),
    ("std sync_channel", ping_pong::<SyncChannel<u64>>),
    ("std Mutex and Condvar", ping_pong::<TextbookOnStd<u64>>),
    ("parking_lot Mutex and Condvar", ping_pong::<TextbookOnParkingLot<u64>>),
];

/// Round trips.
pub(crate) fn turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue/ping-pong, room for 1");
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
