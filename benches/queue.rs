//! Queues, piles and heaps side by side, with locks and without, one group a scenario: items a second from producers to consumers, round
//! trips, and pairs of operations.
//!
//! Those without locks never wait by themselves, nor do rtrb, and crossbeam's `ArrayQueue`, `SegQueue` and `Injector`. All of them get
//! the same waiting on top: who finds no item, or no room, gives up the processor and tries again. The others bring their own.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "benches compare with std, on default features"
)]

#[path = "queue/flow.rs"]
mod flow;
#[path = "queue/in_flight.rs"]
mod in_flight;
#[path = "queue/pairs.rs"]
mod pairs;
#[path = "queue/peers.rs"]
mod peers;
#[path = "queue/select.rs"]
mod select;
#[path = "queue/spsc.rs"]
mod spsc;
#[path = "queue/turns.rs"]
mod turns;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use refectory::scenario::time_together;
use std::time::Duration;

/// The time that threads with these bodies take together.
fn together(bodies: Vec<Box<dyn FnOnce() + Send + '_>>) -> Duration {
    time_together(bodies.into_iter())
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

/// A scenario's group, of samples of one length, in which an iteration moves so many items.
fn group<'a>(criterion: &'a mut Criterion, scenario: &str, items: usize) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(format!("queue/{scenario}"));
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(items as u64));
    group
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_secs(1));
    targets = flow::flows, spsc::one_to_one, turns::turns, pairs::alternations, select::selects, in_flight::networks, flow::every_subject
}
criterion_main!(benches);
