//! Work stealing side by side: the deque beside crossbeam's, the injector beside crossbeam's, the pool beside rayon's.
//!
//! Items are numbers of one word, so that what is measured is the structure, not the allocator.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::deque as peer;
use refectory::model::pool::crew::{Crew, Tasks};
use refectory::model::pool::deque::{Stealer, Worker};
use refectory::model::pool::injector::Injector;
use refectory::model::pool::stealing::{Local, StealingPool};
use refectory::port::Steal;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Items that are in the deque at once where its owner is alone.
const BURST: usize = 64;
/// Workers of a pool.
const WORKERS: usize = 2;
/// A tree of tasks of this height has 2^12 leaves.
const HEIGHT: u32 = 12;

fn deques(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stealing/owner alone");
    group.throughput(Throughput::Elements(BURST as u64));
    let ours = <Worker<usize>>::new(BURST);
    group.bench_function("deque", |bencher| bencher.iter(|| burst(|item| ours.push(item), || ours.pop())));
    let theirs = peer::Worker::new_lifo();
    group.bench_function("crossbeam", |bencher| {
        bencher.iter(|| burst(|item| theirs.push(item), || theirs.pop()))
    });
    group.finish();

    let mut group = criterion.benchmark_group("stealing/owner and thief");
    group.throughput(Throughput::Elements(1));
    group.bench_function("deque", |bencher| bencher.iter_custom(our_robbery));
    group.bench_function("crossbeam", |bencher| bencher.iter_custom(their_robbery));
    group.finish();
}

/// Puts a burst of items in, and takes them out.
fn burst(push: impl Fn(usize), pop: impl Fn() -> Option<usize>) {
    for item in 0..BURST {
        push(black_box(item));
    }
    for _ in 0..BURST {
        black_box(pop());
    }
}

fn our_robbery(items: u64) -> Duration {
    let worker = <Worker<usize>>::new(BURST);
    let thief: Stealer<usize> = worker.stealer();
    robbery(
        items,
        |item| worker.push(item),
        || worker.pop(),
        move || matches!(thief.steal(), Steal::Success(_)),
    )
}

fn their_robbery(items: u64) -> Duration {
    let worker = peer::Worker::new_lifo();
    let thief = worker.stealer();
    robbery(items, |item| worker.push(item), || worker.pop(), move || thief.steal().is_success())
}

/// The time in which so many items are taken, by the owner, who pops one of three, and a thief.
fn robbery(
    items: u64,
    push: impl Fn(usize),
    pop: impl Fn() -> Option<usize>,
    steal: impl Fn() -> bool + Send + 'static,
) -> Duration {
    let taken = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let thief = thread::Builder::new().spawn({
        let taken = taken.clone();
        move || {
            while taken.load(Ordering::Relaxed) < items {
                if steal() {
                    taken.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    });
    for item in 0..items as usize {
        push(black_box(item));
        if item % 3 == 0 && pop().is_some() {
            taken.fetch_add(1, Ordering::Relaxed);
        }
    }
    while pop().is_some() {
        taken.fetch_add(1, Ordering::Relaxed);
    }
    thief.expect("a thread can be started").join().expect("the thief does not panic");
    begun.elapsed()
}

fn injectors(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stealing/injector");
    group.throughput(Throughput::Elements(1));
    group.bench_function("injector", |bencher| {
        bencher.iter_custom(|items| {
            let injector = Arc::new(Injector::new());
            let producer = injector.clone();
            transfer(items, move |item| producer.push(item), || injector.pop())
        });
    });
    group.bench_function("crossbeam", |bencher| {
        bencher.iter_custom(|items| {
            let injector = Arc::new(peer::Injector::new());
            let producer = injector.clone();
            transfer(items, move |item| producer.push(item), || injector.steal().success())
        });
    });
    group.finish();
}

/// The time in which one thread puts so many items in and another takes them out.
fn transfer(items: u64, push: impl Fn(usize) + Send + 'static, pop: impl Fn() -> Option<usize>) -> Duration {
    let begun = Instant::now();
    let producer = thread::Builder::new().spawn(move || {
        for item in 0..items as usize {
            push(black_box(item));
        }
    });
    let mut taken = 0;
    while taken < items {
        if black_box(pop()).is_some() {
            taken += 1;
        }
    }
    producer.expect("a thread can be started").join().expect("the producer does not panic");
    begun.elapsed()
}

fn pools(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("stealing/tree of tasks, {WORKERS} workers"));
    group.throughput(Throughput::Elements(1 << HEIGHT));
    tree(&mut group);
    group.finish();

    let mut group = criterion.benchmark_group(format!("stealing/tasks from outside, {WORKERS} workers"));
    group.throughput(Throughput::Elements(1 << HEIGHT));
    batch(&mut group);
    group.finish();
}

/// Each task puts in two others, down to the leaves; ready when all leaves are done.
fn tree(group: &mut BenchmarkGroup<'_, WallTime>) {
    let stealing = <StealingPool>::new(WORKERS);
    group.bench_function("stealing", |bencher| {
        bencher.iter(|| countdown(|left| stealing.spawn(move |local| our_branch(local, HEIGHT, left))));
    });
    let crew = Crew::new(WORKERS);
    group.bench_function("crew", |bencher| {
        bencher.iter(|| countdown(|left| crew.tasks().add(move |tasks| crew_branch(tasks, HEIGHT, left))));
    });
    let rayon = rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build().expect("threads can be started");
    group.bench_function("rayon", |bencher| {
        bencher.iter(|| countdown(|left| rayon.spawn(move || their_branch(HEIGHT, left))));
    });
}

/// One thread puts in many small tasks; ready when all are done.
fn batch(group: &mut BenchmarkGroup<'_, WallTime>) {
    let stealing = <StealingPool>::new(WORKERS);
    group.bench_function("stealing", |bencher| {
        bencher
            .iter(|| countdown(|left| (0..1 << HEIGHT).for_each(|_| stealing.spawn(move |_| left.done()))));
    });
    let crew = Crew::new(WORKERS);
    group.bench_function("crew", |bencher| {
        bencher
            .iter(|| countdown(|left| (0..1 << HEIGHT).for_each(|_| crew.tasks().add(move |_| left.done()))));
    });
    let rayon = rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build().expect("threads can be started");
    group.bench_function("rayon", |bencher| {
        bencher.iter(|| countdown(|left| (0..1 << HEIGHT).for_each(|_| rayon.spawn(move || left.done()))));
    });
}

/// The leaves that are not done yet.
struct Left(AtomicU64);

impl Left {
    fn done(&self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// Starts, and waits until all leaves are done.
fn countdown(start: impl FnOnce(&'static Left)) {
    static LEFT: Left = Left(AtomicU64::new(0));
    LEFT.0.store(1 << HEIGHT, Ordering::Relaxed);
    start(&LEFT);
    while LEFT.0.load(Ordering::Acquire) > 0 {
        thread::sleep(Duration::from_micros(10));
    }
}

fn our_branch(local: &Local<'_>, height: u32, left: &'static Left) {
    match height {
        0 => left.done(),
        _ => (0..2).for_each(|_| local.spawn(move |local| our_branch(local, height - 1, left))),
    }
}

fn crew_branch(tasks: &Tasks, height: u32, left: &'static Left) {
    match height {
        0 => left.done(),
        _ => (0..2).for_each(|_| tasks.add(move |tasks| crew_branch(tasks, height - 1, left))),
    }
}

fn their_branch(height: u32, left: &'static Left) {
    match height {
        0 => left.done(),
        _ => (0..2).for_each(|_| rayon::spawn(move || their_branch(height - 1, left))),
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = deques, injectors, pools
}
criterion_main!(benches);
