//! Queues side by side, bounded where they are not called otherwise: items a second from producers to consumers, one group a scenario.
//!
//! `spinning`, on a ring, and crossbeam's `ArrayQueue` never wait by themselves; both get the same waiting on top:
//! they try again. The others sleep.

#![expect(clippy::disallowed_types, reason = "benches compare with std, on default features")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::channel;
use crossbeam::queue::ArrayQueue;
use refectory::model::gil::queue::bounded as gil;
use refectory::model::threads::lockfree::ring::Ring;
use refectory::model::threads::queue::bounded::Bounded;
use refectory::model::threads::queue::spinning::Spinning;
use refectory::model::threads::queue::{LifoQueue, PriorityQueue, Queue, SimpleQueue};
use refectory::port::{BlockingQueue, Closed, Full, TryQueue};
use std::hint::black_box;
use std::sync::{Barrier, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

const CAPACITY: usize = 128;

fn queues(criterion: &mut Criterion) {
    for (producers, consumers) in [(1, 1), (2, 2)] {
        let mut group = criterion.benchmark_group(format!("queue/{producers}p{consumers}c"));
        // An iteration moves one item for each pair.
        group.throughput(Throughput::Elements(producers as u64));
        let scope = (producers, consumers);
        measure::<Bounded<u64>>(&mut group, "threads/bounded", scope);
        measure::<Queue<u64>>(&mut group, "threads/queue", scope);
        measure::<Unbounded>(&mut group, "threads/queue, unbounded", scope);
        measure::<SimpleQueue<u64>>(&mut group, "threads/simple_queue", scope);
        measure::<LifoQueue<u64>>(&mut group, "threads/lifo_queue", scope);
        measure::<PriorityQueue<u64>>(&mut group, "threads/priority_queue", scope);
        measure::<gil::Bounded<u64>>(&mut group, "gil/bounded", scope);
        measure::<Spinning<Ring<u64>>>(&mut group, "threads/spinning", scope);
        measure::<Spinning<CrossbeamArrayQueue>>(&mut group, "crossbeam ArrayQueue", scope);
        measure::<CrossbeamChannel>(&mut group, "crossbeam channel", scope);
        measure::<SyncChannel>(&mut group, "std sync_channel", scope);
        measure::<UnboundedCrossbeamChannel>(&mut group, "crossbeam channel, unbounded", scope);
        measure::<Channel>(&mut group, "std channel, unbounded", scope);
        group.finish();
    }
}

fn measure<Q: BlockingQueue<u64>>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    (producers, consumers): (usize, usize),
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|items| transfer(&Q::with_capacity(CAPACITY), producers, consumers, items));
    });
}

/// The time in which every producer puts in, and every consumer takes out, so many items.
fn transfer<Q: BlockingQueue<u64>>(queue: &Q, producers: usize, consumers: usize, items: u64) -> Duration {
    let start = Barrier::new(producers + consumers + 1);
    let begun = thread::scope(|scope| {
        for _ in 0..producers {
            scope.spawn(|| {
                start.wait();
                for item in 0..items {
                    queue.push(black_box(item)).expect("nobody closes it");
                }
            });
        }
        for _ in 0..consumers {
            scope.spawn(|| {
                start.wait();
                for _ in 0..items {
                    black_box(queue.pop());
                }
            });
        }
        start.wait();
        Instant::now()
    });
    begun.elapsed()
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

struct CrossbeamChannel(channel::Sender<u64>, channel::Receiver<u64>);

impl BlockingQueue<u64> for CrossbeamChannel {
    fn with_capacity(capacity: usize) -> Self {
        let (sender, receiver) = channel::bounded(capacity);
        Self(sender, receiver)
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.send(item).map_err(|error| Closed(error.0))
    }

    fn pop(&self) -> Option<u64> {
        self.1.recv().ok()
    }
}

/// Its receiver is for one thread; a lock makes it one for all.
struct SyncChannel(mpsc::SyncSender<u64>, Mutex<mpsc::Receiver<u64>>);

impl BlockingQueue<u64> for SyncChannel {
    fn with_capacity(capacity: usize) -> Self {
        let (sender, receiver) = mpsc::sync_channel(capacity);
        Self(sender, Mutex::new(receiver))
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.send(item).map_err(|error| Closed(error.0))
    }

    fn pop(&self) -> Option<u64> {
        self.1.lock().unwrap().recv().ok()
    }
}

/// A queue without a limit.
struct Unbounded(Queue<u64>);

impl BlockingQueue<u64> for Unbounded {
    fn with_capacity(_: usize) -> Self {
        Self(Queue::new(0))
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.push(item)
    }

    fn pop(&self) -> Option<u64> {
        self.0.pop()
    }
}

struct UnboundedCrossbeamChannel(CrossbeamChannel);

impl BlockingQueue<u64> for UnboundedCrossbeamChannel {
    fn with_capacity(_: usize) -> Self {
        let (sender, receiver) = channel::unbounded();
        Self(CrossbeamChannel(sender, receiver))
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.push(item)
    }

    fn pop(&self) -> Option<u64> {
        self.0.pop()
    }
}

/// As [`SyncChannel`].
struct Channel(mpsc::Sender<u64>, Mutex<mpsc::Receiver<u64>>);

impl BlockingQueue<u64> for Channel {
    fn with_capacity(_: usize) -> Self {
        let (sender, receiver) = mpsc::channel();
        Self(sender, Mutex::new(receiver))
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.send(item).map_err(|error| Closed(error.0))
    }

    fn pop(&self) -> Option<u64> {
        self.1.lock().unwrap().recv().ok()
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = queues
}
criterion_main!(benches);
