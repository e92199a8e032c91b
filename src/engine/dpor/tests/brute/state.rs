//! A state of a toy program, and who can go on from it.

use super::{Step, Thing, Use};
use crate::engine::dpor::tests::toy::{Do, EARLY_TIMEOUTS, Toy, WAS_KILLED};
use crate::event::op::Class;
use std::collections::{BTreeMap, BTreeSet};

/// The part of a condition wait that a thread is in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Waiting {
    No,
    Asleep,
    Woken,
    /// With or without a permit, it only needs its mutex back.
    Back,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct State {
    pub(super) at: Vec<usize>,
    pub(super) waiting: Vec<Waiting>,
    /// The part of a back-off, or of a loop, that a thread is in; the looks of the loop; what it has found.
    pub(super) backs_off: Vec<u8>,
    pub(super) looks: Vec<u8>,
    pub(super) found: Vec<u64>,
    /// What each thread has read since it last spun, and what it spins on.
    pub(super) read_since: Vec<BTreeMap<usize, u64>>,
    pub(super) spins_on: Vec<Option<BTreeMap<usize, u64>>>,
    pub(super) values: Vec<u64>,
    pub(super) owner: Vec<Option<usize>>,
    pub(super) taken: Vec<u64>,
    pub(super) tokens: Vec<bool>,
    pub(super) readers: Vec<BTreeSet<usize>>,
    pub(super) early_timeouts: Vec<u8>,
    pub(super) happened: [u8; 3],
    pub(super) killed: Vec<bool>,
    /// What was sent to each object, and behind what; of that, what was received.
    pub(super) sent: Vec<Vec<(u64, Vec<u64>)>>,
    pub(super) received: Vec<BTreeSet<u64>>,
    pub(super) registers: Vec<Vec<u64>>,
}

impl State {
    pub(super) fn new(toy: &Toy) -> Self {
        let (threads, objects) = (toy.threads.len(), toy.objects.len());
        Self {
            at: vec![0; threads],
            waiting: vec![Waiting::No; threads],
            backs_off: vec![0; threads],
            looks: vec![0; threads],
            found: vec![0; threads],
            read_since: vec![BTreeMap::new(); threads],
            spins_on: vec![None; threads],
            values: toy.objects.iter().map(|&class| first_value(class, threads)).collect(),
            owner: vec![None; objects],
            taken: vec![0; objects],
            tokens: vec![false; threads],
            readers: vec![BTreeSet::new(); objects],
            early_timeouts: vec![0; threads],
            happened: [0; 3],
            killed: vec![false; threads],
            sent: vec![Vec::new(); objects],
            received: vec![BTreeSet::new(); objects],
            registers: vec![Vec::new(); threads],
        }
    }

    /// Everything that can happen next. `finest` makes a step of every unlock; otherwise only of those of
    /// a mutex that some thread tries.
    pub(super) fn steps(&self, toy: &Toy, finest: bool) -> Vec<(Step, Self)> {
        let steps = self.enabled(toy, finest, false);
        if !steps.is_empty() {
            return steps;
        }
        // Nothing else can happen: who waits for that goes on, or else the first time-out fires.
        let mut last = self.enabled(toy, finest, true);
        last.sort_by_key(|(step, _)| toy.threads[step.thread][self.at[step.thread]] != Do::Idle);
        last.truncate(1);
        last
    }

    fn enabled(&self, toy: &Toy, finest: bool, last: bool) -> Vec<(Step, Self)> {
        let mut steps = Vec::new();
        for thread in 0..toy.threads.len() {
            let Some(&instruction) = toy.threads[thread].get(self.at[thread]) else { continue };
            if !self.spin_is_over(thread) && !self.killed[thread] {
                continue;
            }
            let silent = matches!(instruction, Do::Unlock(mutex) if !finest && !tried(toy, mutex));
            assert!(!silent, "a settled state has no silent step");
            steps.extend(if self.is_mortal(toy, thread, instruction) {
                self.mortal_step(toy, thread, instruction, last)
            } else {
                self.step(toy, thread, instruction, last)
            });
        }
        steps
    }

    /// Whether the thread is one that may be killed, and is where it can find out.
    fn is_mortal(&self, toy: &Toy, thread: usize, instruction: Do) -> bool {
        use Do::*;
        let waits = match instruction {
            Live | Lock(_) | Read(_) | Write(_) | Park | ParkTimed | Receive(_) | Idle => true,
            Wait(..) | WaitTimed(..) | WaitIf(..) | WaitIfTimed(..) => self.waiting[thread] != Waiting::No,
            _ => self.spins_on[thread].is_some(),
        };
        mortal(toy, thread) && waits
    }

    /// What such a thread does there.
    fn mortal_step(&self, toy: &Toy, thread: usize, instruction: Do, last: bool) -> Vec<(Step, Self)> {
        let look = (Thing::Life(thread), Use::Look);
        if !self.killed[thread] {
            let mut steps = self.step(toy, thread, instruction, last);
            steps.iter_mut().for_each(|(step, _)| step.uses.push(look.clone()));
            return steps;
        }
        let mut uses = vec![look];
        if let Do::Wait(at, _) | Do::WaitTimed(at, _) | Do::WaitIf(at, _) | Do::WaitIfTimed(at, _) =
            instruction
        {
            match self.waiting[thread] {
                Waiting::Asleep => uses.push((waiters(toy, at), Use::TimeOut)),
                Waiting::Woken => {
                    uses.push((waiters(toy, at), Use::Get(thread)));
                }
                _ => {}
            }
        }
        let mut next = self.clone();
        (next.waiting[thread], next.spins_on[thread]) = (Waiting::No, None);
        next.registers[thread].push(WAS_KILLED);
        next.at[thread] = toy.threads[thread].len();
        vec![(Step { thread, choice: Some(usize::MAX), uses, last: false }, next)]
    }

    /// Silent unlocks take place at once.
    pub(super) fn settled(mut self, toy: &Toy) -> Self {
        for thread in 0..toy.threads.len() {
            while let Some(&Do::Unlock(mutex)) = toy.threads[thread].get(self.at[thread])
                && !tried(toy, mutex)
            {
                self = self.unlocked(thread, mutex);
                self.at[thread] += 1;
            }
        }
        self
    }

    pub(super) fn look(&self, object: usize) -> u64 {
        match self.taken[object] {
            0 => self.values[object],
            taken => taken << 1 | u64::from(self.owner[object].is_some()),
        }
    }

    fn spin_is_over(&self, thread: usize) -> bool {
        let spin = self.spins_on[thread].as_ref();
        spin.is_none_or(|spin| spin.iter().any(|(object, seen)| self.look(*object) != *seen))
    }

    pub(super) fn unlocked(&self, thread: usize, mutex: usize) -> Self {
        let mut next = self.clone();
        next.owner[mutex] = None;
        let look = next.look(mutex);
        next.read_since[thread].insert(mutex, look);
        next
    }

    pub(super) fn locked(&self, thread: usize, mutex: usize) -> Self {
        let mut next = self.clone();
        next.owner[mutex] = Some(thread);
        next.taken[mutex] += 1;
        let look = next.look(mutex);
        next.read_since[thread].insert(mutex, look);
        next
    }

    /// Whether a wait with a time-out can end without what it waits for.
    pub(super) fn times_out(&self, thread: usize, instruction: Do, last: bool) -> bool {
        let timed = matches!(instruction, Do::WaitTimed(..) | Do::WaitIfTimed(..) | Do::ParkTimed);
        timed && (last || self.early_timeouts[thread] < EARLY_TIMEOUTS)
    }

    pub(super) fn asleep(&self, toy: &Toy, object: usize) -> Vec<usize> {
        let on_it = |thread: &usize| {
            use Do::{Wait, WaitIf, WaitIfTimed, WaitOrDie, WaitTimed};
            let at = toy.threads[*thread].get(self.at[*thread]);
            let on = |at: &Do| match *at {
                Wait(on, _) | WaitTimed(on, _) => on == object,
                WaitIf(on, _) | WaitIfTimed(on, _) | WaitOrDie(on, _) => on == object,
                _ => false,
            };
            self.waiting[*thread] == Waiting::Asleep && at.is_some_and(on)
        };
        (0..toy.threads.len()).filter(on_it).collect()
    }

    /// The sleeper is woken. One who had nothing else to wait for goes on at once.
    pub(super) fn wake(&mut self, toy: &Toy, sleeper: usize) {
        match toy.threads[sleeper][self.at[sleeper]] {
            Do::WaitIf(..) if !mortal(toy, sleeper) => self.goes_on(sleeper),
            Do::WaitOrDie(..) if self.backs_off[sleeper] == 1 => self.goes_on(sleeper),
            _ => self.waiting[sleeper] = Waiting::Woken,
        }
    }

    /// A sleeper that was woken has nothing else to wait for.
    pub(super) fn goes_on(&mut self, sleeper: usize) {
        (self.waiting[sleeper], self.backs_off[sleeper]) = (Waiting::No, 0);
        self.at[sleeper] += 1;
    }
}

/// Where those stand who wait at the object.
pub(super) fn waiters(toy: &Toy, object: usize) -> Thing {
    match toy.objects[object] {
        Class::Atomic => Thing::Waiters(object),
        _ => Thing::Object(object),
    }
}

fn first_value(class: Class, threads: usize) -> u64 {
    if class == Class::Arc { threads as u64 } else { 0 }
}

/// Whether the thread may be killed.
pub(super) fn mortal(toy: &Toy, thread: usize) -> bool {
    toy.threads[thread].first() == Some(&Do::Live)
}

pub(super) fn tried(toy: &Toy, mutex: usize) -> bool {
    let tries = |instruction: &Do| match *instruction {
        Do::TryLock(tried) | Do::TryPoll(tried, _) => tried == mutex,
        _ => false,
    };
    toy.threads.iter().flatten().any(tries)
}
