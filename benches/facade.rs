//! What the facade costs beside std: nothing, as long as no engine is in the build. The two functions of
//! a group have to be within 2% of each other.

#![expect(clippy::disallowed_types, reason = "std is what the facade is measured against")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

fn bench<R>(criterion: &mut Criterion, operation: &str, whose: &str, mut body: impl FnMut() -> R) {
    let mut group = criterion.benchmark_group(format!("facade/{operation}"));
    group.bench_function(whose, |bencher| bencher.iter(&mut body));
    group.finish();
}

/// The same operations on both.
macro_rules! operations {
    ($name:ident, $($sync:ident)::+, $label:literal) => {
        fn $name(criterion: &mut Criterion) {
            use $($sync)::+::Mutex;
            use $($sync)::+::atomic::{
                AtomicUsize,
                Ordering::{Acquire, Relaxed, Release},
            };

            let atomic = AtomicUsize::new(0);
            let mutex = Mutex::new(0_usize);
            bench(criterion, "load", $label, || black_box(&atomic).load(Acquire));
            bench(criterion, "store", $label, || black_box(&atomic).store(black_box(1), Release));
            bench(criterion, "fetch_add", $label, || black_box(&atomic).fetch_add(1, Relaxed));
            bench(criterion, "lock and unlock", $label, || *black_box(&mutex).lock().unwrap() += 1);
        }
    };
}

operations!(on_std, std::sync, "std");
operations!(on_facade, refectory::sync, "facade");

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = on_std, on_facade
}
criterion_main!(benches);
