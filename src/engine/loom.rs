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

use super::panics::{self, Report};
use super::{
    Bounds, Budget, Coverage, Exhausted, Exploration, Extent, Failure, FailureKind, Outcome, Program, Reason,
};
use crate::event::op::ThreadId;
use crate::event::trace::Trace;
use crate::sync::current::{self, Current};
use crate::sync::loom_record::{self, Stop, start_recording, take_recording};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// The most operations of one execution: one that is longer waits in a loop. loom's clocks have 16 bits.
const MAX_BRANCHES: u32 = 5_000;
/// loom's most threads, main included.
const MAX_THREADS: usize = 5;
/// What loom says of an access inside the closure of another access.
const IN_USE: [&str; 3] =
    ["currently writing to cell", "currently reading from cell", "is in `with_mut` call"];
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

/// How a search ends before loom has completed it.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Failed(FailureKind, String),
    Cut(Exhausted),
    TooLong,
    Unsupported(String),
}

impl End {
    /// How a panic ends the execution, if it does: one of loom's, or one that the facade has raised for it.
    fn by(report: &Report) -> Option<Self> {
        let Report { message, place } = report;
        match loom_record::take_stop() {
            Some(Stop::Unsupported(why)) => Some(Self::Unsupported(why)),
            Some(Stop::Relocks(what)) => Some(Self::Failed(FailureKind::Deadlock, what)),
            None => place.file.contains("loom-0.7").then(|| Self::by_loom(message)),
        }
    }

    /// The end behind a message of loom 0.7, without what differs from one run to the next.
    fn by_loom(message: &str) -> Self {
        use FailureKind::{DataRace, Deadlock, Leak, Panic};
        let failed = |kind, message: &str| Self::Failed(kind, message.to_owned());
        let says = |text| message.contains(text);
        if says("deadlock; threads =") {
            failed(Deadlock, "every thread that is left is blocked")
        } else if let Some((_, accesses)) = message.split_once("Causality violation: ") {
            failed(DataRace, accesses.trim_end().trim_end_matches('.'))
        } else if IN_USE.into_iter().any(says) {
            failed(DataRace, "memory is accessed while an exclusive access to it is in progress")
        } else if says("Arc leaked") {
            failed(Leak, "an `Arc` outlives the execution")
        } else if says("Allocation leaked") || says("Messages leaked") {
            failed(Leak, "an allocation or a message outlives the execution")
        } else if says("Model exceeded maximum number of branches") {
            Self::TooLong
        } else if says("self.threads.len() < self.max()") {
            Self::Unsupported(format!("loom runs at most {MAX_THREADS} threads, main included"))
        } else if says("Is the model fully deterministic?") || says("failed to get object for ref") {
            Self::Unsupported("the program does not do the same when it is run again".to_owned())
        } else if says("Arc is released") || says("Arc is already released") {
            failed(Panic, "an `Arc` is used after its last owner is gone")
        } else {
            // Some limit or defect of loom's: nothing that could be said against the program.
            Self::Unsupported(format!("loom stopped: {}", message.lines().next().unwrap_or_default()))
        }
    }
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

#[expect(clippy::disallowed_methods, reason = "the thread is no longer part of what is explored")]
fn stay() -> ! {
    loop {
        std::thread::park();
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
        if let (true, Ok(Extent::Complete(bounds))) =
            (loom_record::leaves_out_spurious_events(), &mut self.facts.coverage)
        {
            bounds.spurious = Some(0);
        }
        if let Some(end) = self.own_failure() {
            return self.end(end);
        }
        if let Some(Ok(outcome)) = self.outcome.take() {
            *self.facts.outcomes.entry(outcome).or_default() += 1;
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
mod tests {
    use super::super::Violation;
    use super::*;
    use loom::cell::UnsafeCell;
    use loom::sync::atomic::AtomicUsize;
    use loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};
    use loom::thread;
    use std::process::Command;
    use std::sync::Arc;

    const BUDGET: Budget = Budget {
        executions: 10_000,
        time: None,
        operations: 1_000,
        preemptions: None,
        seed: 0,
        spurious: 0,
        early_timeouts: 0,
        daemons: true,
        idle_rounds: 0,
        count_failures: false,
        shorten: 0,
    };

    fn limited(executions: u64) -> Budget {
        Budget { executions, ..BUDGET }
    }

    /// The main thread of a program of two threads that share a `T`, std's `Arc` being no part of it.
    fn two<T: Send + Sync + 'static>(shared: T, left: fn(&T) -> usize, right: fn(&T) -> usize) -> Outcome {
        let shared = Arc::new(shared);
        let threads = [left, right].map(|body| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || body(&shared))
        });
        let [left, right] = threads.map(|thread| thread.join().unwrap());
        Ok(format!("{left} {right}"))
    }

    type Pair = (AtomicUsize, AtomicUsize);

    fn store_buffering() -> Program {
        Program::new(|| {
            let shared: Pair = (AtomicUsize::new(0), AtomicUsize::new(0));
            two(
                shared,
                |(x, y)| {
                    x.store(1, Release);
                    y.load(Acquire)
                },
                |(x, y)| {
                    y.store(1, Release);
                    x.load(Acquire)
                },
            )
        })
    }

    struct Racy(UnsafeCell<usize>);
    // SAFETY: not so, and that is what loom has to find; it runs one thread at a time.
    unsafe impl Sync for Racy {}

    fn race() -> Program {
        Program::new(|| {
            two(
                Racy(UnsafeCell::new(0)),
                // SAFETY: see above.
                |racy| racy.0.with_mut(|value| unsafe { std::mem::replace(&mut *value, 1) }),
                // SAFETY: see above.
                |racy| racy.0.with(|value| unsafe { *value }),
            )
        })
    }

    fn failure(program: &Program) -> (FailureKind, String, u64) {
        let exploration = explore(program, &BUDGET);
        assert_eq!(exploration.failures, 1);
        let failure = exploration.failure.unwrap();
        (failure.kind, failure.message, failure.execution)
    }

    #[test]
    fn a_complete_search_shows_every_outcome() {
        let exploration = explore(&store_buffering(), &BUDGET);
        assert_eq!(exploration.coverage, Ok(Extent::EXHAUSTIVE));
        let outcomes: Vec<_> = exploration.outcomes.keys().map(String::as_str).collect();
        assert_eq!(outcomes, ["0 0", "0 1", "1 0", "1 1"]);
        assert_eq!(exploration.outcomes.values().sum::<u64>(), exploration.executions);
    }

    #[test]
    fn the_last_execution_within_the_limit_completes_the_search() {
        let all = explore(&store_buffering(), &BUDGET).executions;
        let just = explore(&store_buffering(), &limited(all));
        assert_eq!((just.executions, just.coverage), (all, Ok(Extent::EXHAUSTIVE)));
        let cut = explore(&store_buffering(), &limited(all - 1));
        assert_eq!(cut.executions, all - 1);
        assert_eq!(cut.coverage, Err(Reason::Budget(Exhausted::Executions(all - 1))));
        assert_eq!(cut.outcomes.values().sum::<u64>(), all - 1);
    }

    #[test]
    fn a_search_without_time_is_cut() {
        let budget = Budget { time: Some(Duration::ZERO), ..BUDGET };
        let exploration = explore(&store_buffering(), &budget);
        assert_eq!(
            (exploration.executions, exploration.coverage),
            (0, Err(Reason::Budget(Exhausted::Time { time: Duration::ZERO, executions: 0 })))
        );
    }

    #[test]
    fn a_bound_on_preemptions_is_told() {
        let exploration = explore(&store_buffering(), &Budget { preemptions: Some(1), ..BUDGET });
        assert_eq!(exploration.coverage, Ok(Extent::Complete(Bounds::preemptions(1))));
    }

    #[test]
    fn a_search_that_is_too_large_falls_back_to_bounds() {
        let [all, two, one] = [None, Some(2), Some(1)]
            .map(|preemptions| explore(&store_buffering(), &Budget { preemptions, ..BUDGET }).executions);
        assert!(one < two && two < all, "{one} {two} {all}");
        let coverage = |executions| explore_with_fallback(&store_buffering(), &limited(executions)).coverage;
        assert_eq!(coverage(all), Ok(Extent::EXHAUSTIVE));
        assert_eq!(coverage(two), Ok(Extent::Complete(Bounds::preemptions(2))));
        assert_eq!(coverage(one), Ok(Extent::Complete(Bounds::preemptions(1))));
        let Err(none) = coverage(1) else { panic!("not cut") };
        assert_eq!(none.to_string(), "budget: 1 executions, with at most 1 preemptions");
    }

    #[test]
    fn a_violation_is_found_in_the_same_execution_every_time() {
        let program = Program::new(|| match store_buffering().run() {
            Ok(outcome) if outcome == "0 0" => Err(Violation::new("somebody_sees_the_other", outcome)),
            other => other,
        });
        let first = failure(&program);
        assert_eq!((first.0, &*first.1), (FailureKind::Property, "somebody_sees_the_other: 0 0"));
        assert_eq!(failure(&program), first);
    }

    #[test]
    fn a_data_race_is_found() {
        let (kind, message, _) = failure(&race());
        assert_eq!(kind, FailureKind::DataRace);
        assert!(message.starts_with("Concurrent "), "{message}");
    }

    #[test]
    fn a_leak_is_found() {
        let program = Program::new(|| {
            std::mem::forget(loom::sync::Arc::new(()));
            Ok(String::new())
        });
        let leak = (FailureKind::Leak, "an `Arc` outlives the execution".to_owned(), 1);
        assert_eq!(failure(&program), leak);
    }

    #[test]
    fn a_panic_of_main_is_told_with_its_place() {
        let (kind, message, execution) = failure(&Program::new(|| panic!("no soup today")));
        assert_eq!((kind, execution), (FailureKind::Panic, 1));
        assert!(message.starts_with("no soup today (loom.rs:"), "{message}");
    }

    #[test]
    fn a_panic_that_the_program_catches_is_no_finding() {
        let program = Program::new(|| {
            let caught = catch_unwind(|| panic!("caught"));
            Ok(format!("{}", caught.is_err()))
        });
        assert_eq!(explore(&program, &BUDGET).failure, None);
    }

    #[test]
    fn a_panic_that_no_join_took_is_told_rather_than_what_followed_from_it() {
        let program = Program::new(|| {
            current::panic_escaped(ThreadId(1), "the waiter fell".to_owned());
            thread::park();
            Ok(String::new())
        });
        assert_eq!(failure(&program), (FailureKind::Panic, "the waiter fell".to_owned(), 1));
    }

    #[test]
    fn a_deadlock_is_found_where_nothing_has_to_be_destroyed() {
        let program = Program::new(|| {
            thread::park();
            Ok(String::new())
        });
        let deadlock = (FailureKind::Deadlock, "every thread that is left is blocked".to_owned(), 1);
        assert_eq!(failure(&program), deadlock);
    }

    /// Unwinding a thread that loom itself started ends in an abort, so this needs a process that ends
    /// after it.
    #[test]
    fn a_deadlock_of_any_threads_is_found_in_a_process_of_its_own() {
        const CHILD: &str = "REFECTORY_TEST_CHILD";
        let opposed = Program::new(|| {
            let forks = loom::sync::Arc::new([loom::sync::Mutex::new(()), loom::sync::Mutex::new(())]);
            let threads = [(0, 1), (1, 0)].map(|(first, second)| {
                let forks = loom::sync::Arc::clone(&forks);
                thread::spawn(move || {
                    let _first = forks[first].lock().unwrap();
                    let _second = forks[second].lock().unwrap();
                })
            });
            let _: [(); 2] = threads.map(|thread| thread.join().unwrap());
            Ok(String::new())
        });
        if std::env::var_os(CHILD).is_some() {
            crate::engine::leave_stopped_threads();
            let (kind, message, execution) = failure(&opposed);
            println!("{kind}: {message}: {}", execution > 1);
            // libtest would take back the panic hook, in which the stopped thread stands.
            std::process::exit(0);
        }
        let test = "engine::loom::tests::a_deadlock_of_any_threads_is_found_in_a_process_of_its_own";
        let output = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        assert!(stdout.contains("deadlock: every thread that is left is blocked: true"), "{stdout}");
    }

    #[test]
    fn a_loop_that_waits_without_saying_so_is_cut() {
        let program = Program::new(|| {
            let flag = AtomicUsize::new(0);
            while flag.load(Relaxed) == 0 {}
            Ok(String::new())
        });
        let most = Exhausted::Operations { most: 1_000, for_ever: true };
        assert_eq!(explore(&program, &BUDGET).coverage, Err(Reason::Budget(most)));
    }

    #[test]
    fn a_sixth_thread_is_unsupported() {
        let program = Program::new(|| {
            for _ in 0..MAX_THREADS {
                thread::spawn(|| ());
            }
            Ok(String::new())
        });
        let unsupported = Err(Reason::Unsupported("loom runs at most 5 threads, main included".to_owned()));
        assert_eq!(explore(&program, &BUDGET).coverage, unsupported);
    }

    #[test]
    fn what_the_facade_calls_unsupported_is_no_panic_of_the_program() {
        let program = Program::new(|| {
            let why = Stop::Unsupported("loom has no condition variable with a clock".to_owned());
            let _ = catch_unwind(|| loom_record::stop(why));
            Ok(String::new())
        });
        let exploration = explore(&program, &BUDGET);
        let why = "loom has no condition variable with a clock".to_owned();
        assert_eq!((exploration.failure, exploration.coverage), (None, Err(Reason::Unsupported(why))));
    }

    #[test]
    fn a_program_that_changes_its_mind_is_unsupported() {
        let runs = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let program = Program::new(move || {
            let eager: fn(&Pair) -> usize = |(x, _)| x.load(Relaxed);
            let idle: fn(&Pair) -> usize = |(x, y)| {
                y.store(1, Relaxed);
                x.store(1, Relaxed);
                0
            };
            let run = runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let first = if run.is_multiple_of(2) { eager } else { idle };
            two((AtomicUsize::new(0), AtomicUsize::new(0)), first, |(x, _)| {
                x.store(1, Relaxed);
                0
            })
        });
        let Err(Reason::Unsupported(why)) = explore(&program, &BUDGET).coverage else { panic!("supported") };
        assert_eq!(why, "the program does not do the same when it is run again");
    }

    #[test]
    fn a_search_after_a_failure_is_not_affected() {
        failure(&race());
        assert_eq!(explore(&store_buffering(), &BUDGET).coverage, Ok(Extent::EXHAUSTIVE));
    }
}
