//! Rows of hazard pointers: a node stays as long as somebody looks into it.

use super::{drain, every_label_once, put, take};
use crate::contract::{join, spawn};
use crate::engine::Outcome;
use crate::port::{Item, TryQueue};
use std::sync::Arc;

/// One thread takes an item, while another takes two and puts one in: the first node, or the one after it, may
/// be given back while the first thread still looks into it.
pub fn a_node_stays_while_a_pop_looks<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    put(&*queue, [0, 1, 2]);
    let slow = spawn("slow", {
        let queue = queue.clone();
        move || take(&*queue)
    });
    let quick = spawn("quick", {
        let queue = queue.clone();
        move || {
            let taken = [take(&*queue), take(&*queue)];
            put(&*queue, [3]);
            taken
        }
    });
    let (slow, quick) = (join(slow), join(quick));
    let left = drain(&*queue);
    every_label_once(4, slow.into_iter().chain(quick.into_iter().flatten()).chain(left.iter().copied()))?;
    Ok(format!("slow {slow:?}, quick {quick:?}, left {left:?}"))
}

/// Three take an item each. With fewer records than threads, one may find the hazard pointers that another has just added, or
/// miss them.
pub fn a_crowd_adds_records<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    put(&*queue, [0, 1, 2]);
    let takers = [0, 1, 2].map(|i| {
        let queue = queue.clone();
        spawn(&format!("taker {i}"), move || take(&*queue))
    });
    let taken = takers.map(join);
    every_label_once(3, taken.into_iter().flatten())?;
    Ok(format!("{taken:?}"))
}

/// One thread takes three items and another one takes one, with fewer records than threads: a scan sees those that are
/// added meanwhile. Both nodes that a pop looks into stay.
pub fn a_node_stays_while_records_are_added<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    put(&*queue, [0, 1, 2, 3]);
    let slow = spawn("slow", {
        let queue = queue.clone();
        move || take(&*queue)
    });
    let quick = spawn("quick", {
        let queue = queue.clone();
        move || [(); 3].map(|()| take(&*queue))
    });
    let (slow, quick) = (join(slow), join(quick));
    every_label_once(4, slow.into_iter().chain(quick.into_iter().flatten()))?;
    Ok(format!("slow {slow:?}, quick {quick:?}"))
}
