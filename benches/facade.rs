//! The facade beside std: with default features the ratio is that of the same machine code, 1.
//!
//! Both sides of each pair run one after the other; read the ratio, not the figures.

#![expect(clippy::disallowed_types, reason = "std is what the facade is compared with")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::time::Duration;

/// The operations on one module's types.
macro_rules! operations {
    ($group:ident, $name:literal, $atomic:path, $mutex:path) => {{
        use $atomic as AtomicUsize;
        use $mutex as Mutex;
        let number = AtomicUsize::new(0);
        let locked = Mutex::new(0usize);
        $group.bench_function(concat!("load/", $name), |b| b.iter(|| black_box(&number).load(Acquire)));
        $group.bench_function(concat!("store/", $name), |b| b.iter(|| black_box(&number).store(1, Release)));
        $group.bench_function(concat!("fetch_add/", $name), |b| {
            b.iter(|| black_box(&number).fetch_add(1, AcqRel))
        });
        $group.bench_function(concat!("lock and unlock/", $name), |b| {
            b.iter(|| *black_box(&locked).lock().unwrap() += 1);
        });
    }};
}

fn facade(c: &mut Criterion) {
    let mut group = c.benchmark_group("facade");
    group
        .sample_size(30)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800));
    operations!(group, "std", std::sync::atomic::AtomicUsize, std::sync::Mutex);
    operations!(group, "facade", refectory::sync::atomic::AtomicUsize, refectory::sync::Mutex);
    group.finish();
}

criterion_group!(benches, facade);
criterion_main!(benches);
