//! Items per second through a queue of 64 places, beside the queues of crossbeam and std.

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use crossbeam::channel;
use crossbeam::queue::ArrayQueue;
use refectory::model::threads::queue::Bounded;
use refectory::model::threads::ring::Ring;
use refectory::port::{BlockingQueue, TryQueue};
use refectory::sync::{Barrier, Mutex};
use std::hint::black_box;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const CAPACITY: usize = 64;
const ITEMS: u64 = 2_000;

/// A queue as this bench sees it: both ends wait, by whatever means.
trait Queue: Sync {
    fn put(&self, item: u64);
    fn take(&self) -> u64;
}

impl Queue for Bounded<u64> {
    fn put(&self, item: u64) {
        BlockingQueue::push(self, item);
    }

    fn take(&self) -> u64 {
        BlockingQueue::pop(self)
    }
}

/// Spins on the attempts of a queue that never waits; gives the core away now and then, since there can
/// be more threads than cores.
fn spin<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let mut looks = 0u32;
    loop {
        if let Some(answer) = attempt() {
            return answer;
        }
        looks += 1;
        if looks.is_multiple_of(64) { thread::yield_now() } else { std::hint::spin_loop() }
    }
}

impl Queue for Ring<u64> {
    fn put(&self, item: u64) {
        spin(|| self.try_push(item).ok());
    }

    fn take(&self) -> u64 {
        spin(|| self.try_pop())
    }
}

impl Queue for ArrayQueue<u64> {
    fn put(&self, item: u64) {
        spin(|| self.push(item).ok());
    }

    fn take(&self) -> u64 {
        spin(|| self.pop())
    }
}

impl Queue for (channel::Sender<u64>, channel::Receiver<u64>) {
    fn put(&self, item: u64) {
        self.0.send(item).unwrap();
    }

    fn take(&self) -> u64 {
        self.1.recv().unwrap()
    }
}

/// std's receiver has one owner at a time, so that several consumers have to share it by a lock.
impl Queue for (mpsc::SyncSender<u64>, Mutex<mpsc::Receiver<u64>>) {
    fn put(&self, item: u64) {
        self.0.send(item).unwrap();
    }

    fn take(&self) -> u64 {
        self.1.lock().unwrap().recv().unwrap()
    }
}

/// The time in which as many producers as consumers pass `rounds` times `ITEMS` items each.
fn pass(queue: &impl Queue, pairs: usize, rounds: u64) -> Duration {
    let start = Barrier::new(2 * pairs + 1);
    thread::scope(|scope| {
        for _ in 0..pairs {
            scope.spawn(|| {
                start.wait();
                (0..rounds * ITEMS).for_each(|item| queue.put(item));
            });
        }
        let consumers: Vec<_> = (0..pairs)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    (0..rounds * ITEMS).for_each(|_| drop(black_box(Box::new(queue.take()))));
                })
            })
            .collect();
        start.wait();
        let started = Instant::now();
        consumers.into_iter().for_each(|consumer| consumer.join().unwrap());
        started.elapsed()
    })
}

fn bench(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, pairs: usize, queue: &impl Queue) {
    group.bench_function(name, |b| b.iter_custom(|rounds| pass(queue, pairs, rounds)));
}

fn queues(c: &mut Criterion) {
    for pairs in [1, 2] {
        let mut group = c.benchmark_group(format!("queues/{pairs} producers, {pairs} consumers"));
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1));
        group.throughput(Throughput::Elements(pairs as u64 * ITEMS));
        bench(
            &mut group,
            "bounded (mutex, condvars)",
            pairs,
            &<Bounded<u64> as BlockingQueue<u64>>::with_capacity(CAPACITY),
        );
        bench(&mut group, "ring (lock-free)", pairs, &<Ring<u64> as TryQueue<u64>>::with_capacity(CAPACITY));
        bench(&mut group, "crossbeam ArrayQueue", pairs, &ArrayQueue::new(CAPACITY));
        bench(&mut group, "crossbeam channel", pairs, &channel::bounded(CAPACITY));
        let (sender, receiver) = mpsc::sync_channel(CAPACITY);
        bench(&mut group, "std sync_channel", pairs, &(sender, Mutex::new(receiver)));
        group.finish();
    }
}

criterion_group!(benches, queues);
criterion_main!(benches);
