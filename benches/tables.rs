//! Tables side by side: meals a second of five philosophers who are always hungry.

#![expect(clippy::disallowed_types, reason = "the barrier is the harness's, not a subject's")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
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
    let mut group = criterion.benchmark_group(format!("tables/{SEATS} seats"));
    // In an iteration everybody eats one meal.
    group.throughput(Throughput::Elements(SEATS as u64));
    measure::<Ordered>(&mut group, "ordered");
    measure::<Asymmetric>(&mut group, "asymmetric");
    measure::<Footman>(&mut group, "footman");
    measure::<Chairs>(&mut group, "chairs");
    measure::<TryLock>(&mut group, "try_lock");
    measure::<Monitor>(&mut group, "monitor");
    measure::<Waiter>(&mut group, "waiter");
    measure::<Ticket>(&mut group, "ticket");
    measure::<Courteous>(&mut group, "courteous");
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
