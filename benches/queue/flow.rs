//! Items a second from producers to consumers, a group a scenario.

use crate::peers::{
    Array, Async, Channel, Crossbeam, Flume, Kanal, Segments, SyncChannel, TextbookOnParkingLot,
    TextbookOnStd, Tokio,
};
use crate::together;
use criterion::{Criterion, Throughput};
use refectory::model::processes::queue::mpmc::Mpmc;
use refectory::model::threads::lockfree::ring::Ring;
use refectory::model::threads::queue::bounded::Bounded;
use refectory::model::threads::queue::spinning::Spinning;
use refectory::model::threads::queue::{Queue, SimpleQueue};
use refectory::port::transfer::waiting;
use refectory::port::{BlockingQueue, Closed, Size};
use std::hint::black_box;
use std::time::Duration;

/// Producers, consumers, and the room in the queue, 0 for no limit.
#[derive(Clone, Copy)]
struct Shape(usize, usize, usize);

type Timing = fn(Shape, u64) -> Duration;

/// What is sent: a number, alone or in front of bytes.
trait Parcel: Copy + Send + 'static {
    fn of(number: u64) -> Self;
}

impl Parcel for u64 {
    fn of(number: u64) -> Self {
        number
    }
}

impl Parcel for [u64; 32] {
    fn of(number: u64) -> Self {
        [number; 32]
    }
}

/// The time in which so many items go through a queue.
fn flow<T: Parcel, Q: BlockingQueue<T>>(Shape(producers, consumers, room): Shape, items: u64) -> Duration {
    let queue = &Q::with_capacity(room);
    let share = |of: usize, i: usize| (i as u64..items).step_by(of);
    let produce = |i| {
        move || {
            share(producers, i).for_each(|item| {
                assert!(queue.push(black_box(T::of(item))).is_ok(), "nobody closes it");
            })
        }
    };
    let consume = |i| move || share(consumers, i).for_each(|_| _ = black_box(queue.pop()));
    let producers = (0..producers).map(|i| Box::new(produce(i)) as Box<dyn FnOnce() + Send>);
    let consumers = (0..consumers).map(|i| Box::new(consume(i)) as Box<dyn FnOnce() + Send>);
    together(producers.chain(consumers).collect())
}

fn bounded<T: Parcel>() -> Vec<(&'static str, Timing)> {
    vec![
        ("threads/queue", flow::<T, Queue<T>>),
        ("threads/bounded", flow::<T, Bounded<T>>),
        ("threads/spinning", flow::<T, Spinning<Ring<T>>>),
        ("crossbeam channel", flow::<T, Crossbeam<T>>),
        ("kanal", flow::<T, Kanal<T>>),
        ("flume", flow::<T, Flume<T>>),
        ("crossbeam ArrayQueue", flow::<T, Array<T>>),
        ("std sync_channel", flow::<T, SyncChannel<T>>),
        ("std Mutex and Condvar", flow::<T, TextbookOnStd<T>>),
        ("parking_lot Mutex and Condvar", flow::<T, TextbookOnParkingLot<T>>),
    ]
}

const UNBOUNDED: [(&str, Timing); 7] = [
    ("threads/queue", flow::<u64, Queue<u64>>),
    ("threads/simple_queue", flow::<u64, SimpleQueue<u64>>),
    ("crossbeam channel", flow::<u64, Crossbeam<u64>>),
    ("kanal", flow::<u64, Kanal<u64>>),
    ("flume", flow::<u64, Flume<u64>>),
    ("crossbeam SegQueue", flow::<u64, Segments<u64>>),
    ("std channel", flow::<u64, Channel<u64>>),
];

/// Every scenario.
pub(crate) fn flows(criterion: &mut Criterion) {
    for room in [1, 64, 1024] {
        group(criterion, &format!("queue/1p1c, room for {room}"), Shape(1, 1, room), &bounded::<u64>());
    }
    group(criterion, "queue/2p1c, room for 1024", Shape(2, 1, 1024), &bounded::<u64>());
    group(criterion, "queue/2p2c, room for 1024", Shape(2, 2, 1024), &bounded::<u64>());
    group(criterion, "queue/4p4c, room for 64", Shape(4, 4, 64), &bounded::<u64>());
    group(
        criterion,
        "queue/1p1c, room for 1024 items of 256 bytes",
        Shape(1, 1, 1024),
        &bounded::<[u64; 32]>(),
    );
    group(criterion, "queue/1p1c, no limit", Shape(1, 1, 0), &UNBOUNDED);
    group(criterion, "queue/2p2c, no limit", Shape(2, 2, 0), &UNBOUNDED);
}

fn group(criterion: &mut Criterion, name: &str, shape: Shape, queues: &[(&str, Timing)]) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(1));
    for (name, time) in queues {
        group.bench_function(*name, |bencher| bencher.iter_custom(|items| time(shape, items)));
    }
    group.finish();
}

type Waiting = fn(Size, u64) -> Duration;

/// The queues that are given, with the room for 128 items that it gives them, beside those that can be awaited.
pub(crate) fn side_by_side(criterion: &mut Criterion, ours: impl Iterator<Item = (String, Waiting)>) {
    const AWAITED: [(&str, Waiting); 4] = [
        ("processes/mpmc", waiting::<ManyToMany>),
        ("async-channel", waiting::<Async<u64>>),
        ("tokio mpsc", waiting::<Tokio<u64>>),
        ("crossbeam channel", waiting::<Crossbeam<u64>>),
    ];
    let peers = AWAITED.map(|(name, time)| (name.to_owned(), time));
    let queues: Vec<_> = ours.chain(peers).collect();
    for pairs in [1, 2] {
        let mut group = criterion.benchmark_group(format!("queue/{pairs}p{pairs}c, every subject"));
        // An iteration moves one item for each pair.
        group.throughput(Throughput::Elements(pairs as u64));
        for (name, time) in &queues {
            group
                .bench_function(name, |bencher| bencher.iter_custom(|items| time(Size(pairs, pairs), items)));
        }
        group.finish();
    }
}

/// Of bytes, and with room for 32 items.
struct ManyToMany(Mpmc<64>);

impl BlockingQueue<u64> for ManyToMany {
    fn with_capacity(_: usize) -> Self {
        Self(Mpmc::new())
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.send(&item.to_ne_bytes()).map_err(|_| Closed(item))
    }

    fn pop(&self) -> Option<u64> {
        self.0.receive(|bytes| bytes.first_chunk().copied().map(u64::from_ne_bytes))
    }
}
