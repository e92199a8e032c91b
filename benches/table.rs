//! The catalogue's tables side by side: meals a second of five philosophers who are always hungry.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use refectory::catalogue::{self, Timed};
use refectory::port::Size;
use std::time::Duration;

const SEATS: usize = 5;

fn tables(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("table/{SEATS} seats"));
    // In an iteration everybody eats one meal.
    group.throughput(Throughput::Elements(SEATS as u64));
    for (name, Timed { time, .. }) in catalogue::timed("table") {
        group.bench_function(name, |bencher| bencher.iter_custom(|meals| time(Size(SEATS, 1), meals)));
    }
    group.finish();
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
