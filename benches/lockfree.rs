//! The queues and stacks without locks beside their peers, one group a scenario: items a second from producers to consumers, round
//! trips, and pairs of operations.
//!
//! None of ours waits by itself, nor do rtrb, and crossbeam's `ArrayQueue`, `SegQueue` and `Injector`. All of them get the same waiting
//! on top: who finds no item, or no room, gives up the processor and tries again. The others bring their own.

#![expect(clippy::disallowed_methods, reason = "benches compare with std, on default features")]

#[path = "lockfree/flow.rs"]
mod flow;
#[path = "lockfree/pairs.rs"]
mod pairs;
#[path = "lockfree/peers.rs"]
mod peers;
#[path = "lockfree/spsc.rs"]
mod spsc;
#[path = "lockfree/turns.rs"]
mod turns;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use refectory::catalogue;
use refectory::port::Size;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// The time that threads take together, from the first one's beginning, when all are ready, to the last one's end. Each looks at the
/// clock itself, because one beside them may get a processor only when they are done.
fn together(bodies: Vec<Box<dyn FnOnce() + Send + '_>>) -> Duration {
    let (ready, all) = (&AtomicUsize::new(0), bodies.len());
    let run = |body: Box<dyn FnOnce() + Send + '_>| {
        ready.fetch_add(1, Relaxed);
        while ready.load(Relaxed) < all {
            thread::yield_now();
        }
        let begun = Instant::now();
        body();
        (begun, Instant::now())
    };
    let spans: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = bodies.into_iter().map(|body| scope.spawn(move || run(body))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no body panics")).collect()
    });
    let begun = spans.iter().map(|(begun, _)| *begun).min().expect("there are bodies");
    spans.iter().map(|(_, ended)| *ended - begun).max().expect("there are bodies")
}

/// What is sent: a number, alone or in front of bytes.
trait Parcel: Copy + Send + Unpin + 'static {
    fn of(number: u64) -> Self;
}

impl Parcel for u64 {
    fn of(number: u64) -> Self {
        number
    }
}

impl Parcel for [u64; 32] {
    fn of(number: u64) -> Self {
        [number; 32]
    }
}

/// A scenario's group, of samples of one length: some millions of items each.
fn group<'a>(criterion: &'a mut Criterion, scenario: &str, items: u64) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(format!("lockfree/{scenario}"));
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(items));
    group
}

/// Every subject of the catalogue, from as many producers to as many consumers.
fn every_subject(criterion: &mut Criterion) {
    for pairs in [1, 2] {
        let size = Size(pairs, pairs);
        let mut group = group(criterion, &format!("{pairs}p{pairs}c, every subject"), pairs as u64);
        for (name, timed) in
            catalogue::timed("lockfree").filter(|(_, timed)| timed.port.sizes.contains(&size))
        {
            group.bench_function(name, |bencher| bencher.iter_custom(|items| (timed.time)(size, items)));
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_secs(1));
    targets = spsc::one_to_one, flow::flows, pairs::alternations, turns::turns, every_subject
}
criterion_main!(benches);
