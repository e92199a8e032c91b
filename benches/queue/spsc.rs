//! Items a second from one producer to one consumer, each with an end of its own.

use crate::{Parcel, group, together};
use criterion::Criterion;
use refectory::model::threads::lockfree::spsc::Spsc;
use refectory::port::{Full, SpscConsumer, SpscProducer, SpscQueue};
use std::hint::black_box;
use std::thread;
use std::time::Duration;

type Timing = fn(usize, u64) -> Duration;

fn queues<T: Parcel>() -> [(&'static str, Timing); 6] {
    [
        ("threads/spsc", trying::<T, Spsc<T>>),
        ("rtrb", trying::<T, Rtrb>),
        ("omango spsc", omango::<T>),
        ("crossfire spsc", crossfire::<T>),
        ("kanal", kanal::<T>),
        ("crossbeam channel", crossbeam::<T>),
    ]
}

/// The scenarios. omango's ring (0.2.6) comes to a standstill with room for one.
pub(crate) fn one_to_one(criterion: &mut Criterion) {
    let but_omango: Vec<_> = queues::<u64>().into_iter().filter(|(name, _)| *name != "omango spsc").collect();
    side_by_side(criterion, "spsc, room for 1", 1, &but_omango);
    for room in [64, 1024] {
        side_by_side(criterion, &format!("spsc, room for {room}"), room, &queues::<u64>());
    }
    side_by_side(criterion, "spsc, room for 1024 items of 256 bytes", 1024, &queues::<[u64; 32]>());
}

fn side_by_side(criterion: &mut Criterion, scenario: &str, room: usize, queues: &[(&str, Timing)]) {
    let mut group = group(criterion, scenario, 1);
    for (name, time) in queues {
        group.bench_function(*name, |bencher| bencher.iter_custom(|items| time(room, items)));
    }
    group.finish();
}

/// The time in which so many items go from the one end to the other.
fn flow<T: Parcel>(
    items: u64,
    mut push: impl FnMut(T) + Send,
    mut pop: impl FnMut() -> T + Send,
) -> Duration {
    let produce = move || (0..items).for_each(|item| push(black_box(T::of(item))));
    let consume = move || (0..items).for_each(|_| _ = black_box(pop()));
    together(vec![Box::new(produce), Box::new(consume)])
}

/// Ends that never wait by themselves.
fn trying<T: Parcel, Q: SpscQueue<T>>(room: usize, items: u64) -> Duration {
    let (mut producer, mut consumer) = Q::with_capacity(room);
    let push = move |mut item| {
        while let Err(Full(back)) = producer.try_push(item) {
            item = back;
            thread::yield_now();
        }
    };
    let pop = move || {
        loop {
            match consumer.try_pop() {
                Some(item) => return item,
                None => thread::yield_now(),
            }
        }
    };
    flow(items, push, pop)
}

fn omango<T: Parcel>(room: usize, items: u64) -> Duration {
    let (sender, receiver) = omango::queue::spsc::bounded::<T>(room as u32);
    let send = move |item| assert!(sender.send(item).is_ok(), "it has a receiver");
    flow(items, send, move || receiver.recv().expect("it has a sender"))
}

fn crossfire<T: Parcel>(room: usize, items: u64) -> Duration {
    let (sender, receiver) = crossfire::spsc::bounded_blocking::<T>(room);
    let send = move |item| assert!(sender.send(item).is_ok(), "it has a receiver");
    flow(items, send, move || receiver.recv().expect("it has a sender"))
}

fn kanal<T: Parcel>(room: usize, items: u64) -> Duration {
    let (sender, receiver) = kanal::bounded::<T>(room);
    let send = move |item| assert!(sender.send(item).is_ok(), "it has a receiver");
    flow(items, send, move || receiver.recv().expect("it has a sender"))
}

fn crossbeam<T: Parcel>(room: usize, items: u64) -> Duration {
    let (sender, receiver) = crossbeam::channel::bounded::<T>(room);
    let send = move |item| assert!(sender.send(item).is_ok(), "it has a receiver");
    flow(items, send, move || receiver.recv().expect("it has a sender"))
}

struct Rtrb;

impl<T: Send + 'static> SpscQueue<T> for Rtrb {
    type Producer = RtrbProducer<T>;
    type Consumer = RtrbConsumer<T>;

    fn with_capacity(capacity: usize) -> (RtrbProducer<T>, RtrbConsumer<T>) {
        let (producer, consumer) = rtrb::RingBuffer::new(capacity);
        (RtrbProducer(producer), RtrbConsumer(consumer))
    }
}

struct RtrbProducer<T>(rtrb::Producer<T>);

impl<T: Send + 'static> SpscProducer<T> for RtrbProducer<T> {
    #[inline]
    fn try_push(&mut self, item: T) -> Result<(), Full<T>> {
        self.0.push(item).map_err(|rtrb::PushError::Full(item)| Full(item))
    }
}

struct RtrbConsumer<T>(rtrb::Consumer<T>);

impl<T: Send + 'static> SpscConsumer<T> for RtrbConsumer<T> {
    #[inline]
    fn try_pop(&mut self) -> Option<T> {
        self.0.pop().ok()
    }
}
