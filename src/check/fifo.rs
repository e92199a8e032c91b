//! Whether a log of a first-in first-out queue of distinct values is linearizable: in O(n log n).
//!
//! It is, if what all [containers](super::container) must fulfil is fulfilled, and there are no two values of which the first
//! was pushed wholly before the second, and the second popped wholly before the first. A value that nobody popped counts as popped in the end.
//! Going through pushes in the order in which they begin, it is enough to know of those that have ended before which one was popped last.
//!
//! Thomas Henzinger, Ali Sezgin, Viktor Vafeiadis, "Aspect-oriented linearizability proofs", 2013 (that these
//! pairs are enough); Ahmed Bouajjani, Michael Emmi, Constantin Enea, Jad Hamza, "On reducing linearizability to state reachability", 2018.

use super::Decision;
use super::container::items::{Item, Operation};
use super::container::{self, Conflict, unbounded};
use crate::spec::Order;

/// Whether a log of a queue is linearizable that has room for everything and answers at once. [`container::check`] knows others.
pub fn check(log: &[Operation]) -> Decision {
    container::check(&unbounded(Order::Fifo), log)
}

/// Two items that went out in the wrong order.
pub(super) fn conflict(items: &[Item]) -> Option<Conflict> {
    let begun = sorted(items, |item| item.push.from);
    let ended = sorted(items, |item| item.push.to);
    let mut ended = ended.into_iter().peekable();
    let mut last: Option<(u64, u32)> = None;
    for (from, second) in begun {
        while let Some((_, first)) = ended.next_if(|&(to, _)| to < from) {
            last = last.max(Some((items[first as usize].pop.from, first)));
        }
        let gone = items[second as usize].pop.to;
        if let Some((_, first)) = last.filter(|&(popped, _)| gone < popped) {
            return Some(out_of_order(items, first as usize, second as usize));
        }
    }
    None
}

/// Items by this time.
fn sorted(items: &[Item], time: impl Fn(&Item) -> u64) -> Vec<(u64, u32)> {
    let mut sorted: Vec<(u64, u32)> =
        items.iter().zip(0..).map(|(item, index)| (time(item), index)).collect();
    sorted.sort_unstable();
    sorted
}

fn out_of_order(items: &[Item], first: usize, second: usize) -> Conflict {
    let (one, two) = (items[first].label, items[second].label);
    let order = format!("{one} was pushed wholly before {two}");
    let reason = if items[first].is_taken() {
        format!("{order}, but {two} was popped wholly before {one}")
    } else {
        format!("{order}, but {two} was popped while {one} was still inside")
    };
    Conflict::of(reason, vec![first, second])
}
