//! Rows of the ring for one producer and one consumer.

use crate::contract::ensure;
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
