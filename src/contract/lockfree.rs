//! Rows of the queues without locks.
//!
//! What their ports' scenarios do not reach: that memory is given back in time and not before it, that an old
//! node is not taken for a new one, and what happens where an item's `Drop` or `Ord` panics.
//!
//! | row | where |
//! |-----|-------|
//! | Q01, Q09 order, Q03 non-blocking, Q08 no loss | the scenarios of the ports, and their linearizability |
//! | Q02 unbounded | `MichaelScott`, `Treiber`, `Combining` never answer `Full`; the ring and `Spsc` are bounded |
//! | Q04–Q06 time-outs, Q07 shrinking, Q12 lost wake-up | nobody waits, and no capacity changes: nothing to show |
//! | Q10 references | [`q10_an_item_leaves_with_its_receiver`] |
//! | Q11 reentrant put | [`q11_a_drop_may_push`] |
//! | Q12 usable after a panic | [`q12_a_drop_may_panic`]; user hooks there are none but `Drop` and `Ord` |
//! | Q13 comparison that raises | [`q13_a_comparison_may_panic`] |
//! | Q14 ties | [`q14_ties_come_out_as_they_went_in`]: stable, unlike CPython's |
//! | Q15 sizes | there is no `len` |

use super::{ensure, join, spawn};
use crate::engine::{Outcome, Violation};
use crate::port::TryQueue;
use crate::scenario::Item;
use std::sync::Arc;

/// One thread takes an item, while another takes two and puts one in: the memory of the first node may be
/// wanted again while the first thread still looks into it.
pub fn a_node_stays_while_a_pop_looks<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    put(&*queue, [0, 1]);
    let slow = spawn("slow", {
        let queue = queue.clone();
        move || take(&*queue)
    });
    let quick = spawn("quick", {
        let queue = queue.clone();
        move || {
            let taken = [take(&*queue), take(&*queue)];
            put(&*queue, [2]);
            taken
        }
    });
    let (slow, quick) = (join(slow), join(quick));
    let left = drain(&*queue);
    every_label_once(3, slow.into_iter().chain(quick.into_iter().flatten()).chain(left.iter().copied()))?;
    Ok(format!("slow {slow:?}, quick {quick:?}, left {left:?}"))
}

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

fn put<Q: TryQueue<Item>>(queue: &Q, labels: impl IntoIterator<Item = u32>) {
    for label in labels {
        assert!(queue.try_push(Item::new(label)).is_ok(), "there is room for {label}");
    }
}

fn take<Q: TryQueue<Item>>(queue: &Q) -> Option<u32> {
    queue.try_pop().map(|item| item.label())
}

fn drain<Q: TryQueue<Item>>(queue: &Q) -> Vec<u32> {
    std::iter::from_fn(|| take(queue)).collect()
}

fn every_label_once(labels: u32, found: impl Iterator<Item = u32>) -> Result<(), Violation> {
    let mut found: Vec<u32> = found.collect();
    found.sort_unstable();
    ensure(found.iter().copied().eq(0..labels), "every_label_once", || format!("{found:?} came out"))
}
