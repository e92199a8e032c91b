//! The catalogue's tables side by side: meals a second of five philosophers who are always hungry.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use refectory::catalogue::{self, Timed};
use refectory::model::processes::table::arbiter::{Just, Seat, table};
use refectory::port::Size;
use refectory::scenario::time_together;
use refectory::sync::thread;
use std::time::Duration;

const SEATS: usize = 5;

fn tables(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("table/{SEATS} seats"));
    // In an iteration everybody eats one meal.
    group.throughput(Throughput::Elements(SEATS as u64));
    for (name, Timed { time, .. }) in catalogue::timed("table") {
        group.bench_function(name, |bencher| bencher.iter_custom(|meals| time(Size(SEATS, 1), meals)));
    }
    group.bench_function("processes/arbiter", |bencher| bencher.iter_custom(arbitrated));
    group.finish();
}

/// The same with an arbiter and its pipes, between threads.
fn arbitrated(meals: u64) -> Duration {
    let (arbiter, seats, _report) = table::<Just>(SEATS).expect("there is room for a few pipes");
    let arbiter = thread::spawn(|| arbiter.serve());
    let dine = |mut seat: Seat| {
        move || {
            (0..meals).for_each(|_| seat.dine(|| ()).expect("the arbiter is there"));
            seat.leave();
        }
    };
    let time = time_together(seats.into_iter().map(dine));
    arbiter.join().expect("it has served");
    time
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
