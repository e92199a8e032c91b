//! What a future costs: a result that one thread sets and another one takes, beside channels of one place.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::channel;
use refectory::model::pool::future::Future;
use refectory::scenario::time_together;
use std::sync::mpsc;
use std::time::Duration;

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
    set: impl Fn(S, u64) -> bool + Sync,
    get: impl Fn(R) -> Option<u64> + Sync,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|results| {
            let mut time = Duration::ZERO;
            let mut left = results;
            while left > 0 {
                let batch = left.min(MANY);
                let (setters, getters): (Vec<_>, Vec<_>) = (0..batch).map(|_| new()).unzip();
                let sets = || assert!(setters.into_iter().zip(0..).all(|(end, n)| set(end, n)));
                let gets = || assert!(getters.into_iter().zip(0..).all(|(end, n)| get(end) == Some(n)));
                let both: [Box<dyn FnOnce() + Send>; 2] = [Box::new(sets), Box::new(gets)];
                time += time_together(both.into_iter());
                left -= batch;
            }
            time
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = futures
}
criterion_main!(benches);
