//! The search for an order of the operations on one part.

use super::line::{Line, Point};
use super::part::Part;
use super::seen::{Done, Seen};
use super::states::States;
use crate::check::budget::{Meter, Spent};
use crate::spec::Spec;

/// An operation that was taken, and how to give it back.
struct Taken {
    operation: u32,
    /// The state before.
    before: u32,
    /// Which of the states that may come next it was, and whether there are more.
    choice: u32,
    more: bool,
    /// It only looks: nothing else has to be tried instead.
    reads: bool,
    /// When the next end would have been.
    until: u64,
}

pub(super) struct Search<'a, S: Spec> {
    spec: &'a S,
    part: &'a Part<'a, S>,
    line: Line,
    done: Done,
    seen: Seen,
    states: States<S>,
    /// The number of the state at hand.
    state: u32,
    /// What has taken place, in this order.
    taken: Vec<Taken>,
    /// No operation that begins later can be next.
    until: u64,
    /// Of the ends that were in the way, the last one: when it is, and whose.
    furthest: Option<(u64, usize)>,
}

impl<'a, S: Spec> Search<'a, S> {
    pub(super) fn new(spec: &'a S, part: &'a Part<'a, S>) -> Self {
        let times: Vec<(u64, u64)> = part.operations.iter().map(|one| (one.begun, one.ended)).collect();
        let mut states = States::new();
        Self {
            spec,
            part,
            line: Line::new(&times, part.ended),
            done: Done::none(times.len(), part.ended),
            seen: Seen::default(),
            state: states.number(spec, spec.initial()),
            states,
            taken: Vec::with_capacity(times.len()),
            until: 0,
            furthest: None,
        }
    }

    /// Looks for an order. Where there is none, gives the operation at whose end the last hope is gone.
    pub(super) fn run(&mut self, meter: &mut Meter) -> Result<Option<usize>, Spent> {
        self.take_reads(meter)?;
        let mut node = self.line.first();
        loop {
            node = match self.line.at(node) {
                Point::Over => return Ok(None),
                Point::Begin(operation) => self.after_trying(operation, meter)?,
                Point::End(operation) => {
                    self.meets_end(operation);
                    self.line.first_open()
                }
                Point::Open(operation) if self.part.operations[operation].begun <= self.until => {
                    self.after_trying(operation, meter)?
                }
                Point::Open(_) | Point::NoMore => match self.give_back(meter)? {
                    Some(node) => node,
                    None => return Ok(self.furthest.map(|(_, operation)| operation)),
                },
            }
        }
    }

    fn meets_end(&mut self, operation: usize) {
        self.until = self.part.operations[operation].ended;
        self.furthest = self.furthest.max(Some((self.until, operation)));
    }

    /// Takes the operation if it can be next. Gives the node at which to go on.
    fn after_trying(&mut self, operation: usize, meter: &mut Meter) -> Result<u32, Spent> {
        let one = &self.part.operations[operation];
        // One that only looks was tried before, in the same state.
        if !one.reads && self.take(operation, 0, meter)? {
            return Ok(self.line.first());
        }
        Ok(self.line.after(self.line.node(operation)))
    }

    /// Takes an operation that leads to where the search has not been, by this choice or a later one.
    fn take(&mut self, operation: usize, first: u32, meter: &mut Meter) -> Result<bool, Spent> {
        let before = self.state;
        self.done.insert(operation);
        let mut choice = first;
        loop {
            meter.step()?;
            let Some((next, more)) = self.step(operation, choice) else { break };
            let idle = operation >= self.part.ended && next == before;
            if !idle && self.seen.insert(&self.done, next) {
                meter.holds(self.seen.bytes().saturating_add(self.states.bytes()))?;
                self.line.take(operation);
                let until = self.until;
                let operation = operation as u32;
                self.taken.push(Taken { operation, before, choice, more, reads: false, until });
                self.state = next;
                self.take_reads(meter)?;
                return Ok(true);
            }
            if !more {
                break;
            }
            choice += 1;
        }
        self.done.remove(operation);
        Ok(false)
    }

    /// Takes all that can be next and only looks.
    fn take_reads(&mut self, meter: &mut Meter) -> Result<(), Spent> {
        let mut node = self.line.first();
        while let Point::Begin(operation) = self.line.at(node) {
            let reads = self.part.operations[operation].reads;
            if reads {
                meter.step()?;
            }
            if !reads || !self.can_be_next(operation) {
                node = self.line.after(node);
                continue;
            }
            node = self.line.take(operation);
            self.done.insert(operation);
            let (before, until, operation) = (self.state, self.until, operation as u32);
            self.taken.push(Taken { operation, before, choice: 0, more: false, reads, until });
        }
        Ok(())
    }

    /// Takes back what was taken last and had an alternative, and tries that. Gives the node at which to go on.
    fn give_back(&mut self, meter: &mut Meter) -> Result<Option<u32>, Spent> {
        while let Some(Taken { operation, before, choice, more, reads, until }) = self.taken.pop() {
            let operation = operation as usize;
            self.line.give_back(operation);
            self.done.remove(operation);
            (self.state, self.until) = (before, until);
            if reads {
                continue;
            }
            if more && self.take(operation, choice + 1, meter)? {
                return Ok(Some(self.line.first()));
            }
            return Ok(Some(self.line.after(self.line.node(operation))));
        }
        Ok(None)
    }

    /// Whether the operation can be next at all.
    fn can_be_next(&self, operation: usize) -> bool {
        let one = &self.part.operations[operation];
        let state = self.states.state(self.state);
        one.excused || self.spec.nexts(state, one.call, one.answer).next().is_some()
    }

    /// One of the states that may come next, and whether there are more.
    fn step(&mut self, operation: usize, choice: u32) -> Option<(u32, bool)> {
        let one = &self.part.operations[operation];
        let state = self.states.state(self.state);
        let unchanged = one.excused.then(|| state.clone());
        let mut nexts = self.spec.nexts(state, one.call, one.answer).chain(unchanged);
        let next = nexts.nth(choice as usize)?;
        let more = nexts.next().is_some();
        drop(nexts);
        Some((self.states.number(self.spec, next), more))
    }
}
