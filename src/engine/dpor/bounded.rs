//! Every execution within a bound on preemptions, one per class of equivalent ones, as far as can be told in time.
//!
//! A preemption is a switch away from a thread that could have gone on, and has not just yielded. An execution is within the
//! bound if an equivalent one is. So a class is explored again where it is reached by fewer preemptions, and otherwise once: what
//! can follow depends on the class of what has taken place, on the thread that runs and on how many
//! preemptions are left. Wakeup trees and sleep sets do not go together with a bound: they leave out executions that are
//! equivalent to one that is beyond it.
//!
//! Madanlal Musuvathi and Shaz Qadeer, "Iterative context bounding for systematic testing of multithreaded
//! programs", 2007, and "Partial-order reduction for context-bounded state exploration", 2007.

use super::{Explorer, Next, Present};
use crate::engine::machine::RUN;
use crate::engine::machine::access::Transition;
use crate::event::op::ThreadId;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The search: the current path, and the classes that were reached.
#[derive(Debug)]
pub(crate) struct Bounded {
    bound: u32,
    /// The order of events; it chooses nothing here.
    pub(crate) order: Explorer,
    nodes: Vec<Node>,
    depth: usize,
    reached: Reached,
    /// The fewest preemptions by which each class was reached, by the thread that ran last.
    fewest: HashMap<(u128, ThreadId), u32>,
    /// Whether anything was left out for the bound.
    left_out: bool,
}

/// A class of equivalent executions, and the preemptions by which it was reached.
#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    /// A digest of the events, each with its past.
    class: u128,
    preemptions: u32,
    /// Who took the last step.
    last: Option<ThreadId>,
}

/// A choice on the current path.
#[derive(Debug)]
struct Node {
    branch: Branch,
    others: Vec<Branch>,
}

#[derive(Clone, Copy, Debug)]
struct Branch {
    thread: ThreadId,
    choice: u8,
    /// 1 where it is a preemption.
    cost: u32,
}

impl Bounded {
    /// A search within this bound.
    pub(crate) fn new(bound: u32) -> Self {
        Self {
            bound,
            order: Explorer::default(),
            nodes: Vec::new(),
            depth: 0,
            reached: Reached::default(),
            fewest: HashMap::new(),
            left_out: false,
        }
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.bound);
    }

    /// The bound, if anything was left out for it.
    pub(crate) fn mattered(&self) -> Option<u32> {
        self.left_out.then_some(self.bound)
    }

    /// A new execution begins.
    pub(crate) fn restart(&mut self) {
        self.order.reset();
        (self.depth, self.reached) = (0, Reached::default());
    }

    /// Whether what comes next was settled by an execution before.
    pub(crate) fn has_a_plan(&self) -> bool {
        self.depth < self.nodes.len()
    }

    /// Whom to grant, `hint` if that is as good as any. Some thread is enabled.
    pub(crate) fn next(&mut self, state: &impl Present, hint: Option<(ThreadId, u8)>) -> Next {
        if let Some(Node { branch, .. }) = self.nodes.get(self.depth) {
            return Next::Grant(branch.thread, branch.choice);
        }
        let mut others = self.branches(state, hint);
        if others.is_empty() {
            return Next::Fruitless;
        }
        let branch = others.remove(0);
        self.nodes.push(Node { branch, others });
        Next::Grant(branch.thread, branch.choice)
    }

    /// What can come next, is within the bound, and was not reached as well before: what costs least first.
    fn branches(&mut self, state: &impl Present, hint: Option<(ThreadId, u8)>) -> Vec<Branch> {
        let last = self.reached.last;
        let goes_on =
            last.is_some_and(|last| state.choices(last) & !(1 << RUN) != 0 && !state.has_just_yielded(last));
        let mut branches: Vec<Branch> = Vec::new();
        for thread in state.threads() {
            let choices = state.choices(thread);
            let cost = u32::from(goes_on && last != Some(thread));
            let possible = (0..u128::BITS as u8).filter(|choice| choices & 1 << choice != 0);
            branches.extend(possible.map(|choice| Branch { thread, choice, cost }));
        }
        if branches.is_empty() {
            branches.extend(state.forced_thread().map(|thread| Branch { thread, choice: 0, cost: 0 }));
        }
        branches.sort_by_key(|&Branch { thread, choice, cost }| {
            let hinted = hint == Some((thread, choice));
            (!state.is_unfairly_delayed(thread), cost, !hinted, choice == RUN, last != Some(thread))
        });
        branches.retain(|branch| self.is_new(branch, state));
        branches
    }

    /// Whether the branch is within the bound, and leads to a class that was not reached as well before.
    fn is_new(&mut self, branch: &Branch, state: &impl Present) -> bool {
        let preemptions = self.reached.preemptions + branch.cost;
        if preemptions > self.bound {
            self.left_out = true;
            return false;
        }
        let transition = state.transition(branch.thread, branch.choice);
        let class = self.reached.class.wrapping_add(self.name(&transition, state));
        let fewest = self.fewest.entry((class, branch.thread)).or_insert(u32::MAX);
        let is_new = preemptions < *fewest;
        *fewest = preemptions.min(*fewest);
        is_new
    }

    /// A digest of a step and of all that comes before it.
    fn name(&mut self, transition: &Transition, state: &impl Present) -> u128 {
        let past = self.order.races_of(transition, state);
        let (clock, _) = self.order.stamped(transition, past);
        let half = |seed: u64| {
            let mut hasher = DefaultHasher::new();
            (seed, transition.thread, transition.choice).hash(&mut hasher);
            state.threads().for_each(|thread| clock.of(thread).hash(&mut hasher));
            u128::from(hasher.finish())
        };
        half(0) << 64 | half(1)
    }

    /// The pending operation of the thread is about to take place, in this way.
    pub(crate) fn take(&mut self, (thread, choice): (ThreadId, u8), state: &impl Present) {
        let transition = state.transition(thread, choice);
        self.reached.class = self.reached.class.wrapping_add(self.name(&transition, state));
        self.reached.preemptions += self.nodes.get(self.depth).map_or(0, |node| node.branch.cost);
        self.reached.last = Some(transition.thread);
        self.depth += 1;
        self.order.take((thread, choice), 0, state);
    }

    /// The execution has come to its end: the next one leaves its path at the last choice that has others. False
    /// where there is none.
    pub(crate) fn finish(&mut self) -> bool {
        self.nodes.truncate(self.depth);
        while let Some(node) = self.nodes.last_mut() {
            if !node.others.is_empty() {
                node.branch = node.others.remove(0);
                return true;
            }
            self.nodes.pop();
        }
        false
    }
}
