//! Ways in which items can have come and gone so that each is inside for long: whether answers of `Full` can have been right.
//!
//! The items of a log that is right, but for these answers, are placed: each comes as early as it can, or each goes as late. In a
//! bag both are possible at once. In a queue an item that comes early must not be behind one that goes late, so there are two ways: by
//! the first times at which items can have come, where whoever goes wholly before another one comes before it; and the same in a mirror. Either is an order
//! of the queue, because no two items are out of order. Where all answers are right in one of them, the log is.
//!
//! This is our own, and not complete: there may be a third way. Stacks and priority queues are not placed at all.

use super::items::{Item, Span};
use super::moments::first_free;
use crate::spec::Order;

/// When each item has come and gone, in each of the ways there are. Nothing is inside at some moment of each of the answers of `Empty`.
pub(super) fn ways(order: Order, items: &[Item], empty: &[Span]) -> Vec<Vec<Span>> {
    let items = part(items, first_free(items, empty));
    match order {
        Order::Fifo => vec![early(&items), late(&items)],
        Order::Unordered => {
            vec![items.iter().map(|item| Span { from: item.push.from, to: item.pop.to }).collect()]
        }
        Order::Lifo | Order::Priority => Vec::new(),
    }
}

/// Lets no item be inside at these moments: it goes at the first at which it can have gone, and comes after the one before.
fn part(items: &[Item], mut moments: Vec<u64>) -> Vec<Item> {
    moments.sort_unstable();
    let part = |item: &Item| {
        let after = moments.partition_point(|&moment| moment < item.pop.from);
        let until = moments.get(after).copied().unwrap_or(u64::MAX);
        let from = after.checked_sub(1).map_or(0, |before| moments[before]);
        item.within(Span { from, to: until })
    };
    items.iter().map(part).collect()
}

fn sorted<K: Ord>(items: &[Item], key: impl Fn(usize) -> K) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_unstable_by_key(|&index| key(index));
    order
}

/// Items come as early as they can.
fn early(items: &[Item]) -> Vec<Span> {
    let gone = sorted(items, |index| items[index].pop.to);
    let mut gone = gone.into_iter().peekable();
    let mut come = vec![0; items.len()];
    let mut latest = 0;
    for index in sorted(items, |index| items[index].pop.from) {
        while let Some(before) = gone.next_if(|&before| items[before].pop.to < items[index].pop.from) {
            latest = latest.max(come[before]);
        }
        come[index] = latest.max(items[index].push.from);
    }
    let mut way: Vec<Span> = come.iter().map(|&from| Span { from, to: 0 }).collect();
    let mut until = u64::MAX;
    for index in sorted(items, |index| (come[index], items[index].pop.from)).into_iter().rev() {
        until = until.min(items[index].pop.to);
        way[index].to = until;
    }
    way
}

/// Items go as late as they can.
fn late(items: &[Item]) -> Vec<Span> {
    let come = sorted(items, |index| items[index].push.from);
    let mut come = come.into_iter().rev().peekable();
    let mut go = vec![0; items.len()];
    let mut first = u64::MAX;
    for index in sorted(items, |index| items[index].push.to).into_iter().rev() {
        while let Some(behind) = come.next_if(|&behind| items[behind].push.from > items[index].push.to) {
            first = first.min(go[behind]);
        }
        go[index] = first.min(items[index].pop.to);
    }
    let mut way: Vec<Span> = go.iter().map(|&to| Span { from: 0, to }).collect();
    let mut from = 0;
    for index in sorted(items, |index| (go[index], items[index].push.to)) {
        from = from.max(items[index].push.from);
        way[index].from = from;
    }
    way
}
