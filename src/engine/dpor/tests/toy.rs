//! Toy programs, run without any runtime: each thread is a list of instructions.

use crate::engine::Budget;
use crate::engine::execution::{Chooser, End, Execution, Turn};
use crate::event::op::{Class, ObjectId, Op, Order, Rare, Site, Spurious, ThreadId};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

use Order::SeqCst;

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

struct Run<'a> {
    toy: &'a Toy,
    execution: &'a mut Execution,
    objects: Vec<ObjectId>,
    ids: BTreeMap<ThreadId, usize>,
    counters: Vec<usize>,
    waking: Vec<u8>,
    /// The looks of a loop, and what a load found that is to be exchanged.
    looks: Vec<u8>,
    found: Vec<u64>,
    values: Vec<u64>,
    read: Vec<Vec<u64>>,
    /// What was sent to which object under which number.
    sent: Vec<(usize, u8, u64)>,
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

    fn explore_with(&self, budget: &Budget, executions: u64) -> Seen {
        let mut execution = Execution::new(Chooser::exact(budget), budget);
        let mut seen = Seen::default();
        loop {
            execution.restart(false);
            let (end, read, at) = self.run(&mut execution);
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

    fn run(&self, execution: &mut Execution) -> (End, Vec<Vec<u64>>, Stuck) {
        let here = Location::caller();
        let owners = self.threads.len() as u64;
        let value = |class| if class == Class::Arc { owners } else { 0 };
        let create = |&class: &Class| execution.machine.create(class, value(class), here);
        let objects: Vec<_> = self.objects.iter().map(create).collect();
        let mut ids = BTreeMap::new();
        for index in 0..self.threads.len() {
            let id = execution.spawn(None).expect("few threads");
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

impl Run<'_> {
    fn op(&self, index: usize) -> Option<Op> {
        let object = |object: usize| self.objects[object];
        let thread = |index: usize| *self.ids.iter().find(|(_, i)| **i == index).expect("a thread").0;
        Some(match *self.toy.threads[index].get(self.counters[index])? {
            Do::Load(x) | Do::Await(x, _) | Do::SpinUntil(x, _) => Op::Load(object(x), SeqCst),
            Do::Yield => Op::Yield,
            Do::Rarely(Rare::Spurious) => Op::Spurious(Spurious::Park),
            Do::Rarely(Rare::Cancellation) => Op::Cancel,
            Do::Rarely(Rare::Death) => Op::Die,
            Do::WaitOrDie(x, expected) => match self.waking[index] {
                0 => Op::WaitIf { word: object(x), expected },
                1 => Op::Die,
                2 => Op::Wake { object: object(x), timed: false },
                _ => Op::Leave(object(x)),
            },
            Do::Deadline => Op::Deadline,
            Do::Choose(alternatives) => Op::Choose(alternatives),
            Do::Idle => Op::Idle,
            Do::Live => Op::Live,
            Do::Kill(other) => Op::Kill(thread(other)),
            Do::Poll(x, ..) => Op::Load(object(x), SeqCst),
            Do::TryPoll(m, _) if self.waking[index] == 0 => Op::TryLock(object(m)),
            Do::TryPoll(m, _) => Op::Unlock(object(m)),
            Do::Retry(x) if self.waking[index] == 0 => Op::Load(object(x), SeqCst),
            Do::Retry(x) => exchange(object(x), self.found[index]),
            Do::LockPoll(m, x, _) => match self.waking[index] {
                0 => Op::Lock(object(m)),
                1 => Op::Load(object(x), SeqCst),
                _ => Op::Unlock(object(m)),
            },
            Do::Store(x, _) => Op::Store(object(x), SeqCst),
            Do::Add(x) => Op::Rmw(object(x), SeqCst),
            Do::Exchange(x, expected, _) => exchange(object(x), expected),
            Do::BackOff(x, y) => match self.waking[index] {
                0 => exchange(object(x), 0),
                1 => exchange(object(y), 0),
                2 => Op::Store(object(x), SeqCst),
                _ => Op::Load(object(y), SeqCst),
            },
            Do::Lock(m) => Op::Lock(object(m)),
            Do::Unlock(m) => Op::Unlock(object(m)),
            Do::TryLock(m) => Op::TryLock(object(m)),
            wait @ (Do::Wait(c, m) | Do::WaitTimed(c, m)) => match self.waking[index] {
                0 => Op::Wait { condvar: object(c), mutex: object(m) },
                1 => Op::Wake { object: object(c), timed: matches!(wait, Do::WaitTimed(..)) },
                _ => Op::Lock(object(m)),
            },
            wait @ (Do::WaitIf(x, expected) | Do::WaitIfTimed(x, expected)) => match self.waking[index] {
                0 => Op::WaitIf { word: object(x), expected },
                _ => Op::Wake { object: object(x), timed: matches!(wait, Do::WaitIfTimed(..)) },
            },
            Do::NotifyOne(c) => Op::NotifyOne(object(c)),
            Do::NotifyAll(c) => Op::NotifyAll(object(c)),
            Do::Park => Op::Park { timed: false },
            Do::ParkTimed => Op::Park { timed: true },
            Do::Read(l) => Op::Read(object(l)),
            Do::EndRead(l) => Op::UnlockRead(object(l)),
            Do::Write(l) => Op::Write(object(l)),
            Do::EndWrite(l) => Op::UnlockWrite(object(l)),
            Do::TryRead(l) => Op::TryRead(object(l)),
            Do::TryWrite(l) => Op::TryWrite(object(l)),
            Do::Increment(a) => Op::ArcClone(object(a)),
            Do::Decrement(a) => Op::ArcDrop(object(a)),
            Do::Unpark(other) => Op::Unpark(thread(other)),
            Do::Send(x, in_order) => {
                let behind = self.sent_by(index, x).filter(|_| in_order);
                let behind = behind.fold(0, |all, (number, _)| all | 1 << number);
                Op::Send { mailbox: object(x), message: 0, behind }
            }
            Do::Receive(x) => Op::Receive { mailbox: object(x), or_none: false },
            Do::TryReceive(x) => Op::Receive { mailbox: object(x), or_none: true },
        })
    }

    /// The messages that the thread has sent there, each with its number.
    fn sent_by(&self, index: usize, x: usize) -> impl Iterator<Item = (u8, u64)> {
        let letters = self.sent.iter().filter(move |(object, ..)| *object == x);
        let own = move |letter: u64| letter / 10 == index as u64;
        letters.map(|&(_, number, letter)| (number, letter)).filter(move |&(_, letter)| own(letter))
    }

    fn go_on(&mut self, index: usize) {
        while let Some(op) = self.op(index) {
            let afresh = match self.toy.threads[index][self.counters[index]] {
                Do::SpinUntil(..) => true,
                Do::BackOff(..) => matches!(self.waking[index], 0 | 3),
                _ => false,
            };
            if afresh {
                self.execution.machine.clear_read_set();
            }
            match self.execution.announce(op, self.value(op), site(self.counters[index])) {
                Some(answer) => self.finish(index, answer),
                None => return,
            }
        }
        self.execution.announce(Op::Exit, 0, Location::caller());
    }

    fn finish(&mut self, index: usize, answer: u64) {
        if self.execution.machine.is_over() {
            self.read[index].push(WAS_KILLED);
            self.counters[index] = self.toy.threads[index].len();
            return;
        }
        self.check_value(index, answer);
        let instruction = self.toy.threads[index][self.counters[index]];
        let here = Location::caller();
        match instruction {
            Do::BackOff(x, y) if !self.back_off(index, x, y) => return,
            Do::BackOff(..) | Do::Yield => {}
            Do::Poll(..) | Do::TryPoll(..) | Do::Retry(_) | Do::LockPoll(..) => {
                if !self.go_round(index, instruction, answer) {
                    return;
                }
                (self.waking[index], self.looks[index]) = (0, 0);
            }
            Do::Load(x)
            | Do::Store(x, _)
            | Do::Add(x)
            | Do::Await(x, _)
            | Do::SpinUntil(x, _)
            | Do::Exchange(x, ..) => {
                let before = self.values[x];
                let after = match instruction {
                    Do::Store(_, value) => value,
                    Do::Add(_) => before + 1,
                    Do::Exchange(_, expected, new) if before == expected => new,
                    _ => before,
                };
                self.values[x] = after;
                self.execution.commit(self.objects[x], after);
                match instruction {
                    Do::Await(_, wanted) | Do::SpinUntil(_, wanted) if before != wanted => {
                        self.execution.announce(Op::Await, 0, here);
                        return;
                    }
                    Do::Load(_) | Do::Add(_) => self.read[index].push(before),
                    Do::Exchange(_, expected, _) => {
                        self.read[index].push(u64::from(before == expected));
                    }
                    _ => {}
                }
            }
            Do::TryLock(_) | Do::TryRead(_) | Do::TryWrite(_) => {
                self.read[index].push(answer);
                // The next instruction is the unlock; skip it where there is nothing to unlock.
                self.counters[index] += usize::from(answer == 0);
            }
            Do::Wait(..) | Do::WaitTimed(..) if self.waking[index] < 2 => {
                if self.waking[index] == 1 && matches!(instruction, Do::WaitTimed(..)) {
                    self.read[index].push(answer);
                }
                self.waking[index] += 1;
                return;
            }
            Do::Wait(..) | Do::WaitTimed(..) => self.waking[index] = 0,
            Do::WaitOrDie(..) if self.waking[index] == 1 => {
                self.read[index].push(answer);
                self.waking[index] = 2 + answer as u8;
                return;
            }
            Do::WaitOrDie(..) if self.waking[index] == 3 => {
                self.counters[index] = self.toy.threads[index].len();
                return;
            }
            Do::WaitOrDie(..) if self.waking[index] == 2 => self.waking[index] = 0,
            Do::WaitIf(..) | Do::WaitIfTimed(..) | Do::WaitOrDie(..) if self.waking[index] == 0 => {
                self.read[index].push(answer);
                if answer == 1 {
                    self.waking[index] = 1;
                    return;
                }
            }
            Do::WaitIf(..) => self.waking[index] = 0,
            Do::WaitIfTimed(..) => {
                self.read[index].push(answer);
                self.waking[index] = 0;
            }
            Do::ParkTimed | Do::Decrement(_) | Do::Deadline | Do::Choose(_) => self.read[index].push(answer),
            Do::Send(x, _) => {
                let letter = letter(index, self.sent_by(index, x).count());
                self.sent.push((x, answer as u8, letter));
            }
            Do::Receive(x) | Do::TryReceive(x) => {
                let is_it =
                    |(object, number, _): &&(usize, u8, u64)| (*object, u64::from(*number)) == (x, answer);
                self.read[index].push(self.sent.iter().find(is_it).map_or(NO_LETTER, |sent| sent.2));
            }
            Do::Rarely(_) => {
                self.read[index].push(answer);
                self.counters[index] += answer as usize;
            }
            _ => {}
        }
        self.counters[index] += 1;
    }

    /// The answer to an operation that finds a value is what this driver has put there.
    fn check_value(&self, index: usize, answer: u64) {
        if let Some(op) = self.op(index).filter(|op| op.finds_value()) {
            assert_eq!(answer, self.value(op), "{op:?}");
        }
    }

    fn value(&self, op: Op) -> u64 {
        op.object().map_or(0, |id| {
            self.values[self.objects.iter().position(|object| *object == id).expect("an object")]
        })
    }

    /// A step of a back-off took place; says whether it was the last one.
    fn back_off(&mut self, index: usize, x: usize, y: usize) -> bool {
        let part = self.waking[index];
        let object = if matches!(part, 0 | 2) { x } else { y };
        let before = self.values[object];
        let after = match part {
            0 | 1 => 1,
            2 => 0,
            _ => before,
        };
        self.values[object] = after;
        self.execution.commit(self.objects[object], after);
        let (next, yields) = match (part, before) {
            (0, 0) => (1, None),
            (1, 0) => (0, None),
            (0, _) => (0, Some(Op::Await)),
            (1, _) => (2, None),
            (2, _) => (3, Some(Op::Yield)),
            (_, 0) => (0, None),
            _ => (3, Some(Op::Await)),
        };
        self.waking[index] = next;
        if let Some(yields) = yields {
            self.execution.announce(yields, 0, Location::caller());
        }
        (part, before) == (1, 0)
    }

    /// A step of a loop took place; says whether it was the last one.
    fn go_round(&mut self, index: usize, instruction: Do, answer: u64) -> bool {
        match (instruction, self.waking[index]) {
            (Do::Poll(x, wanted, times), _) => {
                let value = self.load(x);
                self.looks[index] = self.looks[index].saturating_add(u8::from(times != FOR_EVER));
                let looks = self.looks[index];
                if value == wanted || looks == times {
                    self.read[index].push(if value == wanted { u64::from(looks) } else { GAVE_UP });
                    return true;
                }
            }
            (Do::TryPoll(..), 0) if answer == 1 => {
                self.waking[index] = 1;
                return false;
            }
            (Do::TryPoll(_, times), 0) => {
                self.looks[index] += 1;
                if self.looks[index] == times {
                    self.read[index].push(GAVE_UP);
                    return true;
                }
            }
            (Do::TryPoll(..), _) => {
                self.read[index].push(u64::from(self.looks[index]));
                return true;
            }
            (Do::Retry(x), 0) => {
                (self.found[index], self.waking[index]) = (self.load(x), 1);
                return false;
            }
            (Do::Retry(x), _) => {
                let before = self.values[x];
                let succeeds = before == self.found[index];
                self.values[x] += u64::from(succeeds);
                self.execution.commit(self.objects[x], self.values[x]);
                if succeeds {
                    self.read[index].push(before);
                    return true;
                }
                self.waking[index] = 0;
            }
            (Do::LockPoll(_, x, _), part @ 0..=1) => {
                if part == 1 {
                    self.found[index] = self.load(x);
                }
                self.waking[index] = part + 1;
                return false;
            }
            (Do::LockPoll(_, _, wanted), _) => {
                if self.found[index] == wanted {
                    return true;
                }
                self.waking[index] = 0;
            }
            (other, _) => unreachable!("{other:?} is no loop"),
        }
        self.execution.announce(Op::Yield, 0, Location::caller());
        false
    }

    fn load(&mut self, x: usize) -> u64 {
        self.execution.commit(self.objects[x], self.values[x]);
        self.values[x]
    }
}

/// The place of an instruction in its thread.
fn site(instruction: usize) -> Site {
    #[track_caller]
    fn at() -> Site {
        Location::caller()
    }
    let places = [
        [at(), at(), at(), at(), at(), at(), at(), at()],
        [at(), at(), at(), at(), at(), at(), at(), at()],
        [at(), at(), at(), at(), at(), at(), at(), at()],
        [at(), at(), at(), at(), at(), at(), at(), at()],
    ];
    places[instruction / 8 % 4][instruction % 8]
}

fn exchange(object: ObjectId, expected: u64) -> Op {
    Op::CompareExchange { object, expected, success: SeqCst, failure: SeqCst, weak: false }
}

#[test]
fn each_instruction_has_a_place_of_its_own() {
    let places: BTreeSet<String> = (0..32).map(|at| site(at).to_string()).collect();
    assert_eq!(places.len(), 32);
}
