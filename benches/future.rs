//! What a future costs: a result that one thread sets and another one takes, beside channels of one place.

#![expect(clippy::disallowed_types, reason = "benches run on default features, with std's own barrier")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::channel;
use refectory::model::pool::future::Future;
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Futures that are made before the first result is set.
const MANY: u64 = 1_024;

/// One thread sets results, another one takes them, in the same order.
fn futures(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("future/a result for another thread");
    group.throughput(Throughput::Elements(1));
    let new = || {
        let future = Future::<u64>::new();
        (future.clone(), future)
    };
    pass_on(
        &mut group,
        "pool/future",
        new,
        |future, n| future.set_result(n).is_ok(),
        |future| future.result().ok(),
    );
    let bounded = || channel::bounded(1);
    pass_on(&mut group, "crossbeam bounded(1)", bounded, |to, n| to.send(n).is_ok(), |from| from.recv().ok());
    let sync = || mpsc::sync_channel(1);
    pass_on(&mut group, "std sync_channel(1)", sync, |to, n| to.send(n).is_ok(), |from| from.recv().ok());
    group.finish();
}

/// The time in which so many results are set and taken; to make the ends is not counted.
fn pass_on<S: Send, R: Send>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    new: impl Fn() -> (S, R),
    set: impl Fn(S, u64) -> bool,
    get: impl Fn(R) -> Option<u64> + Sync,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|results| {
            let mut time = Duration::ZERO;
            let mut left = results;
            while left > 0 {
                let batch = left.min(MANY);
                let (setters, getters): (Vec<_>, Vec<_>) = (0..batch).map(|_| new()).unzip();
                time += together(
                    || assert!(setters.into_iter().zip(0..).all(|(end, n)| set(end, n))),
                    || assert!(getters.into_iter().zip(0..).all(|(end, n)| get(end) == Some(n))),
                );
                left -= batch;
            }
            time
        });
    });
}

/// The time from the moment when both threads are ready until both are done.
fn together(here: impl FnOnce(), there: impl FnOnce() + Send) -> Duration {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            start.wait();
            there();
        });
        start.wait();
        let begun = Instant::now();
        here();
        other.join().expect("the other thread does not panic");
        begun.elapsed()
    })
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = futures
}
criterion_main!(benches);
