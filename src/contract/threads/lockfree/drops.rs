//! What the drop of an item does, and when it takes place: Q10–Q12.

use super::items::{Broken, Count, DropProbe, caught, labels};
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::port::TryQueue;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// When its receiver drops an item, it is gone: no slot or node keeps it.
pub fn q10_an_item_leaves_with_its_receiver<Q: TryQueue<DropProbe>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(2));
    let drops = Count::default();
    for round in rounds(1) {
        let before = drops.load(Ordering::Relaxed);
        let producer = spawn("producer", {
            let (queue, drops) = (queue.clone(), drops.clone());
            move || queue.try_push(DropProbe::counted(0, &drops)).is_ok()
        });
        let consumer = spawn("consumer", {
            let queue = queue.clone();
            move || queue.try_pop().is_some()
        });
        ensure(join(producer), "has_room", || "an empty queue is full".to_owned())?;
        let received = join(consumer) || queue.try_pop().is_some();
        let dropped = drops.load(Ordering::Relaxed) - before;
        ensure(received && dropped == 1, "gone_when_dropped", || {
            format!("round {round}: received {received}, dropped {dropped} times")
        })?;
    }
    Ok("dropped once".to_owned())
}

/// An item whose drop puts another one into the same queue.
pub fn q11_a_drop_may_push<Q: TryQueue<DropProbe>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let again = {
        let queue = Arc::downgrade(&queue);
        move || {
            let queue = queue.upgrade().expect("the queue is there");
            queue.try_push(DropProbe::new(2)).expect("there is room");
        }
    };
    queue.try_push(DropProbe::dropping(0, again)).expect("there is room");
    let consumers = [0, 1].map(|i| {
        let queue = queue.clone();
        spawn(&format!("consumer {i}"), move || queue.try_pop().map(|parcel| parcel.label))
    });
    let taken = consumers.map(join);
    let left = labels(&*queue);
    let mut all: Vec<u32> = taken.into_iter().flatten().chain(left.iter().copied()).collect();
    all.sort_unstable();
    ensure(all == [0, 2], "nothing_lost", || format!("{all:?} came out"))?;
    Ok(format!("taken {taken:?}, left {left:?}"))
}

/// One of three items has a drop that panics, in the receiver's hands or with the queue: the queue goes on, and
/// each is dropped once.
pub fn q12_a_drop_may_panic<Q: TryQueue<DropProbe>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let drops = Count::default();
    queue.try_push(DropProbe::counted(0, &drops)).expect("there is room");
    let consumer = spawn("consumer", {
        let queue = queue.clone();
        move || [0, 1].map(|_| caught(|| drop(queue.try_pop())).is_none())
    });
    let producer = spawn("producer", {
        let (queue, drops) = (queue.clone(), drops.clone());
        move || {
            let fall = {
                let drops = drops.clone();
                move || {
                    drops.fetch_add(1, Ordering::Relaxed);
                    resume_unwind(Box::new(Broken));
                }
            };
            queue.try_push(DropProbe::dropping(1, fall)).expect("there is room");
            queue.try_push(DropProbe::counted(2, &drops)).expect("there is room");
        }
    });
    let [first, second] = join(consumer);
    join(producer);
    let before = drops.load(Ordering::Relaxed);
    let with_queue = caught(|| drop(queue)).is_none();
    let dropped = drops.load(Ordering::Relaxed);
    let falls = [first, second, with_queue].into_iter().filter(|&fell| fell).count();
    ensure(falls == 1, "the_panic_is_seen", || format!("seen {falls} times"))?;
    ensure(dropped == 3, "dropped_once", || format!("3 items, {before} drops and then {dropped}"))?;
    Ok(format!("{before} dropped before the queue, the panic with the queue: {with_queue}"))
}

/// A queue goes with three items in it, and the drop of one panics: the others are dropped all the same.
pub fn q12_a_drop_may_panic_with_the_queue<Q: TryQueue<DropProbe>>() -> Outcome {
    let queue = Q::with_capacity(4);
    let drops = Count::default();
    let fall = {
        let drops = drops.clone();
        move || {
            drops.fetch_add(1, Ordering::Relaxed);
            resume_unwind(Box::new(Broken));
        }
    };
    for item in [DropProbe::counted(0, &drops), DropProbe::dropping(1, fall), DropProbe::counted(2, &drops)] {
        queue.try_push(item).expect("there is room");
    }
    let fell = caught(|| drop(queue)).is_none();
    ensure(fell, "the_panic_is_seen", || "the drop of the queue did not panic".to_owned())?;
    let dropped = drops.load(Ordering::Relaxed);
    ensure(dropped == 3, "dropped_once", || format!("3 items, {dropped} drops"))?;
    Ok("3 dropped".to_owned())
}
