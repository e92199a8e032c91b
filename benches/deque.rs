//! Work-stealing deques side by side: the deque beside crossbeam's, the injector beside crossbeam's.
//!
//! Items are numbers of one word, so that what is measured is the structure, not the allocator.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::deque as peer;
use refectory::model::pool::deque::chase_lev::{Stealer, Worker};
use refectory::model::pool::deque::injector::Injector;
use refectory::port::Steal;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Items that are in the deque at once where its owner is alone.
const BURST: usize = 64;

fn deques(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("deque/owner alone");
    group.throughput(Throughput::Elements(BURST as u64));
    let ours = <Worker<usize>>::new(BURST);
    group.bench_function("pool/chase_lev", |bencher| {
        bencher.iter(|| burst(|item| ours.push(item), || ours.pop()))
    });
    let theirs = peer::Worker::new_lifo();
    group.bench_function("crossbeam", |bencher| {
        bencher.iter(|| burst(|item| theirs.push(item), || theirs.pop()))
    });
    group.finish();

    let mut group = criterion.benchmark_group("deque/owner and thief");
    group.throughput(Throughput::Elements(1));
    group.bench_function("pool/chase_lev", |bencher| bencher.iter_custom(our_robbery));
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
    let mut group = criterion.benchmark_group("deque/injector");
    group.throughput(Throughput::Elements(1));
    group.bench_function("pool/injector", |bencher| {
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

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = deques, injectors
}
criterion_main!(benches);
