//! What a search of loom's tells of small programs.

use super::*;
use crate::engine::Violation;
use crate::sync::loom_record::Stop;
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
    cancellations: 0,
    deaths: 0,
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
    let outcomes: Vec<_> = exploration.outcomes.keys().collect();
    assert_eq!(outcomes, ["0 0", "0 1", "1 0", "1 1"]);
    assert_eq!(exploration.outcomes.counts().sum::<u64>(), exploration.executions);
}

#[test]
fn the_last_execution_within_the_limit_completes_the_search() {
    let all = explore(&store_buffering(), &BUDGET).executions;
    let just = explore(&store_buffering(), &limited(all));
    assert_eq!((just.executions, just.coverage), (all, Ok(Extent::EXHAUSTIVE)));
    let cut = explore(&store_buffering(), &limited(all - 1));
    assert_eq!(cut.executions, all - 1);
    assert_eq!(cut.coverage, Err(Reason::Budget(Exhausted::Executions(all - 1))));
    assert_eq!(cut.outcomes.counts().sum::<u64>(), all - 1);
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

/// Where the search without a bound is cut before it fails, the bound is told within which one did.
#[test]
fn a_failure_within_a_bound_says_so() {
    let turns = |count: &AtomicUsize| (0..4).for_each(|_| _ = count.fetch_add(1, Relaxed));
    let program = Program::new(move || {
        let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let writer = thread::spawn({
            let shared = shared.clone();
            move || {
                shared.0.store(1, Relaxed);
                shared.0.store(0, Relaxed);
                turns(&shared.1);
            }
        });
        let seen = shared.0.load(Relaxed);
        turns(&shared.1);
        writer.join().unwrap();
        if seen == 1 { Err(Violation::new("nobody_sees_it", seen.to_string())) } else { Ok(String::new()) }
    });
    let found = |executions| explore_with_fallback(&program, &limited(executions));
    let whole = explore(&program, &BUDGET).failure.expect("loom finds it").execution;
    assert_eq!(found(whole).notes, []);
    let cut = found(whole - 1);
    assert!(cut.failure.is_some(), "{whole}");
    assert!(matches!(cut.notes[..], [Note::FoundWithin { .. }]));
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
    assert!(message.starts_with("no soup today (tests.rs:"), "{message}");
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
