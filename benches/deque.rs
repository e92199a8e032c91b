//! Work-stealing deques side by side: the deque beside crossbeam's, the injector beside crossbeam's.
//!
//! Items are numbers of one word, so that what is measured is the structure, not the allocator. Where two threads take part
//! each looks at the clock itself, when both are ready and when it is done.

#![expect(clippy::disallowed_methods, reason = "benches compare with std, on default features")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::deque as peer;
use refectory::model::pool::deque::chase_lev::Worker;
use refectory::model::pool::deque::injector::Injector;
use refectory::port::Steal;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
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
    let thief = worker.stealer();
    let steal = || matches!(thief.steal(), Steal::Success(_));
    robbery(items, |item| worker.push(item), || worker.pop(), steal)
}

fn their_robbery(items: u64) -> Duration {
    let worker = peer::Worker::new_lifo();
    let thief = worker.stealer();
    robbery(items, |item| worker.push(item), || worker.pop(), || thief.steal().is_success())
}

/// The time in which so many items are taken, by the owner, who pops one of three, and a thief.
fn robbery(
    items: u64,
    push: impl Fn(usize),
    pop: impl Fn() -> Option<usize>,
    steal: impl Fn() -> bool + Send,
) -> Duration {
    let taken = &AtomicU64::new(0);
    let rob = move || {
        while taken.load(Ordering::Relaxed) < items {
            if steal() {
                taken.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    both(rob, || {
        for item in 0..items as usize {
            push(black_box(item));
            if item % 3 == 0 && pop().is_some() {
                taken.fetch_add(1, Ordering::Relaxed);
            }
        }
        while pop().is_some() {
            taken.fetch_add(1, Ordering::Relaxed);
        }
    })
}

fn injectors(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("deque/injector");
    group.throughput(Throughput::Elements(1));
    group.bench_function("pool/injector", |bencher| {
        bencher.iter_custom(|items| {
            let injector = Injector::new();
            transfer(items, |item| injector.push(item), || injector.pop())
        });
    });
    group.bench_function("crossbeam", |bencher| {
        bencher.iter_custom(|items| {
            let injector = peer::Injector::new();
            transfer(items, |item| injector.push(item), || injector.steal().success())
        });
    });
    group.finish();
}

/// The time in which one thread puts so many items in and another takes them out.
fn transfer(items: u64, push: impl Fn(usize) + Send, pop: impl Fn() -> Option<usize>) -> Duration {
    both(
        move || (0..items as usize).for_each(|item| push(black_box(item))),
        || {
            let mut taken = 0;
            while taken < items {
                if black_box(pop()).is_some() {
                    taken += 1;
                }
            }
        },
    )
}

/// The time that two take together, from the first one's beginning, when both are ready, to the last one's end.
fn both(other: impl FnOnce() + Send, this: impl FnOnce()) -> Duration {
    let ready = AtomicUsize::new(0);
    let (first, second) = thread::scope(|scope| {
        let other = scope.spawn(|| stamped(&ready, other));
        let this = stamped(&ready, this);
        (this, other.join().expect("nobody panics"))
    });
    first.1.max(second.1) - first.0.min(second.0)
}

/// Runs it when both are ready; when it has begun and ended.
fn stamped(ready: &AtomicUsize, body: impl FnOnce()) -> (Instant, Instant) {
    ready.fetch_add(1, Ordering::Relaxed);
    while ready.load(Ordering::Relaxed) < 2 {
        thread::yield_now();
    }
    let begun = Instant::now();
    body();
    (begun, Instant::now())
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
