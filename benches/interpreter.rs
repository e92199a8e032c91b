//! The interpreter lock: what it costs where nobody else wants it, how two threads that compute share it, and how
//! long one that reads and writes waits behind one that computes (the convoy of bpo-7946).

#![expect(clippy::disallowed_types, reason = "benches compare with std")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use refectory::model::gil::interpreter::cpython::Interpreter;
use refectory::model::gil::lock::cpython::{Gil, SWITCH_INTERVAL};
use refectory::scenario::time_together;
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const SUBJECT: &str = "gil/cpython";

/// CPython's interval and shorter ones; at zero it is over at once.
const INTERVALS: [Duration; 4] =
    [SWITCH_INTERVAL, Duration::from_millis(1), Duration::from_micros(50), Duration::ZERO];

fn uncontended(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("interpreter/uncontended");
    let gil = <Gil>::new(SWITCH_INTERVAL);
    group.bench_function("attach and leave", |bencher| bencher.iter(|| drop(black_box(gil.attach()))));
    let mut holder = gil.attach().expect("nobody finalizes");
    group.bench_function("safe point", |bencher| bencher.iter(|| holder.checkpoint()));
    group.bench_function("release and retake", |bencher| bencher.iter(|| holder.unlocked(|| ())));
    drop(holder);
    let mutex = Mutex::new(());
    group.bench_function("std Mutex", |bencher| bencher.iter(|| drop(black_box(mutex.lock()))));
    group.finish();
}

/// Steps a second of two threads that compute. Together they have the processor time of one.
fn throughput(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("interpreter/two threads compute");
    group.throughput(Throughput::Elements(2));
    for interval in INTERVALS {
        group.bench_function(BenchmarkId::new(SUBJECT, format!("{interval:?}")), |bencher| {
            bencher.iter_custom(|steps| compute(&Interpreter::with_interval(0, interval), 2, steps));
        });
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("one alone", |bencher| {
        bencher.iter_custom(|steps| compute(&Interpreter::new(0), 1, steps));
    });
    group.finish();
}

/// The time in which every thread does so many steps.
fn compute(interpreter: &Interpreter<u64>, threads: usize, steps: u64) -> Duration {
    let computes = |_| {
        || {
            let mut thread = interpreter.attach();
            (0..steps).for_each(|_| thread.step(|count| *count = black_box(*count + 1)));
        }
    };
    time_together((0..threads).map(computes))
}

/// How long a thread takes from the end of its reading until it has the lock again, beside one that computes.
fn convoy(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("interpreter/reads beside one that computes");
    for interval in INTERVALS {
        latency(&mut group, interval);
    }
    group.finish();
}

fn latency(group: &mut BenchmarkGroup<'_, WallTime>, interval: Duration) {
    let interpreter = Interpreter::<u64>::with_interval(0, interval);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut thread = interpreter.attach();
            while !done.load(Ordering::Relaxed) {
                thread.step(|count| *count = black_box(*count + 1));
            }
        });
        let mut reader = interpreter.attach();
        group.bench_function(BenchmarkId::new(SUBJECT, format!("{interval:?}")), |bencher| {
            bencher.iter(|| reader.unlocked(|| ()))
        });
        done.store(true, Ordering::Relaxed);
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = uncontended, throughput, convoy
}
criterion_main!(benches);
