//! Rows of the stack in an arena, whose nodes are used again at once: an old node is not taken for a new one.

use super::{drain, every_label_once, put, take};
use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::threads::lockfree::arena::Tagging;
use crate::port::{Item, TryQueue};
use std::collections::HashSet;
use std::sync::Arc;

/// A slow pop, a pop, and a third thread that takes an item out and puts one in: the node that the slow one saw
/// may go and come back, with another successor (ABA).
pub fn a_node_that_comes_back_is_another<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(2));
    put(&*queue, [0, 1]);
    let pops = ["slow", "quick"].map(|name| {
        let queue = queue.clone();
        spawn(name, move || take(&*queue))
    });
    let recycler = spawn("recycler", {
        let queue = queue.clone();
        move || {
            let taken = take(&*queue);
            (taken, queue.try_push(Item::new(2)).is_ok())
        }
    });
    let (pops, (taken, put)) = (pops.map(join), join(recycler));
    let left = drain(&*queue);
    let out = pops.into_iter().flatten().chain(taken).chain(left.iter().copied());
    every_label_once(2 + u32::from(put), out)?;
    Ok(format!("{pops:?}, taken {taken:?}, put {put}, left {left:?}"))
}

/// A head's tag is a new one after each of many takings, also where its numbers begin again: who sleeps meanwhile
/// does not find the old one.
pub fn a_tag_does_not_come_back_soon<G: Tagging>() -> Outcome {
    let mut seen = HashSet::new();
    let mut tag = u32::MAX - 500;
    for takings in 0..1_000 {
        ensure(seen.insert(tag), "a_new_tag", || format!("{tag} comes back within {takings} takings"))?;
        tag = G::next(tag);
    }
    Ok("1000 tags".to_owned())
}
