//! One execution of a toy program.

use super::{Do, FOR_EVER, GAVE_UP, NO_LETTER, Toy, WAS_KILLED, letter};
use crate::engine::execution::Execution;
use crate::event::op::{ObjectId, Op, Order, Rare, Site, Spurious, ThreadId};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

use Order::SeqCst;

pub(super) struct Run<'a> {
    pub(super) toy: &'a Toy,
    pub(super) execution: &'a mut Execution,
    pub(super) objects: Vec<ObjectId>,
    pub(super) ids: BTreeMap<ThreadId, usize>,
    pub(super) counters: Vec<usize>,
    pub(super) waking: Vec<u8>,
    /// The looks of a loop, and what a load found that is to be exchanged.
    pub(super) looks: Vec<u8>,
    pub(super) found: Vec<u64>,
    pub(super) values: Vec<u64>,
    pub(super) read: Vec<Vec<u64>>,
    /// What was sent to which object under which number.
    pub(super) sent: Vec<(usize, u8, u64)>,
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

    pub(super) fn go_on(&mut self, index: usize) {
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

    pub(super) fn finish(&mut self, index: usize, answer: u64) {
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
