//! The row of the ring for many threads: its positions wrap around.

use super::{drain, take};
use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::threads::lockfree::ring::{Handover, Ring};
use crate::port::{Item, TryQueue};
use std::sync::Arc;

/// The positions of a ring with two slots wrap around, while one thread puts an item in, and another one puts one
/// in, takes one out, and puts one more in where there was one to take: what went in comes out. The slow one may be
/// told of a full ring, where it still sees what a slot held a lap before.
pub fn positions_wrap_around<H: Handover>() -> Outcome {
    let ring = Arc::new(Ring::<Item, H>::starting_at(usize::MAX - 1, 2));
    let slow = spawn("slow", {
        let ring = ring.clone();
        move || ring.try_push(Item::new(0)).is_ok()
    });
    let quick = spawn("quick", {
        let ring = ring.clone();
        move || {
            let first = ring.try_push(Item::new(1)).is_ok();
            let taken = take(&*ring);
            // The item of a push that is under way hides those behind it.
            let second = taken.is_none() || ring.try_push(Item::new(2)).is_ok();
            ([first, second], taken)
        }
    });
    let slow = join(slow);
    let (quick, taken) = join(quick);
    ensure(quick == [true; 2], "there_is_room", || format!("{quick:?} of two items went in"))?;
    let left = drain(&*ring);
    let mut out: Vec<u32> = taken.into_iter().chain(left.iter().copied()).collect();
    out.sort_unstable();
    let put = [(slow, 0), (true, 1), (taken.is_some(), 2)];
    let put: Vec<u32> = put.into_iter().filter_map(|(put, label)| put.then_some(label)).collect();
    ensure(out == put, "nothing_lost_or_duplicated", || format!("{put:?} went in, and {out:?} came out"))?;
    Ok(format!("taken {taken:?}, left {left:?}"))
}
