//! Items a second from many producers to many consumers.

use crate::peers::{Array, Crossbeam, Crossfire, Injector, Kanal, Omango, Segmented};
use crate::{Parcel, group, together};
use criterion::Criterion;
use refectory::model::threads::lockfree::michael_scott::MichaelScott;
use refectory::model::threads::lockfree::ring::Ring;
use refectory::model::threads::lockfree::segments::Segments;
use refectory::model::threads::queue::spinning::Spinning;
use refectory::port::BlockingQueue;
use std::hint::black_box;
use std::time::Duration;

/// Producers, consumers, and the room in the queue, 0 for no limit.
#[derive(Clone, Copy)]
struct Shape(usize, usize, usize);

type Timing = fn(Shape, u64) -> Duration;

fn bounded<T: Parcel>() -> [(&'static str, Timing); 6] {
    [
        ("threads/ring", flow::<T, Spinning<Ring<T>>>),
        ("kanal", flow::<T, Kanal<T>>),
        ("omango mpmc", flow::<T, Omango<T>>),
        ("crossfire", flow::<T, Crossfire<T>>),
        ("crossbeam ArrayQueue", flow::<T, Spinning<Array<T>>>),
        ("crossbeam channel", flow::<T, Crossbeam<T>>),
    ]
}

const UNBOUNDED: [(&str, Timing); 6] = [
    ("threads/segments", flow::<u64, Spinning<Segments<u64>>>),
    ("threads/michael_scott", flow::<u64, Spinning<MichaelScott<u64>>>),
    ("crossbeam SegQueue", flow::<u64, Spinning<Segmented>>),
    ("crossbeam Injector", flow::<u64, Spinning<Injector>>),
    ("kanal", flow::<u64, Kanal<u64>>),
    ("crossbeam channel", flow::<u64, Crossbeam<u64>>),
];

/// The scenarios.
pub(crate) fn flows(criterion: &mut Criterion) {
    side_by_side(criterion, "2p1c, room for 1024", Shape(2, 1, 1024), &bounded::<u64>());
    for room in [1, 64, 1024] {
        side_by_side(criterion, &format!("2p2c, room for {room}"), Shape(2, 2, room), &bounded::<u64>());
    }
    side_by_side(criterion, "4p4c, room for 1024", Shape(4, 4, 1024), &bounded::<u64>());
    let large = bounded::<[u64; 32]>();
    side_by_side(criterion, "2p2c, room for 1024 items of 256 bytes", Shape(2, 2, 1024), &large);
    for pairs in [1, 2, 4] {
        let scenario = format!("{pairs}p{pairs}c, no limit");
        side_by_side(criterion, &scenario, Shape(pairs, pairs, 0), &UNBOUNDED);
    }
}

fn side_by_side(criterion: &mut Criterion, scenario: &str, shape: Shape, queues: &[(&str, Timing)]) {
    let mut group = group(criterion, scenario, 1);
    for (name, time) in queues {
        group.bench_function(*name, |bencher| bencher.iter_custom(|items| time(shape, items)));
    }
    group.finish();
}

/// The time in which so many items go through a queue.
fn flow<T: Parcel, Q: BlockingQueue<T>>(Shape(producers, consumers, room): Shape, items: u64) -> Duration {
    // Ours have room for whatever comes where there is no limit; 0 would be no room where there is one.
    let queue = &Q::with_capacity(room);
    let share = |of: usize, i: usize| (i as u64..items).step_by(of);
    let produce = |i| {
        move || {
            share(producers, i).for_each(|item| {
                assert!(queue.push(black_box(T::of(item))).is_ok(), "nobody closes it");
            })
        }
    };
    let consume = |i| move || share(consumers, i).for_each(|_| _ = black_box(queue.pop()));
    let producers = (0..producers).map(|i| Box::new(produce(i)) as Box<dyn FnOnce() + Send>);
    let consumers = (0..consumers).map(|i| Box::new(consume(i)) as Box<dyn FnOnce() + Send>);
    together(producers.chain(consumers).collect())
}
