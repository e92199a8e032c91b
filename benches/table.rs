//! Tables side by side: meals a second of five philosophers who are always hungry.

#![expect(clippy::disallowed_types, reason = "the barrier is the harness's, not a subject's")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use refectory::model::gil::table as gil;
use refectory::model::pool::table::state_machines::StateMachines;
use refectory::model::threads::table::{
    Asymmetric, Chairs, Courteous, Footman, Monitor, Ordered, Ticket, TryLock, Waiter,
};
use refectory::port::Table;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

const SEATS: usize = 5;

fn tables(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("table/{SEATS} seats"));
    // In an iteration everybody eats one meal.
    group.throughput(Throughput::Elements(SEATS as u64));
    measure::<Ordered>(&mut group, "threads/ordered");
    measure::<Asymmetric>(&mut group, "threads/asymmetric");
    measure::<Footman>(&mut group, "threads/footman");
    measure::<Chairs>(&mut group, "threads/chairs");
    measure::<TryLock>(&mut group, "threads/try_lock");
    measure::<Monitor>(&mut group, "threads/monitor");
    measure::<Waiter>(&mut group, "threads/waiter");
    measure::<Ticket>(&mut group, "threads/ticket");
    measure::<Courteous>(&mut group, "threads/courteous");
    measure::<gil::Ordered>(&mut group, "gil/ordered");
    measure::<gil::AtOnce>(&mut group, "gil/at_once");
    measure::<StateMachines>(&mut group, "pool/state_machines");
    group.finish();
}

fn measure<T: Table>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|meals| dinner(&T::with_seats(SEATS), meals));
    });
}

/// The time in which everybody eats so many meals.
fn dinner<T: Table>(table: &T, meals: u64) -> Duration {
    let start = Barrier::new(SEATS + 1);
    let begun = thread::scope(|scope| {
        for seat in 0..SEATS {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                for meal in 0..meals {
                    table.dine(seat, &mut || {
                        black_box(meal);
                    });
                }
            });
        }
        start.wait();
        Instant::now()
    });
    begun.elapsed()
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = tables
}
criterion_main!(benches);
