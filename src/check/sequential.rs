//! Sequential consistency of a log: each process's operations take place in its order, and nothing is said of those of two processes.
//!
//! It is meant for small logs. The search tries orders, one operation at a time, and remembers how far each process was and what state the object
//! was in. Unlike linearizability it holds of an object only as a whole, not part by part.
//!
//! An operation that never returned may take place at any moment after those that its process did before, or not at all; what the process
//! did afterwards does not wait for it.
//!
//! Leslie Lamport, "How to make a multiprocessor computer that correctly executes multiprocess programs", 1979; Phillip Gibbons, Ephraim
//! Korach, "Testing shared memories", 1997 (deciding it is NP-complete).

use super::budget::Meter;
use super::general::part::{Operation, Part};
use super::general::states::States;
use super::{Budget, Decision, Spent, Witness, general};
use crate::history::log::Entry;
use crate::spec::Spec;
use hashbrown::HashSet;

/// Whether the sequential object explains all answers in an order that keeps that of each process: the one in which its operations
/// began.
///
/// The witness has all operations. An entry that ended before it began makes the decision `Unknown`.
pub fn check<S: Spec>(spec: &S, log: &[Entry<S::Call, S::Answer>], budget: Budget) -> Decision {
    if let Some(backwards) = general::ends_before_it_begins(log) {
        return backwards;
    }
    match Search::new(spec, log).run(&mut Meter::new(budget)) {
        Ok(true) => Decision::Holds,
        Ok(false) => {
            let mut entries: Vec<usize> = (0..log.len()).collect();
            entries.sort_by_key(|&place| log[place].begun);
            let reason = format!(
                "no order explains the {} operations that keeps the order of each process",
                entries.len()
            );
            Decision::Violated(Witness { reason, entries })
        }
        Err(spent) => spent.into(),
    }
}

/// Operations that take place one after the other: those of a process, or one that never returned.
struct Line<'a, S: Spec> {
    /// Each with its part of the object.
    operations: Vec<(usize, Operation<'a, S::Call, S::Answer>)>,
    /// It begins when so many operations of that line have taken place.
    after: Option<(usize, u32)>,
}

/// An operation that was taken, and how to give it back.
struct Taken {
    line: usize,
    /// The state of its part before.
    before: u32,
    /// Which of the states that may come next it was, and whether there are more.
    choice: usize,
    more: bool,
    /// It only looks: nothing else has to be tried instead.
    reads: bool,
}

struct Search<'a, S: Spec> {
    spec: &'a S,
    lines: Vec<Line<'a, S>>,
    states: States<S>,
    /// How many operations of each line have taken place; then the state of each part.
    reached: Vec<u32>,
    seen: HashSet<Box<[u32]>>,
    taken: Vec<Taken>,
    /// Operations that have to take place yet.
    left: usize,
}

impl<'a, S: Spec> Search<'a, S> {
    fn new(spec: &'a S, log: &'a [Entry<S::Call, S::Answer>]) -> Self {
        let times: Vec<_> = log.iter().map(|entry| (entry.begun, entry.ended)).collect();
        let parts = Part::all(spec, log, &times);
        let count = parts.len();
        let numbered = parts.into_iter().enumerate();
        let mut all: Vec<_> =
            numbered.flat_map(|(part, of)| of.operations.into_iter().map(move |one| (part, one))).collect();
        all.sort_by_key(|(_, one)| (log[one.place].process, one.begun, one.ended, one.place));
        let left = all.iter().filter(|(_, one)| log[one.place].has_ended()).count();
        let lines = lines(log, all);
        let mut states = States::new();
        let initial = states.number(spec, spec.initial());
        let mut reached = vec![0; lines.len()];
        reached.resize(lines.len() + count, initial);
        Self { spec, lines, states, reached, seen: HashSet::new(), taken: Vec::new(), left }
    }

    /// Whether there is an order.
    fn run(&mut self, meter: &mut Meter) -> Result<bool, Spent> {
        self.take_reads(meter)?;
        let mut line = 0;
        while self.left > 0 {
            if line == self.lines.len() {
                let Some(next) = self.give_back(meter)? else { return Ok(false) };
                line = next;
            } else if self.take(line, 0, meter)? {
                line = 0;
            } else {
                line += 1;
            }
        }
        Ok(true)
    }

    /// The next operation of a line, if it may begin.
    fn head(&self, line: usize) -> Option<&(usize, Operation<'a, S::Call, S::Answer>)> {
        let Line { operations, after } = &self.lines[line];
        let may_begin = after.is_none_or(|(other, count)| self.reached[other] >= count);
        operations.get(self.reached[line] as usize).filter(|_| may_begin)
    }

    /// One of the states that may come next, and whether there are more.
    fn step(&self, line: usize, choice: usize) -> Option<(S::State, bool)> {
        let (part, one) = self.head(line)?;
        let state = self.states.state(self.reached[self.lines.len() + part]);
        let unchanged = one.excused.then(|| state.clone());
        let mut nexts = self.spec.nexts(state, one.call, one.answer).chain(unchanged);
        let next = nexts.nth(choice)?;
        let more = nexts.next().is_some();
        Some((next, more))
    }

    /// Takes the next operation of a line if that leads to where the search has not been, by this choice or a later one.
    fn take(&mut self, line: usize, first: usize, meter: &mut Meter) -> Result<bool, Spent> {
        for choice in first.. {
            meter.step()?;
            let Some((next, more)) = self.step(line, choice) else { break };
            let next = self.states.number(self.spec, next);
            self.go(line, next, Taken { line, before: 0, choice, more, reads: false });
            if self.seen.insert(self.reached.clone().into()) {
                let each = size_of_val(&self.reached[..]) + 2 * size_of::<Box<[u32]>>();
                meter.holds(self.states.bytes().saturating_add(self.seen.len().saturating_mul(each)))?;
                self.take_reads(meter)?;
                return Ok(true);
            }
            self.undo();
            if !more {
                break;
            }
        }
        Ok(false)
    }

    /// Takes all that can be next and only looks, and what can be next then.
    fn take_reads(&mut self, meter: &mut Meter) -> Result<(), Spent> {
        let mut line = 0;
        while line < self.lines.len() {
            let reads = self.head(line).is_some_and(|(_, one)| one.reads);
            if reads {
                meter.step()?;
            }
            if reads && self.step(line, 0).is_some() {
                let (part, _) = self.head(line).expect("it was looked at");
                let unchanged = self.reached[self.lines.len() + part];
                self.go(line, unchanged, Taken { line, before: 0, choice: 0, more: false, reads });
            } else {
                line += 1;
            }
        }
        Ok(())
    }

    /// The next operation of a line takes place, and leaves its part in this state.
    fn go(&mut self, line: usize, next: u32, taken: Taken) {
        let Some(&(part, _)) = self.head(line) else { return };
        let state = &mut self.reached[self.lines.len() + part];
        self.taken.push(Taken { before: std::mem::replace(state, next), ..taken });
        self.reached[line] += 1;
        self.left -= usize::from(self.lines[line].after.is_none());
    }

    /// Takes back what was taken last.
    fn undo(&mut self) -> Option<Taken> {
        let taken = self.taken.pop()?;
        let line = taken.line;
        self.reached[line] -= 1;
        let part = self.lines[line].operations[self.reached[line] as usize].0;
        self.reached[self.lines.len() + part] = taken.before;
        self.left += usize::from(self.lines[line].after.is_none());
        Some(taken)
    }

    /// Takes back what was taken last and had an alternative, and tries that. Gives the line at which to go on.
    fn give_back(&mut self, meter: &mut Meter) -> Result<Option<usize>, Spent> {
        while let Some(Taken { line, choice, more, reads, .. }) = self.undo() {
            if reads {
                continue;
            }
            let other = more && self.take(line, choice + 1, meter)?;
            return Ok(Some(if other { 0 } else { line + 1 }));
        }
        Ok(None)
    }
}

/// The lines of these operations, which are sorted by process and time: first those of the processes.
fn lines<'a, S: Spec>(
    log: &[Entry<S::Call, S::Answer>],
    all: Vec<(usize, Operation<'a, S::Call, S::Answer>)>,
) -> Vec<Line<'a, S>> {
    let (mut lines, mut open): (Vec<Line<'a, S>>, Vec<Line<'a, S>>) = (Vec::new(), Vec::new());
    let mut process = None;
    for one in all {
        let entry = &log[one.1.place];
        if process.replace(entry.process) != Some(entry.process) {
            lines.push(Line { operations: Vec::new(), after: None });
        }
        let last = lines.len() - 1;
        if entry.has_ended() {
            lines[last].operations.push(one);
        } else {
            let after = Some((last, lines[last].operations.len() as u32));
            open.push(Line { operations: vec![one], after });
        }
    }
    lines.extend(open);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::general::tests::brute::{LogOf, explained};
    use crate::check::general::tests::compare;
    use crate::check::general::tests::reference::{Items, Reference, Register, Store};
    use crate::spec::{KvSpec, Order, QueueSpec, RegisterAnswer, RegisterCall, RegisterSpec};

    fn comes_first<C, A>(log: &[Entry<C, A>], a: usize, b: usize) -> bool {
        let at = |i: usize| (log[i].begun, log[i].ended, i);
        log[a].process == log[b].process && log[a].has_ended() && at(a) < at(b)
    }

    fn agrees<R: Reference>(spec: &impl Spec<Call = R::Call, Answer = R::Answer>, object: &R) {
        compare(object, |log: &LogOf<R>| {
            let right = explained(object, log, &|a, b| comes_first(log, a, b));
            (check(spec, log, Budget::default()) == Decision::Holds, right)
        });
    }

    #[test]
    fn agrees_with_brute_force_on_registers() {
        agrees(&RegisterSpec { initial: None }, &Register(None));
    }

    #[test]
    fn agrees_with_brute_force_on_stores() {
        agrees(&KvSpec, &Store::default());
    }

    #[test]
    fn agrees_with_brute_force_on_queues() {
        let spec = QueueSpec {
            order: Order::Fifo,
            capacity: 2,
            answers_at_once: true,
            fails_under_contention: true,
        };
        agrees(
            &spec,
            &Items { order: Order::Fifo, k: 1, waits: false, fails: true, room: 2, items: Vec::new() },
        );
    }

    fn entry(
        process: u32,
        call: RegisterCall,
        answer: RegisterAnswer,
        time: u64,
    ) -> Entry<RegisterCall, RegisterAnswer> {
        Entry { process, call, answer: Some(answer), begun: time, ended: time }
    }

    fn read(process: u32, value: u32, time: u64) -> Entry<RegisterCall, RegisterAnswer> {
        entry(process, RegisterCall::Read, RegisterAnswer::Value(value), time)
    }

    #[test]
    fn accepts_a_stale_read_of_another_process() {
        let log = [entry(0, RegisterCall::Write(1), RegisterAnswer::Done, 0), read(1, 0, 1), read(1, 1, 2)];
        assert_eq!(check(&RegisterSpec::default(), &log, Budget::default()), Decision::Holds);
    }

    #[test]
    fn rejects_a_process_that_sees_time_run_backwards() {
        let log = [entry(0, RegisterCall::Write(1), RegisterAnswer::Done, 0), read(1, 1, 1), read(1, 0, 2)];
        let Decision::Violated(witness) = check(&RegisterSpec::default(), &log, Budget::default()) else {
            panic!("an old value after a new one")
        };
        assert_eq!(witness.reason, "no order explains the 3 operations that keeps the order of each process");
    }

    #[test]
    fn says_that_it_does_not_know_when_its_means_end() {
        let write = |i: u32| entry(i, RegisterCall::Write(i), RegisterAnswer::Done, 0);
        let log: Vec<_> = (0..30).map(write).chain([read(30, 77, 0)]).collect();
        let few = Budget { steps: 100, ..Budget::default() };
        let told = "not decided within 100 steps: give it more `steps`".to_owned();
        assert_eq!(check(&RegisterSpec::default(), &log, few), Decision::Unknown(told));
    }
}
