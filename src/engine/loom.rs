//! loom: part of the C11 memory model, by dynamic partial-order reduction with a choice of what each
//! load reads.
//!
//! Source: loom 0.7, after Norris and Demsky, "CDSchecker: Checking Concurrent Data Structures Written
//! with C/C++ Atomics" (2013). What loom cannot see, and where it raises false alarms, is shown by the
//! litmus tests; a search that it completes is a witness, not a proof.
//!
//! Invariants of this driver:
//! - Executions are counted here, and a search that was cut is never told as complete: loom itself
//!   returns in the same way from both.
//! - Facts leave before anything unwinds. loom ends an execution with a panic in the middle of a
//!   thread, and the destructors that then run may panic again and abort the process. So its verdict
//!   is taken in the panic hook, while the execution is still intact.
//! - loom is deterministic, and so is the search: the execution that failed is found again by its
//!   number, and only then recorded.
//!
//! Each search has an OS thread of its own, which is not waited for: it may be left in any state. In a
//! process that ends after the exploration it stays where loom stopped it
//! ([`leave_stopped_threads`](super::leave_stopped_threads)). In any other process it unwinds, and the
//! facade leaves loom's objects alone from then on.
//!
//! The search stops at the first failure, whatever the budget says of counting and shortening.

mod end;

use self::end::End;
use super::panics::{self, Report};
use super::{
    Bounds, Budget, Coverage, Exhausted, Exploration, Extent, Failure, FailureKind, Note, Outcome, Program,
    Reason,
};
use crate::event::op::{Rare, ThreadId};
use crate::event::trace::Trace;
use crate::sync::current::{self, Current};
use crate::sync::loom_record::{self, start_recording, take_recording};
use crate::sync::unwinding::stay;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// The most operations of one execution: one that is longer waits in a loop. loom's clocks have 16 bits.
const MAX_BRANCHES: u32 = 5_000;
/// loom's most threads, main included.
const MAX_THREADS: usize = 5;

/// The bounds on preemptions that a search without a bound falls back to.
const FALLBACK: [u32; 2] = [2, 1];

/// Explores without a bound on preemptions where the budget sets none, and where that is cut for the
/// number of executions, with bounds that are tighter and tighter, each with the whole budget.
pub(crate) fn explore_with_fallback(program: &Program, budget: &Budget) -> Exploration {
    let mut exploration = explore(program, budget);
    if budget.preemptions.is_some() {
        return exploration;
    }
    for bound in FALLBACK {
        if !matches!(exploration.coverage, Err(Reason::Budget(_)))
            || exploration.executions < budget.executions
        {
            return exploration;
        }
        exploration = explore(program, &Budget { preemptions: Some(bound), ..*budget });
        if let Err(Reason::Budget(what)) = &mut exploration.coverage {
            *what = Exhausted::Bounded(bound, Box::new(what.clone()));
        }
        if exploration.failure.is_some() {
            exploration.notes.push(Note::FoundWithin { preemptions: bound });
        }
    }
    exploration
}

/// Explores within the budget, and repeats an execution that failed to record what it did.
pub(crate) fn explore(program: &Program, budget: &Budget) -> Exploration {
    let mut exploration = search(program, Limits::of(budget), None);
    if let Some(failure) = &mut exploration.failure {
        record(failure, program, Limits::of(budget));
    }
    exploration
}

/// Adds the trace of a failure, from a second search that ends with the same execution.
fn record(failure: &mut Failure, program: &Program, limits: Limits) {
    let limits = Limits { executions: failure.execution, time: None, ..limits };
    let again = search(program, limits, Some(failure.execution)).failure;
    match again.filter(|again| again.kind == failure.kind && again.execution == failure.execution) {
        Some(again) => failure.trace = again.trace,
        None => failure.message.push_str("; it did not happen when the execution was repeated"),
    }
}

/// The part of a budget that loom heeds.
#[derive(Clone, Copy)]
struct Limits {
    executions: u64,
    time: Option<Duration>,
    operations: u32,
    preemptions: Option<u8>,
}

impl Limits {
    fn of(budget: &Budget) -> Self {
        Self {
            executions: budget.executions,
            time: budget.time,
            operations: budget.operations.min(MAX_BRANCHES),
            // loom counts them in a byte.
            preemptions: budget.preemptions.map(|bound| u8::try_from(bound).unwrap_or(u8::MAX)),
        }
    }

    /// What a search within these limits has seen if it completes.
    fn coverage(&self) -> Coverage {
        Ok(Extent::Complete(Bounds { preemptions: self.preemptions.map(u32::from), ..Bounds::NONE }))
    }

    /// loom, deaf to its environment variables.
    fn builder(&self) -> loom::model::Builder {
        let mut builder = loom::model::Builder::new();
        builder.max_threads = MAX_THREADS;
        builder.max_branches = self.operations as usize;
        builder.preemption_bound = self.preemptions.map(usize::from);
        // Executions and time are looked after here: loom returns from a search that it cut as from
        // one that is complete.
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.checkpoint_file = None;
        builder.checkpoint_interval = usize::MAX;
        builder.location = false;
        builder.log = false;
        builder
    }
}

/// A search in progress, on the OS thread that is its own.
struct Search {
    limits: Limits,
    started: Instant,
    /// The number of the execution to record.
    record: Option<u64>,
    watch: panics::Watch,
    /// What main's body came to in the running execution, once it has.
    outcome: Option<Outcome>,
    facts: Exploration,
    /// Takes the facts when the search is over.
    reader: Option<Sender<Exploration>>,
}

thread_local! {
    static SEARCH: RefCell<Option<Search>> = const { RefCell::new(None) };
}

/// The payload that leaves loom once the search is over.
struct Leave;

/// One search, on an OS thread of its own.
fn search(program: &Program, limits: Limits, record: Option<u64>) -> Exploration {
    let (reader, facts) = channel();
    let program = program.clone();
    std::thread::Builder::new()
        .name("loom".to_owned())
        .spawn(move || drive(program, limits, record, reader))
        .expect("a thread can be started");
    facts.recv().expect("a search tells its facts before its thread ends")
}

fn drive(program: Program, limits: Limits, record: Option<u64>, reader: Sender<Exploration>) {
    let facts = Exploration::new(limits.coverage());
    let started = Instant::now();
    let watch = panics::watch(Some(hear));
    let search = Search { limits, started, record, watch, outcome: None, facts, reader: Some(reader) };
    SEARCH.set(Some(search));
    let _entered = current::enter(Current::Loom);
    let left = catch_unwind(AssertUnwindSafe(|| limits.builder().check(move || execute(&program))));
    match left {
        Ok(()) => with_search(Search::settle),
        Err(payload) if payload.is::<Leave>() => {}
        Err(payload) => {
            let message = panics::explain(panics::message(&*payload));
            with_search(|search| search.stop(End::Failed(FailureKind::Panic, message)));
        }
    }
    with_search(Search::tell);
    SEARCH.take();
}

/// One execution: main's part of it.
fn execute(program: &Program) {
    if with_search(Search::begin) {
        leave();
    }
    let ended = catch_unwind(AssertUnwindSafe(|| loom_record::main(|| program.run())));
    if with_search(|search| search.is_over()) {
        leave();
    }
    match ended {
        Ok(outcome) => with_search(|search| search.outcome = Some(outcome)),
        Err(payload) => {
            current::panic_escaped(ThreadId::MAIN, panics::message(&*payload).to_owned());
            with_search(Search::settle);
            leave();
        }
    }
}

fn leave() -> ! {
    resume_unwind(Box::new(Leave))
}

/// A panic was raised: in the panic hook, before it unwinds.
fn hear(report: &Report) {
    let Some(end) = End::by(report) else { return };
    with_search(|search| search.stop(end));
    if super::stopped_threads_stay() {
        stay();
    }
}

/// Borrows the search. Nothing that runs meanwhile panics or uses the facade.
fn with_search<R>(act: impl FnOnce(&mut Search) -> R) -> R {
    SEARCH.with_borrow_mut(|search| act(search.as_mut().expect("a search runs on this thread")))
}

impl Search {
    fn is_over(&self) -> bool {
        self.reader.is_none()
    }

    /// Ends the execution before, and starts the next one unless the search is over.
    fn begin(&mut self) -> bool {
        self.settle();
        self.heed_limits();
        if self.is_over() {
            return true;
        }
        self.facts.executions += 1;
        current::next_epoch();
        self.watch.forget();
        if self.record == Some(self.facts.executions) {
            start_recording();
        }
        false
    }

    /// Judges the execution that has just ended, if one has.
    fn settle(&mut self) {
        if self.facts.executions == 0 {
            return;
        }
        self.facts.threads = self.facts.threads.max(loom_record::threads());
        self.facts.driven |= loom_record::driven();
        if let Ok(Extent::Complete(bounds)) = &mut self.facts.coverage {
            let none = |rare| loom_record::leaves_out(rare).then_some(0);
            bounds.spurious = bounds.spurious.or(none(Rare::Spurious));
            bounds.cancellations = bounds.cancellations.or(none(Rare::Cancellation));
            bounds.deaths = bounds.deaths.or(none(Rare::Death));
        }
        if let Some(end) = self.own_failure() {
            return self.end(end);
        }
        if let Some(Ok(outcome)) = self.outcome.take() {
            self.facts.outcomes.add(&outcome, 1);
        }
    }

    /// What went wrong in the running execution by the program's own account.
    fn own_failure(&self) -> Option<End> {
        if let Some(why) = current::given_up() {
            return Some(End::Unsupported(why));
        }
        if let Some(escaped) = current::first_escaped() {
            return Some(End::Failed(FailureKind::Panic, panics::explain(&escaped.message)));
        }
        let Some(Err(violation)) = &self.outcome else { return None };
        Some(End::Failed(violation.kind, violation.to_string()))
    }

    fn heed_limits(&mut self) {
        let Limits { executions, time, .. } = self.limits;
        if self.facts.executions >= executions {
            self.end(End::Cut(Exhausted::Executions(executions)));
        } else if let Some(time) = time.filter(|time| self.started.elapsed() >= *time) {
            let executions = self.facts.executions;
            self.end(End::Cut(Exhausted::Time { time, executions }));
        }
    }

    /// Ends the search in the middle of an execution. A failure of the program's own may be what brought
    /// loom to its verdict: a thread that panicked wakes nobody.
    fn stop(&mut self, end: End) {
        let own = match end {
            End::Failed(..) => self.own_failure(),
            End::Cut(_) | End::TooLong | End::Unsupported(_) => None,
        };
        self.end(own.unwrap_or(end));
    }

    /// Ends the search; what has ended it first counts.
    fn end(&mut self, end: End) {
        if self.is_over() {
            return;
        }
        self.facts.threads = self.facts.threads.max(loom_record::threads());
        self.facts.driven |= loom_record::driven();
        match end {
            End::Failed(kind, message) => {
                let trace = if self.record.is_some() { take_recording() } else { Trace::default() };
                let execution = self.facts.executions;
                self.facts.failures = 1;
                self.facts.failure = Some(Failure { kind, message, trace, execution });
            }
            End::Cut(what) => self.facts.coverage = Err(Reason::Budget(what)),
            End::TooLong => {
                let most = self.limits.operations;
                self.facts.coverage = Err(Reason::Budget(Exhausted::Operations { most, for_ever: true }));
            }
            End::Unsupported(why) => self.facts.coverage = Err(Reason::Unsupported(why)),
        }
        self.tell();
    }

    /// Hands the facts over, once.
    fn tell(&mut self) {
        if let Some(reader) = self.reader.take() {
            // The reader waits for this message and for nothing else.
            let _ = reader.send(self.facts.clone());
        }
    }
}

#[cfg(test)]
mod tests;
