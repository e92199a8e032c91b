//! Wakeup trees: what is left to explore from a node of the current path.
//!
//! Parosh Abdulla, Stavros Aronis, Bengt Jonsson, Konstantinos Sagonas, "Source sets: a foundation for
//! optimal dynamic partial order reduction", JACM 2017, section 6.

use crate::engine::machine::RUN;
use crate::engine::machine::access::Transition;

/// A transition, and how the executions that begin with it are to go on.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) step: Transition,
    pub(super) children: Vec<Branch>,
    /// How executions are to go on that leave the step out, if it turns out to be rounds in vain.
    pub(super) beside: Vec<Vec<Transition>>,
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
pub(super) fn weak_initial(step: &Transition, sequence: &[Transition]) -> Option<Initial> {
    let mut step = step.clone();
    for (position, other) in sequence.iter().enumerate() {
        if step.thread == other.thread {
            return step.is(other).then_some(Initial::At(position));
        }
        step.follows(other);
        if other.conflicts(&step) {
            return None;
        }
    }
    Some(Initial::Outside)
}

/// Makes sure that some execution that begins with (something equivalent to an extension of) the
/// sequence is explored.
pub(super) fn insert(tree: &mut Vec<Branch>, mut sequence: Vec<Transition>) {
    let mut children = tree;
    loop {
        let found = children
            .iter()
            .enumerate()
            .find_map(|(index, child)| Some((index, weak_initial(&child.step, &sequence)?)));
        let Some((index, initial)) = found else {
            children.push(chain(sequence));
            return;
        };
        let child = &mut children[index];
        let moved_behind = match initial {
            Initial::At(position) => {
                sequence.remove(position);
                position
            }
            Initial::Outside => sequence.len(),
        };
        // What covers the sequence behind the step may cover less than that, where the step does not take place.
        if child.step.choice == RUN {
            child.beside.push(sequence.clone());
        }
        sequence[..moved_behind].iter_mut().for_each(|other| other.follows(&child.step));
        if sequence.is_empty() || child.children.is_empty() {
            return;
        }
        children = &mut child.children;
    }
}

/// A tree with a single branch.
fn chain(sequence: Vec<Transition>) -> Branch {
    let mut after = Vec::new();
    let grow = |children: Vec<Branch>, step: Transition| {
        let beside =
            if step.choice == RUN { vec![after.iter().rev().cloned().collect()] } else { Vec::new() };
        after.push(step.clone());
        vec![Branch { step, children, beside }]
    };
    let mut root = sequence.into_iter().rev().fold(Vec::new(), grow);
    root.pop().expect("a sequence that is inserted is not empty")
}
