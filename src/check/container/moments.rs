//! When a container can have been empty, and when full.
//!
//! An item is *held* between the end of its push and the beginning of its pop. Where at some moment nothing is held,
//! all that can have gone out by then may have done so, and the rest may come later: the container's history is one of the first
//! part, then one of the second, and between them it is empty. That is so for every container whose histories
//! stay right where a value is left out, and where one is put behind another that ends empty; so answers of `Empty` can be judged one by
//! one, apart from the order of items (Zheng Han Lee, Umang Mathur, "Efficient decrease-and-conquer linearizability monitoring", 2025).

use super::items::{Item, Span};

/// Times strictly between two others, and what they belong to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    pub(crate) after: u64,
    pub(crate) before: u64,
    pub(crate) item: usize,
}

/// When each item is surely inside.
fn held(items: &[Item]) -> Vec<Gap> {
    let numbered = items.iter().enumerate().filter(|(_, item)| item.is_held());
    numbered.map(|(index, item)| Gap { after: item.push.to, before: item.pop.from, item: index }).collect()
}

/// Of answers of `Empty`, at these times, the first that cannot be: which, and items of which one is inside at every moment of it.
pub(crate) fn never_empty(items: &[Item], answers: &[Span]) -> Option<(usize, Vec<usize>)> {
    if answers.is_empty() {
        return None;
    }
    let mut held = held(items);
    held.sort_unstable_by_key(|gap| gap.after);
    let stretches = union(&held);
    let is_inside = |answer: &Span| {
        let behind = stretches.partition_point(|&(after, _)| after < answer.from);
        behind > 0 && stretches[behind - 1].1 > answer.to
    };
    let wrong = answers.iter().position(is_inside)?;
    Some((wrong, chain(&held, answers[wrong])))
}

/// The same times in stretches that do not overlap. `held` is sorted.
fn union(held: &[Gap]) -> Vec<(u64, u64)> {
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for gap in held {
        match stretches.last_mut() {
            Some((_, before)) if gap.after < *before => *before = gap.before.max(*before),
            _ => stretches.push((gap.after, gap.before)),
        }
    }
    stretches
}

/// As few as possible of these gaps, which are sorted, so that every moment of the span is in one of them. They do have all of it in them.
pub(crate) fn chain(gaps: &[Gap], span: Span) -> Vec<usize> {
    let mut gaps = gaps.iter().peekable();
    let (mut links, mut at, mut best) = (Vec::new(), span.from, None::<Gap>);
    while at <= span.to {
        while let Some(&gap) = gaps.next_if(|gap| gap.after < at) {
            best = best.filter(|best| best.before >= gap.before).or(Some(gap));
        }
        let Some(link) = best.filter(|link| link.before > at) else { break };
        links.push(link.item);
        at = link.before;
    }
    links
}

/// Whether `Full` can have been the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fullness {
    /// At some moment there are as many items as it takes, whatever the order.
    Sure,
    /// It depends on the order.
    Perhaps,
    /// There are never so many.
    Never,
}

/// Whether `Full` can have been the answer at each of these times. `doubtful` items may be inside as well.
pub(crate) fn fullness(
    items: &[Item],
    doubtful: &[Item],
    capacity: usize,
    answers: &[Span],
) -> Vec<Fullness> {
    if answers.is_empty() {
        return Vec::new();
    }
    let at_least = Count::new(held(items).iter().map(|gap| (2 * wide(gap.after) + 1, 2 * wide(gap.before))));
    let spans =
        items.iter().chain(doubtful).map(|item| (2 * wide(item.push.from), 2 * wide(item.pop.to) + 1));
    let at_most = Count::new(spans);
    let fullness = |answer: &Span| {
        if at_least.greatest(answer) >= capacity {
            Fullness::Sure
        } else if at_most.greatest(answer) < capacity {
            Fullness::Never
        } else {
            Fullness::Perhaps
        }
    };
    answers.iter().map(fullness).collect()
}

/// Times are doubled, so that there is one between any two.
const fn wide(time: u64) -> u128 {
    time as u128
}

/// How many intervals there are at a time.
struct Count {
    /// When the count changes.
    times: Vec<u128>,
    /// The greatest count of `2^k` steps, from each step on: a sparse table.
    greatest: Vec<Vec<usize>>,
}

impl Count {
    /// From half-open intervals of doubled times.
    fn new(intervals: impl Iterator<Item = (u128, u128)>) -> Self {
        let mut changes: Vec<(u128, isize)> =
            intervals.flat_map(|(from, to)| [(from, 1), (to, -1)]).collect();
        changes.sort_unstable();
        let (mut times, mut counts, mut count) = (vec![0], vec![0], 0_isize);
        for (index, &(time, change)) in changes.iter().enumerate() {
            count += change;
            if changes.get(index + 1).is_none_or(|next| next.0 != time) {
                times.push(time);
                counts.push(count.unsigned_abs());
            }
        }
        let mut greatest = vec![counts];
        while let Some(row) = greatest.last().filter(|row| row.len() >> (greatest.len() - 1) > 1) {
            let reach = 1 << (greatest.len() - 1);
            let next = (0..row.len()).map(|i| row[i].max(row.get(i + reach).copied().unwrap_or(0))).collect();
            greatest.push(next);
        }
        Self { times, greatest }
    }

    /// The greatest count at any time of the span.
    fn greatest(&self, span: &Span) -> usize {
        let last_until = |time: u128| self.times.partition_point(|&at| at <= time) - 1;
        let (first, last) = (last_until(2 * wide(span.from)), last_until(2 * wide(span.to)));
        let row = (last - first + 1).ilog2() as usize;
        self.greatest[row][first].max(self.greatest[row][last + 1 - (1 << row)])
    }
}
