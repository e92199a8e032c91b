//! Whether a log of a priority queue of distinct values, where the least one goes out first, is linearizable: in O(n log n).
//!
//! A value can go out when no lesser one is inside, and greater ones do not matter to it. So values are placed one after the other, the least one first. Each
//! goes out as early as the lesser ones leave it, and comes in as late as it can: any other choice would have it inside at these times and at more.
//! If it cannot go out in time, no order explains the log. Together with what all [containers](super::container) must fulfil that is all.
//!
//! What is taken by lesser values is a set of times to which stretches are added, and in which the next free time is looked for: a forest of disjoint sets
//! (Robert Tarjan, "Efficiency of a good but not linear set union algorithm", 1975).
//! That such logs can be decided in this time is due to Zheng Han Lee, Umang Mathur, "Efficient decrease-and-conquer linearizability
//! monitoring", 2025; to place values in the order of their priorities is our own.

use super::Decision;
use super::container::items::{Item, Operation, Span};
use super::container::moments::{Gap, chain};
use super::container::{self, Conflict, labels, unbounded};
use crate::spec::Order;

/// Whether a log of a priority queue is linearizable that has room for everything and answers at once.
/// [`container::check`] knows others.
pub fn check(log: &[Operation]) -> Decision {
    container::check(&unbounded(Order::Priority), log)
}

/// An item that cannot have gone out when it did, and the lesser ones that are the reason.
pub(super) fn conflict(items: &[Item]) -> Option<Conflict> {
    let scale = Scale::new(items);
    let mut free = Free::new(scale.times.len());
    let mut placed = Vec::new();
    let mut order: Vec<u32> = (0..items.len() as u32).collect();
    if !items.is_sorted_by_key(|item| item.label) {
        order.sort_unstable_by_key(|&index| items[index as usize].label);
    }
    for index in order {
        let item = &items[index as usize];
        let [push, pop] = scale.places[index as usize];
        let gone = free.next(pop);
        if scale.times[gone as usize] > item.pop.to {
            return Some(explain(items, index as usize, placed));
        }
        if push < gone {
            free.occupy(push + 1, gone);
            placed.push(Gap {
                after: item.push.to,
                before: scale.times[gone as usize],
                item: index as usize,
            });
        }
    }
    None
}

/// The last times at which items can have come in and the first at which they can have gone out, in order.
struct Scale {
    times: Vec<u64>,
    /// For each item, where these two times are.
    places: Vec<[u32; 2]>,
}

impl Scale {
    fn new(items: &[Item]) -> Self {
        let both = items
            .iter()
            .zip(0_u32..)
            .flat_map(|(item, i)| [(item.push.to, 2 * i), (item.pop.from, 2 * i + 1)]);
        let mut sorted: Vec<(u64, u32)> = both.collect();
        sorted.sort_unstable();
        let mut scale = Self { times: Vec::new(), places: vec![[0; 2]; items.len()] };
        for (time, which) in sorted {
            if scale.times.last() != Some(&time) {
                scale.times.push(time);
            }
            scale.places[which as usize / 2][which as usize % 2] = scale.times.len() as u32 - 1;
        }
        scale
    }
}

/// The times at which no lesser item is inside: each points to itself, and any other one to a later one.
struct Free(Vec<u32>);

impl Free {
    fn new(times: usize) -> Self {
        Self((0..=times as u32).collect())
    }

    /// The first free time from this one on.
    fn next(&mut self, mut time: u32) -> u32 {
        while self.0[time as usize] != time {
            let next = self.0[time as usize];
            self.0[time as usize] = self.0[next as usize];
            time = next;
        }
        time
    }

    /// From here on there is no free time before that one.
    fn occupy(&mut self, from: u32, before: u32) {
        let mut time = self.next(from);
        while time < before {
            self.0[time as usize] = time + 1;
            time = self.next(time + 1);
        }
    }
}

/// The lesser items of which one is inside at every moment at which this one may go out. Where one of these is inside for longer than it
/// must be, because it had to wait for lesser ones in its turn, these belong to it.
fn explain(items: &[Item], late: usize, mut placed: Vec<Gap>) -> Conflict {
    placed.sort_unstable_by_key(|gap| gap.after);
    let mut involved = vec![late];
    let mut open = vec![(late, items[late].pop)];
    while let Some((item, wait)) = open.pop() {
        let is_near = |gap: &&Gap| gap.after < wait.to && gap.before > wait.from;
        let lesser = placed.iter().filter(|gap| items[gap.item].label < items[item].label);
        let lesser: Vec<Gap> = lesser.filter(is_near).copied().collect();
        for link in chain(&lesser, wait) {
            if involved.contains(&link) {
                continue;
            }
            involved.push(link);
            let gone = placed.iter().find(|gap| gap.item == link).map_or(0, |gap| gap.before);
            if gone > items[link].pop.from {
                open.push((link, Span { from: items[link].pop.from, to: gone - 1 }));
            }
        }
    }
    Conflict::of(reason(items, late, &involved[1..]), involved)
}

fn reason(items: &[Item], late: usize, lesser: &[usize]) -> String {
    let (label, which) = (items[late].label, labels(items, lesser));
    match lesser {
        [_] => format!("{label} was popped while {which}, which comes first, was inside"),
        _ => format!("{label} was popped when one of {which}, which come first, was inside"),
    }
}
