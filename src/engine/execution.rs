//! One execution on the [`Machine`], with something that chooses.
//!
//! The execution is what the drivers share: it takes announcements, lets operations take place that leave no
//! choice, and asks the chooser where there is one. A driver only switches to the thread whose turn it is.

use super::Budget;
use super::dpor::{Bounded, Explorer, Next, Present};
use super::machine::access::Transition;
use super::machine::clock::ThreadSet;
use super::machine::meaning::Observable;
use super::machine::{Allowed, Announced, Edge, Machine, Phase, RUN, Watched};
use crate::event::causality::{Causality, Moment};
use crate::event::op::{Class, ObjectId, Op, Site, ThreadId};
use std::time::{Duration, Instant};

/// What decides whose operation takes place.
#[derive(Debug)]
pub(crate) enum Chooser {
    /// The exact explorer.
    Explorer(Box<Explorer>),
    /// The explorer within a bound on preemptions.
    Bounded(Box<Bounded>),
    /// A schedule that was recorded before.
    Script { schedule: Vec<Choice>, position: usize },
    /// The driver itself, which calls [`Execution::grant`].
    #[cfg_attr(not(feature = "shuttle"), expect(dead_code, reason = "shuttle's strategies are external"))]
    External,
}

impl Chooser {
    /// What explores every execution, or every one within the budget's bound on preemptions.
    pub(crate) fn exact(budget: &Budget) -> Self {
        match budget.preemptions {
            Some(bound) => Self::Bounded(Box::new(Bounded::new(bound))),
            None => Self::Explorer(Box::default()),
        }
    }

    /// An exact search begins again; false where it is none.
    pub(crate) fn reset(&mut self) -> bool {
        match self {
            Self::Explorer(explorer) => explorer.reset(),
            Self::Bounded(bounded) => bounded.reset(),
            Self::Script { .. } | Self::External => return false,
        }
        true
    }

    /// Whether it is settled how the execution goes on.
    fn has_a_plan(&self) -> bool {
        match self {
            Self::Explorer(explorer) => explorer.has_a_plan(),
            Self::Bounded(bounded) => bounded.has_a_plan(),
            Self::Script { schedule, position } => *position < schedule.len(),
            Self::External => false,
        }
    }

    /// The order of events, where the search keeps it.
    fn order(&self) -> Option<&Explorer> {
        match self {
            Self::Explorer(explorer) => Some(explorer),
            Self::Bounded(bounded) => Some(&bounded.order),
            Self::Script { .. } | Self::External => None,
        }
    }

    fn order_mut(&mut self) -> Option<&mut Explorer> {
        match self {
            Self::Explorer(explorer) => Some(explorer),
            Self::Bounded(bounded) => Some(&mut bounded.order),
            Self::Script { .. } | Self::External => None,
        }
    }
}

/// What an execution needs to be run again.
#[derive(Clone, Debug)]
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

/// One execution, and what has been chosen in it.
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

/// Choices after which the execution was back where it was, followed once more.
#[derive(Debug)]
struct Cycle {
    /// How many choices there were when it was back for the first time.
    found: usize,
    choices: Vec<Choice>,
    position: usize,
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
    fn new(schedule: &[Choice], since: usize) -> Self {
        let choices = schedule[since..].to_vec();
        Self { found: schedule.len(), choices, position: 0, times: 0, since: Instant::now() }
    }

    fn is_complete(&self) -> bool {
        self.position == self.choices.len()
    }
}

/// Whether an execution goes round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GoingRound {
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
    /// A execution on which nothing has been run.
    pub(crate) fn new(chooser: Chooser, budget: &Budget) -> Self {
        let allowed = Allowed {
            spurious: budget.spurious,
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

    /// A execution on which an execution of this one is run again. It takes the machine along: that one has given the
    /// threads and objects their numbers.
    pub(crate) fn again(&mut self, script: Script, budget: &Budget) -> Self {
        let Script { schedule, watched } = script;
        let mut again = Self::new(Chooser::Script { schedule, position: 0 }, budget);
        std::mem::swap(&mut again.machine, &mut self.machine);
        again.machine.know(watched);
        again
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

    /// Whether the execution follows a cycle outside of the search.
    fn goes_round_outside(&self) -> bool {
        self.cycle.as_ref().is_some_and(|cycle| cycle.times >= self.followed())
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
        if let Some(thread) = self.find(|machine, id| machine.phase(id) == Phase::Starting) {
            return self.run(thread);
        }
        if let Some(thread) = self.find(Machine::is_due) {
            let edge = self.machine.grant_due(thread);
            self.edge(thread, edge);
            return self.run(thread);
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
                    .unwrap_or_else(|| (enabled, self.machine.choices(enabled).trailing_zeros() as u8 & 63));
                Next::Grant(choice.0, choice.1)
            }
            Chooser::External => {
                match hint.filter(|&(thread, choice)| self.machine.choices(thread) & 1 << choice != 0) {
                    Some((thread, choice)) => Next::Grant(thread, choice),
                    None => return Turn::Choose,
                }
            }
        };
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
        if !self.is_possible(thread, choice) {
            return Turn::End(End::Diverged);
        }
        self.follow(thread, choice);
        let transition = || self.machine.transition(thread, choice);
        match &mut self.chooser {
            Chooser::Explorer(explorer) => {
                explorer.take(transition(), choices & !(1 << choice), &self.machine)
            }
            Chooser::Bounded(bounded) => bounded.take(transition(), &self.machine),
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

    /// Whether the execution goes round, now that a choice is to be made.
    fn going_round(&mut self) -> GoingRound {
        let could =
            |since: usize| self.could[since..].iter().fold(ThreadSet::NONE, |set, could| set.with(*could));
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
    fn go_round_once_more(&mut self) -> Turn {
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
    fn leave_cycle(&self) -> Turn {
        Turn::End(if self.livelocked { End::Fruitless } else { End::LeftCycle })
    }

    fn is_possible(&self, thread: ThreadId, choice: u8) -> bool {
        self.machine.choices(thread) & 1 << choice != 0
            || self.machine.forced_thread() == Some(thread)
            || choice == RUN && self.machine.is_spinning(thread)
    }

    /// The choice is that of the cycle, or the execution leaves it.
    fn follow(&mut self, thread: ThreadId, choice: u8) {
        if let Some(cycle) = &mut self.cycle {
            if cycle.choices.get(cycle.position) == Some(&(thread, choice)) {
                cycle.position += 1;
            } else {
                self.cycle = None;
            }
        }
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

    /// Plans the next execution; false where all have been explored.
    pub(crate) fn advance(&mut self) -> bool {
        match &mut self.chooser {
            Chooser::Explorer(explorer) => explorer.finish(&self.machine),
            Chooser::Bounded(bounded) => bounded.finish(),
            Chooser::Script { .. } => false,
            Chooser::External => true,
        }
    }
}

/// What the explorer sees of the machine.
impl Present for Machine {
    fn threads(&self) -> impl Iterator<Item = ThreadId> {
        self.threads()
    }

    fn running(&self) -> ThreadId {
        self.running()
    }

    fn pending(&self, thread: ThreadId) -> Option<Op> {
        (self.phase(thread) == Phase::Pending).then(|| self.pending(thread))
    }

    fn choices(&self, thread: ThreadId) -> u128 {
        self.choices(thread)
    }

    fn transition(&self, thread: ThreadId, choice: u8) -> Transition {
        self.transition(thread, choice)
    }

    fn forced_thread(&self) -> Option<ThreadId> {
        self.forced_thread()
    }

    fn blocked(&self) -> Vec<Transition> {
        self.blocked().collect()
    }

    fn is_unfairly_delayed(&self, thread: ThreadId) -> bool {
        self.is_unfairly_delayed(thread)
    }

    fn has_just_yielded(&self, thread: ThreadId) -> bool {
        self.has_just_yielded(thread)
    }

    fn waits_for_ever(&self, thread: ThreadId) -> bool {
        self.waits_for_ever(thread)
    }

    fn initial(&self, object: ObjectId) -> (Class, u64) {
        let object = self.object(object);
        (object.class, object.first_look())
    }

    fn is_watched(&self, object: ObjectId) -> bool {
        Observable::is_watched(self, object)
    }
}
