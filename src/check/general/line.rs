//! Beginnings and ends in the order of time, of the operations that have not taken place yet.

/// A point of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// This operation, which has ended, begins.
    Begin(usize),
    /// This operation ends.
    End(usize),
    /// All that ended have taken place.
    Over,
    /// This operation never ended.
    Open(usize),
    /// There are no more of those.
    NoMore,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    after: u32,
}

/// Two linked lists, from which an operation is taken and to which it is given back, last one first, in no time (Donald Knuth, "Dancing
/// links", 2000): one of beginnings and ends, one of the operations that never ended.
///
/// Node `2 i` is the beginning of operation `i`, node `2 i + 1` its end; then come the head of this list, the operations that never ended, and
/// the head of theirs.
#[derive(Debug)]
pub(super) struct Line {
    links: Vec<Link>,
    /// Operations that ended.
    ended: usize,
}

impl Line {
    /// The first `ended` of these operations have ended, and all are sorted by their beginnings.
    pub(super) fn new(times: &[(u64, u64)], ended: usize) -> Self {
        let mut points: Vec<(u64, bool, u32)> = Vec::with_capacity(2 * ended);
        for (i, &(begun, end)) in times[..ended].iter().enumerate() {
            points.extend([(begun, false, 2 * i as u32), (end, true, 2 * i as u32 + 1)]);
        }
        points.sort_unstable();
        let count = times.len() + ended + 2;
        let mut line = Self { links: vec![Link { before: 0, after: 0 }; count], ended };
        line.join(points.iter().map(|point| point.2), line.head());
        line.join(line.head() + 1..count as u32 - 1, count as u32 - 1);
        line
    }

    fn join(&mut self, nodes: impl Iterator<Item = u32>, head: u32) {
        let last = nodes.fold(head, |before, node| {
            self.connect(before, node);
            node
        });
        self.connect(last, head);
    }

    fn connect(&mut self, before: u32, after: u32) {
        self.links[before as usize].after = after;
        self.links[after as usize].before = before;
    }

    const fn head(&self) -> u32 {
        2 * self.ended as u32
    }

    /// The node with which the line begins.
    pub(super) fn first(&self) -> u32 {
        self.after(self.head())
    }

    /// The first operation that never ended.
    pub(super) fn first_open(&self) -> u32 {
        self.after(self.links.len() as u32 - 1)
    }

    /// The node that comes next.
    pub(super) fn after(&self, node: u32) -> u32 {
        self.links[node as usize].after
    }

    /// What stands at a node.
    pub(super) const fn at(&self, node: u32) -> Point {
        let (node, head) = (node as usize, self.head() as usize);
        if node < head {
            if node % 2 == 0 { Point::Begin(node / 2) } else { Point::End(node / 2) }
        } else if node == head {
            Point::Over
        } else if node + 1 == self.links.len() {
            Point::NoMore
        } else {
            Point::Open(node - head - 1 + self.ended)
        }
    }

    /// The node at which an operation begins.
    pub(super) const fn node(&self, operation: usize) -> u32 {
        if operation < self.ended {
            2 * operation as u32
        } else {
            self.head() + 1 + (operation - self.ended) as u32
        }
    }

    /// The operation has taken place. Gives the node that stands where it began.
    pub(super) fn take(&mut self, operation: usize) -> u32 {
        let node = self.node(operation);
        self.unlink(node);
        if operation < self.ended {
            self.unlink(node + 1);
        }
        self.after(self.links[node as usize].before)
    }

    /// It has not, after all. It is the one that was taken last.
    pub(super) fn give_back(&mut self, operation: usize) {
        let node = self.node(operation);
        if operation < self.ended {
            self.relink(node + 1);
        }
        self.relink(node);
    }

    fn unlink(&mut self, node: u32) {
        let Link { before, after } = self.links[node as usize];
        self.connect(before, after);
    }

    fn relink(&mut self, node: u32) {
        let Link { before, after } = self.links[node as usize];
        self.links[before as usize].after = node;
        self.links[after as usize].before = node;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(line: &Line) -> Vec<Point> {
        let after = |&node: &u32| Some(line.after(node)).filter(|_| line.at(node) != Point::Over);
        std::iter::successors(Some(line.first()), after).map(|node| line.at(node)).collect()
    }

    #[test]
    fn what_was_taken_is_given_back() {
        use Point::{Begin, End, NoMore, Open, Over};
        let mut line = Line::new(&[(0, 3), (1, 2), (2, 9), (1, u64::MAX)], 3);
        // Who begins when another one ends overlaps it.
        let whole = [Begin(0), Begin(1), Begin(2), End(1), End(0), End(2), Over];
        assert_eq!(points(&line), whole);
        line.take(1);
        let next = line.take(0);
        assert_eq!(line.at(next), Begin(2));
        assert_eq!(points(&line), [Begin(2), End(2), Over]);
        assert_eq!(line.at(line.first_open()), Open(3));
        line.take(3);
        assert_eq!(line.at(line.first_open()), NoMore);
        [3, 0, 1].into_iter().for_each(|operation| line.give_back(operation));
        assert_eq!(points(&line), whole);
        assert_eq!(line.at(line.first_open()), Open(3));
    }
}
