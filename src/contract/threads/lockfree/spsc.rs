//! Rows of the ring for one producer and one consumer.

use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::threads::lockfree::spsc::{Passage, Spsc};
use crate::port::{Item, SpscConsumer, SpscProducer, SpscQueue};

/// As many items go in as room was asked for, at least, and all come out in their order, lap after lap.
pub fn there_is_room_for_all<Q: SpscQueue<Item>>() -> Outcome {
    for capacity in 1..=5 {
        let (mut producer, mut consumer) = Q::with_capacity(capacity);
        for lap in 0..3 {
            let put = (0..10).take_while(|&label| producer.try_push(Item::new(label)).is_ok()).count();
            ensure(put >= capacity, "has_room", || format!("for {put} of {capacity} items in lap {lap}"))?;
            let out: Vec<u32> = std::iter::from_fn(|| consumer.try_pop()).map(|item| item.label()).collect();
            let all = out.iter().copied().eq(0..put as u32);
            ensure(all, "nothing_lost", || format!("{put} went in, {out:?} came out"))?;
        }
    }
    Ok("room for 1 to 5".to_owned())
}

/// The counters of a full ring for two items have wrapped around: there is no room for a third, and the two come
/// out.
pub fn counters_wrap_around<P: Passage>() -> Outcome {
    let (mut producer, mut consumer) = Spsc::<Item, P>::starting_at(usize::MAX, 2).split();
    for label in [0, 1] {
        ensure(producer.try_push(Item::new(label)).is_ok(), "has_room", || format!("for item {label}"))?;
    }
    ensure(producer.try_push(Item::new(2)).is_err(), "full", || "a third item went in".to_owned())?;
    let out: Vec<u32> = std::iter::from_fn(|| consumer.try_pop()).map(|item| item.label()).collect();
    ensure(out == [0, 1], "nothing_lost", || format!("{out:?} came out"))?;
    Ok("2 items".to_owned())
}

/// A producer puts five items into a ring with room for three, and one more that is spare, while a consumer tries to take two out:
/// what went in comes out in its order, and an item is turned away only where three are in.
pub fn room_told_of_late_is_room<P: Passage>() -> Outcome {
    let (mut producer, mut consumer) = Spsc::<Item, P>::new(2).split();
    let producer = spawn("producer", move || {
        let put = [0, 1, 2, 3, 4].map(|label| producer.try_push(Item::new(label)).is_ok());
        (0..5).filter(|&label| put[label as usize]).collect::<Vec<u32>>()
    });
    let consumer = spawn("consumer", move || {
        let taken = [(); 2].map(|()| consumer.try_pop().map(|item| item.label()));
        (taken, consumer)
    });
    let put = join(producer);
    let (taken, mut consumer) = join(consumer);
    let left: Vec<u32> = std::iter::from_fn(|| consumer.try_pop()).map(|item| item.label()).collect();
    let out: Vec<u32> = taken.into_iter().flatten().chain(left.iter().copied()).collect();
    ensure(put.len() >= 3, "has_room", || format!("only {put:?} went in"))?;
    ensure(out == put, "nothing_lost", || format!("{put:?} went in, {out:?} came out"))?;
    Ok(format!("put {put:?}, taken {taken:?}"))
}
