//! Queues side by side, one group a scenario: items a second from producers to consumers, round trips, and pairs of operations.
//!
//! `spinning`, on a ring, and crossbeam's `ArrayQueue` and `SegQueue` never wait by themselves; all of them get the same waiting
//! on top: they try again. The others sleep.

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
#[path = "queue/turns.rs"]
mod turns;

use criterion::{Criterion, criterion_group, criterion_main};
use refectory::catalogue;
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
