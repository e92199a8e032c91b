//! Shuttle's runtime under the facade's objects: its random strategies, and the exact explorer once more.
//!
//! Every blocking is the machine's, so shuttle believes all tasks to be runnable; a filter in front of its
//! schedulers shows them only the tasks whose operation is enabled. Its strategies run unmodified behind it:
//! the random walk, probabilistic concurrency testing (Sebastian Burckhardt, Pravesh Kothari, Madanlal
//! Musuvathi, Santosh Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding bugs",
//! 2010) and the uniform random walk (Huan Zhao, Dylan Wolff, Umang Mathur, Abhik Roychoudhury, "Selectively
//! uniform concurrency testing", 2025).

use super::execution::{Chooser, End, Execution, Replay, Script, Turn};
use super::machine::Phase;
use super::search::{Ran, Recorded, Search, recorded, run_main};
use super::watchdog::{Pulse, Watchdog};
use super::{Budget, Engine, Exploration, Extent, Program, panics};
use crate::alloc::held;
use crate::event::causality::{Causality, Moment};
use crate::event::op::{Class, ObjectId, Op, Site, ThreadId};
use crate::event::trace::Trace;
use crate::sync::current::{self, Controller, Current};
use shuttle_engine::runtime::execution::ExecutionState;
use shuttle_engine::scheduler::{Schedule, Scheduler, Task, TaskId};
use shuttle_engine::{Config, FailurePersistence, MaxSteps, Runner};
use shuttle_schedulers::{PctScheduler, RandomScheduler, UrwRandomScheduler};
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{self, Location};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

/// Bytes of stack of each thread: std's default, and room for the engine. Only touched pages cost memory.
const STACK_SIZE: usize = (2 << 20) + (128 << 10);

/// The depth of the bugs that probabilistic concurrency testing aims at: ordering constraints that
/// have to be met for the bug to show. Most known bugs have one to three.
const PCT_DEPTH: usize = 3;

/// Explores the program with one of shuttle's strategies, or with the explorer.
pub(crate) fn explore(engine: Engine, program: &Program, budget: &Budget) -> Exploration {
    silence();
    // A thread of shuttle's runtime cannot end where it is.
    let budget = &Budget { deaths: 0, ..*budget };
    let strategy = strategy(engine, budget);
    let (chooser, coverage) = match strategy {
        Some(_) => (Chooser::External, Ok(Extent::Sampled(0))),
        None => (Chooser::exact(budget), Ok(Extent::EXHAUSTIVE)),
    };
    let execution = Execution::new(chooser, budget);
    let runtime = Rc::new(Runtime::new(execution, Search::new(budget, coverage), false));
    runtime.run(program, strategy);
    let search = runtime.end(budget);
    let recorded = search.script().and_then(|script| replay(program, budget, &runtime, script));
    search.finish(recorded)
}

fn strategy(engine: Engine, budget: &Budget) -> Option<Box<dyn Scheduler>> {
    let executions = usize::try_from(budget.executions).unwrap_or(usize::MAX);
    match engine {
        Engine::Random => Some(Box::new(RandomScheduler::new_from_seed(budget.seed, executions))),
        Engine::Pct => Some(Box::new(PctScheduler::new_from_seed(budget.seed, PCT_DEPTH, executions))),
        Engine::Urw => Some(Box::new(UrwRandomScheduler::new_from_seed(budget.seed, executions))),
        _ => None,
    }
}

/// Runs one execution of another process, and no other.
#[cfg_attr(feature = "dpor", expect(dead_code, reason = "the other driver does it"))]
pub(crate) fn replay_alone(program: &Program, budget: &Budget, replay: Replay) -> Exploration {
    silence();
    let budget = &Budget { executions: 1, shorten: 0, deaths: 0, ..*budget };
    let search = Search::new(budget, Ok(Extent::Sampled(0)));
    let runtime = Rc::new(Runtime::new(Execution::replaying(replay, budget), search, true));
    runtime.run(program, None);
    runtime.end(budget).finish(runtime.recorded.take())
}

/// Runs an execution of the search again and records it.
fn replay(program: &Program, budget: &Budget, of: &Runtime, script: Script) -> Option<Recorded> {
    let execution = of.execution.borrow_mut().again(script, budget);
    let search = Search::new(&Budget { executions: 1, ..*budget }, Ok(Extent::Sampled(0)));
    let runtime = Rc::new(Runtime::new(execution, search, true));
    runtime.run(program, None);
    runtime.end(budget);
    runtime.recorded.take()
}

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = STACK_SIZE;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    config
}

/// Shuttle puts a panic hook over the one that is there, once for the process, which prints every panic of
/// a task, caught or not. It is made to do so now, and the hook that was there is put back.
fn silence() {
    static SILENCED: LazyLock<()> = LazyLock::new(|| {
        let previous = panic::take_hook();
        Runner::new(RandomScheduler::new_from_seed(0, 1), config()).run(|| ());
        panic::set_hook(previous);
    });
    LazyLock::force(&SILENCED);
}

/// What the tasks, the scheduler and the facade share.
struct Runtime {
    pulse: Arc<Pulse>,
    /// Until [`end`](Self::end).
    watch: RefCell<Option<panics::Watch>>,
    execution: RefCell<Execution>,
    search: RefCell<Search>,
    ran: RefCell<Ran>,
    tasks: RefCell<Vec<(ThreadId, TaskId)>>,
    /// How the execution ended; from then on nothing is announced, while shuttle cleans up.
    end: Cell<Option<End>>,
    record: bool,
    recorded: RefCell<Option<Recorded>>,
    /// While an execution is run again to see whether it does the same.
    check: RefCell<Option<Check>>,
}

/// Who chooses after the execution that is run again, and whether there is more to run then.
struct Check {
    chooser: Chooser,
    more: bool,
}

impl Runtime {
    fn new(execution: Execution, search: Search, record: bool) -> Self {
        Self {
            pulse: Arc::default(),
            watch: RefCell::new(Some(panics::watch(None))),
            execution: RefCell::new(execution),
            search: RefCell::new(search),
            ran: RefCell::new(None),
            tasks: RefCell::default(),
            end: Cell::new(None),
            record,
            recorded: RefCell::new(None),
            check: RefCell::new(None),
        }
    }

    /// Runs executions until the search or the strategy has enough.
    fn run(self: &Rc<Self>, program: &Program, strategy: Option<Box<dyn Scheduler>>) {
        let _watchdog = Watchdog::start(&self.pulse);
        let strategy = strategy.map(ManuallyDrop::new);
        let filter = Filter { runtime: Rc::clone(self), strategy, begun: false, had_choice: false };
        // SAFETY: the engine is current only until `entered` is dropped, at the end of this function, and
        // shuttle runs no task after `Runner::run`.
        let controller = unsafe { std::mem::transmute::<&dyn Controller, &'static dyn Controller>(&**self) };
        let entered = current::enter(Current::Controlled(controller));
        #[cfg(feature = "dpor")]
        {
            super::overflow::prepare();
            super::overflow::watch_foreign(Some(running));
        }
        let program = program.clone();
        let previous = RUNTIME.replace(Some(Rc::clone(self)));
        Runner::new(filter, config()).run(move || {
            let runtime = RUNTIME.with_borrow(Clone::clone).expect("set while the runner runs");
            runtime.main(&program);
        });
        RUNTIME.replace(previous);
        #[cfg(feature = "dpor")]
        super::overflow::watch_foreign(None);
        held::release();
        drop(entered);
    }

    /// What was seen. The runtime itself may live on, because the stacks of a deadlocked execution are leaked with what they own; panics
    /// of this thread are its own again.
    fn end(&self, budget: &Budget) -> Search {
        self.watch.take();
        self.search.replace(Search::new(budget, Ok(Extent::Sampled(0))))
    }

    fn main(&self, program: &Program) {
        self.tasks.borrow_mut().push((ThreadId::MAIN, ExecutionState::me()));
        self.pulse.note(ThreadId::MAIN, None);
        held::enter_model();
        let ran = run_main(program);
        held::leave_model();
        self.ran.replace(ran);
        if self.end.get().is_none() {
            self.execution.borrow_mut().end_main();
        }
    }

    fn announce(&self, op: Op, seen: u64, site: Site) -> Option<u64> {
        if self.end.get().is_some() {
            return Some(0);
        }
        self.execution.borrow_mut().announce(op, seen, site)
    }

    fn restart(&self) {
        held::release();
        current::next_epoch();
        self.watch.borrow().iter().for_each(panics::Watch::forget);
        self.execution.borrow_mut().restart(self.record);
        self.ran.replace(None);
        self.tasks.borrow_mut().clear();
        self.end.set(None);
    }

    /// Counts the execution that has ended, and plans the next one; false where there is none.
    fn advance(&self) -> bool {
        self.pulse.pause();
        let end = self.end.get().unwrap_or(End::Finished);
        let mut execution = self.execution.borrow_mut();
        let mut search = self.search.borrow_mut();
        let ran = self.ran.take();
        if let Some(Check { chooser, more }) = self.check.take() {
            execution.chooser = chooser;
            return search.is_repeated(&execution, end, &ran) && more;
        }
        self.recorded.replace(recorded(&mut execution, end, &ran));
        let more = search.record(&execution, end, ran);
        let learned = execution.machine.take_learned();
        if learned && execution.chooser.reset() {
            search.restart();
            return true;
        }
        let more = more && execution.advance();
        search.expect(&execution, more);
        let checked = !self.record && search.is_checked(end, more);
        if checked {
            self.check.replace(Some(Check { chooser: execution.repeat(), more }));
        }
        more || checked
    }

    /// Whether the execution under way is run again to see whether it does the same.
    fn is_check(&self) -> bool {
        self.check.borrow().is_some()
    }

    fn thread_of(&self, task: TaskId) -> Option<ThreadId> {
        self.tasks.borrow().iter().find(|(_, id)| *id == task).map(|(thread, _)| *thread)
    }

    fn task_of(&self, thread: ThreadId) -> Option<TaskId> {
        self.tasks.borrow().iter().find(|(id, _)| *id == thread).map(|(_, task)| *task)
    }
}

thread_local! {
    /// The runtime whose runner is under way on this OS thread.
    static RUNTIME: RefCell<Option<Rc<Runtime>>> = const { RefCell::new(None) };
}

/// The thread of the model that runs, for a signal handler: nothing is borrowed.
#[cfg(feature = "dpor")]
fn running() -> u32 {
    RUNTIME.with(|runtime| {
        // SAFETY: the handler runs in the middle of the program on this OS thread, which changes neither cell
        // before it returns, and it never returns.
        let execution = unsafe { (*runtime.as_ptr()).as_ref().map(|runtime| &*runtime.execution.as_ptr()) };
        execution.map_or(0, |execution| execution.machine.running().0)
    })
}

impl Controller for Runtime {
    fn create(&self, class: Class, value: u64, site: Site) -> ObjectId {
        let _engine = held::engine();
        self.execution.borrow_mut().machine.create(class, value, site)
    }

    fn find(&self, class: Class, site: Site) -> ObjectId {
        let _engine = held::engine();
        self.execution.borrow_mut().machine.find(class, site)
    }

    fn clock(&self, reads: bool) -> Option<ObjectId> {
        let _engine = held::engine();
        self.execution.borrow_mut().machine.clock(reads)
    }

    fn announce(&self, op: Op, seen: u64, site: Site) -> u64 {
        let _engine = held::engine();
        let me = self.thread();
        if let Some(answer) = self.announce(op, seen, site) {
            self.pulse.note(me, Some(site));
            return answer;
        }
        shuttle_engine::runtime::thread::switch();
        self.pulse.note(me, Some(site));
        self.execution.borrow().machine.answer(me)
    }

    #[cfg(feature = "processes")]
    fn is_over(&self) -> bool {
        self.end.get().is_none() && self.execution.borrow().machine.is_over()
    }

    fn destroy(&self, object: ObjectId) {
        let _engine = held::engine();
        if self.end.get().is_some() {
            return;
        }
        let mut execution = self.execution.borrow_mut();
        let site = execution.machine.place();
        let local = execution.destroy(object);
        drop(execution);
        if !local {
            self.announce(Op::Destroy(object), 0, site);
        }
    }

    fn commit(&self, object: ObjectId, left: u64) {
        let _engine = held::engine();
        if self.end.get().is_none() {
            self.execution.borrow_mut().commit(object, left);
        }
    }

    fn clear_read_set(&self) {
        self.execution.borrow_mut().machine.clear_read_set();
    }

    fn spawn(&self, name: Option<&str>, stack: Option<usize>, body: Box<dyn FnOnce()>) -> ThreadId {
        if let Some(bytes) = stack.filter(|bytes| *bytes > STACK_SIZE) {
            // Its stacks are pooled without regard to their size.
            let why = format!(
                "a thread asks for a stack of {bytes} bytes, and shuttle's runtime gives {STACK_SIZE}"
            );
            current::give_up(current::run(), why);
        }
        let _engine = held::engine();
        let Some(id) = self.execution.borrow_mut().spawn(name) else {
            self.end.set(Some(End::TooManyThreads));
            shuttle_engine::runtime::thread::switch();
            unreachable!("an execution with too many threads is over")
        };
        let pulse = Arc::clone(&self.pulse);
        let body = Box::new(move || {
            pulse.note(id, None);
            held::enter_model();
            body();
            held::leave_model();
        });
        let task =
            ExecutionState::spawn_thread(body, STACK_SIZE, name.map(str::to_owned), None, Location::caller());
        self.tasks.borrow_mut().push((id, task));
        id
    }

    fn detach(&self, thread: ThreadId) {
        self.execution.borrow_mut().machine.detach(thread);
    }

    fn thread(&self) -> ThreadId {
        self.execution.borrow().machine.running()
    }

    fn who_panics(&self) -> Option<ThreadId> {
        self.execution.try_borrow().ok().map(|execution| execution.machine.running())
    }

    fn moment(&self) -> Moment {
        self.execution.borrow().moment()
    }

    fn causality(&self) -> Causality {
        let _engine = held::engine();
        self.execution.borrow().causality()
    }

    fn recording(&self) -> bool {
        self.execution.borrow().machine.recording()
    }

    fn record(&self, add: &mut dyn FnMut(&mut Trace, ThreadId)) {
        let _engine = held::engine();
        self.execution.borrow_mut().machine.record(add);
    }

    fn tearing_down(&self) -> bool {
        self.end.get().is_some()
    }
}

/// Shows a strategy only what is enabled.
struct Filter {
    runtime: Rc<Runtime>,
    /// Never dropped: a random walk that stopped at a failure would print its seed, which belongs to the
    /// report.
    strategy: Option<ManuallyDrop<Box<dyn Scheduler>>>,
    begun: bool,
    had_choice: bool,
}

impl Scheduler for Filter {
    fn new_execution(&mut self) -> Option<Schedule> {
        if std::mem::replace(&mut self.begun, true) {
            // Without any choice there is nothing to draw, and PCT asserts that there is.
            let pointless = self.strategy.is_some() && !self.had_choice;
            if !self.runtime.advance() || pointless && !self.runtime.is_check() {
                return None;
            }
        }
        self.runtime.restart();
        match &mut self.strategy {
            Some(strategy) if !self.runtime.is_check() => strategy.new_execution(),
            _ => Some(Schedule::new(0)),
        }
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        let runtime = Rc::clone(&self.runtime);
        if runtime.end.get().is_some() {
            return None;
        }
        // Main before its first step.
        let Some(task) = current else { return self.introduce(runnable, runnable[0].id()) };
        let mut execution = runtime.execution.borrow_mut();
        let running = execution.machine.running();
        if execution.machine.phase(running) == Phase::Running {
            return Some(task);
        }
        let is_over = |task: &&&Task| {
            runtime.thread_of(task.id()).is_some_and(|id| execution.machine.phase(id) == Phase::Ended)
        };
        if let Some(over) = runnable.iter().find(is_over) {
            return Some(over.id());
        }
        match execution.turn() {
            Turn::Run(thread) => {
                let fresh = execution.machine.pending(thread) == Op::Exit;
                let next = runtime.task_of(thread)?;
                if fresh { self.introduce(runnable, next) } else { Some(next) }
            }
            Turn::End(end) => {
                runtime.end.set(Some(end));
                None
            }
            Turn::Choose => self.choose(&mut execution, runnable, current, yields),
        }
    }

    fn next_u64(&mut self) -> u64 {
        self.strategy.as_mut().map_or(0, |strategy| strategy.next_u64())
    }
}

impl Filter {
    /// Strategies keep tables of the tasks that they have been shown, in the order of their ids.
    fn introduce(&mut self, runnable: &[&Task], task: TaskId) -> Option<TaskId> {
        if let Some(strategy) = &mut self.strategy
            && !self.runtime.is_check()
        {
            let alone: Vec<_> = runnable.iter().copied().filter(|it| it.id() == task).collect();
            strategy.next_task(&alone, None, false);
        }
        Some(task)
    }

    fn choose(
        &mut self,
        execution: &mut Execution,
        runnable: &[&Task],
        current: Option<TaskId>,
        yields: bool,
    ) -> Option<TaskId> {
        let strategy = self.strategy.as_mut().expect("an external chooser");
        let choices =
            |task: TaskId| self.runtime.thread_of(task).map_or(0, |thread| execution.machine.choices(thread));
        let enabled: Vec<_> = runnable.iter().copied().filter(|task| choices(task.id()) != 0).collect();
        self.had_choice |= enabled.len() > 1;
        let (thread, choice) = if enabled.is_empty() {
            (execution.machine.forced_thread()?, 0)
        } else {
            let task = strategy.next_task(&enabled, current, yields)?;
            let thread = self.runtime.thread_of(task)?;
            (thread, draw(choices(task), || strategy.next_u64()))
        };
        match execution.grant(thread, choice) {
            Turn::Run(thread) => self.runtime.task_of(thread),
            _ => None,
        }
    }
}

/// One of the bits that are set; the number is drawn only where there is a choice.
fn draw(choices: u128, number: impl FnOnce() -> u64) -> u8 {
    let nth = match u64::from(choices.count_ones()) {
        1 => 0,
        count => number() % count,
    };
    let rest = (0..nth).fold(choices, |rest, _| rest & (rest - 1));
    rest.trailing_zeros() as u8
}
