//! Whether a log of a stack of distinct values is linearizable: in O(n log n).
//!
//! The times between push and pop of values must lie beside or within each other, and never cross. A value that can go out
//! at once does no harm. Any other is *held* from the end of its push to the beginning of its pop; call a moment *free* if none of the values
//! that are left is held then. Free moments part the values into groups, and a stack may be empty between
//! two groups (see [`container`]). Within a group it never is, so one value lies below all others of its group: it came before all
//! others have to be in, and went after none need be inside any more. In other words: its push may be at a free moment, and its pop
//! at one. Then:
//! - If no value of a group is such a value, no order explains the group.
//! - If one is, it may be taken away. What is left can be explained if all could, because leaving out a value does no harm. And if
//!   what is left can be explained, so can all: let everything in the group that took place outside of it take place at its first or last
//!   free moment, and put the value below.
//!
//! So values are taken away, whichever can be, until none is left or none can be. Taking one away makes moments free,
//! each at most once, and a free moment is told to the values that wait for it: each at most twice. Segment trees
//! find both.
//!
//! Zheng Han Lee, Umang Mathur, "Efficient decrease-and-conquer linearizability monitoring", 2025, is where the idea of taking away values is from, and
//! the bound; the proof and the choice of trees are our own. That no set of forbidden pairs will do for stacks is known: three values can be wrong
//! of which any two are right.

mod trees;

use self::trees::{Cover, Waiting};
use super::Decision;
use super::container::items::{Item, Operation};
use super::container::{self, Conflict, labels, unbounded};
use crate::spec::Order;

/// Whether a log of a stack is linearizable that has room for everything and answers at once. [`container::check`] knows others.
pub fn check(log: &[Operation]) -> Decision {
    container::check(&unbounded(Order::Lifo), log)
}

/// Items of which none can lie below the others.
pub(super) fn conflict(items: &[Item]) -> Option<Conflict> {
    let stuck = Peeling::new(items).stuck(items)?;
    let stuck = shrink(items, stuck);
    Some(Conflict::of(reason(items, &stuck), stuck))
}

/// What is left of a stack's items while those that can lie below others are taken away.
///
/// Its moments are the times at which an item begins or ceases to be held: where there is a free moment, one of these is free.
struct Peeling {
    /// The items that are held at some time: at moments between these two, which are not included.
    held: Vec<Held>,
    /// The moments that are not free, with the number of items that are held then.
    cover: Cover,
    /// Items whose push may not be at a free moment yet, by the end of their pushes.
    before: Waiting,
    /// Items whose pop may not be at one yet, by the beginning of their pops from the last one backwards.
    after: Waiting,
    /// How many free moments an item still needs: one for its push, one for its pop.
    needs: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Held {
    item: u32,
    push: u32,
    pop: u32,
}

impl Peeling {
    fn new(items: &[Item]) -> Self {
        let indices = || (0..items.len() as u32).filter(|&index| items[index as usize].is_held());
        let mut pushes: Vec<(u64, u32)> =
            indices().map(|index| (items[index as usize].push.to, index)).collect();
        pushes.sort_unstable();
        let mut held: Vec<Held> = pushes.iter().map(|&(_, item)| Held { item, push: 0, pop: 0 }).collect();
        let mut pops: Vec<(u64, u32)> =
            pushes.iter().zip(0..).map(|(&(_, i), n)| (items[i as usize].pop.from, n)).collect();
        pops.sort_unstable();
        let times = number(&pushes, &pops, &mut held);
        let (moments, count) = (times.len(), held.len());
        let cover = Cover::new(moments, held.iter().map(|held| (held.push + 1, held.pop)));
        let since = |held: &Held| first_from(&times, items[held.item as usize].push.from, held.push);
        let before = held.iter().zip(0..).map(|(held, number)| (held.push, since(held), number));
        let before = Waiting::new(moments, count, before);
        let until = |held: &Held| last_until(&times, items[held.item as usize].pop.to, held.pop);
        let from_the_end = |moment: u32| moments as u32 - 1 - moment;
        let after = pops.iter().rev().map(|&(_, number)| (&held[number as usize], number));
        let after = after.map(|(held, number)| (from_the_end(held.pop), from_the_end(until(held)), number));
        let after = Waiting::new(moments, count, after);
        let needs = vec![2; held.len()];
        Self { held, cover, before, after, needs }
    }

    /// Takes away what can be. Gives the items of a group that is left, if one is.
    fn stuck(mut self, items: &[Item]) -> Option<Vec<usize>> {
        if self.held.is_empty() {
            return None;
        }
        let mut left = self.held.len();
        let mut ready = Vec::new();
        let mut free = Vec::new();
        self.cover.take_free(&mut free);
        loop {
            self.tell(&mut free, &mut ready);
            let Some(bottom) = ready.pop() else { break };
            let Held { push, pop, .. } = self.held[bottom as usize];
            self.cover.remove(push + 1, pop);
            self.cover.take_free(&mut free);
            left -= 1;
        }
        (left > 0).then(|| self.least_group(items))
    }

    /// Tells items of moments that are free. Those that have all they need are ready.
    fn tell(&mut self, free: &mut Vec<u32>, ready: &mut Vec<u32>) {
        let last = self.cover.moments() - 1;
        let mut told = Vec::new();
        for moment in free.drain(..) {
            self.before.take(moment, &mut told);
            self.after.take(last - moment, &mut told);
        }
        for item in told {
            self.needs[item as usize] -= 1;
            if self.needs[item as usize] == 0 {
                ready.push(item);
            }
        }
    }

    /// Of the groups that are left, the one with the fewest items.
    fn least_group(&self, items: &[Item]) -> Vec<usize> {
        let left = self
            .held
            .iter()
            .zip(&self.needs)
            .filter(|(_, needs)| **needs > 0)
            .map(|(held, _)| held.item as usize);
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut until = 0;
        for item in left {
            match groups.last_mut().filter(|_| items[item].push.to < until) {
                Some(group) => group.push(item),
                None => groups.push(vec![item]),
            }
            until = until.max(items[item].pop.from);
        }
        groups.into_iter().min_by_key(Vec::len).unwrap_or_default()
    }
}

/// Numbers the times, which are sorted, and tells items the numbers of theirs.
fn number(pushes: &[(u64, u32)], pops: &[(u64, u32)], held: &mut [Held]) -> Vec<u64> {
    let mut times: Vec<u64> = Vec::with_capacity(2 * held.len());
    let (mut push, mut pop) = (0, 0);
    while pop < pops.len() {
        let is_push = push < pushes.len() && pushes[push].0 <= pops[pop].0;
        let time = if is_push { pushes[push].0 } else { pops[pop].0 };
        if times.last() != Some(&time) {
            times.push(time);
        }
        let moment = times.len() as u32 - 1;
        if is_push {
            held[push].push = moment;
            push += 1;
        } else {
            held[pops[pop].1 as usize].pop = moment;
            pop += 1;
        }
    }
    times
}

/// The first moment from this time on, which is not after the one that is near it.
fn first_from(times: &[u64], time: u64, near: u32) -> u32 {
    let near = near as usize;
    let mut reach = 1;
    while reach <= near && times[near - reach] >= time {
        reach *= 2;
    }
    let low = (near + 1).saturating_sub(reach);
    (low + times[low..near].partition_point(|&at| at < time)) as u32
}

/// The last moment until this time, which is not before the one that is near it.
fn last_until(times: &[u64], time: u64, near: u32) -> u32 {
    let near = near as usize;
    let mut reach = 1;
    while near + reach < times.len() && times[near + reach] <= time {
        reach *= 2;
    }
    let high = times.len().min(near + reach);
    (near + times[near + 1..high].partition_point(|&at| at <= time)) as u32
}

/// Leaves out items as long as the others are still stuck (Andreas Zeller, Ralf Hildebrandt, "Simplifying and isolating failure-inducing input", 2002).
fn shrink(items: &[Item], mut stuck: Vec<usize>) -> Vec<usize> {
    /// So many items are looked at for each that was stuck.
    const PATIENCE: usize = 64;
    let mut left = PATIENCE * stuck.len() + 100_000;
    let mut size = stuck.len().div_ceil(2);
    while size > 0 && left > 0 {
        let mut at = 0;
        let before = stuck.len();
        while at < stuck.len() && left > 0 {
            left = left.saturating_sub(stuck.len());
            let others: Vec<usize> =
                stuck.iter().take(at).chain(stuck.iter().skip(at + size)).copied().collect();
            let copies: Vec<Item> = others.iter().map(|&index| items[index]).collect();
            match Peeling::new(&copies).stuck(&copies) {
                Some(fewer) => stuck = fewer.into_iter().map(|index| others[index]).collect(),
                None => at += size,
            }
        }
        size = if stuck.len() < before { size.min(stuck.len().div_ceil(2)) } else { size / 2 };
    }
    stuck
}

fn reason(items: &[Item], stuck: &[usize]) -> String {
    let &[one, two] = stuck else {
        return format!(
            "at every moment one of {} was inside, so one lies below the others, but none can have come first and gone last",
            labels(items, stuck)
        );
    };
    let comes_first = items[one].push.to < items[two].push.from;
    let (first, second) = if comes_first { (&items[one], &items[two]) } else { (&items[two], &items[one]) };
    let (first, second) = (first.label, second.label);
    format!("{first} was popped while {second}, which was pushed wholly after it, was still inside")
}
