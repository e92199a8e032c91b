//! Executions that go round.
//!
//! Of one that is back where it was, the choices since then are taken again, the first times within the search and
//! then outside of it: until it leaves this cycle, or has followed it for so long that it is taken to do so for ever.

use super::{Choice, Chooser, End, Execution, Turn};
use crate::engine::machine::clock::ThreadSet;
use crate::event::op::ThreadId;
use std::time::{Duration, Instant};

/// The choices after which the execution was back where it was, and how often they were taken since.
#[derive(Debug)]
pub(super) struct Cycle {
    /// How many choices there were when it was back for the first time.
    pub(super) found: usize,
    pub(super) choices: Vec<Choice>,
    pub(super) position: usize,
    times: u32,
    since: Instant,
}

impl Cycle {
    /// Who goes round so many times is taken to go round for ever.
    const ENOUGH: u32 = 100;

    /// The first time in a search, for so long as well, and outside of the search: who asks the system's clock, which
    /// no engine sees, may go on.
    const LONG: Duration = Duration::from_millis(20);

    /// The cycle of an execution that is back where it was after `since` choices.
    pub(super) fn new(schedule: &[Choice], since: usize) -> Self {
        let choices = schedule[since..].to_vec();
        Self { found: schedule.len(), choices, position: 0, times: 0, since: Instant::now() }
    }

    fn is_complete(&self) -> bool {
        self.position == self.choices.len()
    }
}

/// Whether an execution goes round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GoingRound {
    /// Not that anybody knows, or not for long enough yet.
    No,
    /// It follows its cycle outside of the search.
    Outside,
    /// It did for long, and has left the cycle.
    Left,
    /// For ever.
    ForEver,
}

impl Execution {
    /// Whether the execution follows a cycle outside of the search.
    pub(super) fn goes_round_outside(&self) -> bool {
        self.cycle.as_ref().is_some_and(|cycle| cycle.times >= self.followed())
    }

    /// Whether the execution goes round, now that a choice is to be made.
    pub(super) fn going_round(&mut self) -> GoingRound {
        // Those who could go on mostly still can: from the last choice backwards few have to be looked at.
        let could = |since: usize, of: ThreadSet| {
            let mut found = ThreadSet::NONE;
            for &could in self.could[since..].iter().rev() {
                found = found.with(could);
                if of.without(found).is_empty() {
                    break;
                }
            }
            found
        };
        let back = self.machine.is_back(self.schedule.len(), could);
        let left = self.has_left_cycle(back.is_some());
        if let (None, Some(since)) = (&self.cycle, back)
            && since < self.schedule.len()
        {
            self.cycle = Some(Cycle::new(&self.schedule, since));
        }
        let followed = self.followed();
        let Some(cycle) = &self.cycle else { return GoingRound::No };
        if let Chooser::Script { schedule, position } = &self.chooser
            && *position == schedule.len()
        {
            // It was seen to go round before, and the schedule ends there.
            return GoingRound::ForEver;
        }
        if left {
            return GoingRound::Left;
        }
        if cycle.times >= Cycle::ENOUGH {
            self.waited_long |= cycle.since.elapsed() >= Cycle::LONG;
            if self.waited_long {
                return GoingRound::ForEver;
            }
        }
        if cycle.times >= followed { GoingRound::Outside } else { GoingRound::No }
    }

    /// Whether the execution, which has gone round once more, is not back where it was though it had been so often
    /// before. One that has left its cycle earlier is an execution like any other.
    fn has_left_cycle(&mut self, back: bool) -> bool {
        let followed = self.followed();
        let Some(cycle) = self.cycle.as_mut().filter(|cycle| cycle.is_complete()) else { return false };
        cycle.position = 0;
        cycle.times += 1;
        let left = !back && cycle.times > followed;
        if !back && !left {
            self.cycle = None;
        }
        left
    }

    /// How many times a cycle is followed within the search.
    fn followed(&self) -> u32 {
        if self.livelocked && !self.chooser.has_a_plan() { 1 } else { Cycle::ENOUGH }
    }

    /// The next choice of the cycle is taken again, and whoever chooses is not told: how often depends on the time.
    pub(super) fn go_round_once_more(&mut self) -> Turn {
        let cycle = self.cycle.as_mut().expect("the execution goes round");
        let (thread, choice) = cycle.choices[cycle.position];
        cycle.position += 1;
        self.machine.let_go_on(thread);
        if !self.is_possible(thread, choice) {
            return self.leave_cycle();
        }
        self.machine.grant(thread, choice);
        self.run(thread)
    }

    /// The execution goes on after all. Where one that goes round for ever was seen before, it is of no interest.
    pub(super) fn leave_cycle(&self) -> Turn {
        Turn::End(if self.livelocked { End::Fruitless } else { End::LeftCycle })
    }

    /// The choice is that of the cycle, or the execution leaves it.
    pub(super) fn follow(&mut self, thread: ThreadId, choice: u8) {
        if let Some(cycle) = &mut self.cycle {
            if cycle.choices.get(cycle.position) == Some(&(thread, choice)) {
                cycle.position += 1;
            } else {
                self.cycle = None;
            }
        }
    }
}
