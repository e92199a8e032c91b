//! Whether a log of a priority queue of distinct values, where the least one goes out first, is linearizable: in O(n log n).
//!
//! A value can go out when no lesser one is inside, and greater ones do not matter to it. So values are placed one after the other, the least one first. Each
//! goes out as early as the lesser ones leave it, and comes in as late as it can: any other choice would have it inside at these times and at more.
//! If it cannot go out in time, no order explains the log. Together with what all [containers](super::container) must fulfil that is all.
//!
//! What is taken by lesser values is a set of times to which stretches are added, and in which the next free time is looked for. Values of neighbouring priorities may be
//! far from each other in time, so each question would miss the cache if a time took much more than a bit: it is a tree of words of bits.
//! That such logs can be decided in this time is due to Zheng Han Lee, Umang Mathur, "Efficient decrease-and-conquer linearizability
//! monitoring", 2025; to place values in the order of their priorities is our own.

mod free;

use self::free::Free;
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
    let late = place(items, &scale, |_| ())?;
    // Where all are placed in time, which is nearly always, nobody asks where.
    let mut placed = Vec::new();
    place(items, &scale, |gap| placed.push(gap));
    Some(explain(items, late, placed))
}

/// Places items, the least one first, and tells when they are inside, up to the first that cannot go out in time.
fn place(items: &[Item], scale: &Scale, mut inside: impl FnMut(Gap)) -> Option<usize> {
    let mut free = Free::new(scale.times.len());
    let mut order: Vec<u32> = (0..items.len() as u32).collect();
    if !items.is_sorted_by_key(|item| item.label) {
        order.sort_unstable_by_key(|&index| items[index as usize].label);
    }
    for index in order {
        let item = &items[index as usize];
        let [push, pop] = scale.places[index as usize];
        let gone = free.next(pop);
        // Where no lesser item is in its way, it goes out when its pop begins.
        if gone != pop && scale.times[gone as usize] > item.pop.to {
            return Some(index as usize);
        }
        if push < gone {
            free.occupy(push + 1, gone);
            inside(Gap { after: item.push.to, before: scale.times[gone as usize], item: index as usize });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SplitMix64;
    use std::collections::BTreeSet;

    /// The first item by labels that cannot have gone out in time, a moment after the other.
    fn late(items: &[Item]) -> Option<u32> {
        let mut taken: BTreeSet<u64> = BTreeSet::new();
        let mut order: Vec<&Item> = items.iter().collect();
        order.sort_by_key(|item| item.label);
        for item in order {
            let Some(gone) = (item.pop.from..=item.pop.to).find(|time| !taken.contains(time)) else {
                return Some(item.label);
            };
            taken.extend(item.push.to + 1..gone);
        }
        None
    }

    /// Items of a queue that takes the operations one by one, each of which lasts for some time; of some it is said that another one was popped.
    fn items(count: usize, inside: usize, wrong: usize, random: &mut SplitMix64) -> Vec<Item> {
        let mut labels: Vec<u32> = (0..count as u32).collect();
        let (mut held, mut items, mut time) = (BTreeSet::new(), vec![None; count], 100);
        let span = |time: u64, random: &mut SplitMix64| Span {
            from: time - random.between(0, 40) as u64,
            to: time + random.between(0, 40) as u64,
        };
        while !labels.is_empty() || !held.is_empty() {
            time += 5;
            if labels.is_empty() || random.between(0, 2 * inside) < held.len() {
                let label: u32 = held.pop_first().expect("there is one");
                let item: Item = items[label as usize].expect("it was put in");
                items[label as usize] = Some(item.taken(0, span(time, random)));
            } else {
                let label = labels.swap_remove(random.between(0, labels.len() - 1));
                held.insert(label);
                items[label as usize] = Some(Item::left(label, 0, span(time, random)));
            }
        }
        let mut items: Vec<Item> = items.into_iter().flatten().collect();
        for _ in 0..wrong {
            let [one, other] = [(); 2].map(|()| random.between(0, count - 1));
            let (first, second) = (items[one].label, items[other].label);
            (items[one].label, items[other].label) = (second, first);
        }
        items
    }

    #[test]
    fn agrees_with_moments_one_by_one_where_there_are_many() {
        let mut random = SplitMix64::new(12);
        let mut wrong = 0;
        for case in 0..300 {
            let inside = [1, 10, 200][random.between(0, 2)];
            let items = items(random.between(50, 1_500), inside, case % 3, &mut random);
            let expected = late(&items);
            let scale = Scale::new(&items);
            let found = place(&items, &scale, |_| ()).map(|index| items[index].label);
            assert_eq!(found, expected);
            wrong += u32::from(found.is_some());
        }
        assert!((50..250).contains(&wrong), "{wrong} of 300 are wrong");
    }
}
