//! Queues side by side, one group a scenario: items a second from producers to consumers, round trips, and pairs of operations.
//!
//! `spinning`, on a ring, and crossbeam's `ArrayQueue` and `SegQueue` never wait by themselves; all of them get the same waiting
//! on top: they try again. The others sleep.

#![expect(clippy::disallowed_types, reason = "benches compare with std, on default features")]

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
#[path = "queue/turns.rs"]
mod turns;

use criterion::{Criterion, criterion_group, criterion_main};
use refectory::catalogue;
use refectory::scenario::time_together;
use std::time::Duration;

/// The time that threads with these bodies take together.
fn together(bodies: Vec<Box<dyn FnOnce() + Send + '_>>) -> Duration {
    time_together(bodies.into_iter())
}

/// Every queue of the catalogue.
fn every_subject(criterion: &mut Criterion) {
    let ours = catalogue::timed("queue").map(|(name, timed)| (name, timed.time));
    flow::side_by_side(criterion, ours);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(600));
    targets = flow::flows, turns::turns, pairs::alternations, select::selects, in_flight::networks, every_subject
}
criterion_main!(benches);
