//! What drives the threads of a program.
//!
//! An engine runs a [`Program`] again and again, under different schedules, within a [`Budget`], and
//! reports plain facts: an [`Exploration`]. What those facts are worth (held, broken, not decided) is
//! for [`judge`](crate::judge) to say.

#[cfg(feature = "dpor")]
mod coroutine;
#[cfg(feature = "instrumented")]
mod dpor;
#[cfg(feature = "dpor")]
mod estimate;
#[cfg(feature = "instrumented")]
mod execution;
mod extent;
#[cfg(feature = "loom")]
mod loom;
#[cfg(feature = "instrumented")]
mod machine;
mod native;
mod outcomes;
#[cfg(feature = "dpor")]
mod overflow;
pub mod panics;
mod progress;
#[cfg(feature = "instrumented")]
mod search;
#[cfg(feature = "shuttle")]
mod shuttle;
#[cfg(any(feature = "dpor", feature = "shuttle"))]
mod watchdog;

#[cfg(feature = "dpor")]
pub use self::estimate::{Estimate, estimate};
#[cfg(any(feature = "dpor", feature = "shuttle"))]
pub use self::execution::NotAReplay;
pub(crate) use self::extent::UNCONFIRMED;
pub use self::extent::{Bounds, Coverage, Exhausted, Extent, Reason};
pub use self::outcomes::Outcomes;
pub use self::progress::Progress;
use crate::event::trace::Trace;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What drives the threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Engine {
    /// OS threads, released together.
    Native,
    /// loom: part of the C11 memory model, exhaustively or with bounded preemptions.
    Loom,
    /// shuttle's random walk.
    Random,
    /// shuttle's probabilistic concurrency testing.
    Pct,
    /// shuttle's uniform random walk.
    Urw,
    /// Optimal dynamic partial-order reduction, on raw coroutines.
    Dpor,
    /// The same explorer, driven by shuttle's runtime: a cross-check of the other driver.
    DporOnShuttle,
}

impl Engine {
    /// Every engine, in the order in which tables show them.
    pub const ALL: [Self; 7] =
        [Self::Native, Self::Loom, Self::Random, Self::Pct, Self::Urw, Self::Dpor, Self::DporOnShuttle];

    /// The name in cell ids and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Loom => "loom",
            Self::Random => "random",
            Self::Pct => "pct",
            Self::Urw => "urw",
            Self::Dpor => "dpor",
            Self::DporOnShuttle => "dpor-on-shuttle",
        }
    }

    /// The engine of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }

    /// Whether this build has the engine.
    pub const fn available(self) -> bool {
        match self {
            Self::Native => true,
            Self::Loom => cfg!(feature = "loom"),
            Self::Random | Self::Pct | Self::Urw | Self::DporOnShuttle => cfg!(feature = "shuttle"),
            Self::Dpor => cfg!(feature = "dpor"),
        }
    }

    /// Whether it runs as many executions as it is asked for, rather than all that there are.
    pub const fn draws(self) -> bool {
        matches!(self, Self::Native | Self::Random | Self::Pct | Self::Urw)
    }

    /// Whether the same cell gives the same facts on every run and every machine.
    pub const fn deterministic(self) -> bool {
        !matches!(self, Self::Native)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A property of a scenario that an execution violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The kind of failure that this is: [`FailureKind::Property`] where no other name fits better.
    pub kind: FailureKind,
    /// The property's name, as in `nothing_lost`.
    pub property: &'static str,
    /// What happened instead.
    pub detail: String,
}

impl Violation {
    /// A violation for which [`FailureKind::Property`] is the best name.
    pub const fn new(property: &'static str, detail: String) -> Self {
        Self { kind: FailureKind::Property, property, detail }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.property, self.detail)
    }
}

/// What one execution shows to the outside: its outcome, or the property that it violated.
pub type Outcome = Result<String, Violation>;

/// What one execution came to, and what was measured in it, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionResult {
    /// Its outcome.
    pub outcome: Outcome,
    /// What was measured; an exploration keeps the largest value of each name.
    pub measures: Vec<(&'static str, u64)>,
}

impl From<Outcome> for ExecutionResult {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, measures: Vec::new() }
    }
}

/// A program to run under an engine: the body of its main thread, which only spawns and joins
/// (loom misses executions otherwise), and then tells the outcome.
///
/// The outcome must be a function of what the threads observed through the facade, so that engines
/// can be compared: two executions that differ only in the order of independent operations have
/// the same one.
#[derive(Clone)]
pub struct Program {
    body: Arc<dyn Fn() -> ExecutionResult + Send + Sync>,
}

impl Program {
    /// A program with this body.
    pub fn new(body: impl Fn() -> Outcome + Send + Sync + 'static) -> Self {
        Self::measured(move || body().into())
    }

    /// A program whose body measures something beside its outcome.
    pub fn measured(body: impl Fn() -> ExecutionResult + Send + Sync + 'static) -> Self {
        Self { body: Arc::new(body) }
    }

    /// Runs the body once, on the current thread.
    pub fn run(&self) -> Outcome {
        self.play().outcome
    }

    /// Runs the body once, on the current thread, and gives its measures too.
    pub fn play(&self) -> ExecutionResult {
        (self.body)()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}

/// How far an engine may go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Executions, at most.
    pub executions: u64,
    /// Time, at most. Leave it out where the result must be the same on every machine.
    pub time: Option<Duration>,
    /// Operations of one execution, at most; an execution with more is cut.
    pub operations: u32,
    /// Preemptions of one execution, at most (`loom`, `dpor`).
    pub preemptions: Option<u32>,
    /// The seed of an engine that draws at random.
    pub seed: u64,
    /// How often something may happen for no reason in one execution, all threads together: a wait at a condition
    /// variable or at a futex or a park that returns, a weak compare-exchange that fails (controlled engines).
    pub spurious: u8,
    /// How many futures may be [dropped while they wait](crate::sync::future::cancellable) in one execution (controlled
    /// engines).
    pub cancellations: u8,
    /// How many [processes](crate::sync::process) may die in one execution, each before any of its steps that others can see
    /// (`dpor`; the others run without deaths).
    pub deaths: u8,
    /// How often each thread may time out early in one execution (controlled engines). A time-out that fires
    /// because nothing else can happen is not counted.
    pub early_timeouts: u8,
    /// Whether a thread whose handle was dropped may still wait, or spin, when all others have ended, as it may
    /// under std: the process exits. Otherwise that is a lost wake-up like any other (controlled engines; loom
    /// always has it so).
    pub daemons: bool,
    /// How many idle rounds in a row of a thread that spins may repeat the one before, until it is held back;
    /// at least 1.
    pub idle_rounds: u8,
    /// Whether to go on after the first failure, and count.
    pub count_failures: bool,
    /// Executions explored after the first failure, in search of one with fewer context switches.
    pub shorten: u64,
}

impl Budget {
    /// The budget that ends in seconds, for this engine: 10 000 executions where they are drawn, as many as there
    /// are where the search is exhaustive, and in both cases 5 seconds. loom takes so long twice, the exact search
    /// that has to confirm it included.
    pub fn in_seconds(engine: Engine) -> Self {
        let executions = if engine.draws() { 10_000 } else { Self::default().executions };
        Self { executions, time: Some(Duration::from_secs(5)), ..Self::default() }
    }
}

impl Default for Budget {
    /// 10 000 000 executions without a limit of time: for searches that end by themselves. An engine that
    /// draws goes through all of them, which takes minutes or hours; see [`in_seconds`](Self::in_seconds).
    fn default() -> Self {
        Self {
            executions: 10_000_000,
            time: None,
            operations: 20_000,
            preemptions: None,
            seed: 0x5EED,
            spurious: 1,
            cancellations: 1,
            deaths: 1,
            early_timeouts: 2,
            daemons: true,
            idle_rounds: 1,
            count_failures: false,
            shorten: 0,
        }
    }
}

/// What kind of failure an execution ended in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum FailureKind {
    /// Threads wait for each other.
    Deadlock,
    /// A thread waits for a notification, token or permit that nobody is left to give.
    LostWakeup,
    /// Every thread that is left spins, and nothing can change what it reads; or all repeat themselves for
    /// ever.
    Livelock,
    /// Nothing moves any more on real cores, where a deadlock, a lost wake-up and a livelock look alike.
    Hang,
    /// Two unordered accesses to the same memory, one of them a write.
    DataRace,
    /// An operation on an object that was destroyed before.
    UseAfterDestroy,
    /// A panic that no join took.
    Panic,
    /// A counted reference outlived the execution.
    Leak,
    /// A history that no sequential object explains.
    NotLinearizable,
    /// A thread was overtaken more often than is promised.
    Starvation,
    /// Another property of the scenario was violated.
    Property,
    /// The process died: a signal, an abort, an exhausted stack or memory limit.
    Crash,
}

impl FailureKind {
    /// The name, as in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deadlock => "deadlock",
            Self::LostWakeup => "lost wake-up",
            Self::Livelock => "livelock",
            Self::Hang => "hang",
            Self::DataRace => "data race",
            Self::UseAfterDestroy => "use after destroy",
            Self::Panic => "panic",
            Self::Leak => "leak",
            Self::NotLinearizable => "not linearizable",
            Self::Starvation => "starvation",
            Self::Property => "property violated",
            Self::Crash => "crash",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An execution that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Failure {
    /// How.
    pub kind: FailureKind,
    /// One sentence; deterministic, without addresses or paths of this machine.
    pub message: String,
    /// What the execution did; empty where the engine cannot record.
    pub trace: Trace,
    /// The number of the execution, from 1.
    pub execution: u64,
}

/// The facts that an engine reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploration {
    /// Executions that were run.
    pub executions: u64,
    /// Threads of the execution with the most of them, main included.
    pub threads: u32,
    /// Whether a thread that was spawned used a primitive of the facade (controlled engines and loom).
    pub driven: bool,
    /// How much was seen, by the engine's own account. What that is worth beside `exact` says
    /// [`judge::coverage`](crate::judge::coverage).
    pub coverage: Coverage,
    /// The exact search that has to confirm this one (loom's, where it is complete).
    pub exact: Option<Box<Self>>,
    /// The outcomes of the executions that ended well, each with how many executions had it.
    pub outcomes: Outcomes,
    /// Executions that went wrong.
    pub failures: u64,
    /// One of them, the one with the fewest context switches among those that were looked at.
    pub failure: Option<Failure>,
    /// That execution as text, from which `engine::replay` runs it again (controlled engines, of programs without mailboxes; nothing where it went
    /// wrong in an equivalent one).
    pub replay: Option<String>,
    /// The largest value of each thing that was measured: in all executions there are where the search was
    /// exhaustive, else in those that were seen.
    pub measures: BTreeMap<&'static str, u64>,
    /// Executions that an optimal search would not have needed (dpor; always 0 unless it has a defect).
    pub redundant: u64,
    /// What a reader of the verdict should know besides (controlled engines).
    pub notes: Vec<Note>,
    /// Executions that the search would have had in all, about, where the budget cut it (the exact search without a bound on
    /// preemptions, after 64 executions).
    pub expected: Option<u64>,
}

/// What a reader of the verdict should know besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Note {
    /// The threads used atomics, and accessed no `UnsafeCell` or `Tracked` and took no lock.
    NoCheckedMemory,
    /// The failure was found within a bound on preemptions; the search without one was cut before it came there.
    FoundWithin {
        /// The bound.
        preemptions: u32,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCheckedMemory => {
                f.write_str("no checked memory was touched: races on memory behind raw pointers are not seen")
            }
            Self::FoundWithin { preemptions } => {
                write!(f, "found within {preemptions} preemptions; the search without a bound was cut before")
            }
        }
    }
}

impl Exploration {
    /// Nothing has been run yet.
    pub fn new(coverage: Coverage) -> Self {
        Self {
            executions: 0,
            threads: 0,
            driven: false,
            coverage,
            exact: None,
            outcomes: Outcomes::default(),
            failures: 0,
            failure: None,
            replay: None,
            measures: BTreeMap::new(),
            redundant: 0,
            notes: Vec::new(),
            expected: None,
        }
    }

    /// The engine cannot run the program.
    pub fn unsupported(why: impl Into<String>) -> Self {
        Self::new(Err(Reason::Unsupported(why.into())))
    }
}

/// Runs the program under an engine, within the budget.
///
/// Where a thread of the model waits for something that is not of the facade, or computes without end, the engines
/// of this crate cannot go on either: after some seconds they say so on standard error, with the place of the last
/// operation, and keep waiting.
///
/// In-process: an engine whose execution aborts (loom, at some deadlocks) takes the process with it, and
/// a hang under `native` never returns. The runner of the command line gives every cell a process of its
/// own.
pub fn explore(engine: Engine, program: &Program, budget: &Budget) -> Exploration {
    explore_telling(engine, program, budget, &mut |_| ())
}

/// The same, and tells about once in a second how far it has come (`dpor` without a bound on preemptions, after its first second).
pub fn explore_telling(
    engine: Engine,
    program: &Program,
    budget: &Budget,
    #[cfg_attr(not(feature = "dpor"), expect(unused_variables, reason = "no engine tells"))]
    tell: &mut dyn FnMut(Progress),
) -> Exploration {
    match engine {
        Engine::Native => native::explore(program, budget),
        #[cfg(feature = "loom")]
        Engine::Loom => loom_beside_dpor(program, budget),
        #[cfg(feature = "shuttle")]
        Engine::Random | Engine::Pct | Engine::Urw | Engine::DporOnShuttle => {
            shuttle::explore(engine, program, budget)
        }
        #[cfg(feature = "dpor")]
        Engine::Dpor => coroutine::explore(program, budget, tell),
        #[allow(unreachable_patterns, reason = "with every feature, every engine is there")]
        missing => Exploration::unsupported(format!("this build has no engine `{missing}`")),
    }
}

/// Runs one execution of the program again, which went wrong under a controlled engine with this budget, in this process or another one:
/// it is described by [`Exploration::replay`]. Where the program has changed, it may end in another way.
///
/// # Errors
/// The text describes no execution.
#[cfg(any(feature = "dpor", feature = "shuttle"))]
pub fn replay(program: &Program, budget: &Budget, text: &str) -> Result<Exploration, NotAReplay> {
    #[cfg(feature = "dpor")]
    use self::coroutine as driver;
    #[cfg(not(feature = "dpor"))]
    use self::shuttle as driver;
    text.parse().map(|replay| driver::replay_alone(program, budget, replay))
}

/// The most executions of the exact search that confirms a complete one of loom's, where the budget has fewer.
#[cfg(feature = "loom")]
const CONFIRMING: u64 = 200_000;

/// How far the exact search goes that has to confirm loom's: without the events that loom does not have.
#[cfg(feature = "loom")]
fn confirming(budget: &Budget) -> Budget {
    Budget {
        executions: budget.executions.max(CONFIRMING),
        time: budget.time,
        spurious: 0,
        cancellations: 0,
        deaths: 0,
        ..Budget::default()
    }
}

/// loom's search, and beside it, where that is complete without a bound on preemptions, the exact one that has to
/// confirm it.
#[cfg(feature = "loom")]
fn loom_beside_dpor(program: &Program, budget: &Budget) -> Exploration {
    let loom = loom::explore_with_fallback(program, budget);
    let is_complete = matches!(loom.coverage, Ok(Extent::Complete(Bounds { preemptions: None, .. })))
        && loom.failure.is_none();
    let exact = is_complete.then(|| Box::new(coroutine::explore(program, &confirming(budget), &mut |_| ())));
    Exploration { exact, ..loom }
}

/// How the words begin that tell of a hang which an engine cannot see.
#[cfg(any(feature = "cli", feature = "instrumented"))]
pub(crate) const HANG: &str = "refectory: hang: ";
/// What is said where it came to an end after all.
#[cfg(any(feature = "cli", feature = "instrumented"))]
pub(crate) const HANG_IS_OVER: &str = "refectory: the hang is over";

/// Says that the running execution cannot be judged, and why: the exploration ends, and what it saw is
/// [`Reason::Unsupported`], unless an earlier execution went wrong. For limits of whoever judges, as against
/// faults of the subject.
///
/// Does nothing where no exploration is under way on this thread.
pub fn give_up(why: impl Into<String>) {
    crate::sync::current::give_up(crate::sync::current::run(), why.into());
}

static STOPPED_THREADS_STAY: AtomicBool = AtomicBool::new(false);

/// Says that this process ends after the exploration that comes: a thread that an engine stops in the
/// middle of an execution is left where it stands, and is not unwound.
///
/// Unwinding runs the program's destructors, which may panic again and so abort the process; a process
/// of its own per exploration is safe from that. The price is that the thread stays inside the panic
/// hook: whoever sets another hook afterwards waits for ever.
pub fn leave_stopped_threads() {
    STOPPED_THREADS_STAY.store(true, Ordering::Relaxed);
}

/// Whether [`leave_stopped_threads`] was called.
#[cfg(feature = "loom")]
pub(crate) fn stopped_threads_stay() -> bool {
    STOPPED_THREADS_STAY.load(Ordering::Relaxed)
}

#[cfg(all(test, feature = "dpor"))]
mod tests;
