//! How many executions a search will have, before it has had them.
//!
//! Donald Knuth, "Estimating the efficiency of backtrack programs", 1975: the leaves below a node are about as many as those below
//! one of its branches, times the number of branches. Here the branches that are over are counted, and those that are left are
//! taken to be like them on average; so the estimate becomes the number itself as the search comes to its end. A race
//! that is found later may add branches to any node of the path, and branches are not alike: early estimates are off by a few times,
//! either way.

use super::{Explorer, Node};

/// What was counted at a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Branches that are over.
    over: u32,
    /// Executions of the search before the first branch.
    first: u64,
    /// Executions of the search before the present branch.
    present: u64,
}

impl Tally {
    /// Of a node that was reached for the first time after so many executions.
    pub(super) const fn since(executions: u64) -> Self {
        Self { over: 0, first: executions, present: executions }
    }

    /// All executions that begin with the present branch have come to their end: the search has had so many.
    pub(super) const fn branch_is_over(&mut self, executions: u64) {
        (self.over, self.present) = (self.over + 1, executions);
    }
}

impl Explorer {
    /// How many executions the search has in all, about; those that were are counted, and the one that is planned.
    pub(crate) fn estimate(&self) -> f64 {
        // Below the last node of the path is the one execution that comes next.
        self.nodes.iter().rev().fold(1.0, |below, node| self.estimate_at(node, below))
    }

    /// How many there are from this node, if so many begin with its present branch.
    fn estimate_at(&self, node: &Node, below: f64) -> f64 {
        let Tally { over, first, present } = node.tally;
        let counted = (present - first) as f64 + below;
        let left = self.forest.branches(&node.tree) as f64;
        counted + left * counted / f64::from(over + 1)
    }
}
