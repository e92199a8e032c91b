//! Rows of the queue by flat combining, which compares its items: Q13 and Q14.

use super::items::{DropProbe, caught, labels};
use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::port::TryQueue;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One thread puts an item in with which every comparison panics, another takes one out: the push panics,
/// whoever serves it, and so does the pop if it comes second; nothing is lost. When comparisons are well again, so
/// is the order.
pub fn q13_a_comparison_may_panic<Q: TryQueue<DropProbe>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let fragile = Arc::new(AtomicBool::new(true));
    for label in [1, 2] {
        queue.try_push(DropProbe::new(label)).expect("there is room");
    }
    let producer = spawn("producer", {
        let queue = queue.clone();
        let parcel = DropProbe::fragile(0, &fragile);
        move || caught(|| queue.try_push(parcel).is_ok()).is_none()
    });
    let consumer = spawn("consumer", {
        let queue = queue.clone();
        move || caught(|| queue.try_pop().map(|parcel| parcel.label))
    });
    let (push_fell, popped) = (join(producer), join(consumer));
    fragile.store(false, Ordering::Relaxed);
    queue.try_push(DropProbe::new(3)).expect("there is room");
    let left = labels(&*queue);
    let said = format!("push fell {push_fell}, popped {popped:?}, left {left:?}");
    let mut all: Vec<u32> = popped.flatten().into_iter().chain(left.iter().copied()).collect();
    all.sort_unstable();
    ensure(push_fell, "the_panic_reaches_whose_item_it_was", || said.clone())?;
    ensure(all == [0, 1, 2, 3], "nothing_lost", || said.clone())?;
    ensure(left.is_sorted(), "order_restored", || said.clone())?;
    Ok(said)
}

/// Items that are equal come out in the order in which they went in, whoever serves.
pub fn q14_ties_come_out_as_they_went_in<Q: TryQueue<Tie>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let threads = [0, 10].map(|first| {
        let queue = queue.clone();
        spawn(&format!("producer {first}"), move || {
            for number in [first, first + 1] {
                queue.try_push(Tie(number)).expect("there is room");
            }
        })
    });
    threads.into_iter().for_each(join);
    let out: Vec<u32> = std::iter::from_fn(|| queue.try_pop()).map(|tie| tie.0).collect();
    let of = |first: u32| out.iter().copied().filter(move |number| number / 10 == first / 10);
    let kept = of(0).eq([0, 1]) && of(10).eq([10, 11]);
    ensure(kept, "stable", || format!("{out:?} came out"))?;
    Ok(format!("{out:?}"))
}

/// An item that is equal to all others of its kind.
#[derive(Debug)]
pub struct Tie(u32);

impl Ord for Tie {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl PartialOrd for Tie {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Tie {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Tie {}
