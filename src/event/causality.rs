//! Which steps of an execution come before which others, however the rest is ordered.
//!
//! An engine that explores one execution for each class of equivalent ones answers for the whole class: where neither of
//! two steps comes before the other, either may. An engine that runs one schedule answers for that schedule.
//! It is plain data; asking for it orders nothing.
//!
//! Leslie Lamport, "Time, clocks, and the ordering of events in a distributed system", 1978; Antoni
//! Mazurkiewicz, "Trace theory", 1987.

use super::op::ThreadId;

/// A step of a thread that others can see: its `number`-th one, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    /// Whose step it is.
    pub thread: ThreadId,
    /// Its number among the steps of that thread.
    pub number: u32,
}

/// Where a thread stands: it has taken so many steps that others can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// The thread.
    pub thread: ThreadId,
    /// How many such steps it has taken.
    pub steps: u32,
}

impl Moment {
    /// The last step that was taken, if one was.
    pub fn last(self) -> Option<Event> {
        (self.steps > 0).then_some(Event { thread: self.thread, number: self.steps })
    }

    /// The step that comes next.
    pub const fn next(self) -> Event {
        Event { thread: self.thread, number: self.steps + 1 }
    }
}

/// The order of the steps of one execution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Causality {
    /// A line for each step: how many steps of each thread come before it, itself included.
    pasts: Vec<u32>,
    waits: Vec<bool>,
    /// For each thread, which lines are its own.
    lines: Vec<Vec<u32>>,
}

impl Causality {
    /// No steps of so many threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self { pasts: Vec::new(), waits: Vec::new(), lines: vec![Vec::new(); threads] }
    }

    /// The next step, of `thread`: `past` gives for each thread how many of its steps come before, this one
    /// included; `waits` says whether it was a step that may have to wait for others.
    pub(crate) fn push(&mut self, thread: ThreadId, past: impl Fn(ThreadId) -> u32, waits: bool) {
        self.lines[thread.index()].push(self.waits.len() as u32);
        self.pasts.extend((0..self.lines.len() as u32).map(|other| past(ThreadId(other))));
        self.waits.push(waits);
    }

    /// Whether there is such a step.
    pub fn has(&self, event: Event) -> bool {
        self.line(event).is_some()
    }

    /// Whether `earlier` comes before `later`, or is the same. A step that was never taken comes after all
    /// others.
    pub fn precedes(&self, earlier: Event, later: Event) -> bool {
        self.line(later).is_none_or(|line| self.past(line)[earlier.thread.index()] >= earlier.number)
    }

    /// Whether it was a step that may have to wait for others: the acquisition of a lock, a wake-up.
    pub fn waits(&self, event: Event) -> bool {
        self.line(event).is_some_and(|line| self.waits[line])
    }

    /// All steps of a thread.
    pub fn events(&self, thread: ThreadId) -> impl Iterator<Item = Event> {
        let steps = self.lines.get(thread.index()).map_or(0, Vec::len) as u32;
        (1..=steps).map(move |number| Event { thread, number })
    }

    /// All threads.
    pub fn threads(&self) -> impl Iterator<Item = ThreadId> + use<> {
        (0..self.lines.len() as u32).map(ThreadId)
    }

    fn line(&self, event: Event) -> Option<usize> {
        let lines = self.lines.get(event.thread.index())?;
        lines.get((event.number as usize).checked_sub(1)?).map(|&line| line as usize)
    }

    fn past(&self, line: usize) -> &[u32] {
        let threads = self.lines.len();
        &self.pasts[line * threads..][..threads]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(thread: u32, number: u32) -> Event {
        Event { thread: ThreadId(thread), number }
    }

    /// Thread 1 takes two steps, thread 2 one between them, which only the second of thread 1 depends on.
    fn three_steps() -> Causality {
        let mut order = Causality::new(3);
        order.push(ThreadId(1), |thread| [0, 1, 0][thread.index()], false);
        order.push(ThreadId(2), |thread| [0, 0, 1][thread.index()], true);
        order.push(ThreadId(1), |thread| [0, 2, 1][thread.index()], false);
        order
    }

    #[test]
    fn orders_what_depends_on_each_other() {
        let order = three_steps();
        assert!(order.precedes(event(1, 1), event(1, 2)) && order.precedes(event(2, 1), event(1, 2)));
        assert!(!order.precedes(event(1, 1), event(2, 1)) && !order.precedes(event(2, 1), event(1, 1)));
        assert!(order.waits(event(2, 1)) && !order.waits(event(1, 1)));
    }

    #[test]
    fn what_was_never_done_comes_last() {
        let order = three_steps();
        assert!(!order.has(event(2, 2)) && order.precedes(event(1, 2), event(2, 2)));
        assert_eq!(order.events(ThreadId(1)).count(), 2);
    }

    #[test]
    fn a_moment_lies_between_two_steps() {
        let begin = Moment { thread: ThreadId(1), steps: 0 };
        assert_eq!((begin.last(), begin.next()), (None, event(1, 1)));
        assert_eq!(Moment { steps: 1, ..begin }.last(), Some(event(1, 1)));
    }
}
