//! Meals per second at a table of five, one philosopher a thread.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use refectory::model::threads::table::{Footman, Ordered};
use refectory::port::Table;
use refectory::sync::Barrier;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

const SEATS: usize = 5;
const MEALS: u64 = 500;

/// The time of `rounds` rounds, without that of starting the threads.
fn dine<T: Table>(rounds: u64) -> Duration {
    let table = T::with_seats(SEATS);
    let start = Barrier::new(SEATS + 1);
    thread::scope(|scope| {
        let philosophers: Vec<_> = (0..SEATS)
            .map(|seat| {
                let (table, start) = (&table, &start);
                scope.spawn(move || {
                    start.wait();
                    (0..rounds * MEALS)
                        .for_each(|meal| table.dine(seat, &mut || drop(black_box(Box::new(meal)))));
                })
            })
            .collect();
        start.wait();
        let started = Instant::now();
        philosophers.into_iter().for_each(|philosopher| philosopher.join().unwrap());
        started.elapsed()
    })
}

fn tables(c: &mut Criterion) {
    let mut group = c.benchmark_group("tables/5 seats");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(SEATS as u64 * MEALS));
    group.bench_function("ordered", |b| b.iter_custom(dine::<Ordered>));
    group.bench_function("footman", |b| b.iter_custom(dine::<Footman>));
    group.finish();
}

criterion_group!(benches, tables);
criterion_main!(benches);
