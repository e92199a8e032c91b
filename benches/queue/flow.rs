//! Items a second from producers to consumers, a group a scenario.

use crate::peers::{
    Array, Async, Channel, Crossbeam, Crossfire, Flume, Injector, Kanal, Omango, Segmented, SyncChannel,
    TextbookOnParkingLot, TextbookOnStd, Tokio,
};
use crate::{Parcel, group, together};
use criterion::Criterion;
use refectory::catalogue;
use refectory::model::processes::queue::mpmc::Mpmc;
use refectory::model::threads::lockfree::michael_scott::MichaelScott;
use refectory::model::threads::lockfree::ring::Ring;
use refectory::model::threads::lockfree::segments::Segments;
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

/// The time in which so many items go through a queue.
fn flow<T: Parcel, Q: BlockingQueue<T>>(Shape(producers, consumers, room): Shape, items: u64) -> Duration {
    // Ours without locks have room for whatever comes where there is no limit.
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
        ("omango mpmc", flow::<T, Omango<T>>),
        ("crossfire", flow::<T, Crossfire<T>>),
        ("crossbeam ArrayQueue", flow::<T, Spinning<Array<T>>>),
        ("std sync_channel", flow::<T, SyncChannel<T>>),
        ("std Mutex and Condvar", flow::<T, TextbookOnStd<T>>),
        ("parking_lot Mutex and Condvar", flow::<T, TextbookOnParkingLot<T>>),
    ]
}

const UNBOUNDED: [(&str, Timing); 10] = [
    ("threads/queue", flow::<u64, Queue<u64>>),
    ("threads/simple_queue", flow::<u64, SimpleQueue<u64>>),
    ("threads/segments", flow::<u64, Spinning<Segments<u64>>>),
    ("threads/michael_scott", flow::<u64, Spinning<MichaelScott<u64>>>),
    ("crossbeam channel", flow::<u64, Crossbeam<u64>>),
    ("kanal", flow::<u64, Kanal<u64>>),
    ("flume", flow::<u64, Flume<u64>>),
    ("crossbeam SegQueue", flow::<u64, Spinning<Segmented>>),
    ("crossbeam Injector", flow::<u64, Spinning<Injector>>),
    ("std channel", flow::<u64, Channel<u64>>),
];

/// Every scenario.
pub(crate) fn flows(criterion: &mut Criterion) {
    let mut bounded_by = |producers, consumers, room| {
        let scenario = format!("{producers}p{consumers}c, room for {room}");
        side_by_side(criterion, &scenario, Shape(producers, consumers, room), &bounded::<u64>());
    };
    for room in [1, 64, 1024] {
        bounded_by(1, 1, room);
        bounded_by(2, 2, room);
    }
    bounded_by(2, 1, 1024);
    bounded_by(4, 4, 1024);
    for pairs in [1, 2] {
        let scenario = format!("{pairs}p{pairs}c, room for 1024 items of 256 bytes");
        side_by_side(criterion, &scenario, Shape(pairs, pairs, 1024), &bounded::<[u64; 32]>());
    }
    for pairs in [1, 2, 4] {
        side_by_side(criterion, &format!("{pairs}p{pairs}c, no limit"), Shape(pairs, pairs, 0), &UNBOUNDED);
    }
}

fn side_by_side(criterion: &mut Criterion, scenario: &str, shape: Shape, queues: &[(&str, Timing)]) {
    let mut group = group(criterion, scenario, 1);
    for (name, time) in queues {
        group.bench_function(*name, |bencher| bencher.iter_custom(|items| time(shape, items)));
    }
    group.finish();
}

type Waiting = fn(Size, u64) -> Duration;

/// Every queue of the catalogue, with the room for 128 items that it gives them, beside those that can be awaited.
pub(crate) fn every_subject(criterion: &mut Criterion) {
    const AWAITED: [(&str, Waiting); 4] = [
        ("processes/mpmc", waiting::<ManyToMany>),
        ("async-channel", waiting::<Async<u64>>),
        ("tokio mpsc", waiting::<Tokio<u64>>),
        ("crossbeam channel", waiting::<Crossbeam<u64>>),
    ];
    for pairs in [1, 2] {
        let size = Size(pairs, pairs);
        let mut group = group(criterion, &format!("{pairs}p{pairs}c, every subject"), pairs);
        let ours = catalogue::timed("queue").chain(catalogue::timed("lockfree"));
        let ours = ours.filter(|(_, timed)| timed.port.sizes.contains(&size));
        let peers = AWAITED.map(|(name, time)| (name.to_owned(), time));
        for (name, time) in ours.map(|(name, timed)| (name, timed.time)).chain(peers) {
            group.bench_function(name, |bencher| bencher.iter_custom(|items| time(size, items)));
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
