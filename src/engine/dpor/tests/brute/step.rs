//! What each instruction of a toy program does.

use super::state::{State, Waiting, mortal, tried, waiters};
use super::{Step, Thing, Use};
use crate::engine::dpor::tests::toy::{
    Do, EARLY_TIMEOUTS, FOR_EVER, GAVE_UP, NO_LETTER, RARELY, Toy, letter,
};
use crate::event::op::Rare;

impl State {
    pub(super) fn step(&self, toy: &Toy, thread: usize, instruction: Do, last: bool) -> Vec<(Step, Self)> {
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
                Waiting::Woken if matches!(instruction, Do::WaitTimed(..)) || mortal(toy, thread) => {
                    base.waiting[thread] = Waiting::Back;
                    base.registers[thread].extend(matches!(instruction, Do::WaitTimed(..)).then_some(0));
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
                    base.registers[thread].extend(matches!(instruction, Do::WaitIfTimed(..)).then_some(0));
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
}
