//! An independent interpreter of toy programs: no code, no data and no cleverness in common with the
//! explorer. It visits every state for the outcomes, and every class of prefixes for the number of traces.

use super::toy::{Do, EARLY_TIMEOUTS, FOR_EVER, GAVE_UP, NO_LETTER, RARELY, Stuck, Toy, WAS_KILLED, letter};
use crate::event::op::{Class, Rare};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What a program can come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) outcomes: BTreeSet<Vec<Vec<u64>>>,
    pub(super) stuck: BTreeSet<Stuck>,
    pub(super) traces: u64,
}

/// The part of a condition wait that a thread is in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Waiting {
    No,
    Asleep,
    Woken,
    /// With or without a permit, it only needs its mutex back.
    Back,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct State {
    at: Vec<usize>,
    waiting: Vec<Waiting>,
    /// The part of a back-off, or of a loop, that a thread is in; the looks of the loop; what it has found.
    backs_off: Vec<u8>,
    looks: Vec<u8>,
    found: Vec<u64>,
    /// What each thread has read since it last spun, and what it spins on.
    read_since: Vec<BTreeMap<usize, u64>>,
    spins_on: Vec<Option<BTreeMap<usize, u64>>>,
    values: Vec<u64>,
    owner: Vec<Option<usize>>,
    taken: Vec<u64>,
    tokens: Vec<bool>,
    readers: Vec<BTreeSet<usize>>,
    early_timeouts: Vec<u8>,
    happened: [u8; 3],
    killed: Vec<bool>,
    /// What was sent to each object, and behind what; of that, what was received.
    sent: Vec<Vec<(u64, Vec<u64>)>>,
    received: Vec<BTreeSet<u64>>,
    registers: Vec<Vec<u64>>,
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
    Truth { traces: traces(toy), ..truth(toy) }
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
fn traces(toy: &Toy) -> u64 {
    let mut count = 0;
    let mut seen = HashSet::new();
    let mut todo = vec![(State::new(toy).settled(toy), Vec::<(Step, u64)>::new())];
    while let Some((state, path)) = todo.pop() {
        let next = state.steps(toy, false);
        count += u64::from(next.is_empty());
        for (step, next) in next {
            let mut path = path.clone();
            let name = name(&step, &path);
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
/// of paths is the set of the names of its steps.
fn name(step: &Step, path: &[(Step, u64)]) -> u64 {
    let depends = |other: &Step| {
        other.thread == step.thread
            || step.last
            || other.last
            || other.uses.iter().any(|(thing, first)| {
                step.uses.iter().any(|(other, second)| thing == other && ordered(first, second))
            })
    };
    let mut before: Vec<_> = path.iter().filter(|(other, _)| depends(other)).map(|(_, name)| *name).collect();
    before.sort_unstable();
    let mut hasher = DefaultHasher::new();
    (step.thread, step.choice, before).hash(&mut hasher);
    hasher.finish()
}

impl State {
    fn new(toy: &Toy) -> Self {
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
    fn steps(&self, toy: &Toy, finest: bool) -> Vec<(Step, Self)> {
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
        toy.threads[thread][0] == Live && waits
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
                Waiting::Woken if !matches!(instruction, Do::Wait(..)) => {
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
    fn settled(mut self, toy: &Toy) -> Self {
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

    fn look(&self, object: usize) -> u64 {
        match self.taken[object] {
            0 => self.values[object],
            taken => taken << 1 | u64::from(self.owner[object].is_some()),
        }
    }

    fn spin_is_over(&self, thread: usize) -> bool {
        let spin = self.spins_on[thread].as_ref();
        spin.is_none_or(|spin| spin.iter().any(|(object, seen)| self.look(*object) != *seen))
    }

    fn unlocked(&self, thread: usize, mutex: usize) -> Self {
        let mut next = self.clone();
        next.owner[mutex] = None;
        let look = next.look(mutex);
        next.read_since[thread].insert(mutex, look);
        next
    }

    fn locked(&self, thread: usize, mutex: usize) -> Self {
        let mut next = self.clone();
        next.owner[mutex] = Some(thread);
        next.taken[mutex] += 1;
        let look = next.look(mutex);
        next.read_since[thread].insert(mutex, look);
        next
    }

    /// Whether a wait with a time-out can end without what it waits for.
    fn times_out(&self, thread: usize, instruction: Do, last: bool) -> bool {
        let timed = matches!(instruction, Do::WaitTimed(..) | Do::WaitIfTimed(..) | Do::ParkTimed);
        timed && (last || self.early_timeouts[thread] < EARLY_TIMEOUTS)
    }

    fn step(&self, toy: &Toy, thread: usize, instruction: Do, last: bool) -> Vec<(Step, Self)> {
        let looks = self.spins_on[thread].iter().flatten();
        let looks: Vec<_> = looks.map(|(object, _)| (Thing::Object(*object), Use::Look)).collect();
        let mut base = self.clone();
        base.spins_on[thread] = None;
        let step = |uses: Vec<(Thing, Use)>| Step {
            thread,
            choice: None,
            last,
            uses: uses.into_iter().chain(looks.iter().cloned()).collect(),
        };
        let one = |object, used, next: Self| vec![(step(vec![(Thing::Object(object), used)]), next)];
        let onward = |mut next: Self| {
            next.at[thread] += 1;
            next
        };
        match instruction {
            Do::Load(x) => {
                base.registers[thread].push(self.values[x]);
                base.read_since[thread].insert(x, self.values[x]);
                one(x, Use::Look, onward(base))
            }
            Do::Store(x, value) => {
                base.values[x] = value;
                base.read_since[thread].insert(x, value);
                one(x, Use::Change, onward(base))
            }
            Do::Add(x) => {
                base.registers[thread].push(self.values[x]);
                base.values[x] += 1;
                let value = base.values[x];
                base.read_since[thread].insert(x, value);
                one(x, Use::Change, onward(base))
            }
            Do::Exchange(x, expected, new) => {
                let found = self.values[x] == expected;
                base.registers[thread].push(u64::from(found));
                if found {
                    base.values[x] = new;
                }
                let value = base.values[x];
                base.read_since[thread].insert(x, value);
                one(x, if found { Use::Change } else { Use::Look }, onward(base))
            }
            Do::Await(x, wanted) | Do::SpinUntil(x, wanted) => {
                if matches!(instruction, Do::SpinUntil(..)) {
                    base.read_since[thread].clear();
                }
                base.read_since[thread].insert(x, self.values[x]);
                if self.values[x] == wanted {
                    return one(x, Use::Look, onward(base));
                }
                base.spins_on[thread] = Some(std::mem::take(&mut base.read_since[thread]));
                one(x, Use::Look, base)
            }
            Do::BackOff(x, y) => {
                let part = self.backs_off[thread];
                let object = if matches!(part, 0 | 2) { x } else { y };
                let found = self.values[object];
                if matches!(part, 0 | 3) {
                    base.read_since[thread].clear();
                }
                let used = match part {
                    0 | 1 if found == 0 => Use::Change,
                    2 => Use::Change,
                    _ => Use::Look,
                };
                if used == Use::Change {
                    base.values[object] = u64::from(part != 2);
                }
                let value = base.values[object];
                base.read_since[thread].insert(object, value);
                let (next, yields) = match part {
                    0 => (u8::from(found == 0), found != 0),
                    1 => (if found == 0 { 0 } else { 2 }, false),
                    2 => (3, false),
                    _ => (if found == 0 { 0 } else { 3 }, found != 0),
                };
                base.backs_off[thread] = next;
                if yields {
                    base.spins_on[thread] = Some(std::mem::take(&mut base.read_since[thread]));
                }
                one(object, used, if (part, found) == (1, 0) { onward(base) } else { base })
            }
            Do::Yield => vec![(step(vec![]), onward(base))],
            Do::Rarely(rare) => {
                let (mut not, mut yes) = (onward(base.clone()), onward(onward(base)));
                not.registers[thread].push(0);
                yes.registers[thread].push(1);
                yes.happened[rare as usize] += 1;
                let used = step(vec![(Thing::Luck(rare as usize), Use::Change)]);
                let steps = [(step(vec![]), not), (Step { choice: Some(1), ..used }, yes)];
                steps.into_iter().filter(|(_, next)| next.happened[rare as usize] <= RARELY).collect()
            }
            Do::Deadline => {
                let (mut not, mut yes) = (onward(base.clone()), onward(base));
                not.registers[thread].push(0);
                yes.registers[thread].push(1);
                yes.early_timeouts[thread] += 1;
                let steps = [(step(vec![]), not), (Step { choice: Some(1), ..step(vec![]) }, yes)];
                steps.into_iter().filter(|(_, next)| next.early_timeouts[thread] <= EARLY_TIMEOUTS).collect()
            }
            Do::Choose(alternatives) => {
                let taken = |choice: u8| {
                    let mut next = onward(base.clone());
                    next.registers[thread].push(u64::from(choice));
                    (Step { choice: Some(choice.into()), ..step(vec![]) }, next)
                };
                (0..alternatives).map(taken).collect()
            }
            Do::Poll(x, wanted, times) => {
                let found = self.values[x] == wanted;
                base.looks[thread] += u8::from(times != FOR_EVER);
                let looks = base.looks[thread];
                if !found && looks != times {
                    return one(x, Use::Look, base);
                }
                base.looks[thread] = 0;
                base.registers[thread].push(if found { u64::from(looks) } else { GAVE_UP });
                one(x, Use::Look, onward(base))
            }
            Do::TryPoll(mutex, times) => {
                if self.backs_off[thread] == 1 {
                    base = base.unlocked(thread, mutex);
                    base.registers[thread].push(u64::from(self.looks[thread]));
                    (base.backs_off[thread], base.looks[thread]) = (0, 0);
                    return one(mutex, Use::Give, onward(base));
                }
                if self.owner[mutex].is_none() {
                    base = base.locked(thread, mutex);
                    base.backs_off[thread] = 1;
                    return one(mutex, Use::Take, base);
                }
                base.looks[thread] += 1;
                if base.looks[thread] < times {
                    return one(mutex, Use::Look, base);
                }
                base.looks[thread] = 0;
                base.registers[thread].push(GAVE_UP);
                one(mutex, Use::Look, onward(base))
            }
            Do::Retry(x) => {
                let value = self.values[x];
                if self.backs_off[thread] == 0 {
                    (base.backs_off[thread], base.found[thread]) = (1, value);
                    return one(x, Use::Look, base);
                }
                base.backs_off[thread] = 0;
                if self.found[thread] != value {
                    base.found[thread] = 0;
                    return one(x, Use::Look, base);
                }
                base.found[thread] = 0;
                base.values[x] += 1;
                base.registers[thread].push(value);
                one(x, Use::Change, onward(base))
            }
            Do::LockPoll(mutex, x, wanted) => match self.backs_off[thread] {
                0 if self.owner[mutex].is_some() => vec![],
                0 => {
                    base = base.locked(thread, mutex);
                    base.backs_off[thread] = 1;
                    one(mutex, Use::Take, base)
                }
                1 => {
                    (base.backs_off[thread], base.found[thread]) = (2, self.values[x]);
                    one(x, Use::Look, base)
                }
                _ => {
                    base = base.unlocked(thread, mutex);
                    let found = std::mem::take(&mut base.found[thread]);
                    base.backs_off[thread] = 0;
                    one(mutex, Use::Give, if found == wanted { onward(base) } else { base })
                }
            },
            Do::Lock(mutex) => {
                if self.owner[mutex].is_some() {
                    return vec![];
                }
                one(mutex, Use::Take, onward(base.locked(thread, mutex)))
            }
            Do::Unlock(mutex) => one(mutex, Use::Give, onward(base.unlocked(thread, mutex))),
            Do::TryLock(mutex) => {
                let free = self.owner[mutex].is_none();
                base.registers[thread].push(u64::from(free));
                if free {
                    return one(mutex, Use::Take, onward(base.locked(thread, mutex)));
                }
                let look = self.look(mutex);
                base.read_since[thread].insert(mutex, look);
                base.at[thread] += 1;
                one(mutex, Use::Look, onward(base))
            }
            Do::Read(lock) | Do::TryRead(lock) => {
                let free = self.owner[lock].is_none();
                let tries = matches!(instruction, Do::TryRead(_));
                if tries {
                    base.registers[thread].push(u64::from(free));
                }
                if free {
                    base.readers[lock].insert(thread);
                    return one(lock, Use::Share, onward(base));
                }
                if !tries {
                    return vec![];
                }
                base.at[thread] += 1;
                one(lock, Use::Look, onward(base))
            }
            Do::Write(lock) | Do::TryWrite(lock) => {
                let free = self.owner[lock].is_none() && self.readers[lock].is_empty();
                let tries = matches!(instruction, Do::TryWrite(_));
                if tries {
                    base.registers[thread].push(u64::from(free));
                }
                if free {
                    base.owner[lock] = Some(thread);
                    return one(lock, Use::Take, onward(base));
                }
                if !tries {
                    return vec![];
                }
                base.at[thread] += 1;
                one(lock, Use::Look, onward(base))
            }
            Do::EndRead(lock) => {
                base.readers[lock].remove(&thread);
                one(lock, Use::Unshare, onward(base))
            }
            Do::EndWrite(lock) => {
                base.owner[lock] = None;
                one(lock, Use::Give, onward(base))
            }
            Do::Wait(condvar, mutex) | Do::WaitTimed(condvar, mutex) => match self.waiting[thread] {
                Waiting::No => {
                    let mut next = base.unlocked(thread, mutex);
                    next.waiting[thread] = Waiting::Asleep;
                    let mut uses = vec![(Thing::Object(condvar), Use::Sleep)];
                    if tried(toy, mutex) {
                        uses.push((Thing::Object(mutex), Use::Give));
                    }
                    vec![(step(uses), next)]
                }
                Waiting::Asleep if self.times_out(thread, instruction, last) => {
                    base.waiting[thread] = Waiting::Back;
                    base.early_timeouts[thread] += u8::from(!last);
                    base.registers[thread].push(1);
                    one(condvar, Use::TimeOut, base)
                }
                Waiting::Asleep => vec![],
                Waiting::Woken if matches!(instruction, Do::WaitTimed(..)) => {
                    base.waiting[thread] = Waiting::Back;
                    base.registers[thread].push(0);
                    one(condvar, Use::Get(thread), base)
                }
                Waiting::Woken | Waiting::Back if self.owner[mutex].is_some() => vec![],
                Waiting::Woken | Waiting::Back => {
                    let mut next = base.locked(thread, mutex);
                    next.waiting[thread] = Waiting::No;
                    one(mutex, Use::Take, onward(next))
                }
            },
            Do::WaitIf(word, expected) | Do::WaitIfTimed(word, expected) => match self.waiting[thread] {
                Waiting::No => {
                    let found = self.values[word] == expected;
                    base.read_since[thread].insert(word, self.values[word]);
                    base.registers[thread].push(u64::from(found));
                    if !found {
                        return one(word, Use::Look, onward(base));
                    }
                    base.waiting[thread] = Waiting::Asleep;
                    let uses = vec![(Thing::Object(word), Use::Look), (Thing::Waiters(word), Use::Sleep)];
                    vec![(step(uses), base)]
                }
                Waiting::Asleep if self.times_out(thread, instruction, last) => {
                    base.waiting[thread] = Waiting::No;
                    base.early_timeouts[thread] += u8::from(!last);
                    base.registers[thread].push(1);
                    vec![(step(vec![(Thing::Waiters(word), Use::TimeOut)]), onward(base))]
                }
                Waiting::Asleep => vec![],
                Waiting::Woken | Waiting::Back => {
                    base.waiting[thread] = Waiting::No;
                    base.registers[thread].push(0);
                    vec![(step(vec![(Thing::Waiters(word), Use::Get(thread))]), onward(base))]
                }
            },
            Do::WaitOrDie(word, expected) => match (self.waiting[thread], self.backs_off[thread]) {
                (Waiting::No, _) => {
                    let found = self.values[word] == expected;
                    base.read_since[thread].insert(word, self.values[word]);
                    base.registers[thread].push(u64::from(found));
                    if !found {
                        return one(word, Use::Look, onward(base));
                    }
                    base.waiting[thread] = Waiting::Asleep;
                    let uses = vec![(Thing::Object(word), Use::Look), (Thing::Waiters(word), Use::Sleep)];
                    vec![(step(uses), base)]
                }
                (waiting, 0) => {
                    let (mut lives, mut dies) = (base.clone(), base);
                    (lives.backs_off[thread], dies.backs_off[thread]) = (1, 2);
                    lives.registers[thread].push(0);
                    dies.registers[thread].push(1);
                    if waiting == Waiting::Woken {
                        lives.goes_on(thread);
                    }
                    let death = Rare::Death as usize;
                    dies.happened[death] += 1;
                    let used = step(vec![(Thing::Luck(death), Use::Change)]);
                    let steps = [(step(vec![]), lives), (Step { choice: Some(1), ..used }, dies)];
                    steps.into_iter().filter(|(_, next)| next.happened[death] <= RARELY).collect()
                }
                (waiting, 2) => {
                    let used = if waiting == Waiting::Woken { Use::Get(thread) } else { Use::TimeOut };
                    (base.waiting[thread], base.backs_off[thread]) = (Waiting::No, 0);
                    base.at[thread] = toy.threads[thread].len();
                    vec![(step(vec![(Thing::Waiters(word), used)]), base)]
                }
                _ => vec![],
            },
            Do::NotifyOne(object) => {
                let asleep = self.asleep(toy, object);
                let wake = |sleeper: Option<usize>| {
                    let mut next = base.clone();
                    sleeper.into_iter().for_each(|sleeper| next.wake(toy, sleeper));
                    let step = step(vec![(waiters(toy, object), Use::WakeOne(sleeper))]);
                    (Step { choice: sleeper, ..step }, onward(next))
                };
                if asleep.is_empty() {
                    return vec![wake(None)];
                }
                asleep.into_iter().map(Some).map(wake).collect()
            }
            Do::NotifyAll(object) => {
                let asleep = self.asleep(toy, object);
                asleep.iter().for_each(|&sleeper| base.wake(toy, sleeper));
                vec![(step(vec![(waiters(toy, object), Use::WakeAll(asleep))]), onward(base))]
            }
            Do::Increment(arc) => {
                base.values[arc] += 1;
                one(arc, Use::Increment, onward(base))
            }
            Do::Decrement(arc) => {
                base.values[arc] -= 1;
                base.registers[thread].push(u64::from(base.values[arc] == 0));
                one(arc, Use::Decrement(self.values[arc]), onward(base))
            }
            Do::ParkTimed => {
                let token = std::mem::take(&mut base.tokens[thread]);
                if !token && !self.times_out(thread, instruction, last) {
                    return vec![];
                }
                base.early_timeouts[thread] += u8::from(!token && !last);
                base.registers[thread].push(u64::from(!token));
                vec![(step(vec![(Thing::Token(thread), Use::Park)]), onward(base))]
            }
            Do::Park => {
                if !std::mem::take(&mut base.tokens[thread]) {
                    return vec![];
                }
                vec![(step(vec![(Thing::Token(thread), Use::Park)]), onward(base))]
            }
            Do::Live => vec![(step(vec![]), onward(base))],
            Do::Kill(other) => {
                base.killed[other] = true;
                vec![(step(vec![(Thing::Life(other), Use::Change)]), onward(base))]
            }
            Do::Idle if last => vec![(step(vec![]), onward(base))],
            Do::Idle => vec![],
            Do::Send(mailbox, in_order) => {
                let own = |sent: &&(u64, Vec<u64>)| sent.0 / 10 == thread as u64;
                let earlier: Vec<u64> = self.sent[mailbox].iter().filter(own).map(|sent| sent.0).collect();
                let letter = letter(thread, earlier.len());
                base.sent[mailbox].push((letter, if in_order { earlier } else { vec![] }));
                base.sent[mailbox].sort();
                one(mailbox, Use::Send(letter), onward(base))
            }
            Do::Receive(mailbox) | Do::TryReceive(mailbox) => {
                let received = &self.received[mailbox];
                let free = |(letter, behind): &&(u64, Vec<u64>)| {
                    !received.contains(letter) && behind.iter().all(|before| received.contains(before))
                };
                let free = self.sent[mailbox].iter().filter(free).map(|(letter, _)| Some(*letter));
                let none = matches!(instruction, Do::TryReceive(_)).then_some(None);
                let receive = |letter: Option<u64>| {
                    let mut next = base.clone();
                    next.received[mailbox].extend(letter);
                    next.registers[thread].push(letter.unwrap_or(NO_LETTER));
                    let step = step(vec![(Thing::Object(mailbox), Use::Receive(letter))]);
                    (Step { choice: letter.map(|letter| letter as usize), ..step }, onward(next))
                };
                free.chain(none).map(receive).collect()
            }
            Do::Unpark(other) => {
                base.tokens[other] = true;
                vec![(step(vec![(Thing::Token(other), Use::Unpark)]), onward(base))]
            }
        }
    }

    fn asleep(&self, toy: &Toy, object: usize) -> Vec<usize> {
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
    fn wake(&mut self, toy: &Toy, sleeper: usize) {
        match toy.threads[sleeper][self.at[sleeper]] {
            Do::WaitIf(..) => self.goes_on(sleeper),
            Do::WaitOrDie(..) if self.backs_off[sleeper] == 1 => self.goes_on(sleeper),
            _ => self.waiting[sleeper] = Waiting::Woken,
        }
    }

    /// A sleeper that was woken has nothing else to wait for.
    fn goes_on(&mut self, sleeper: usize) {
        (self.waiting[sleeper], self.backs_off[sleeper]) = (Waiting::No, 0);
        self.at[sleeper] += 1;
    }
}

/// Where those stand who wait at the object.
fn waiters(toy: &Toy, object: usize) -> Thing {
    match toy.objects[object] {
        Class::Atomic => Thing::Waiters(object),
        _ => Thing::Object(object),
    }
}

fn first_value(class: Class, threads: usize) -> u64 {
    if class == Class::Arc { threads as u64 } else { 0 }
}

fn tried(toy: &Toy, mutex: usize) -> bool {
    let tries = |instruction: &Do| match *instruction {
        Do::TryLock(tried) | Do::TryPoll(tried, _) => tried == mutex,
        _ => false,
    };
    toy.threads.iter().flatten().any(tries)
}
