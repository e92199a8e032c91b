//! The exact explorer: optimal dynamic partial-order reduction with wakeup trees.
//!
//! Of the executions that differ only in the order of independent transitions it explores exactly one.
//! It knows no runtime and runs no code: an engine asks it which enabled thread to grant next, and tells
//! it what was granted.
//!
//! The search is stateless. What is kept is the current path: per node its sleep set (what was explored
//! from there, and need not be again) and its wakeup tree (what is still to be explored). After each
//! execution every race of the path is reversed: where the later of two conflicting events could have
//! come first, a sequence that makes it come first is put into the wakeup tree of the node before the
//! earlier one, unless a sleeping transition or the tree covers it already.
//!
//! Parosh Abdulla, Stavros Aronis, Bengt Jonsson, Konstantinos Sagonas, "Source sets: a foundation for
//! optimal dynamic partial order reduction", JACM 2017. Beyond the paper: operations that wait, of which a
//! race is looked for at every end of an execution although they have not taken place; operations whose use
//! of an object depends on its state (compare-exchange, attempts, notifications), resolved again where a race
//! is reversed; choices within an operation (whom a notification wakes), which are branches of their node.

mod awake;
mod bounded;
mod estimate;
mod present;
mod races;
mod replay;
#[cfg(test)]
mod tests;
mod users;
mod wakeup;

use self::awake::any_awake;
pub(crate) use self::bounded::Bounded;
use self::estimate::Tally;
pub(crate) use self::present::Present;
use self::users::Users;
use self::wakeup::{Branch, Forest, Initial, Tree, weak_initial};
use super::machine::access::{Mode, Target, Transition};
use super::machine::clock::Clock;
use super::machine::{Edge, RUN};
use crate::event::op::{ObjectId, Op, ThreadId};

/// A transition that took place.
#[derive(Clone, Debug)]
struct Event {
    transition: Transition,
    /// All that happens before the event, itself included.
    clock: Clock,
    /// The number of the event in its thread, from 1.
    stamp: u32,
    /// What the event left in its object, where that is an atomic.
    after: u64,
    /// The number of events of its thread before it gave back the lock that it acquired here.
    released: Option<u32>,
    /// How many races the events before this one had.
    races: usize,
}

impl Event {
    /// It takes place again. Values may be addresses, which are not the same in every execution.
    fn is_repeated(&mut self, state: &impl Present) {
        let Transition { thread, choice, .. } = self.transition;
        self.released = None;
        if let Some(op) = state.pending(thread) {
            self.transition.op = op;
        }
        if self.transition.awaits.is_some() {
            self.transition.awaits = state.transition(thread, choice).awaits;
        }
    }
}

/// A state on the current path.
#[derive(Debug, Default)]
struct Node {
    /// Where its [sleep set](Explorer::sleep_of) begins.
    sleep: usize,
    /// What is to be explored from here, after the present branch.
    tree: Tree,
    /// How executions are to go on that leave the present branch out, if that is rounds in vain.
    beside: Vec<Vec<Transition>>,
    /// Whether an execution from here has come to its end.
    explored: bool,
    tally: Tally,
}

/// A transition that need not be explored.
#[derive(Clone, Debug)]
struct Sleeper {
    transition: Transition,
    /// It is rounds in vain. What the others do meanwhile was not seen.
    in_vain: bool,
}

impl Sleeper {
    /// Whether all was seen that goes on like the sequence.
    fn covers<'a>(&self, sequence: impl IntoIterator<Item = &'a Transition>) -> bool {
        !self.in_vain && weak_initial(&self.transition, sequence).is_some()
    }

    /// Leaves rounds in vain out of the sequence: no execution goes on from there, and all else in it goes on without.
    fn leaves(&self, sequence: &mut Vec<Transition>) {
        if let (true, Some(Initial::At(position))) =
            (self.in_vain, weak_initial(&self.transition, &*sequence))
        {
            sequence.remove(position);
        }
    }
}

/// A later event that conflicts with an earlier one and could have come before it.
#[derive(Clone, Copy, Debug)]
struct Race {
    earlier: u32,
    later: u32,
    /// They do not conflict, but the earlier one could have received the message that the later one sends.
    missed: bool,
}

/// What the explorer says when it is asked whom to grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// This thread's pending operation, taken in this way.
    Grant(ThreadId, u8),
    /// Nobody: the destruction of this object was to come next, and is not this thread's.
    DestroyedLast(ObjectId),
    /// Nobody: all that could come has been seen. Never so unless the explorer has a defect.
    Redundant,
    /// Nobody: all that was left was fruitless.
    Fruitless,
    /// The program did not do what it did before under the same schedule.
    Diverged,
}

/// The search: the current path, and what is left to explore from it.
#[derive(Debug, Default)]
pub(crate) struct Explorer {
    nodes: Vec<Node>,
    /// The sleep sets of all nodes, one after the other: transitions that need not be explored from there, because what
    /// they lead to was seen already.
    sleepers: Vec<Sleeper>,
    forest: Forest,
    events: Vec<Event>,
    races: Vec<Race>,
    /// The events of threads that were killed, and all that happens before each, the kill left out.
    killed: Vec<(u32, Clock)>,
    /// How many events of the current execution have taken place.
    depth: usize,
    /// The branch that the next execution takes at the end of the events to repeat.
    planned: Option<Branch>,
    /// The wakeup tree of the next new node.
    subtree: Tree,
    /// The next execution goes on from the last node with anything else than what was fruitless.
    resumes: bool,
    threads: Vec<ThreadState>,
    targets: Vec<TargetState>,
    /// How many executions have come to their end.
    executions: u64,
    buffers: Buffers,
}

/// Memory that is used again.
#[derive(Debug, Default)]
struct Buffers {
    conflicting: Vec<u32>,
    reversible: Vec<u32>,
    staying: Vec<u32>,
    sequence: Vec<Transition>,
}

#[derive(Clone, Debug, Default)]
struct ThreadState {
    clock: Clock,
    /// The past of the notification that gave the thread its permit.
    permit: Clock,
    /// The thread's events.
    events: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct TargetState {
    /// The past of those whose releases are no events.
    released: Clock,
    users: Users,
}

impl Explorer {
    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// A new execution begins.
    pub(crate) fn restart(&mut self) {
        self.depth = 0;
        self.forest.fell(std::mem::take(&mut self.subtree));
        for thread in &mut self.threads {
            thread.clock.clear();
            thread.permit.clear();
            thread.events.clear();
        }
        for target in &mut self.targets {
            target.released.clear();
            target.users.clear();
        }
    }

    /// Whether what comes next was settled by an execution before.
    pub(crate) fn has_a_plan(&self) -> bool {
        self.depth < self.events.len() || self.planned.is_some() || self.resumes || !self.subtree.is_empty()
    }

    /// What an execution before did next, if what comes is to be repeated.
    pub(crate) fn repeats(&self, state: &impl Present) -> Option<Next> {
        let Transition { thread, choice, op, forced, .. } = self.events.get(self.depth)?.transition;
        let same = state.pending(thread).is_some_and(|pending| is_repeated(pending, op))
            && (forced || choice == RUN || state.choices(thread) & 1 << choice != 0);
        Some(if same { Next::Grant(thread, choice) } else { Next::Diverged })
    }

    /// Whom to grant, `hint` if that is as good as any. Some thread is enabled.
    pub(crate) fn next(&mut self, state: &impl Present, hint: Option<(ThreadId, u8)>) -> Next {
        if let Some(next) = self.repeats(state) {
            return next;
        }
        if let Some(branch) = self.planned.take() {
            self.nodes.last_mut().expect("a branch has a node").beside = branch.beside;
            self.subtree = branch.children;
            return follow(&branch.step, state);
        }
        if std::mem::take(&mut self.resumes) {
            let choice = any_awake(state, self.sleep_of(self.nodes.len() - 1), hint);
            return choice.map_or(Next::Fruitless, |(thread, choice)| Next::Grant(thread, choice));
        }
        let sleep = self.sleepers.len();
        self.add_sleep_of_new_node();
        let mut tree = std::mem::take(&mut self.subtree);
        let mut beside = Vec::new();
        let next = match self.forest.take_first(&mut tree) {
            None => {
                let choice = any_awake(state, &self.sleepers[sleep..], hint);
                choice.map_or(Next::Redundant, |(thread, choice)| Next::Grant(thread, choice))
            }
            Some(branch) => {
                (self.subtree, beside) = (branch.children, branch.beside);
                follow(&branch.step, state)
            }
        };
        let tally = Tally::since(self.executions);
        self.nodes.push(Node { sleep, tree, beside, explored: false, tally });
        next
    }

    /// What sleeps at the last node and is independent of the last event sleeps on.
    fn add_sleep_of_new_node(&mut self) {
        let (Some(node), Some(event)) = (self.nodes.last(), self.events.last()) else { return };
        for position in node.sleep..self.sleepers.len() {
            let Sleeper { transition, in_vain } = &self.sleepers[position];
            if event.transition.thread == transition.thread {
                continue;
            }
            let (mut transition, in_vain) = (transition.clone(), *in_vain);
            transition.follows(&event.transition);
            if !event.transition.conflicts(&transition) {
                self.sleepers.push(Sleeper { transition, in_vain });
            }
        }
    }

    /// Transitions that need not be explored from this node.
    fn sleep_of(&self, node: usize) -> &[Sleeper] {
        let end = self.nodes.get(node + 1).map_or(self.sleepers.len(), |next| next.sleep);
        &self.sleepers[self.nodes[node].sleep..end]
    }

    /// The path has no more than so many nodes.
    fn shorten(&mut self, nodes: usize) {
        while self.nodes.len() > nodes
            && let Some(node) = self.nodes.pop()
        {
            self.sleepers.truncate(node.sleep);
            self.forest.fell(node.tree);
        }
    }

    /// The pending operation of the thread is about to take place, in this way; `alternatives` are the other choices
    /// of the operation, a bit each.
    pub(crate) fn take(
        &mut self,
        (thread, choice): (ThreadId, u8),
        alternatives: u128,
        state: &impl Present,
    ) {
        match self.events.get_mut(self.depth) {
            Some(event) => event.is_repeated(state),
            None => {
                self.append(state.transition(thread, choice), state);
                self.branch_over(alternatives, state);
            }
        }
        self.takes_place();
    }

    /// The next event takes place: what comes later is ordered after it.
    fn takes_place(&mut self) {
        let index = self.depth as u32;
        self.depth += 1;
        let Event { transition, clock, .. } = &self.events[index as usize];
        let me = &mut self.threads[transition.thread.index()];
        me.clock.clone_from(clock);
        me.events.push(index);
        transition.for_each_access(|target, mode| {
            self.targets[target.index()].users.push(index, mode, transition.forced);
        });
        let woken = match transition.access.mode {
            Mode::NotifyOne(woken) => woken.into_iter().collect(),
            Mode::NotifyAll(woken) => woken,
            _ => return,
        };
        for waiter in woken {
            known(&mut self.threads, waiter.index()).permit.clone_from(clock);
        }
    }

    /// How many events of `thread` come before the event of this index in every equivalent execution.
    pub(crate) fn past(&self, index: usize, thread: ThreadId) -> u32 {
        self.events[index].clock.of(thread)
    }

    /// Whether something that another thread did to the object does not come before what `me` does now.
    pub(crate) fn is_contested(&mut self, me: ThreadId, object: ObjectId) -> bool {
        let targets = [Target::object(object), Target::waiters(object)];
        self.thread(me);
        let clock = &self.threads[me.index()].clock;
        let is_past = |index: u32| {
            let Event { transition, stamp, .. } = &self.events[index as usize];
            clock.has(transition.thread, *stamp)
        };
        let mut contested = false;
        for users in targets.iter().filter_map(|target| self.targets.get(target.index())) {
            users.users.search(Mode::Write, false, is_past, |_| contested = true);
        }
        contested
    }

    /// The value that the event just taken left in its atomic.
    pub(crate) fn commit(&mut self, after: u64) {
        if let Some(event) = self.depth.checked_sub(1).and_then(|last| self.events.get_mut(last)) {
            event.after = after;
        }
    }

    /// A local or due operation ordered the threads.
    pub(crate) fn edge(&mut self, me: ThreadId, edge: Edge) {
        match edge {
            Edge::None => {}
            Edge::Release(target) => self.release(me, target),
            Edge::Spawn(child) => {
                let clock = self.thread(me).clock.clone();
                self.thread(child).clock.join(&clock);
            }
            Edge::Join(child) => {
                let clock = self.thread(child).clock.clone();
                self.thread(me).clock.join(&clock);
            }
            Edge::Wake => {
                let permit = self.thread(me).permit.clone();
                self.thread(me).clock.join(&permit);
            }
        }
    }

    /// A release that is no event: it only orders.
    fn release(&mut self, me: ThreadId, target: Target) {
        let clock = self.thread(me).clock.clone();
        self.target(target).released.join(&clock);
        let mut users = self.targets[target.index()].users.events().rev();
        let acquired = users.find(|&index| {
            let access = self.events[index as usize].transition.access;
            access.target == target && access.mode == Mode::Acquire
        });
        if let Some(index) = acquired {
            self.events[index as usize].released = Some(clock.of(me));
        }
    }

    fn thread(&mut self, thread: ThreadId) -> &mut ThreadState {
        known(&mut self.threads, thread.index())
    }

    fn target(&mut self, target: Target) -> &mut TargetState {
        known(&mut self.targets, target.index())
    }

    /// The other choices of the operation just appended are branches of its node.
    fn branch_over(&mut self, mut alternatives: u128, state: &impl Present) {
        let depth = self.events.len() - 1;
        let thread = self.events[depth].transition.thread;
        while alternatives != 0 {
            let alternative = state.transition(thread, alternatives.trailing_zeros() as u8);
            self.schedule(depth, vec![alternative]);
            alternatives &= alternatives - 1;
        }
    }

    /// Makes sure that an execution that goes on like `sequence` from node `depth` is explored.
    fn schedule(&mut self, depth: usize, mut sequence: Vec<Transition>) {
        self.schedule_in(depth, &mut sequence);
    }

    /// The same; the sequence is used up.
    fn schedule_in(&mut self, depth: usize, sequence: &mut Vec<Transition>) {
        let sleep = self.sleep_of(depth);
        sleep.iter().for_each(|sleeper| sleeper.leaves(sequence));
        if !sequence.is_empty() && !sleep.iter().any(|sleeper| sleeper.covers(&*sequence)) {
            self.forest.insert(&mut self.nodes[depth].tree, sequence);
        }
    }

    /// The execution has come to its end: what its first `counted` events leave to be explored is planned, and the
    /// search goes on to the next execution. False where there is none.
    pub(crate) fn finish(&mut self, state: &impl Present, counted: usize) -> bool {
        self.events.truncate(self.depth);
        self.executions += 1;
        self.resumes = false;
        let counted = counted.min(self.depth);
        self.reverse_races(state, counted);
        self.events.truncate(counted);
        let last = self.events.last().map(|event| &event.transition);
        let in_vain = last.is_some_and(|last| last.choice == RUN && state.waits_for_ever(last.thread));
        if in_vain {
            let depth = self.events.len() - 1;
            // What was to come with the rounds comes without them.
            let beside = std::mem::take(&mut self.nodes[depth].beside);
            beside.into_iter().for_each(|sequence| self.schedule(depth, sequence));
        } else {
            self.nodes.iter_mut().for_each(|node| node.explored = true);
        }
        self.backtrack(in_vain)
    }

    /// The deepest node with something left to explore takes its next branch. `in_vain` says so of the last event.
    fn backtrack(&mut self, mut in_vain: bool) -> bool {
        while let Some(event) = self.events.pop() {
            self.races.truncate(event.races);
            self.shorten(self.events.len() + 1);
            self.sleepers.push(Sleeper { transition: event.transition, in_vain });
            in_vain = false;
            let node = self.nodes.last_mut().expect("an event has a node");
            node.tally.branch_is_over(self.executions);
            self.planned = self.forest.take_first(&mut node.tree);
            if self.planned.is_some() {
                return true;
            }
            if !node.explored {
                self.resumes = true;
                return true;
            }
            self.shorten(self.events.len());
        }
        self.shorten(0);
        false
    }
}

/// The entry of a table that grows as far as it is asked for.
fn known<T: Default>(table: &mut Vec<T>, index: usize) -> &mut T {
    if table.len() <= index {
        table.resize_with(index + 1, T::default);
    }
    &mut table[index]
}

/// The planned step. Where it is the destruction of an object, the thread may not be the one that destroys.
fn follow(step: &Transition, state: &impl Present) -> Next {
    let is_announced = || state.pending(step.thread) == Some(step.op);
    match step.op {
        Op::Destroy(object) if !is_announced() => Next::DestroyedLast(object),
        _ => Next::Grant(step.thread, step.choice),
    }
}

/// Whether a thread does again what it did before; the value that it expects may be an address.
fn is_repeated(op: Op, before: Op) -> bool {
    op.regardless_of_values() == before.regardless_of_values()
}
