//! An independent interpreter of toy programs: no code, no data and no cleverness in common with the
//! explorer. It visits every state for the outcomes, and every class of prefixes for the number of traces.

mod state;
mod step;

use self::state::State;
use super::toy::{Stuck, Toy};
use crate::event::op::Class;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What a program can come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) outcomes: BTreeSet<Vec<Vec<u64>>>,
    pub(super) stuck: BTreeSet<Stuck>,
    pub(super) traces: u64,
}

/// One step in a trace: who, how, and how it uses what.
#[derive(Clone, Debug)]
struct Step {
    thread: usize,
    /// Which way, where there are several: whom a notification wakes, or 1 for what happens for no reason.
    choice: Option<usize>,
    uses: Vec<(Thing, Use)>,
    /// It happens only because nothing else can.
    last: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thing {
    Object(usize),
    /// Those who wait at an atomic.
    Waiters(usize),
    Token(usize),
    /// What may still happen for no reason.
    Luck(usize),
    /// Whether a thread was killed.
    Life(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Use {
    Look,
    Change,
    Take,
    Give,
    Sleep,
    WakeOne(Option<usize>),
    WakeAll(Vec<usize>),
    /// The sleeper takes its permit, where it could have timed out.
    Get(usize),
    TimeOut,
    Park,
    Unpark,
    Share,
    Unshare,
    Increment,
    /// Of this many.
    Decrement(u64),
    Send(u64),
    Receive(Option<u64>),
}

fn ordered(first: &Use, second: &Use) -> bool {
    use Use::*;
    match (first, second) {
        (Look, Look) | (Unpark, Unpark) | (Park, Park) => false,
        (Share | Unshare, Share | Unshare) => false,
        (Sleep | Get(_) | TimeOut, Sleep | Get(_) | TimeOut) => false,
        (WakeOne(woken), Get(sleeper)) => *woken == Some(*sleeper),
        (WakeAll(woken), Get(sleeper)) => woken.contains(sleeper),
        (Get(_), WakeOne(_) | WakeAll(_)) => false,
        (WakeOne(Some(one)), WakeOne(Some(other))) => one == other,
        (Increment, Increment | Decrement(_)) | (Decrement(_), Increment) => false,
        (Decrement(_), Decrement(owners)) => *owners == 1,
        (Send(sent), Receive(received)) => *received == Some(*sent),
        (Send(_), Send(_)) | (Receive(_), Send(_)) => false,
        (Receive(_), Receive(_)) => true,
        (first, second) if is_in_vain(first) && is_in_vain(second) => false,
        _ => true,
    }
}

/// A notification that nobody was there to hear.
fn is_in_vain(used: &Use) -> bool {
    match used {
        Use::WakeOne(woken) => woken.is_none(),
        Use::WakeAll(woken) => woken.is_empty(),
        _ => false,
    }
}

/// The truth about a program.
pub(super) fn truth(toy: &Toy) -> Truth {
    let mut truth = Truth::default();
    let mut seen = HashSet::new();
    let mut todo = vec![State::new(toy)];
    while let Some(state) = todo.pop() {
        if !seen.insert(bare(state.clone(), toy)) {
            continue;
        }
        let next: Vec<_> = state.steps(toy, true).into_iter().map(|(_, next)| next).collect();
        if next.is_empty() {
            truth.end(toy, &state);
        }
        todo.extend(next);
    }
    truth
}

/// What a program can come to by at most so many switches away from a thread that could have gone on.
pub(super) fn truth_within(toy: &Toy, preemptions: u32) -> Truth {
    let mut truth = Truth::default();
    let mut seen = HashSet::new();
    let mut todo = vec![(State::new(toy).settled(toy), None, 0)];
    while let Some((state, running, switches)) = todo.pop() {
        if !seen.insert((bare(state.clone(), toy), running, switches)) {
            continue;
        }
        let steps = state.steps(toy, false);
        if steps.is_empty() {
            truth.end(toy, &state);
        }
        let goes_on = steps.iter().any(|(step, _)| Some(step.thread) == running);
        for (step, next) in steps {
            let switches = switches + u32::from(goes_on && Some(step.thread) != running);
            if switches <= preemptions {
                todo.push((next.settled(toy), Some(step.thread), switches));
            }
        }
    }
    truth
}

/// The truth about a program, and the number of its traces.
pub(super) fn truth_and_traces(toy: &Toy) -> Truth {
    Truth { traces: traces(toy, false), ..truth(toy) }
}

/// The same of threads that take their first steps one after the other.
pub(super) fn truth_in_order(toy: &Toy) -> Truth {
    let mut truth = Truth::default();
    let mut seen = HashSet::new();
    let mut todo = vec![(State::new(toy).settled(toy), Vec::new())];
    while let Some((state, begun)) = todo.pop() {
        if !seen.insert((bare(state.clone(), toy), begun.clone())) {
            continue;
        }
        let next: Vec<_> = state.steps(toy, false);
        let next: Vec<_> = next.into_iter().filter(|(step, _)| comes_in_order(step.thread, &begun)).collect();
        if next.is_empty() {
            truth.end(toy, &state);
        }
        for (step, next) in next {
            let mut begun = begun.clone();
            begun.extend(Some(step.thread).filter(|thread| !begun.contains(thread)));
            todo.push((next.settled(toy), begun));
        }
    }
    Truth { traces: traces(toy, true), ..truth }
}

/// Whether the thread has begun, or the one before it has.
fn comes_in_order(thread: usize, begun: &[usize]) -> bool {
    thread.checked_sub(1).is_none_or(|before| begun.contains(&before))
}

/// The state, without what neither the program nor an explorer can tell apart.
fn bare(mut state: State, toy: &Toy) -> State {
    for (object, taken) in state.taken.iter_mut().enumerate() {
        *taken = 0;
        if toy.objects[object] == Class::Mutex {
            state.read_since.iter_mut().for_each(|read| {
                read.remove(&object);
            });
        }
    }
    state
}

/// Whether there is a circle of states in which every thread that has not ended takes a step, or never can,
/// and none gets on.
pub(super) fn livelocks(toy: &Toy) -> bool {
    let mut numbers = HashMap::from([(State::new(toy), 0)]);
    let mut edges: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut states = vec![State::new(toy)];
    while edges.len() < states.len() {
        let mut out = Vec::new();
        for (step, next) in states[edges.len()].steps(toy, true) {
            let next = bare(next, toy);
            let number = *numbers.entry(next.clone()).or_insert(states.len());
            if number == states.len() {
                states.push(next);
            }
            out.push((step.thread, number));
        }
        edges.push(out);
    }
    let reached: Vec<BTreeSet<usize>> = (0..states.len()).map(|from| reachable(&edges, from)).collect();
    (0..states.len()).any(|state| {
        let circle = |other: &usize| reached[other.to_owned()].contains(&state);
        let steps = reached[state].iter().filter(|it| circle(it)).flat_map(|&from| {
            edges[from].iter().filter(|(_, to)| reached[*to].contains(&state)).map(|(thread, _)| *thread)
        });
        let movers: BTreeSet<usize> = steps.collect();
        let unfinished = |&thread: &usize| states[state].at[thread] < toy.threads[thread].len();
        let on_circle = || reached[state].iter().filter(|it| circle(it));
        let ever_can =
            |thread| on_circle().any(|from| edges[*from].iter().any(|(mover, _)| *mover == thread));
        !movers.is_empty()
            && (0..toy.threads.len())
                .filter(unfinished)
                .all(|thread| movers.contains(&thread) || !ever_can(thread))
    })
}

/// What can be reached from a node in one step or more.
fn reachable(edges: &[Vec<(usize, usize)>], from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut todo = vec![from];
    while let Some(node) = todo.pop() {
        todo.extend(edges[node].iter().map(|(_, to)| *to).filter(|to| reached.insert(*to)));
    }
    reached
}

impl Truth {
    fn end(&mut self, toy: &Toy, state: &State) {
        let finished = (0..toy.threads.len()).all(|thread| state.at[thread] == toy.threads[thread].len());
        if finished {
            self.outcomes.insert(state.registers.clone());
        } else {
            self.stuck.insert(state.at.clone());
        }
    }
}

/// The number of classes of maximal executions that differ only in the order of independent steps.
fn traces(toy: &Toy, in_order: bool) -> u64 {
    let mut count = 0;
    let mut seen = HashSet::new();
    let mut todo = vec![(State::new(toy).settled(toy), Vec::<(Step, u64)>::new())];
    while let Some((state, path)) = todo.pop() {
        let begun: Vec<usize> = path.iter().map(|(step, _)| step.thread).collect();
        let mut next = state.steps(toy, false);
        next.retain(|(step, _)| !in_order || comes_in_order(step.thread, &begun));
        count += u64::from(next.is_empty());
        for (step, next) in next {
            let mut path = path.clone();
            let name = name(&step, &path, in_order);
            path.push((step, name));
            let mut names: Vec<_> = path.iter().map(|(_, name)| *name).collect();
            names.sort_unstable();
            if seen.insert(names) {
                todo.push((next.settled(toy), path));
            }
        }
    }
    count
}

/// A step is named by what it is and by the names of the earlier steps that it depends on, so that a class
/// of paths is the set of the names of its steps. Where first steps come in order, each depends on the one before.
fn name(step: &Step, path: &[(Step, u64)], in_order: bool) -> u64 {
    let of = |thread: usize| path.iter().position(|(step, _)| step.thread == thread);
    let is_first = in_order && of(step.thread).is_none();
    let before = step.thread.checked_sub(1).filter(|_| is_first).and_then(of);
    let depends = |other: &Step| {
        other.thread == step.thread
            || step.last
            || other.last
            || other.uses.iter().any(|(thing, first)| {
                step.uses.iter().any(|(other, second)| thing == other && ordered(first, second))
            })
    };
    let depends =
        |(position, (other, _)): &(usize, &(Step, u64))| depends(other) || Some(*position) == before;
    let earlier = path.iter().enumerate().filter(depends);
    let mut before: Vec<_> = earlier.map(|(_, (_, name))| *name).collect();
    before.sort_unstable();
    let mut hasher = DefaultHasher::new();
    (step.thread, step.choice, before).hash(&mut hasher);
    hasher.finish()
}
