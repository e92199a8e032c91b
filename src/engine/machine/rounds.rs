//! Livelock in which values do change: threads that only repeat themselves.
//!
//! A thread that yields says that it can do nothing useful until something changes. What it does from one
//! yield to the next is a *round*, and a round is *idle* where it changes nothing in the end: what it took
//! or wrote it has put back, and it went nowhere twice. Where a thread stands after idle rounds only is
//! told by the last one: what it did, and what it found; that it counts its rounds is against the contract
//! of yielding, as it is for the rule of the spinning thread.
//!
//! An execution is *back where it was* if at two of its moments every object has the same state, and every
//! thread is at the same point of the same round after the same last one, and if all rounds in between were
//! idle. What came in between can then follow on itself for ever. It is a livelock, and not merely a
//! schedule that leaves somebody out, where every thread has done a round in between, but for those that
//! wait for a join, a notification or a token.

use super::clock::ThreadSet;
use super::object::State;
use super::{Machine, Phase};
use crate::sync::op::{ObjectId, Op, Site, ThreadId};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// An operation of a round, and what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Did {
    op: Op,
    site: Site,
    answer: u64,
    /// What an atomic held before and after.
    values: (u64, u64),
}

/// The rounds of one thread.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// Since it last yielded.
    present: Vec<Did>,
    /// A digest of the round before.
    last: u64,
    count: u64,
}

impl Rounds {
    /// A round with more operations than this is taken for work.
    const LONGEST: usize = 64;

    pub(super) fn clear(&mut self) {
        self.present.clear();
        (self.last, self.count) = (0, 0);
    }

    pub(super) fn did(&mut self, op: Op, site: Site, answer: u64) {
        self.present.push(Did { op, site, answer, values: (0, 0) });
    }

    /// What the operation that was granted last found in its atomic and left there.
    pub(super) fn found(&mut self, before: u64, after: u64) {
        if let Some(did) = self.present.last_mut() {
            did.values = (before, after);
        }
    }

    /// The thread yields; says whether its round was idle.
    pub(super) fn end(&mut self) -> bool {
        let idle = self.present.len() <= Self::LONGEST && is_idle(&self.present);
        self.count += 1;
        self.last = digest(&self.present);
        self.present.clear();
        idle
    }
}

fn digest(round: &[Did]) -> u64 {
    let mut hasher = DefaultHasher::new();
    round.hash(&mut hasher);
    hasher.finish()
}

/// Whether what was done changes nothing in the end.
fn is_idle(round: &[Did]) -> bool {
    let again =
        |at: usize| round[..at].iter().any(|did| (did.op, did.site) == (round[at].op, round[at].site));
    let at_first = |at: usize| !round[..at].iter().any(|did| did.op.object() == round[at].op.object());
    let put_back = |at: usize| round[at].op.object().is_none_or(|object| is_put_back(round, object));
    (0..round.len())
        .all(|at| changes_only_its_object(&round[at]) && !again(at) && (!at_first(at) || put_back(at)))
}

/// Whether an operation can do nothing but change the state of its object, which can be put back.
fn changes_only_its_object(did: &Did) -> bool {
    use Op::*;
    let op = did.op;
    let unguarded =
        matches!(op, Load(..) | Store(..) | Rmw(..) | CompareExchange { .. } | Fence(_) | CellRead(_));
    let mutex = matches!(op, Lock(_) | TryLock(_) | Unlock(_));
    let shared = matches!(op, Read(_) | TryRead(_) | UnlockRead(_) | Write(_) | TryWrite(_) | UnlockWrite(_));
    let futex = matches!(op, WaitIf { .. }) && did.answer == 0;
    unguarded || mutex || shared || futex
}

/// Whether the round leaves the object as it found it.
fn is_put_back(round: &[Did], object: ObjectId) -> bool {
    let uses = || round.iter().filter(|did| did.op.object() == Some(object));
    let held: i32 = uses().map(takes).sum();
    let mut writes = uses().filter(|did| writes(did));
    let (first, last) = (writes.next(), writes.next_back());
    let unwritten = first.is_none_or(|first| last.unwrap_or(first).values.1 == first.values.0);
    held == 0 && unwritten
}

/// How many times more a lock is held after the operation.
fn takes(did: &Did) -> i32 {
    match did.op {
        Op::Lock(_) | Op::Read(_) | Op::Write(_) => 1,
        Op::TryLock(_) | Op::TryRead(_) | Op::TryWrite(_) => did.answer as i32,
        Op::Unlock(_) | Op::UnlockRead(_) | Op::UnlockWrite(_) => -1,
        _ => 0,
    }
}

fn writes(did: &Did) -> bool {
    matches!(did.op, Op::Store(..) | Op::Rmw(..)) || did.values.0 != did.values.1
}

/// Moments of an execution, all rounds since which were idle.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The state at each, and how many rounds each thread had done.
    moments: HashMap<Vec<u64>, Vec<u64>>,
    /// A round has just ended, idly.
    fresh: bool,
    /// Threads that could have gone on and did not, while the others went round.
    left_behind: ThreadSet,
}

impl Past {
    pub(super) fn clear(&mut self) {
        self.moments.clear();
        (self.fresh, self.left_behind) = (false, ThreadSet::NONE);
    }

    /// The thread goes on.
    pub(super) fn goes_on(&mut self, id: ThreadId) {
        self.left_behind = self.left_behind.without(ThreadSet::of(id));
    }

    /// A thread's round has ended.
    pub(super) fn round(&mut self, idle: bool) {
        if !idle {
            self.moments.clear();
        }
        self.fresh = idle;
    }
}

impl Machine {
    /// Whether the execution is back where it was, and can go on so for ever.
    pub(crate) fn is_back(&mut self) -> bool {
        if !std::mem::take(&mut self.past.fresh) {
            return false;
        }
        let state = self.state();
        let rounds: Vec<u64> = self.threads().map(|id| self.threads[id.index()].rounds.count).collect();
        let Some(then) = self.past.moments.get(&state) else {
            self.past.moments.insert(state, rounds);
            return false;
        };
        let threads = self.threads().zip(then.iter().zip(&rounds));
        let idle = threads.filter(|(id, (then, now))| now == then && !self.is_out_of_it(*id));
        let idle: ThreadSet = idle.map(|(id, _)| id).collect();
        self.past.left_behind = idle;
        idle.is_empty()
    }

    /// Whether the others have gone round while this thread could have gone on. It comes first where there is
    /// a choice, or an unfair execution would have no end (Madanlal Musuvathi and Shaz Qadeer, "Fair
    /// stateless model checking", 2008).
    pub(crate) fn is_left_behind(&self, id: ThreadId) -> bool {
        self.past.left_behind.has(id)
    }

    /// Whether the thread has ended, or waits for what only another thread can give.
    fn is_out_of_it(&self, id: ThreadId) -> bool {
        let op = self.threads[id.index()].op;
        let waits = matches!(op, Op::Join(_) | Op::Wake { timed: false, .. } | Op::Park { timed: false });
        match self.phase(id) {
            Phase::Ended => true,
            Phase::Pending => waits && self.choices(id) == 0 && !self.is_due(id),
            _ => false,
        }
    }

    /// Everything that decides how the execution goes on, as far as the machine can tell.
    fn state(&self) -> Vec<u64> {
        let objects =
            self.objects.iter().map(|object| object.as_ref().map_or(0, |object| held(&object.state)));
        let halves = objects.flat_map(|held| [held as u64, (held >> 64) as u64]);
        let mut state: Vec<u64> = halves.collect();
        for id in self.threads() {
            let thread = &self.threads[id.index()];
            let place = std::ptr::from_ref(thread.site) as u64;
            let gifts = u64::from(thread.token) << 1 | u64::from(thread.permit);
            let rounds = [thread.rounds.last, digest(&thread.rounds.present)];
            state.extend([thread.phase as u64, place, gifts, u64::from(thread.whims)]);
            state.extend(rounds);
            let looks = thread.guard.iter().flat_map(|guard| guard.iter());
            let has_changed = |&(object, seen): &(ObjectId, u64)| self.object(object).look() != seen;
            state.extend(looks.map(|look| u64::from(look.0.0) << 1 | u64::from(has_changed(look))));
        }
        state
    }
}

/// What an object holds, without how often it was taken.
fn held(state: &State) -> u128 {
    match state {
        // Who waits there has that in its round.
        State::Atomic { value, .. } => u128::from(*value),
        State::Mutex { owner, .. } => owner.map_or(0, |owner| 1 + u128::from(owner.0)),
        State::RwLock { writer: Some(writer), .. } => u128::MAX - u128::from(writer.0),
        State::RwLock { readers, .. } => readers.bits(),
        State::Condvar { waiters } => waiters.bits(),
        State::Arc { owners, .. } => u128::from(*owners),
        State::Cell(_) => 0,
    }
}
