//! The queues without locks beside their peers: items a second from producers to consumers.
//!
//! None of them waits by itself: who finds no item, or no room, tries again. `spsc` is measured beside rtrb, with
//! one thread a side; `michael_scott` beside crossbeam's `SegQueue`, which puts 31 items into a node; `combining`
//! beside std's heap behind std's lock, which one thread measures with 500 items in, so that the heap has something to do.

#![expect(clippy::disallowed_types, reason = "benches compare with std, on default features")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::queue::{ArrayQueue, SegQueue};
use refectory::catalogue;
use refectory::model::threads::lockfree::arena::Arena;
use refectory::model::threads::lockfree::combining::Combining;
use refectory::model::threads::lockfree::michael_scott::MichaelScott;
use refectory::model::threads::lockfree::ring::Ring;
use refectory::model::threads::lockfree::spsc::Spsc;
use refectory::model::threads::lockfree::treiber::Treiber;
use refectory::port::transfer::{spsc, trying};
use refectory::port::{Full, Size, SpscConsumer, SpscProducer, SpscQueue, Timing, TryQueue};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::sync::Mutex;
use std::time::Duration;

const CAPACITY: usize = 1024;

/// What the catalogue's queues are compared with, for any number of threads a side.
const PEERS: [(&str, Timing); 3] = [
    ("crossbeam SegQueue", trying::<CrossbeamSegQueue>),
    ("crossbeam ArrayQueue", trying::<CrossbeamArrayQueue>),
    ("std heap and lock", trying::<LockedHeap>),
];

fn one_thread(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lockfree/one thread");
    group.throughput(Throughput::Elements(1));
    alone::<MichaelScott<u64>>(&mut group, "threads/michael_scott", 1);
    alone::<CrossbeamSegQueue>(&mut group, "crossbeam SegQueue", 1);
    alone::<Treiber<u64>>(&mut group, "threads/treiber", 1);
    alone::<Arena<u64>>(&mut group, "threads/arena", 1);
    alone::<Ring<u64>>(&mut group, "threads/ring", 1);
    alone::<CrossbeamArrayQueue>(&mut group, "crossbeam ArrayQueue", 1);
    alone::<Combining<u64>>(&mut group, "threads/combining", 500);
    alone::<LockedHeap>(&mut group, "std heap and lock", 500);
    spsc_alone::<Spsc<u64>>(&mut group, "threads/spsc");
    spsc_alone::<Rtrb>(&mut group, "rtrb");
    group.finish();
}

fn threads(criterion: &mut Criterion) {
    let ours: Vec<_> = catalogue::timed("lockfree").collect();
    let peers = PEERS.map(|(name, time)| (name.to_owned(), time));
    for pairs in [1, 2] {
        let mut group = criterion.benchmark_group(format!("lockfree/{pairs}p{pairs}c"));
        group.throughput(Throughput::Elements(pairs as u64));
        let size = Size(pairs, pairs);
        let fitting = ours.iter().filter(|(_, timed)| timed.port.sizes.contains(&size));
        let fitting = fitting.map(|(name, timed)| (name.clone(), timed.time));
        let one_a_side = (pairs == 1).then(|| ("rtrb".to_owned(), spsc::<Rtrb> as Timing));
        for (name, time) in fitting.chain(peers.clone()).chain(one_a_side) {
            group.bench_function(name, |bencher| bencher.iter_custom(|items| time(size, items)));
        }
        group.finish();
    }
}

/// One thread puts an item in and takes one out, with so many in the queue.
fn alone<Q: TryQueue<u64>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, filling: u64) {
    let queue = Q::with_capacity(CAPACITY);
    (0..filling).for_each(|i| assert!(queue.try_push(i * 7919 % 1000).is_ok()));
    let mut next = 0;
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            next = (next + 7919) % 1000;
            assert!(queue.try_push(black_box(next)).is_ok());
            black_box(queue.try_pop())
        });
    });
}

fn spsc_alone<Q: SpscQueue<u64>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
    let (mut producer, mut consumer) = Q::with_capacity(CAPACITY);
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            assert!(producer.try_push(black_box(7)).is_ok());
            black_box(consumer.try_pop())
        });
    });
}

struct Rtrb;

impl SpscQueue<u64> for Rtrb {
    type Producer = RtrbProducer;
    type Consumer = RtrbConsumer;

    fn with_capacity(capacity: usize) -> (RtrbProducer, RtrbConsumer) {
        let (producer, consumer) = rtrb::RingBuffer::new(capacity);
        (RtrbProducer(producer), RtrbConsumer(consumer))
    }
}

struct RtrbProducer(rtrb::Producer<u64>);

impl SpscProducer<u64> for RtrbProducer {
    fn try_push(&mut self, item: u64) -> Result<(), Full<u64>> {
        self.0.push(item).map_err(|rtrb::PushError::Full(item)| Full(item))
    }
}

struct RtrbConsumer(rtrb::Consumer<u64>);

impl SpscConsumer<u64> for RtrbConsumer {
    fn try_pop(&mut self) -> Option<u64> {
        self.0.pop().ok()
    }
}

struct CrossbeamSegQueue(SegQueue<u64>);

impl TryQueue<u64> for CrossbeamSegQueue {
    fn with_capacity(_capacity: usize) -> Self {
        Self(SegQueue::new())
    }

    fn try_push(&self, item: u64) -> Result<(), Full<u64>> {
        self.0.push(item);
        Ok(())
    }

    fn try_pop(&self) -> Option<u64> {
        self.0.pop()
    }
}

struct CrossbeamArrayQueue(ArrayQueue<u64>);

impl TryQueue<u64> for CrossbeamArrayQueue {
    fn with_capacity(capacity: usize) -> Self {
        Self(ArrayQueue::new(capacity))
    }

    fn try_push(&self, item: u64) -> Result<(), Full<u64>> {
        self.0.push(item).map_err(Full)
    }

    fn try_pop(&self) -> Option<u64> {
        self.0.pop()
    }
}

struct LockedHeap(Mutex<BinaryHeap<Reverse<u64>>>);

impl TryQueue<u64> for LockedHeap {
    fn with_capacity(_capacity: usize) -> Self {
        Self(Mutex::default())
    }

    fn try_push(&self, item: u64) -> Result<(), Full<u64>> {
        self.0.lock().unwrap().push(Reverse(item));
        Ok(())
    }

    fn try_pop(&self) -> Option<u64> {
        self.0.lock().unwrap().pop().map(|Reverse(item)| item)
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600));
    targets = one_thread, threads
}
criterion_main!(benches);
