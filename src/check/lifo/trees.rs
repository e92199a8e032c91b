//! Segment trees: of moments, by how many items are held then; and of items, by the moments that they wait for.

/// Of moments that are covered: how often. A moment that is not is free, is taken once, and then never looked at again.
///
/// Each node has the least number of its moments, without what covers all moments of a node above it.
pub(super) struct Cover {
    moments: u32,
    leaves: usize,
    least: Vec<i32>,
    /// What covers all moments of a node.
    whole: Vec<i32>,
}

/// A moment that is not looked at: greater than any number, however much is taken away from it.
const TAKEN: i32 = i32::MAX;

impl Cover {
    /// So many moments, covered by these ranges of them, of which the second end is not included.
    pub(super) fn new(moments: usize, ranges: impl Iterator<Item = (u32, u32)>) -> Self {
        let leaves = moments.next_power_of_two();
        let mut least = vec![0; 2 * leaves];
        let mut changes = vec![0_i32; moments + 1];
        for (from, before) in ranges {
            changes[from as usize] += 1;
            changes[before as usize] -= 1;
        }
        let mut count = 0;
        for (moment, change) in changes.into_iter().enumerate().take(moments) {
            count += change;
            least[leaves + moment] = count;
        }
        least[leaves + moments..].fill(TAKEN);
        let mut cover = Self { moments: moments as u32, leaves, least, whole: vec![0; leaves] };
        (1..leaves).rev().for_each(|node| cover.sum_up(node));
        cover
    }

    pub(super) const fn moments(&self) -> u32 {
        self.moments
    }

    fn sum_up(&mut self, node: usize) {
        let least = self.least[2 * node].min(self.least[2 * node + 1]);
        self.least[node] = if least == TAKEN { TAKEN } else { least + self.whole[node] };
    }

    /// Takes away what covered this range, of which the second end is not included.
    pub(super) fn remove(&mut self, from: u32, before: u32) {
        if from >= before {
            return;
        }
        let (mut low, mut high) = (from as usize + self.leaves, before as usize + self.leaves);
        let (first, last) = (low, high - 1);
        while low < high {
            if low % 2 == 1 {
                self.uncover(low);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                self.uncover(high);
            }
            (low, high) = (low / 2, high / 2);
        }
        self.sum_up_from(first);
        self.sum_up_from(last);
    }

    fn uncover(&mut self, node: usize) {
        if self.least[node] != TAKEN {
            self.least[node] -= 1;
        }
        if node < self.leaves {
            self.whole[node] -= 1;
        }
    }

    fn sum_up_from(&mut self, mut node: usize) {
        while node > 1 {
            node /= 2;
            self.sum_up(node);
        }
    }

    /// Takes all free moments.
    pub(super) fn take_free(&mut self, free: &mut Vec<u32>) {
        self.take_below(1, 0, free);
    }

    fn take_below(&mut self, node: usize, number: i32, free: &mut Vec<u32>) {
        if self.least[node] != number {
            return;
        }
        if node >= self.leaves {
            self.least[node] = TAKEN;
            free.push((node - self.leaves) as u32);
            return;
        }
        let number = number - self.whole[node];
        self.take_below(2 * node, number, free);
        self.take_below(2 * node + 1, number, free);
        self.sum_up(node);
    }
}

/// Of items, each of which waits for one of several moments that follow each other.
pub(super) struct Waiting {
    /// For each moment, how many items wait only for earlier ones.
    over: Vec<u32>,
    leaves: usize,
    /// Of each node's items, the first moment that one of them waits for.
    first: Vec<u32>,
    items: Vec<u32>,
}

/// The first moment of an item that waits no more.
const NONE: u32 = u32::MAX;

impl Waiting {
    /// So many items as (last moment, first moment, item), by their last moments.
    pub(super) fn new(moments: usize, count: usize, waits: impl Iterator<Item = (u32, u32, u32)>) -> Self {
        let leaves = count.next_power_of_two();
        let (mut first, mut items) = (vec![NONE; 2 * leaves], Vec::with_capacity(count));
        let mut over: Vec<u32> = Vec::with_capacity(moments);
        for (index, (last, from, item)) in waits.enumerate() {
            first[leaves + index] = from;
            items.push(item);
            over.resize(over.len().max(last as usize + 1), index as u32);
        }
        over.resize(moments, items.len() as u32);
        let mut waiting = Self { over, leaves, first, items };
        (1..leaves).rev().for_each(|node| waiting.sum_up(node));
        waiting
    }

    fn sum_up(&mut self, node: usize) {
        self.first[node] = self.first[2 * node].min(self.first[2 * node + 1]);
    }

    /// Takes all items that wait for this moment.
    pub(super) fn take(&mut self, moment: u32, taken: &mut Vec<u32>) {
        let mut node = self.over[moment as usize] as usize + self.leaves;
        if node >= 2 * self.leaves {
            return;
        }
        self.take_below(node, moment, taken);
        while node > 1 {
            if node.is_multiple_of(2) {
                self.take_below(node + 1, moment, taken);
            }
            node /= 2;
            self.sum_up(node);
        }
    }

    fn take_below(&mut self, node: usize, moment: u32, taken: &mut Vec<u32>) {
        if self.first[node] > moment {
            return;
        }
        if node >= self.leaves {
            self.first[node] = NONE;
            taken.push(self.items[node - self.leaves]);
            return;
        }
        self.take_below(2 * node, moment, taken);
        self.take_below(2 * node + 1, moment, taken);
        self.sum_up(node);
    }
}
