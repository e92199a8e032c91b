//! Rows of Michael and Scott's queue: the last node, into which those who push look.

use super::{drain, every_label_once, put, take};
use crate::contract::{join, spawn};
use crate::engine::Outcome;
use crate::port::{Item, TryQueue};
use std::sync::Arc;

/// One thread puts an item in, while another puts two in and takes two out: the last node that the first
/// thread saw may have come and gone.
pub fn a_node_stays_while_a_push_looks<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let slow = spawn("slow", {
        let queue = queue.clone();
        move || put(&*queue, [0])
    });
    let quick = spawn("quick", {
        let queue = queue.clone();
        move || {
            put(&*queue, [1, 2]);
            [take(&*queue), take(&*queue)]
        }
    });
    join(slow);
    let quick = join(quick);
    let left = drain(&*queue);
    every_label_once(3, quick.into_iter().flatten().chain(left.iter().copied()))?;
    Ok(format!("quick {quick:?}, left {left:?}"))
}

/// Two put an item in, while a third thread takes out what was there and what one of them has put in: the last
/// node may be given back before the slower one is done with it, and the other one finds it.
pub fn a_node_stays_while_two_push<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    put(&*queue, [0]);
    let pushes = [1, 2].map(|label| {
        let queue = queue.clone();
        spawn(&format!("push {label}"), move || put(&*queue, [label]))
    });
    let taker = spawn("taker", {
        let queue = queue.clone();
        move || [take(&*queue), take(&*queue)]
    });
    pushes.into_iter().for_each(join);
    let taken = join(taker);
    let left = drain(&*queue);
    every_label_once(3, taken.into_iter().flatten().chain(left.iter().copied()))?;
    Ok(format!("taken {taken:?}, left {left:?}"))
}

/// Three put an item in. What one has linked, another may publish, and the third find.
pub fn a_helped_push_is_complete<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let pushes = [0, 1, 2].map(|label| {
        let queue = queue.clone();
        spawn(&format!("push {label}"), move || put(&*queue, [label]))
    });
    pushes.into_iter().for_each(join);
    let left = drain(&*queue);
    every_label_once(3, left.iter().copied())?;
    Ok(format!("{left:?}"))
}
