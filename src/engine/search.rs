//! What the controlled engines do with the executions that they run: judge each, count, keep the best
//! counterexample.

use super::execution::{End, Execution, Script};
use super::machine::holds::Relock;
use super::machine::{Misuse, Race};
use super::{
    Budget, Coverage, ExecutionResult, Exhausted, Exploration, Extent, Failure, FailureKind, Note, Program,
    Progress, Reason, panics,
};
use crate::event::op::{ObjectId, Op, Rare, Site, ThreadId};
use crate::event::trace::{Place, Trace, relocks};
use crate::sync::current;
use crate::sync::lazy::statics;
use crate::sync::thread::local::locals;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// How the body of main ended; `None` where it did not.
pub(crate) type Ran = Option<std::thread::Result<ExecutionResult>>;

/// The body of main: the program, and the end of the statics that it used.
pub(crate) fn run_main(program: &Program) -> Ran {
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let played = program.play();
        locals::end(ThreadId::MAIN);
        statics::drop_all();
        played
    }));
    Some(ran)
}

/// A counterexample that was run again: what went wrong, in words, and step by step. There are no words where
/// what went wrong is not in this execution itself, but in an equivalent one.
#[derive(Debug)]
pub(crate) struct Recorded {
    failure: Option<(FailureKind, String)>,
    trace: Trace,
    replay: Option<String>,
}

/// What a recorded execution shows; nothing where nothing was recorded, or the program did something else when
/// it was run again. The trace of a data race ends with the second access.
pub(crate) fn recorded(execution: &mut Execution, end: End, ran: &Ran) -> Option<Recorded> {
    let mut trace = execution.machine.take_trace()?;
    if end == End::Diverged {
        return None;
    }
    let failure = failure(execution, end, ran, Some(&trace));
    if let Some(race) = execution.machine.race() {
        trace.steps.truncate(race.steps);
    }
    keep_one_destruction(&mut trace, execution.machine.misuse());
    // That nothing happened for no reason is no news either.
    let is_no_event = |op: Op| op.rare().is_some() || matches!(op, Op::Deadline | Op::Live);
    trace.steps.retain(|step| !(is_no_event(step.op) && step.answer == Some(0)));
    let replay = failure.as_ref().and_then(|_| execution.replay()).map(|replay| replay.to_string());
    (failure.is_some() || end == End::Finished).then_some(Recorded { failure, trace, replay })
}

/// The trace of a use after destroy ends with the use. Every other end of an object is no news.
fn keep_one_destruction(trace: &mut Trace, misuse: Option<&Misuse>) {
    if let Some(misuse) = misuse {
        trace.steps.truncate(misuse.steps);
    }
    let misused = misuse.map(|misuse| misuse.object);
    trace.steps.retain(|step| !matches!(step.op, Op::Destroy(object) if Some(object) != misused));
}

/// Executions after which a search looks at the clock: that costs more than a short execution.
const LOOK: u64 = 64;

/// Somebody is told so often how far a search has come.
const EACH: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 1 });

/// A search under way.
#[derive(Debug)]
pub(crate) struct Search {
    budget: Budget,
    started: Instant,
    exploration: Exploration,
    best: Option<Best>,
    /// How the last execution that ended well did end.
    shown: String,
    /// How many executions there are in all, about.
    expected: Option<f64>,
    /// When somebody is told next how far it has come.
    tells: Duration,
}

/// The failure with the fewest context switches so far.
#[derive(Debug)]
struct Best {
    kind: FailureKind,
    message: String,
    execution: u64,
    switches: usize,
    script: Script,
    /// Executions at which the search for a shorter one ends.
    until: u64,
}

impl Search {
    /// A search that, where nothing cuts it, has seen this much.
    pub(crate) fn new(budget: &Budget, coverage: Coverage) -> Self {
        Self {
            budget: *budget,
            started: Instant::now(),
            exploration: Exploration::new(coverage),
            best: None,
            shown: String::new(),
            expected: None,
            tells: EACH,
        }
    }

    /// Forgets what was counted: the exhaustive search starts again.
    pub(crate) fn restart(&mut self) {
        self.exploration = Exploration::new(Ok(Extent::EXHAUSTIVE));
        self.best = None;
    }

    /// Counts an execution; false where the search is to stop here.
    pub(crate) fn record(&mut self, execution: &Execution, end: End, ran: Ran) -> bool {
        self.exploration.executions += 1;
        if let Ok(Extent::Sampled(executions)) = &mut self.exploration.coverage {
            *executions = self.exploration.executions;
        }
        let threads = execution.machine.threads().count() as u32;
        self.exploration.threads = self.exploration.threads.max(threads);
        self.exploration.driven = execution.machine.is_driven();
        self.exploration.notes.clear();
        if execution.machine.shares_atomics_alone() {
            self.exploration.notes.push(Note::NoCheckedMemory);
        }
        let fruitless = end == End::Fruitless && execution.machine.race().is_none();
        if fruitless || end == End::Redundant {
            self.exploration.redundant += u64::from(end == End::Redundant);
            return self.goes_on();
        }
        if let Ok(Extent::Complete(bounds)) = &mut self.exploration.coverage {
            if let Some(bound) = execution.bound() {
                bounds.preemptions = Some(bound);
            }
            bounds.symmetry = bounds.symmetry.max(execution.machine.symmetric());
            if execution.machine.has_held_back() {
                bounds.idle_rounds = Some(self.budget.idle_rounds);
            }
            if execution.machine.leaves_out(Rare::Spurious) {
                bounds.spurious = Some(self.budget.spurious);
            }
            if execution.machine.leaves_out(Rare::Cancellation) {
                bounds.cancellations = Some(self.budget.cancellations);
            }
            if execution.machine.leaves_out(Rare::Death) {
                bounds.deaths = Some(self.budget.deaths);
            }
            if execution.machine.is_capped() {
                bounds.timeouts = Some(self.budget.early_timeouts);
            }
            bounds.daemons |= end == End::Finished && execution.machine.has_unended();
        }
        if let Some(why) = current::given_up() {
            self.exploration.coverage = Err(Reason::Unsupported(why));
            return false;
        }
        if let Some(reason) = self.broken_off(execution, end) {
            self.exploration.coverage = Err(reason);
            return false;
        }
        match failure(execution, end, &ran, None) {
            Some((kind, message)) => self.failed(kind, message, execution),
            None => {
                self.shown = shown(&ran);
                if let Some(Ok(played)) = ran {
                    self.ended_well(played);
                }
            }
        }
        self.goes_on()
    }

    /// Estimates from time to time how large the search is, where another execution is planned.
    pub(crate) fn expect(&mut self, execution: &Execution, more: bool) {
        if more && self.exploration.executions.is_multiple_of(LOOK) {
            self.expected = execution.estimate();
        }
    }

    /// How far the search has come, if it is time to tell somebody.
    #[cfg_attr(not(feature = "dpor"), expect(dead_code, reason = "only the exact engine tells"))]
    pub(crate) fn progress(&mut self) -> Option<Progress> {
        let executions = self.exploration.executions;
        let elapsed = executions.is_multiple_of(LOOK).then(|| self.started.elapsed())?;
        let expected = self.expected.filter(|_| elapsed >= self.tells && self.best.is_none())?;
        self.tells = elapsed + EACH;
        Some(Progress { executions, expected: expected as u64, most: self.budget.executions, elapsed })
    }

    fn ended_well(&mut self, played: ExecutionResult) {
        if let Ok(outcome) = played.outcome {
            self.exploration.outcomes.add(&outcome, 1);
        }
        for (name, value) in played.measures {
            let largest = self.exploration.measures.entry(name).or_default();
            *largest = value.max(*largest);
        }
    }

    /// What an execution that could not be run to its end leaves of the search.
    fn broken_off(&self, execution: &Execution, end: End) -> Option<Reason> {
        match end {
            End::TooLong => {
                let most = self.budget.operations;
                Some(Reason::Budget(Exhausted::Operations { most, for_ever: false }))
            }
            End::LeftCycle => Some(Reason::Unsupported(
                "a loop that had gone round a hundred times went on after all: it waits for a clock, which no engine \
                 sees, or it counts its rounds"
                    .to_owned(),
            )),
            End::Diverged => Some(not_deterministic(execution.machine.difference(false))),
            End::TooManyThreads => Some(Reason::Unsupported(format!(
                "more than {} threads in all executions, main included",
                super::machine::clock::MAX_THREADS
            ))),
            _ => None,
        }
    }

    /// Whether the execution that was recorded last is to be run again, to see whether it does the same: one in 64,
    /// and the last one of a search that has seen all.
    pub(crate) fn is_checked(&self, end: End, more: bool) -> bool {
        let Exploration { executions, coverage, .. } = &self.exploration;
        let counts = coverage.is_ok() && self.best.is_none();
        counts && end == End::Finished && (executions % 64 == 1 || !more)
    }

    /// Whether that execution did the same when it was run again; if not, that is what the search has found.
    pub(crate) fn is_repeated(&mut self, execution: &Execution, end: End, ran: &Ran) -> bool {
        let finished = end == End::Finished;
        let again = shown(ran);
        let otherwise = || {
            (again != self.shown).then(|| format!("it showed {:?}, and when run again {again:?}", self.shown))
        };
        let difference = execution.machine.difference(finished).or_else(otherwise);
        let repeated = finished && difference.is_none();
        if !repeated {
            self.exploration.coverage = Err(not_deterministic(difference));
        }
        repeated
    }

    fn failed(&mut self, kind: FailureKind, message: String, execution: &Execution) {
        self.exploration.failures += 1;
        let number = self.exploration.executions;
        let switches = execution.schedule.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
        let until = self.best.as_ref().map_or(number + self.budget.shorten, |best| best.until);
        let better = self.best.as_ref().is_none_or(|best| best.kind == kind && switches < best.switches);
        if better {
            let script = execution.script();
            self.best = Some(Best { kind, message, execution: number, switches, script, until });
        }
    }

    /// Whether another execution is wanted; a budget that runs out cuts the search.
    fn goes_on(&mut self) -> bool {
        let executions = self.exploration.executions;
        let shortened = self.best.as_ref().is_some_and(|best| executions >= best.until);
        if shortened && !self.budget.count_failures {
            return false;
        }
        if executions >= self.budget.executions {
            self.cut(Exhausted::Executions(executions));
            return false;
        }
        let look = executions.is_multiple_of(LOOK);
        if let Some(time) = self.budget.time.filter(|time| look && self.started.elapsed() >= *time) {
            self.cut(Exhausted::Time { time, executions });
            return false;
        }
        true
    }

    /// What ran out cuts the search, unless it draws: then what was seen is a sample.
    fn cut(&mut self, what: Exhausted) {
        if !matches!(self.exploration.coverage, Ok(Extent::Sampled(_))) {
            self.exploration.coverage = Err(Reason::Budget(what));
        }
    }

    /// The script of the counterexample, if there is one.
    pub(crate) fn script(&self) -> Option<Script> {
        self.best.as_ref().map(|best| best.script.clone())
    }

    /// The facts, with the trace of the counterexample where it was run again and recorded.
    pub(crate) fn finish(mut self, recorded: Option<Recorded>) -> Exploration {
        self.exploration.replay = recorded.as_ref().and_then(|recorded| recorded.replay.clone());
        let is_cut = matches!(self.exploration.coverage, Err(Reason::Budget(_)));
        self.exploration.expected = self.expected.filter(|_| is_cut).map(|expected| expected as u64);
        self.exploration.failure = self.best.map(|best| {
            let Best { kind, message, execution, .. } = best;
            let (message, trace) = match recorded {
                Some(Recorded { failure: Some((same, message)), trace, .. }) if same == kind => {
                    (message, trace)
                }
                Some(Recorded { failure: None, trace, .. }) if is_of_a_class(kind) => {
                    (message + " (in an execution equivalent to this one)", trace)
                }
                _ => (message + " (run again, the program did something else)", Trace::default()),
            };
            Failure { kind, message, trace, execution }
        });
        self.exploration
    }
}

/// The program does not repeat itself; says where, if that is known.
fn not_deterministic(difference: Option<String>) -> Reason {
    let unknown = || "under the same schedule it did something else".to_owned();
    let what = difference.unwrap_or_else(unknown);
    Reason::Unsupported(format!(
        "the program is not deterministic: {what} (time, randomness, addresses, or state kept from an earlier \
         execution)"
    ))
}

/// What an execution shows to the outside.
fn shown(ran: &Ran) -> String {
    match ran {
        Some(Ok(ExecutionResult { outcome: Ok(outcome), .. })) => outcome.clone(),
        Some(Ok(ExecutionResult { outcome: Err(violation), .. })) => violation.to_string(),
        Some(Err(payload)) => panics::explain(panics::message(payload.as_ref())),
        None => String::new(),
    }
}

/// Whether what went wrong may have been found in an execution equivalent to the one that was run.
fn is_of_a_class(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::NotLinearizable | FailureKind::Starvation | FailureKind::Property)
}

/// What went wrong in an execution, if something did. With a trace, objects and threads have names.
fn failure(
    execution: &Execution,
    end: End,
    ran: &Ran,
    trace: Option<&Trace>,
) -> Option<(FailureKind, String)> {
    if let Some(race) = execution.machine.race() {
        return Some((FailureKind::DataRace, race_message(race, trace)));
    }
    if let Some(misuse) = execution.machine.misuse() {
        return Some((FailureKind::UseAfterDestroy, misuse_message(misuse, trace)));
    }
    if end == End::StackOverflow {
        return Some((FailureKind::Crash, overflow_message(execution.machine.running(), trace)));
    }
    // A panicked thread often leaves others waiting: the panic is the cause.
    if let Some(escaped) = current::first_escaped() {
        return Some((FailureKind::Panic, panics::explain(&escaped.message)));
    }
    match ran {
        Some(Err(payload)) => {
            return Some((FailureKind::Panic, panics::explain(panics::message(payload.as_ref()))));
        }
        Some(Ok(ExecutionResult { outcome: Err(violation), .. })) => {
            return Some((violation.kind, violation.to_string()));
        }
        _ => {}
    }
    if let (End::Deadlock | End::Livelock | End::Repetition, Some(relock)) =
        (end, execution.machine.first_relock())
    {
        return Some((FailureKind::Deadlock, relock_message(&relock, trace)));
    }
    match end {
        End::Deadlock => Some((FailureKind::Deadlock, "every thread that is left waits".to_owned())),
        End::Livelock => {
            let message = "every thread that is left spins, and nothing can change what it reads";
            Some((FailureKind::Livelock, message.to_owned()))
        }
        End::Repetition => {
            let message = "every thread that is left repeats itself, and everything is as it was before";
            Some((FailureKind::Livelock, message.to_owned()))
        }
        // What a detached thread owns ends with the process.
        _ if execution.machine.has_unended() => None,
        _ => execution.machine.leaks().next().map(|born| {
            (FailureKind::Leak, format!("the Arc made at {} still has owners", Place::from(born)))
        }),
    }
}

fn misuse_message(misuse: &Misuse, trace: Option<&Trace>) -> String {
    let Misuse { object, class, born, destroyed: (by, after), used: (user, op, site), .. } = misuse;
    let name = trace.and_then(|trace| trace.object(*object)?.name.clone());
    let name = name.unwrap_or_else(|| format!("the {class} made at {}", Place::from(*born)));
    let use_again = match op {
        Op::Destroy(_) => "destroyed again".to_owned(),
        op => format!("used ({})", op.name()),
    };
    format!(
        "{name} was destroyed by {} (after {}), and is {use_again} by {} at {}",
        thread_name(*by, trace),
        Place::from(*after),
        thread_name(*user, trace),
        Place::from(*site)
    )
}

fn relock_message(relock: &Relock, trace: Option<&Trace>) -> String {
    let Relock { thread, op, here, since, shared } = *relock;
    format!("{} {}", thread_name(thread, trace), relocks(op, here, since, shared))
}

fn overflow_message(thread: ThreadId, trace: Option<&Trace>) -> String {
    let name = thread_name(thread, trace);
    let thread = if name.starts_with("thread ") { "" } else { "thread " };
    format!("stack overflow in {thread}{name}")
}

fn thread_name(id: ThreadId, trace: Option<&Trace>) -> String {
    trace.map_or_else(|| format!("thread {}", id.0), |trace| trace.thread_name(id).to_owned())
}

fn race_message(race: &Race, trace: Option<&Trace>) -> String {
    let object = |id: ObjectId| trace.map_or("a cell".to_owned(), |trace| trace.object_name(id));
    let access = |(id, write, site): (ThreadId, bool, Site)| {
        let verb = if write { "writes" } else { "reads" };
        format!("{} {verb} at {}", thread_name(id, trace), Place::from(site))
    };
    format!(
        "{} is accessed without order: {}, {}",
        object(race.object),
        access(race.first),
        access(race.second)
    )
}
