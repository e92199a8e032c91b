//! Segment trees: of moments, by how many items are held then; and of items, by the moments that they wait for.
//!
//! A node has sixteen children, whose numbers lie in one cache line: most of the time goes into fetching lines.

/// So many children has a node.
const WIDE: usize = 16;

/// The numbers of a node's children.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u32; WIDE]);

impl Line {
    fn least(&self) -> u32 {
        self.0.into_iter().fold(u32::MAX, u32::min)
    }
}

/// The numbers of all nodes: of the leaves, of their parents, and so on, up to the children of the root. Where there is no leaf, it is the greatest one.
struct Levels(Vec<Vec<Line>>);

impl Levels {
    fn of(leaves: &[u32]) -> Self {
        let mut levels = vec![lines(leaves)];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let parents: Vec<u32> = below.iter().map(Line::least).collect();
            levels.push(lines(&parents));
        }
        Self(levels)
    }

    const fn top(&self) -> usize {
        self.0.len() - 1
    }

    fn line(&mut self, level: usize, line: usize) -> &mut Line {
        &mut self.0[level][line]
    }

    fn at(&mut self, level: usize, node: usize) -> &mut u32 {
        &mut self.0[level][node / WIDE].0[node % WIDE]
    }
}

fn lines(numbers: &[u32]) -> Vec<Line> {
    let line = |some: &[u32]| {
        let mut line = Line([u32::MAX; WIDE]);
        line.0[..some.len()].copy_from_slice(some);
        line
    };
    numbers.chunks(WIDE).map(line).collect()
}

/// Of moments that are covered: how often. A moment that is not is free, is taken once, and then never looked at again.
///
/// Each node has the least number of its moments, without what covers all moments of a node above it.
pub(super) struct Cover {
    moments: u32,
    least: Levels,
    /// How often all moments of a node were uncovered at once, from the parents of leaves on.
    whole: Vec<Vec<u32>>,
}

/// A moment that is not looked at: greater than any number, however much is taken away from it.
const TAKEN: u32 = 1 << 31;

impl Cover {
    /// So many moments, covered by these ranges of them, of which the second end is not included.
    pub(super) fn new(moments: usize, ranges: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut changes = vec![0_u32; moments + 1];
        for (from, before) in ranges {
            changes[from as usize] = changes[from as usize].wrapping_add(1);
            changes[before as usize] = changes[before as usize].wrapping_sub(1);
        }
        changes.pop();
        let mut count = 0_u32;
        for change in &mut changes {
            count = count.wrapping_add(*change);
            *change = count;
        }
        let least = Levels::of(&changes);
        let whole = least.0.iter().skip(1).map(|level| vec![0; WIDE * level.len()]).collect();
        Self { moments: moments as u32, least, whole }
    }

    pub(super) const fn moments(&self) -> u32 {
        self.moments
    }

    /// Takes away what covered this range, of which the second end is not included.
    pub(super) fn remove(&mut self, from: u32, before: u32) {
        if from >= before {
            return;
        }
        let (mut low, mut high) = (from as usize, before as usize);
        let (first, last) = (low, high - 1);
        for level in 0..=self.least.top() {
            if low >= high {
                break;
            }
            let (left, right) = (low.next_multiple_of(WIDE), high - high % WIDE);
            if left > right || level == self.least.top() {
                self.uncover(level, low, high);
                break;
            }
            self.uncover(level, low, left);
            self.uncover(level, right, high);
            (low, high) = (left / WIDE, right / WIDE);
        }
        self.sum_up_from(first);
        if first / WIDE != last / WIDE {
            self.sum_up_from(last);
        }
    }

    /// Nodes of one line.
    fn uncover(&mut self, level: usize, from: usize, before: usize) {
        for node in from..before {
            *self.least.at(level, node) -= 1;
            if level > 0 {
                self.whole[level - 1][node] += 1;
            }
        }
    }

    fn sum_up(&mut self, level: usize, node: usize) {
        let least = self.least.line(level - 1, node).least();
        *self.least.at(level, node) = least - self.whole[level - 1][node];
    }

    fn sum_up_from(&mut self, mut node: usize) {
        for level in 1..=self.least.top() {
            node /= WIDE;
            self.sum_up(level, node);
        }
    }

    /// Takes all free moments.
    pub(super) fn take_free(&mut self, free: &mut Vec<u32>) {
        self.take_of_line(self.least.top(), 0, 0, free);
    }

    /// Those of nodes that have this number.
    fn take_of_line(&mut self, level: usize, line: usize, number: u32, free: &mut Vec<u32>) {
        for child in 0..WIDE {
            let node = WIDE * line + child;
            if *self.least.at(level, node) != number {
                continue;
            }
            if level == 0 {
                *self.least.at(level, node) = TAKEN;
                free.push(node as u32);
            } else {
                self.take_of_line(level - 1, node, number + self.whole[level - 1][node], free);
                self.sum_up(level, node);
            }
        }
    }
}

/// Of items, each of which waits for one of several moments that follow each other.
pub(super) struct Waiting {
    /// For each moment, how many items wait only for earlier ones.
    over: Vec<u32>,
    /// Of each node's items, the first moment that one of them waits for.
    first: Levels,
    items: Vec<u32>,
}

/// The first moment of an item that waits no more.
const NONE: u32 = u32::MAX;

impl Waiting {
    /// So many items as (last moment, first moment, item), by their last moments.
    pub(super) fn new(moments: usize, count: usize, waits: impl Iterator<Item = (u32, u32, u32)>) -> Self {
        let (mut first, mut items) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut over: Vec<u32> = Vec::with_capacity(moments);
        for (index, (last, from, item)) in waits.enumerate() {
            first.push(from);
            items.push(item);
            over.resize(over.len().max(last as usize + 1), index as u32);
        }
        over.resize(moments, items.len() as u32);
        Self { over, first: Levels::of(&first), items }
    }

    /// Takes all items that wait for this moment.
    pub(super) fn take(&mut self, moment: u32, taken: &mut Vec<u32>) {
        let mut node = self.over[moment as usize] as usize;
        let before = taken.len();
        if node >= self.items.len() {
            return;
        }
        self.take_of_line(0, node / WIDE, node % WIDE, moment, taken);
        for level in 1..=self.first.top() {
            node /= WIDE;
            if taken.len() > before {
                self.sum_up(level, node);
            }
            self.take_of_line(level, node / WIDE, node % WIDE + 1, moment, taken);
        }
    }

    fn sum_up(&mut self, level: usize, node: usize) {
        *self.first.at(level, node) = self.first.line(level - 1, node).least();
    }

    /// Of a line's nodes, those from this one on.
    fn take_of_line(&mut self, level: usize, line: usize, from: usize, moment: u32, taken: &mut Vec<u32>) {
        for child in from..WIDE {
            let node = WIDE * line + child;
            if *self.first.at(level, node) > moment {
                continue;
            }
            if level == 0 {
                *self.first.at(level, node) = NONE;
                taken.push(self.items[node]);
            } else {
                self.take_of_line(level - 1, node, 0, moment, taken);
                self.sum_up(level, node);
            }
        }
    }
}
