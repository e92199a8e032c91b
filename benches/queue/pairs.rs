//! Each thread puts an item in and takes one out, again and again: piles, heaps and queues.

use crate::peers::{Array, LockedHeap, LockedTree, LockedVec, Segmented};
use crate::{group, together};
use criterion::Criterion;
use refectory::model::threads::lockfree::arena::Arena;
use refectory::model::threads::lockfree::combining::Combining;
use refectory::model::threads::lockfree::michael_scott::MichaelScott;
use refectory::model::threads::lockfree::ring::Ring;
use refectory::model::threads::lockfree::segments::Segments;
use refectory::model::threads::lockfree::treiber::Treiber;
use refectory::model::threads::queue::{LifoQueue, PriorityQueue};
use refectory::port::TryQueue;
use std::hint::black_box;
use std::time::Duration;

/// Threads, and items that are in from the beginning.
#[derive(Clone, Copy)]
struct Load(usize, u64);

type Timing = fn(Load, u64) -> Duration;

const PILES: [(&str, Timing); 4] = [
    ("threads/lifo_queue", pairs::<LifoQueue<u64>>),
    ("threads/treiber", pairs::<Treiber<u64>>),
    ("threads/arena", pairs::<Arena<u64>>),
    ("parking_lot Mutex<Vec>", pairs::<LockedVec>),
];

const HEAPS: [(&str, Timing); 4] = [
    ("threads/priority_queue", pairs::<PriorityQueue<u64>>),
    ("threads/combining", pairs::<Combining<u64>>),
    ("parking_lot Mutex<BinaryHeap>", pairs::<LockedHeap>),
    ("parking_lot Mutex<BTreeSet>", pairs::<LockedTree>),
];

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
        side_by_side(criterion, "a heap", Load(threads, 0), &HEAPS);
        side_by_side(criterion, "a heap of 1000", Load(threads, 1_000), &HEAPS);
        side_by_side(criterion, "a queue", Load(threads, 0), &QUEUES);
    }
}

fn side_by_side(criterion: &mut Criterion, what: &str, load: Load, queues: &[(&str, Timing)]) {
    let threads = load.0;
    // An iteration is a pair of operations of each.
    let mut group = group(criterion, &format!("pairs on {what}, {threads} threads"), threads);
    for (name, time) in queues {
        group.bench_function(*name, |bencher| bencher.iter_custom(|rounds| time(load, rounds)));
    }
    group.finish();
}

fn pairs<Q: TryQueue<u64>>(Load(threads, before): Load, rounds: u64) -> Duration {
    // A queue of ours has room for what is in at once; 0 would be no room where there is a limit.
    let queue = &Q::with_capacity(before as usize + 2 * threads);
    let put = |item| queue.try_push(black_box(item)).is_ok();
    numbers(0).take(before as usize).for_each(|item| assert!(put(item), "there is room"));
    let alternate = |seed| {
        move || {
            numbers(seed).take(rounds as usize).for_each(|item| {
                // One that fails under contention may say that it is full.
                black_box(put(item));
                black_box(queue.try_pop());
            })
        }
    };
    together((1..=threads).map(|seed| Box::new(alternate(seed as u64)) as Box<dyn FnOnce() + Send>).collect())
}

/// Numbers in no order. Source: George Marsaglia, "Xorshift RNGs", 2003.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    let next = |state: &u64| {
        let mut state = state ^ (state << 13);
        state ^= state >> 7;
        Some(state ^ (state << 17))
    };
    std::iter::successors(Some(seed + 88_172_645_463_325_252), next)
}
