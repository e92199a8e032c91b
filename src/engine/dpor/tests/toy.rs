//! Toy programs, run without any runtime: each thread is a list of instructions.

mod run;

use self::run::Run;
use crate::engine::Budget;
use crate::engine::execution::{Chooser, End, Execution, Turn};
use crate::event::op::{Class, Op, Rare};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

/// Where a program ends that cannot go on: the instruction that each thread is at.
pub(super) type Stuck = Vec<usize>;

/// An operation of a toy program; objects are indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Do {
    Load(usize),
    Store(usize, u64),
    Add(usize),
    /// A compare-exchange: expected, new.
    Exchange(usize, u64, u64),
    Lock(usize),
    Unlock(usize),
    TryLock(usize),
    /// Looks until the atomic has this value.
    Await(usize, u64),
    /// The same, whatever the thread has read before.
    SpinUntil(usize, u64),
    /// Sets the one atomic when it is 0, tries the other; where that is not 0, puts the first one back to 0,
    /// yields, waits until the other is 0, and begins again.
    BackOff(usize, usize),
    /// A yield that waits for nothing.
    Yield,
    /// Whether a deadline is over.
    Deadline,
    /// One of so many alternatives.
    Choose(u8),
    /// Where this happens, the next instruction is left out.
    Rarely(Rare),
    /// Looks so many times at most whether the atomic has this value, and yields in between; how often it looked
    /// in vain, or [`GAVE_UP`].
    Poll(usize, u64, u8),
    /// The same with a mutex, tried so many times and given back at once.
    TryPoll(usize, u8),
    /// Adds one by a load and a compare-exchange, again and again, with a yield after a failure.
    Retry(usize),
    /// Looks under a mutex until the atomic has this value, and yields in between.
    LockPoll(usize, usize, u64),
    Wait(usize, usize),
    NotifyOne(usize),
    NotifyAll(usize),
    /// Waits if the atomic has this value, until it is woken; those who wake notify the atomic.
    WaitIf(usize, u64),
    WaitIfTimed(usize, u64),
    /// The same, but who waits may die there.
    WaitOrDie(usize, u64),
    Park,
    Unpark(usize),
    WaitTimed(usize, usize),
    ParkTimed,
    Read(usize),
    EndRead(usize),
    Write(usize),
    EndWrite(usize),
    TryRead(usize),
    TryWrite(usize),
    /// Waits until no other thread can go on.
    Idle,
    /// The thread, which begins with this, goes on unless it was killed.
    Live,
    /// Kills that thread: it ends at its next [`Live`](Self::Live), or where it waits.
    Kill(usize),
    /// Sends, behind all that the thread has sent there before or behind none.
    Send(usize, bool),
    /// Receives who sent, and which of its messages there it is: [`letter`].
    Receive(usize),
    /// The same, or [`NO_LETTER`].
    TryReceive(usize),
    /// One owner more, and one less, of a counted reference of which each thread owns one to begin with.
    Increment(usize),
    Decrement(usize),
}

/// What a loop leaves that looked as often as it may.
pub(super) const GAVE_UP: u64 = 99;
/// What a thread leaves that was killed.
pub(super) const WAS_KILLED: u64 = 77;
/// What is received where nothing has arrived.
pub(super) const NO_LETTER: u64 = 99;
/// The k-th message of a thread to a mailbox.
pub(super) fn letter(thread: usize, k: usize) -> u64 {
    (10 * thread + k) as u64
}
/// Looks of a loop that never gives up.
pub(super) const FOR_EVER: u8 = u8::MAX;

/// Early time-outs of each thread.
pub(super) const EARLY_TIMEOUTS: u8 = 1;
/// Events that happen for no reason, cancellations, and deaths, of all threads together.
pub(super) const RARELY: u8 = 1;

/// The budget of toy programs.
pub(super) fn budget() -> Budget {
    Budget {
        early_timeouts: EARLY_TIMEOUTS,
        spurious: RARELY,
        cancellations: RARELY,
        deaths: RARELY,
        ..Budget::default()
    }
}

#[derive(Clone, Debug)]
pub(super) struct Toy {
    pub(super) objects: Vec<Class>,
    pub(super) threads: Vec<Vec<Do>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) executions: u64,
    pub(super) redundant: u64,
    /// Executions that were given up because a thread was given many rounds in vain.
    pub(super) fruitless: u64,
    pub(super) deadlocks: u64,
    pub(super) livelocks: u64,
    /// Executions that are back where they were: the search ends at the first.
    pub(super) repetitions: u64,
    /// The search was cut.
    pub(super) cut: bool,
    pub(super) stuck: BTreeSet<Stuck>,
    pub(super) outcomes: BTreeSet<Vec<Vec<u64>>>,
}

impl Toy {
    pub(super) fn explore(&self) -> Seen {
        self.explore_at_most(u64::MAX)
    }

    /// The same, cut after so many executions.
    pub(super) fn explore_at_most(&self, executions: u64) -> Seen {
        self.explore_with(&budget(), executions)
    }

    /// The same, within a bound on preemptions.
    pub(super) fn explore_within(&self, preemptions: u32) -> Seen {
        self.explore_with(&Budget { preemptions: Some(preemptions), ..budget() }, u64::MAX)
    }

    /// What the whole search was estimated to have before each execution but the first, and what it had.
    pub(super) fn estimates(&self) -> (Vec<f64>, u64) {
        let mut execution = Execution::new(Chooser::exact(&budget()), &budget());
        let mut estimates = Vec::new();
        for executions in 1.. {
            execution.restart(false);
            self.run(&mut execution, false);
            if !execution.advance() {
                return (estimates, executions);
            }
            estimates.extend(execution.estimate());
        }
        unreachable!("a search ends")
    }

    /// The same, where all threads are alike.
    pub(super) fn explore_symmetric(&self) -> Seen {
        self.explore_as(&budget(), u64::MAX, true)
    }

    fn explore_with(&self, budget: &Budget, executions: u64) -> Seen {
        self.explore_as(budget, executions, false)
    }

    fn explore_as(&self, budget: &Budget, executions: u64, symmetric: bool) -> Seen {
        let mut execution = Execution::new(Chooser::exact(budget), budget);
        let mut seen = Seen::default();
        loop {
            execution.restart(false);
            let (end, read, at) = self.run(&mut execution, symmetric);
            seen.executions += 1;
            match end {
                End::Finished => {
                    seen.outcomes.insert(read);
                }
                End::Deadlock | End::Livelock => {
                    seen.deadlocks += u64::from(end == End::Deadlock);
                    seen.livelocks += u64::from(end == End::Livelock);
                    seen.stuck.insert(at);
                }
                End::Redundant => seen.redundant += 1,
                End::Fruitless => seen.fruitless += 1,
                End::Repetition => {
                    seen.repetitions += 1;
                    return seen;
                }
                other => panic!("{other:?} of {:?}", self.threads),
            }
            let more = execution.advance();
            if execution.machine.take_learned() {
                assert!(execution.chooser.reset(), "the search is exact");
                seen = Seen::default();
            } else if !more || seen.executions >= executions {
                seen.cut = more;
                return seen;
            }
        }
    }

    fn run(&self, execution: &mut Execution, symmetric: bool) -> (End, Vec<Vec<u64>>, Stuck) {
        let here = Location::caller();
        let owners = self.threads.len() as u64;
        let value = |class| if class == Class::Arc { owners } else { 0 };
        let create = |&class: &Class| execution.machine.create(class, value(class), here);
        let objects: Vec<_> = self.objects.iter().map(create).collect();
        let mut ids = BTreeMap::new();
        let mut leader = None;
        for index in 0..self.threads.len() {
            let id = execution.spawn(None).expect("few threads");
            if let Some(leader) = leader.replace(id).filter(|_| symmetric) {
                execution.machine.follow(id, leader);
            }
            assert!(execution.announce(Op::Spawn(id), 0, here).is_some());
            ids.insert(id, index);
        }
        execution.announce(Op::Exit, 0, here);
        let count = self.threads.len();
        let mut run = Run {
            toy: self,
            execution,
            values: vec![0; objects.len()],
            objects,
            ids,
            counters: vec![0; count],
            waking: vec![0; count],
            looks: vec![0; count],
            found: vec![0; count],
            read: vec![Vec::new(); count],
            sent: Vec::new(),
        };
        let mut started = vec![false; count];
        loop {
            match run.execution.turn() {
                Turn::Run(id) => {
                    let index = run.ids[&id];
                    if std::mem::replace(&mut started[index], true) {
                        run.finish(index, run.execution.machine.answer(id));
                    }
                    run.go_on(index);
                }
                Turn::End(end) => return (end, run.read, run.counters),
                Turn::Choose => unreachable!(),
            }
        }
    }
}
