//! One execution on the [`Machine`], with something that chooses.
//!
//! It is what the drivers share: it takes announcements, lets operations take place that leave no
//! choice, and asks the chooser where there is one. A driver only switches to the thread whose turn it is.

mod chooser;
mod cycle;
mod present;
mod replay;

pub(crate) use self::chooser::Chooser;
use self::cycle::{Cycle, GoingRound};
pub use self::replay::NotAReplay;
pub(crate) use self::replay::Replay;
use super::Budget;
use super::dpor::{Explorer, Next};
use super::machine::clock::ThreadSet;
use super::machine::{Allowed, Announced, Edge, Machine, Phase, RUN, Urgent, Watched};
use crate::event::causality::{Causality, Moment};
use crate::event::op::{ObjectId, Op, Site, ThreadId};

/// What an execution needs to be run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) schedule: Vec<Choice>,
    /// The objects that the machine watched.
    pub(crate) watched: Vec<Watched>,
}

/// A thread's operation takes place, in one of the ways in which it can.
pub(crate) type Choice = (ThreadId, u8);

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// This thread runs, up to its next operation.
    Run(ThreadId),
    /// One of several threads runs: an external chooser grants one of them.
    Choose,
    /// The execution is over.
    End(End),
}

/// How an execution ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every thread has ended.
    Finished,
    /// Nobody can go on, and somebody waits for another.
    Deadlock,
    /// Nobody can go on, and all that are left spin.
    Livelock,
    /// All that are left only repeat themselves, and it is back where it was before.
    Repetition,
    /// It went on after all when it had been back where it was many times.
    LeftCycle,
    /// It had more operations than the budget allows.
    TooLong,
    /// The explorer had nothing left to see in it.
    Redundant,
    /// A thread that spins was given many rounds in a row, and did not get on: nothing that is to be seen.
    Fruitless,
    /// The program did not repeat what it had done under the same schedule.
    Diverged,
    /// An object was used after its end.
    Misused,
    /// The stack of the running thread has overflowed.
    StackOverflow,
    /// The search has met more threads than the engine can tell apart.
    TooManyThreads,
}

/// An execution, and what has been chosen in it; then the next one.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) machine: Machine,
    pub(crate) chooser: Chooser,
    pub(crate) schedule: Vec<Choice>,
    /// For each choice, whether the operation may have had to wait.
    waited: Vec<bool>,
    /// How many choices of each thread there were.
    steps: Vec<u32>,
    operations: u32,
    daemons: bool,
    overflow: bool,
    /// For each choice, the threads that could have gone on; nobody where it does not matter.
    could: Vec<ThreadSet>,
    cycle: Option<Cycle>,
    /// An execution has gone round for so long that no clock that it may ask would have let it go on.
    waited_long: bool,
    /// An execution was a livelock: others are of interest only for being shorter.
    livelocked: bool,
}

impl Execution {
    /// Nothing has been run yet.
    pub(crate) fn new(chooser: Chooser, budget: &Budget) -> Self {
        let allowed = Allowed {
            rare: [budget.spurious, budget.cancellations, budget.deaths],
            early_timeouts: budget.early_timeouts,
            idle_rounds: budget.idle_rounds,
        };
        Self {
            machine: Machine::new(allowed),
            chooser,
            schedule: Vec::new(),
            waited: Vec::new(),
            steps: Vec::new(),
            operations: budget.operations,
            daemons: budget.daemons,
            overflow: false,
            could: Vec::new(),
            cycle: None,
            waited_long: false,
            livelocked: false,
        }
    }

    /// One of the executions, to be run again. It takes the machine along: that has given the threads and objects
    /// their numbers.
    pub(crate) fn again(&mut self, script: Script, budget: &Budget) -> Self {
        let Script { schedule, watched } = script;
        let mut again = Self::new(Chooser::Script { schedule, position: 0 }, budget);
        std::mem::swap(&mut again.machine, &mut self.machine);
        again.machine.know(watched);
        again
    }

    /// An execution of another process, to be run again.
    pub(crate) fn replaying(replay: Replay, budget: &Budget) -> Self {
        let Replay { script: Script { schedule, watched }, makers } = replay;
        let mut again = Self::new(Chooser::Script { schedule, position: 0 }, budget);
        again.machine.know(watched);
        again.machine.number(&makers);
        again
    }

    /// What another process needs to run this execution again.
    pub(crate) fn replay(&self) -> Option<Replay> {
        Some(Replay { script: self.script(), makers: self.machine.makers()? })
    }

    /// The next execution follows the script of this one; gives back who chooses otherwise.
    pub(crate) fn repeat(&mut self) -> Chooser {
        let Script { schedule, watched } = self.script();
        self.machine.know(watched);
        std::mem::replace(&mut self.chooser, Chooser::Script { schedule, position: 0 })
    }

    /// The script of this execution.
    pub(crate) fn script(&self) -> Script {
        Script { schedule: self.evidence().to_vec(), watched: self.machine.known().to_vec() }
    }

    /// A new execution begins: main runs.
    pub(crate) fn restart(&mut self, record: bool) {
        self.machine.restart(record);
        self.schedule.clear();
        self.waited.clear();
        self.steps.clear();
        self.overflow = false;
        self.could.clear();
        self.cycle = None;
        match &mut self.chooser {
            Chooser::Explorer(explorer) => explorer.restart(),
            Chooser::Bounded(bounded) => bounded.restart(),
            Chooser::Script { position, .. } => *position = 0,
            Chooser::External => {}
        }
    }

    /// The running thread announces an operation: the answer of a local one, which has then taken place.
    pub(crate) fn announce(&mut self, op: Op, seen: u64, site: Site) -> Option<u64> {
        let me = self.machine.running();
        match self.machine.announce(op, seen, site) {
            Announced::Pending => None,
            Announced::Done(answer, edge) => {
                self.edge(me, edge);
                Some(answer)
            }
        }
    }

    /// The running thread destroys an object; false where others could see when, so that it has to be
    /// announced.
    pub(crate) fn destroy(&mut self, object: ObjectId) -> bool {
        if self.machine.sees_destruction(object) {
            return false;
        }
        let me = self.machine.running();
        let out_of_order = self.machine.destroy(object);
        if let Some(explorer) = self.order_mut()
            && (out_of_order || explorer.is_contested(me, object))
        {
            self.machine.learn_destruction(object);
        }
        true
    }

    /// Main, which runs, has come to its end.
    pub(crate) fn end_main(&mut self) {
        let exited = self.announce(Op::Exit, 0, std::panic::Location::caller());
        debug_assert!(exited.is_some(), "an exit is local");
    }

    /// The order of events, where the search keeps it and what takes place is a part of it.
    fn order_mut(&mut self) -> Option<&mut Explorer> {
        match self.goes_round_outside() {
            true => None,
            false => self.chooser.order_mut(),
        }
    }

    fn edge(&mut self, me: ThreadId, edge: Edge) {
        if let Some(explorer) = self.order_mut() {
            explorer.edge(me, edge);
        }
    }

    /// The running thread adds a thread.
    pub(crate) fn spawn(&mut self, name: Option<&str>) -> Option<ThreadId> {
        let id = self.machine.spawn(name);
        self.overflow |= id.is_none();
        id
    }

    /// Whose turn it is, now that every thread has announced its next operation or has yet to start.
    pub(crate) fn turn(&mut self) -> Turn {
        if self.overflow {
            return Turn::End(End::TooManyThreads);
        }
        if self.machine.misuse().is_some() {
            return Turn::End(End::Misused);
        }
        if self.machine.operations() > self.operations && self.cycle.is_none() {
            return Turn::End(End::TooLong);
        }
        match self.machine.urgent() {
            Some(Urgent::Start(thread)) => {
                if let Some(leader) = self.machine.leader(thread) {
                    // The leader has taken one step by now, and not the next one.
                    self.edge(thread, Edge::Join(leader));
                }
                return self.run(thread);
            }
            Some(Urgent::Due(thread)) => {
                let edge = self.machine.grant_due(thread);
                self.edge(thread, edge);
                return self.run(thread);
            }
            None => {}
        }
        if self.machine.is_fruitless() {
            match self.chooser {
                Chooser::Explorer(_) | Chooser::Bounded(_) => return Turn::End(End::Fruitless),
                _ => self.machine.hold_again(),
            }
        }
        match self.going_round() {
            GoingRound::No => {}
            GoingRound::Outside => return self.go_round_once_more(),
            GoingRound::Left => return self.leave_cycle(),
            GoingRound::ForEver if self.is_finished() => return Turn::End(End::Finished),
            GoingRound::ForEver => {
                self.livelocked = true;
                return Turn::End(End::Repetition);
            }
        }
        if matches!(self.chooser, Chooser::External)
            && let Some(thread) = self.find(Machine::is_unseen)
        {
            return self.grant(thread, 0);
        }
        if let (Chooser::Explorer(explorer), None) = (&self.chooser, &self.cycle)
            && let Some(next) = explorer.repeats(&self.machine)
        {
            return self.take_turn(next);
        }
        let enabled = self.find(|machine, id| machine.choices(id) != 0);
        match enabled.or_else(|| self.machine.forced_thread()) {
            Some(thread) => self.choose(thread),
            None => Turn::End(self.end()),
        }
    }

    fn find(&self, is_it: impl Fn(&Machine, ThreadId) -> bool) -> Option<ThreadId> {
        self.machine.threads().find(|&id| is_it(&self.machine, id))
    }

    fn run(&mut self, thread: ThreadId) -> Turn {
        self.machine.resume(thread);
        Turn::Run(thread)
    }

    fn choose(&mut self, enabled: ThreadId) -> Turn {
        let hint = self.cycle.as_ref().map(|cycle| cycle.choices[cycle.position]);
        if let Some((thread, _)) = hint {
            self.machine.let_go_on(thread);
        }
        let next = match &mut self.chooser {
            Chooser::Explorer(explorer) => explorer.next(&self.machine, hint),
            Chooser::Bounded(bounded) => bounded.next(&self.machine, hint),
            Chooser::Script { schedule, position } => {
                *position += 1;
                let choice = schedule
                    .get(*position - 1)
                    .copied()
                    .unwrap_or_else(|| (enabled, self.machine.first_choice(enabled)));
                Next::Grant(choice.0, choice.1)
            }
            Chooser::External => {
                match hint.filter(|&(thread, choice)| self.machine.choices(thread) & 1 << choice != 0) {
                    Some((thread, choice)) => Next::Grant(thread, choice),
                    None => return Turn::Choose,
                }
            }
        };
        self.take_turn(next)
    }

    /// What the explorer says is done.
    fn take_turn(&mut self, next: Next) -> Turn {
        match next {
            Next::Grant(thread, choice) => self.grant(thread, choice),
            Next::DestroyedLast(object) => {
                self.machine.learn_destroyed_last(object);
                Turn::End(End::Redundant)
            }
            Next::Redundant => Turn::End(End::Redundant),
            Next::Fruitless => Turn::End(End::Fruitless),
            Next::Diverged => Turn::End(End::Diverged),
        }
    }

    /// The pending operation of an enabled thread takes place, in this way.
    pub(crate) fn grant(&mut self, thread: ThreadId, choice: u8) -> Turn {
        let choices = self.machine.choices(thread);
        if choices & 1 << choice == 0 && !self.is_possible(thread, choice) {
            return Turn::End(End::Diverged);
        }
        self.follow(thread, choice);
        match &mut self.chooser {
            Chooser::Explorer(explorer) => {
                explorer.take((thread, choice), choices & !(1 << choice), &self.machine)
            }
            Chooser::Bounded(bounded) => bounded.take((thread, choice), &self.machine),
            Chooser::Script { .. } | Chooser::External => {}
        }
        self.log(thread, choice);
        let edge = self.machine.grant(thread, choice);
        if self.machine.misuse().is_some() {
            return Turn::End(End::Misused);
        }
        self.edge(thread, edge);
        self.run(thread)
    }

    fn is_possible(&self, thread: ThreadId, choice: u8) -> bool {
        self.machine.choices(thread) & 1 << choice != 0
            || self.machine.forced_thread() == Some(thread)
            || choice == RUN && self.machine.is_spinning(thread)
    }

    /// The choices that show how the execution ended: of one that goes round, those of the first time.
    fn evidence(&self) -> &[Choice] {
        &self.schedule[..self.cycle.as_ref().map_or(self.schedule.len(), |cycle| cycle.found)]
    }

    fn could_go_on(&self) -> ThreadSet {
        self.machine.threads().filter(|&id| self.machine.choices(id) != 0).collect()
    }

    fn log(&mut self, thread: ThreadId, choice: u8) {
        let could = if self.machine.may_be_back() { self.could_go_on() } else { ThreadSet::NONE };
        self.could.push(could);
        self.schedule.push((thread, choice));
        self.waited.push(self.machine.pending(thread).waits());
        if self.steps.len() <= thread.index() {
            self.steps.resize(thread.index() + 1, 0);
        }
        self.steps[thread.index()] += 1;
    }

    /// Where the running thread stands.
    pub(crate) fn moment(&self) -> Moment {
        let thread = self.machine.running();
        Moment { thread, steps: self.steps.get(thread.index()).copied().unwrap_or(0) }
    }

    /// The order of all choices: that of every equivalent execution where the explorer chose, else that of
    /// this one.
    pub(crate) fn causality(&self) -> Causality {
        let threads = self.machine.threads().last().map_or(0, |last| last.index() + 1);
        let mut order = Causality::new(threads);
        let mut passed = vec![0; threads];
        for (index, &(thread, _)) in self.schedule.iter().enumerate() {
            passed[thread.index()] += 1;
            let waits = self.waited[index];
            match self.chooser.order() {
                Some(explorer) => order.push(thread, |other| explorer.past(index, other), waits),
                None => order.push(thread, |other| passed[other.index()], waits),
            }
        }
        order
    }

    /// The atomic operation that was just granted left this value.
    pub(crate) fn commit(&mut self, object: ObjectId, left: u64) {
        self.machine.commit(object, left);
        if self.machine.repeats_itself_in_a_row() {
            return;
        }
        if let Some(explorer) = self.order_mut() {
            explorer.commit(left);
        }
    }

    /// Whether all threads have ended but for those that do not keep the process alive.
    fn is_finished(&self) -> bool {
        !self.machine.has_unended() || self.daemons && self.machine.only_daemons_are_left()
    }

    /// How the execution ends in which nobody can go on.
    fn end(&self) -> End {
        let pending = |id: &ThreadId| self.machine.phase(*id) == Phase::Pending;
        let joins = |id: &ThreadId| matches!(self.machine.pending(*id), Op::Join(_));
        let mut waiting = self.machine.threads().filter(pending).filter(|id| !joins(id)).peekable();
        if self.is_finished() {
            End::Finished
        } else if waiting.peek().is_some() && waiting.all(|id| self.machine.is_spinning(id)) {
            End::Livelock
        } else {
            End::Deadlock
        }
    }

    /// The bound on preemptions, if anything was left out for it.
    pub(crate) fn bound(&self) -> Option<u32> {
        match &self.chooser {
            Chooser::Bounded(bounded) => bounded.mattered(),
            _ => None,
        }
    }

    /// How many executions the search has in all, about, where it can tell: it is exhaustive, and the next execution is
    /// [planned](Self::advance).
    pub(crate) fn estimate(&self) -> Option<f64> {
        match &self.chooser {
            Chooser::Explorer(explorer) => Some(explorer.estimate()),
            Chooser::Bounded(_) | Chooser::Script { .. } | Chooser::External => None,
        }
    }

    /// Plans the next execution; false where all have been explored.
    pub(crate) fn advance(&mut self) -> bool {
        // Where a livelock was found others are of interest only for being shorter: nothing happens in a cycle's
        // repetitions that does not happen the first time.
        let counted = if self.livelocked { self.evidence().len() } else { self.schedule.len() };
        match &mut self.chooser {
            Chooser::Explorer(explorer) => explorer.finish(&self.machine, counted),
            Chooser::Bounded(bounded) => bounded.finish(),
            Chooser::Script { .. } => false,
            Chooser::External => true,
        }
    }
}
