//! Executions per second: the engines through the facade, and loom and shuttle raw beside them.
//!
//! The program is the same for all: three threads, each of which adds to an atomic and to a locked
//! number. One element of throughput is one execution, so that ratios can be read off. A second group shows how the time of an
//! execution grows with the program.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use refectory::engine::{Budget, Engine, Program, explore};
use refectory::model::threads::table::Ordered;
use refectory::port::Table;
use refectory::sync;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const THREADS: usize = 3;
const EXECUTIONS: usize = 500;
/// A bound keeps loom's engine to one search, of more executions than are measured.
const PREEMPTIONS: usize = 4;

/// The program, on the primitives of whatever modules are named.
macro_rules! program {
    ($arc:path, $mutex:path, $atomic:path, $spawn:path) => {{
        use $arc as Arc;
        use $atomic as AtomicUsize;
        use $mutex as Mutex;
        let shared = Arc::new((AtomicUsize::new(0), Mutex::new(0)));
        let handles: Vec<_> = (0..THREADS)
            .map(|_| {
                let shared = Arc::clone(&shared);
                $spawn(move || {
                    shared.0.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
                    *shared.1.lock().unwrap() += 1;
                })
            })
            .collect();
        handles.into_iter().for_each(|handle| handle.join().unwrap());
    }};
}

fn through_the_facade() -> Program {
    Program::new(|| {
        program!(std::sync::Arc, sync::Mutex, sync::atomic::AtomicUsize, sync::thread::spawn);
        Ok(String::new())
    })
}

fn raw_loom() {
    let mut builder = loom::model::Builder::new();
    builder.max_permutations = Some(EXECUTIONS);
    builder.preemption_bound = Some(PREEMPTIONS);
    builder.checkpoint_interval = 1;
    builder.check(|| {
        program!(std::sync::Arc, loom::sync::Mutex, loom::sync::atomic::AtomicUsize, loom::thread::spawn)
    });
}

fn raw_shuttle() {
    let body = || {
        program!(
            std::sync::Arc,
            shuttle::sync::Mutex,
            shuttle::sync::atomic::AtomicUsize,
            shuttle::thread::spawn
        )
    };
    let mut config = shuttle::Config::new();
    config.silence_warnings = true;
    shuttle::Runner::new(shuttle::scheduler::RandomScheduler::new_from_seed(1, EXECUTIONS), config).run(body);
}

fn engines(c: &mut Criterion) {
    let mut group = c.benchmark_group("engines");
    group.throughput(Throughput::Elements(EXECUTIONS as u64));
    let program = through_the_facade();
    let budget =
        Budget { executions: EXECUTIONS as u64, preemptions: Some(PREEMPTIONS as u32), ..Budget::default() };
    for engine in [Engine::Loom, Engine::Random, Engine::Pct, Engine::Urw] {
        group.bench_function(BenchmarkId::new("facade", engine), |b| {
            b.iter(|| black_box(explore(engine, &program, &budget)));
        });
    }
    group.bench_function("raw/loom", |b| b.iter(raw_loom));
    group.bench_function("raw/shuttle random", |b| b.iter(raw_shuttle));
    // The exact explorer ends by itself: 36 classes of executions.
    let exact = explore(Engine::Dpor, &program, &Budget::default());
    group.throughput(Throughput::Elements(exact.executions));
    for engine in [Engine::Dpor, Engine::DporOnShuttle] {
        group.bench_function(BenchmarkId::new("facade", engine), |b| {
            b.iter(|| black_box(explore(engine, &program, &Budget::default())));
        });
    }
    group.finish();
}

/// Philosophers at the ordered table, and nothing that watches them.
fn ordered_table(seats: usize, meals: usize) -> Program {
    Program::new(move || {
        let table = Arc::new(Ordered::with_seats(seats));
        let philosopher = |seat| {
            let table = Arc::clone(&table);
            sync::thread::spawn(move || (0..meals).for_each(|_| table.dine(seat, &mut || ())))
        };
        let philosophers: Vec<_> = (0..seats).map(philosopher).collect();
        philosophers.into_iter().for_each(|philosopher| philosopher.join().unwrap());
        Ok(String::new())
    })
}

/// How the time of an execution grows with the program, under the exact explorer.
fn growth(c: &mut Criterion) {
    let mut group = c.benchmark_group("explorer");
    for (seats, meals) in [(3, 2), (4, 2), (5, 2), (6, 2), (7, 2)] {
        let program = ordered_table(seats, meals);
        let budget = Budget { executions: 6_000, ..Budget::default() };
        let seen = explore(Engine::Dpor, &program, &budget);
        group.throughput(Throughput::Elements(seen.executions));
        group.bench_function(BenchmarkId::new("ordered table", format!("{seats}x{meals}")), |b| {
            b.iter(|| black_box(explore(Engine::Dpor, &program, &budget)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = engines, growth
}
criterion_main!(benches);
