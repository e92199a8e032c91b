//! Each thread puts an item in and takes one out, again and again.

use crate::peers::{Array, LockedHeap, LockedVec, Segmented};
use crate::{group, together};
use criterion::Criterion;
use refectory::model::threads::lockfree::arena::Arena;
use refectory::model::threads::lockfree::combining::Combining;
use refectory::model::threads::lockfree::michael_scott::MichaelScott;
use refectory::model::threads::lockfree::ring::Ring;
use refectory::model::threads::lockfree::segments::Segments;
use refectory::model::threads::lockfree::treiber::Treiber;
use refectory::port::TryQueue;
use std::hint::black_box;
use std::time::Duration;

/// Threads, and items that are in from the beginning.
#[derive(Clone, Copy)]
struct Load(usize, u64);

type Timing = fn(Load, u64) -> Duration;

const PILES: [(&str, Timing); 3] = [
    ("threads/treiber", pairs::<Treiber<u64>>),
    ("threads/arena", pairs::<Arena<u64>>),
    ("parking_lot Mutex<Vec>", pairs::<LockedVec>),
];

const HEAPS: [(&str, Timing); 2] =
    [("threads/combining", pairs::<Combining<u64>>), ("parking_lot Mutex<BinaryHeap>", pairs::<LockedHeap>)];

const QUEUES: [(&str, Timing); 5] = [
    ("threads/ring", pairs::<Ring<u64>>),
    ("threads/segments", pairs::<Segments<u64>>),
    ("threads/michael_scott", pairs::<MichaelScott<u64>>),
    ("crossbeam ArrayQueue", pairs::<Array<u64>>),
    ("crossbeam SegQueue", pairs::<Segmented>),
];

/// The scenarios, for one thread, for two, and for more than most machines have cores.
pub(crate) fn alternations(criterion: &mut Criterion) {
    for threads in [1, 2, 8] {
        side_by_side(criterion, "a pile", Load(threads, 0), &PILES);
        side_by_side(criterion, "a heap of 500", Load(threads, 500), &HEAPS);
        side_by_side(criterion, "a queue", Load(threads, 0), &QUEUES);
    }
}

fn side_by_side(criterion: &mut Criterion, what: &str, load: Load, queues: &[(&str, Timing)]) {
    let threads = load.0;
    // An iteration is a pair of operations of each.
    let mut group = group(criterion, &format!("pairs on {what}, {threads} threads"), threads as u64);
    for (name, time) in queues {
        group.bench_function(*name, |bencher| bencher.iter_custom(|rounds| time(load, rounds)));
    }
    group.finish();
}

fn pairs<Q: TryQueue<u64>>(Load(threads, before): Load, rounds: u64) -> Duration {
    let queue = &Q::with_capacity(before as usize + 2 * threads);
    (0..before).for_each(|i| assert!(queue.try_push(i * 7919 % 1000).is_ok(), "there is room"));
    let alternate = move || {
        let mut next = 0;
        (0..rounds).for_each(|_| {
            next = (next + 7919) % 1000;
            // One that fails under contention may say that it is full.
            black_box(queue.try_push(black_box(next)).is_ok());
            black_box(queue.try_pop());
        });
    };
    together((0..threads).map(|_| Box::new(alternate) as Box<dyn FnOnce() + Send>).collect())
}
