//! The queues without locks beside their peers: items a second from producers to consumers.
//!
//! None of them waits by itself: who finds no item, or no room, tries again. `spsc` is measured beside rtrb, with
//! one thread a side; `michael_scott` beside crossbeam's `SegQueue`, which puts 31 items into a node; `combining`
//! beside std's heap behind std's lock, with the queue half full, so that the heap has something to do.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "benches compare with std, on default features"
)]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::queue::{ArrayQueue, SegQueue};
use refectory::model::threads::lockfree::arena::Arena;
use refectory::model::threads::lockfree::combining::Combining;
use refectory::model::threads::lockfree::michael_scott::MichaelScott;
use refectory::model::threads::lockfree::ring::Ring;
use refectory::model::threads::lockfree::spsc::Spsc;
use refectory::model::threads::lockfree::treiber::Treiber;
use refectory::port::{Full, Lane, LaneConsumer, LaneProducer, TryQueue};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::{black_box, spin_loop};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const CAPACITY: usize = 1024;

fn lanes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lockfree/one producer, one consumer");
    group.throughput(Throughput::Elements(1));
    lane::<Spsc<u64>>(&mut group, "threads/spsc");
    lane::<Rtrb>(&mut group, "rtrb");
    group.finish();
    let mut group = criterion.benchmark_group("lockfree/one producer, one consumer, one thread");
    group.throughput(Throughput::Elements(1));
    lane_alone::<Spsc<u64>>(&mut group, "threads/spsc");
    lane_alone::<Rtrb>(&mut group, "rtrb");
    group.finish();
}

fn queues(criterion: &mut Criterion) {
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
    group.finish();
    for threads in [1, 2] {
        let mut group = criterion.benchmark_group(format!("lockfree/{threads}p{threads}c"));
        group.throughput(Throughput::Elements(threads as u64));
        together::<MichaelScott<u64>>(&mut group, "threads/michael_scott", threads);
        together::<CrossbeamSegQueue>(&mut group, "crossbeam SegQueue", threads);
        together::<Treiber<u64>>(&mut group, "threads/treiber", threads);
        together::<Combining<u64>>(&mut group, "threads/combining", threads);
        together::<LockedHeap>(&mut group, "std heap and lock", threads);
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

fn lane_alone<L: Lane<u64>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
    let (mut producer, mut consumer) = L::with_capacity(CAPACITY);
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            assert!(producer.try_push(black_box(7)).is_ok());
            black_box(consumer.try_pop())
        });
    });
}

/// So many threads a side, each item from one to another.
fn together<Q: TryQueue<u64>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, threads: usize) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|items| {
            let queue = &Q::with_capacity(CAPACITY);
            let producers = (0..threads).map(|_| {
                || {
                    (0..items)
                        .for_each(|item| retry(item, |item| queue.try_push(item).map_err(|Full(item)| item)))
                }
            });
            let consumers = (0..threads).map(|_| || (0..items).for_each(|_| wait(|| queue.try_pop())));
            time(producers, consumers)
        });
    });
}

fn lane<L: Lane<u64>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|items| {
            let (mut producer, mut consumer) = L::with_capacity(CAPACITY);
            let produce = || {
                (0..items)
                    .for_each(|item| retry(item, |item| producer.try_push(item).map_err(|Full(item)| item)))
            };
            let consume = || (0..items).for_each(|_| wait(|| consumer.try_pop()));
            time([produce].into_iter(), [consume].into_iter())
        });
    });
}

fn retry(mut item: u64, mut attempt: impl FnMut(u64) -> Result<(), u64>) {
    let mut patience = 0;
    while let Err(rejected) = attempt(black_box(item)) {
        item = rejected;
        pause(&mut patience);
    }
}

fn wait(mut attempt: impl FnMut() -> Option<u64>) {
    let mut patience = 0;
    while black_box(attempt()).is_none() {
        pause(&mut patience);
    }
}

/// On a machine with fewer free cores than threads, one that only spins holds up the other side.
fn pause(patience: &mut u32) {
    *patience += 1;
    if patience.is_multiple_of(64) { thread::yield_now() } else { spin_loop() }
}

/// The time from the moment when all are ready until the last has ended.
fn time<P: FnOnce() + Send, C: FnOnce() + Send>(
    producers: impl ExactSizeIterator<Item = P>,
    consumers: impl ExactSizeIterator<Item = C>,
) -> Duration {
    let start = &Barrier::new(producers.len() + consumers.len() + 1);
    let begun = thread::scope(|scope| {
        for produce in producers {
            scope.spawn(move || {
                start.wait();
                produce();
            });
        }
        for consume in consumers {
            scope.spawn(move || {
                start.wait();
                consume();
            });
        }
        start.wait();
        Instant::now()
    });
    begun.elapsed()
}

struct Rtrb;

impl Lane<u64> for Rtrb {
    type Producer = RtrbProducer;
    type Consumer = RtrbConsumer;

    fn with_capacity(capacity: usize) -> (RtrbProducer, RtrbConsumer) {
        let (producer, consumer) = rtrb::RingBuffer::new(capacity);
        (RtrbProducer(producer), RtrbConsumer(consumer))
    }
}

struct RtrbProducer(rtrb::Producer<u64>);

impl LaneProducer<u64> for RtrbProducer {
    fn try_push(&mut self, item: u64) -> Result<(), Full<u64>> {
        self.0.push(item).map_err(|rtrb::PushError::Full(item)| Full(item))
    }
}

struct RtrbConsumer(rtrb::Consumer<u64>);

impl LaneConsumer<u64> for RtrbConsumer {
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
    targets = lanes, queues
}
criterion_main!(benches);
