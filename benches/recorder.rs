//! What it costs to record an operation, beside the operation: one that does nothing, and one that does what queues do. What the processor does meanwhile
//! with a short one is part of its cost, so the second is the one to look at: what is recorded, less what is not.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use refectory::history::recorder::{Clock, Log};
use refectory::sync::Mutex;
use std::collections::VecDeque;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Operations of a log, whose room is laid out before.
const OPERATIONS: usize = 10_000;

/// Puts a number into a queue under a lock that nobody else has, and takes another one out.
fn exchange(queue: &Mutex<VecDeque<usize>>, call: usize) -> usize {
    let mut queue = queue.lock().expect("nobody panics");
    queue.push_back(call);
    queue.pop_front().expect("one is in")
}

fn recording(criterion: &mut Criterion) {
    let queue = Mutex::new(VecDeque::from(vec![0; 64]));
    record(criterion, "recorder/operation", |call| call);
    record(criterion, "recorder/exchange", |call| exchange(&queue, call));
}

/// An operation that is not recorded, that is, and that follows at once on the one before.
fn record(criterion: &mut Criterion, name: &str, operate: impl Fn(usize) -> usize) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(OPERATIONS as u64));
    let empty = || Log::<usize, usize>::with_room(0, OPERATIONS);
    let operate = |call| black_box(operate(black_box(call)));
    group.bench_function("alone", |bencher| {
        bencher.iter(|| (0..OPERATIONS).for_each(|call| _ = operate(call)))
    });
    group.bench_function("record", |bencher| {
        let fill = |mut log: Log<usize, usize>| {
            (0..OPERATIONS).for_each(|call| _ = log.record(call, || operate(call)));
            log
        };
        bencher.iter_batched(empty, fill, BatchSize::PerIteration);
    });
    group.bench_function("record_at_once", |bencher| {
        let fill = |mut log: Log<usize, usize>| {
            (0..OPERATIONS).for_each(|call| _ = log.record_at_once(call, || operate(call)));
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
