//! The patterns of channels: items, jobs, contexts or ticks a second.
//!
//! Each pattern runs as long as a measurement takes, so that starting its threads counts for little.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use refectory::model::channels::pattern::{
    Bounded, Context, Done, ErrorGroup, Group, fan_in, fan_out, generator, limited, or_done, stage, tee,
    ticker, worker_pool,
};
use refectory::model::channels::queue::Channel;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Output = Arc<Channel<u64>>;

/// In the outputs of the patterns.
const ROOM: usize = 16;

fn patterns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pattern/items");
    group.throughput(Throughput::Elements(1));
    items(&mut group, "channels/generator", |_, numbers| vec![numbers]);
    items(&mut group, "channels/pipeline", |group, numbers| {
        let stages = [1, 2, 3];
        vec![stages.into_iter().fold(numbers, |numbers, more| stage(group, numbers, move |n| n + more))]
    });
    items(&mut group, "channels/fan_out", |group, numbers| fan_out(group, &numbers, 2, |n| n + 1));
    items(&mut group, "channels/fan_in", |group, numbers| {
        let stages = fan_out(group, &numbers, 2, |n| n + 1);
        vec![fan_in(group, stages)]
    });
    items(&mut group, "channels/worker_pool", |group, numbers| {
        vec![worker_pool(group, numbers, 2, |n| n + 1)]
    });
    items(&mut group, "channels/or_done", |group, numbers| vec![or_done(group, numbers)]);
    items(&mut group, "channels/tee", |group, numbers| tee(group, numbers).into());
    items(&mut group, "channels/ticker", |group, numbers| {
        let ticks = ticker(group, Duration::ZERO);
        vec![limited(group, numbers, ticks)]
    });
    group.finish();
}

/// The time in which so many numbers go through a pattern, and are received from all of its outputs.
fn items(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    pattern: impl Fn(&mut Group, Output) -> Vec<Output>,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|items| {
            let started = Instant::now();
            let mut threads = <Group>::new().with_room(ROOM);
            let numbers = generator(&mut threads, 0..items);
            let outputs = pattern(&mut threads, numbers);
            // One thread for each output beside the first one, which is received here.
            for output in &outputs[1..] {
                let output = Arc::clone(output);
                threads.go("consumer", move || drain(&output));
            }
            drain(&outputs[0]);
            threads.stop();
            threads.join();
            started.elapsed()
        });
    });
}

fn drain(output: &Channel<u64>) {
    output.iter().for_each(|n| {
        black_box(n);
    });
}

/// What needs no other thread, or brings its own.
fn uses(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pattern/uses");
    group.throughput(Throughput::Elements(1));
    let (bounded, done) = (<Bounded>::new(2), Done::new(0));
    group.bench_function("channels/bounded", |bencher| {
        bencher.iter(|| bounded.run(&done, || Ok::<_, ()>(black_box(7))));
    });
    let root = <Context>::background();
    group.bench_function("channels/context", |bencher| {
        bencher.iter(|| {
            let (context, cancel) = root.with_cancel();
            cancel.cancel();
            context.err()
        });
    });
    group.bench_function("channels/error_group", |bencher| {
        bencher.iter(|| {
            let mut group = <ErrorGroup<_>>::below(&root);
            group.go(|_| Err(()));
            group.go(|context| context.done().receive().map_or(Err(()), |never| match never {}));
            group.wait()
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = patterns, uses
}
criterion_main!(benches);
