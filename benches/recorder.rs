//! What it costs to record an operation, beside the operation: here one that does nothing.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use refectory::history::recorder::{Clock, Log};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Operations of a log, whose room is laid out before.
const OPERATIONS: usize = 10_000;

fn recording(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recorder/operation");
    group.throughput(Throughput::Elements(OPERATIONS as u64));
    let empty = || Log::<usize, usize>::with_room(0, OPERATIONS);
    group.bench_function("record", |bencher| {
        let fill = |mut log: Log<usize, usize>| {
            (0..OPERATIONS).for_each(|call| _ = log.record(call, || black_box(call)));
            log
        };
        bencher.iter_batched(empty, fill, BatchSize::PerIteration);
    });
    group.bench_function("record_at_once", |bencher| {
        let fill = |mut log: Log<usize, usize>| {
            (0..OPERATIONS).for_each(|call| _ = log.record_at_once(call, || black_box(call)));
            log
        };
        bencher.iter_batched(empty, fill, BatchSize::PerIteration);
    });
    group.finish();
}

fn clocks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recorder/clock");
    let clocks =
        [("of this machine", Clock::of_this_machine()), ("monotonic", Clock::Monotonic(Instant::now()))];
    for (name, clock) in clocks {
        group.bench_function(format!("{name}, before and after"), |bencher| {
            bencher.iter(|| (clock.before(), clock.after()));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = recording, clocks
}
criterion_main!(benches);
