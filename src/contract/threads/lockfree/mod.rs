//! Rows of the queues without locks.
//!
//! What their ports' scenarios do not reach: that memory is given back in time and not before it, that an old
//! node is not taken for a new one, what happens where an item's `Drop` or `Ord` panics, and where numbers wrap
//! around.
//!
//! | row | where |
//! |-----|-------|
//! | Q01, Q09 order, Q03 non-blocking, Q08 no loss | the scenarios of the ports, and their linearizability |
//! | Q02 unbounded | `MichaelScott`, `Segments`, `Treiber`, `Combining` never answer `Full`; the ring and `Spsc` are bounded |
//! | Q04–Q06 time-outs, Q07 shrinking, Q12 lost wake-up | nobody waits, and no capacity changes: nothing to show |
//! | Q10 references | [`q10_an_item_leaves_with_its_receiver`](drops::q10_an_item_leaves_with_its_receiver) |
//! | Q11 reentrant put | [`q11_a_drop_may_push`](drops::q11_a_drop_may_push) |
//! | Q12 usable after a panic | [`q12_a_drop_may_panic`](drops::q12_a_drop_may_panic); user hooks there are none but `Drop` and `Ord` |
//! | Q12 nothing leaks after a panic | [`q12_a_drop_may_panic_with_the_queue`](drops::q12_a_drop_may_panic_with_the_queue) |
//! | Q13 comparison that raises | [`q13_a_comparison_may_panic`](combining::q13_a_comparison_may_panic) |
//! | Q14 ties | [`q14_ties_come_out_as_they_went_in`](combining::q14_ties_come_out_as_they_went_in): stable, unlike CPython's |
//! | Q15 sizes | there is no `len` |
//! | room for as many items as asked | [`there_is_room_for_all`](spsc::there_is_room_for_all) |
//! | numbers that wrap around | [`positions_wrap_around`](ring::positions_wrap_around), [`counters_wrap_around`](spsc::counters_wrap_around) |
//! | memory is given back in time | [`hazard`], [`michael_scott`] |
//! | an old node is not taken for a new one | [`a_node_that_comes_back_is_another`](arena::a_node_that_comes_back_is_another) |
//! | tags that count | [`a_tag_does_not_come_back_soon`](arena::a_tag_does_not_come_back_soon) |

pub mod arena;
pub mod combining;
pub mod drops;
pub mod hazard;
pub mod items;
pub mod michael_scott;
pub mod ring;
pub mod spsc;

use crate::contract::ensure;
use crate::engine::Violation;
use crate::port::{Item, TryQueue};

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
