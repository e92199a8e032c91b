//! Wakeup trees: what is left to explore from a node of the current path.
//!
//! Parosh Abdulla, Stavros Aronis, Bengt Jonsson, Konstantinos Sagonas, "Source sets: a foundation for
//! optimal dynamic partial order reduction", JACM 2017, section 6.

use crate::engine::machine::RUN;
use crate::engine::machine::access::{Mode, Transition};

/// A transition, and how the executions that begin with it are to go on.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) step: Transition,
    pub(super) children: Tree,
    /// How executions are to go on that leave the step out, if it turns out to be rounds in vain.
    pub(super) beside: Vec<Vec<Transition>>,
}

/// Branches from one node, in the order in which they are explored: the place of the first in a [`Forest`].
#[derive(Debug, Default)]
pub(super) struct Tree(Option<usize>);

impl Tree {
    /// Whether nothing is left to explore.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

/// Every wakeup tree of a search, in one table: branches come and go with each execution, and their places are used
/// again.
#[derive(Debug, Default)]
pub(super) struct Forest {
    places: Vec<Place>,
    free: Vec<usize>,
}

#[derive(Debug)]
struct Place {
    /// `None` where the place is free.
    branch: Option<Branch>,
    /// The branch of the same node that comes after it.
    next: Tree,
}

/// Where a transition stands in a sequence that it could be moved to the front of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Initial {
    /// It is the one at this position.
    At(usize),
    /// It is not in the sequence, and independent of all of it.
    Outside,
}

/// Whether the sequence, or an extension of it, is equivalent to one that begins with `step`: whether
/// `step` is a weak initial of it.
pub(super) fn weak_initial<'a>(
    step: &Transition,
    sequence: impl IntoIterator<Item = &'a Transition>,
) -> Option<Initial> {
    // Of all that a step does nothing depends on what comes before it but the number of owners that it finds.
    let mut counting = matches!(step.access.mode, Mode::Decrement(_)).then(|| step.clone());
    for (position, other) in sequence.into_iter().enumerate() {
        if step.thread == other.thread {
            return step.is(other).then_some(Initial::At(position));
        }
        if let Some(step) = &mut counting {
            step.follows(other);
        }
        if other.conflicts(counting.as_ref().unwrap_or(step)) {
            return None;
        }
    }
    Some(Initial::Outside)
}

impl Forest {
    /// Makes sure that some execution that begins with (something equivalent to an extension of) the
    /// sequence, which is not empty, is explored.
    pub(super) fn insert(&mut self, tree: &mut Tree, sequence: &mut Vec<Transition>) {
        let Some(mut at) = tree.0 else {
            *tree = self.chain(sequence);
            return;
        };
        loop {
            let (branch, next) = self.branch(at);
            let Some(initial) = weak_initial(&branch.step, &*sequence) else {
                match next.0 {
                    Some(next) => at = next,
                    None => {
                        self.places[at].next = self.chain(sequence);
                        return;
                    }
                }
                continue;
            };
            let branch = self.places[at].branch.as_mut().expect("a branch of the tree");
            descend(branch, initial, sequence);
            match branch.children.0 {
                Some(child) if !sequence.is_empty() => at = child,
                _ => return,
            }
        }
    }

    fn branch(&self, place: usize) -> (&Branch, &Tree) {
        let Place { branch, next } = &self.places[place];
        (branch.as_ref().expect("a branch of the tree"), next)
    }

    /// A tree with a single branch, which takes the sequence.
    fn chain(&mut self, sequence: &mut Vec<Transition>) -> Tree {
        let mut after = sequence.iter().rposition(|step| step.choice == RUN).map(|_| Vec::new());
        let mut tree = Tree::default();
        while let Some(step) = sequence.pop() {
            let mut beside = Vec::new();
            if let Some(after) = &mut after {
                if step.choice == RUN {
                    beside.push(after.iter().rev().cloned().collect());
                }
                after.push(step.clone());
            }
            let branch = Branch { step, children: tree, beside };
            tree = Tree(Some(self.plant(branch)));
        }
        tree
    }

    fn plant(&mut self, branch: Branch) -> usize {
        let place = Place { branch: Some(branch), next: Tree::default() };
        match self.free.pop() {
            Some(free) => {
                self.places[free] = place;
                free
            }
            None => {
                self.places.push(place);
                self.places.len() - 1
            }
        }
    }

    /// The first branch of the tree, which is no longer a part of it.
    pub(super) fn take_first(&mut self, tree: &mut Tree) -> Option<Branch> {
        let first = tree.0?;
        let Place { branch, next } = &mut self.places[first];
        *tree = std::mem::take(next);
        self.free.push(first);
        branch.take()
    }

    /// How many branches the tree's node has.
    pub(super) fn branches(&self, tree: &Tree) -> usize {
        std::iter::successors(tree.0, |&place| self.places[place].next.0).count()
    }

    /// Nothing of the tree is explored.
    pub(super) fn fell(&mut self, mut tree: Tree) {
        while let Some(branch) = self.take_first(&mut tree) {
            self.fell(branch.children);
        }
    }
}

/// The sequence, of which the step of the branch is an initial, goes on behind it.
fn descend(branch: &mut Branch, initial: Initial, sequence: &mut Vec<Transition>) {
    let moved_behind = match initial {
        Initial::At(position) => {
            sequence.remove(position);
            position
        }
        Initial::Outside => sequence.len(),
    };
    // What covers the sequence behind the step may cover less than that, where the step does not take place.
    if branch.step.choice == RUN {
        branch.beside.push(sequence.clone());
    }
    sequence[..moved_behind].iter_mut().for_each(|other| other.follows(&branch.step));
}
