//! The uniform random walk finds as fast behind the filter as in shuttle itself.
//!
//! Source of the program: `reorder` of the SCT benchmarks (Paul Thomson, Alastair F. Donaldson, Adam Betts,
//! "Concurrency testing using controlled schedulers: an empirical study", 2016).

use crate::engine::{Budget, Engine, Program, Violation, explore};
use crate::sync::atomic::{AtomicI32, Ordering::SeqCst};
use crate::sync::thread;
use shuttle::scheduler::UrwRandomScheduler;
use shuttle::{Config, FailurePersistence, Runner};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// All threads but one store 1 and then -1; the last must not see one without the other.
fn reorder(threads: usize) -> Program {
    Program::new(move || {
        use crate::sync::Arc;
        let shared = Arc::new((AtomicI32::new(0), AtomicI32::new(0)));
        let setter = |_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.0.store(1, SeqCst);
                shared.1.store(-1, SeqCst);
            })
        };
        let setters: Vec<_> = (1..threads).map(setter).collect();
        let checker = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (a, b) = &*shared;
                (a.load(SeqCst) == 0 && b.load(SeqCst) == 0) || (a.load(SeqCst) == 1 && b.load(SeqCst) == -1)
            })
        };
        setters.into_iter().for_each(|setter| setter.join().unwrap());
        let both = checker.join().unwrap();
        if both { Ok(String::new()) } else { Err(Violation::new("both_or_none", String::new())) }
    })
}

/// The execution in which the bug shows here.
fn here(threads: usize, seed: u64) -> u64 {
    let budget = Budget { seed, executions: 10_000, ..Budget::default() };
    explore(Engine::Urw, &reorder(threads), &budget).executions
}

/// The execution in which it shows in shuttle itself.
fn in_shuttle(threads: usize, seed: u64) -> u64 {
    let executions = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&executions);
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    let runner = Runner::new(UrwRandomScheduler::new_from_seed(seed, 10_000), config);
    // The panic is the bug that shows.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        runner.run(move || {
            counted.fetch_add(1, Relaxed);
            raw(threads);
        })
    }));
    executions.load(Relaxed)
}

fn median(mut counts: Vec<u64>) -> u64 {
    counts.sort_unstable();
    counts[counts.len() / 2]
}

/// Shared by the facade's `Arc`, whose clones are operations of main between one spawn and the next.
#[test]
fn reorder_is_found_as_fast_as_by_shuttle_itself() {
    for threads in [5, 10, 20] {
        let found = |find: fn(usize, u64) -> u64| median((0..21).map(|seed| find(threads, seed)).collect());
        let (here, in_shuttle) = (found(here), found(in_shuttle));
        println!("{threads} threads: {here} here, {in_shuttle} in shuttle");
        assert!(
            2 * here <= 3 * in_shuttle,
            "{threads} threads: {here} executions, where shuttle needs {in_shuttle}"
        );
    }
}

/// The same on shuttle's own types.
fn raw(threads: usize) {
    use shuttle::sync::atomic::AtomicI32;
    use shuttle::thread;
    let shared = Arc::new((AtomicI32::new(0), AtomicI32::new(0)));
    let setter = |_| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            shared.0.store(1, SeqCst);
            shared.1.store(-1, SeqCst);
        })
    };
    let setters: Vec<_> = (1..threads).map(setter).collect();
    let checker = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let (a, b) = &*shared;
            let both =
                (a.load(SeqCst) == 0 && b.load(SeqCst) == 0) || (a.load(SeqCst) == 1 && b.load(SeqCst) == -1);
            assert!(both);
        })
    };
    setters.into_iter().for_each(|setter| setter.join().unwrap());
    checker.join().unwrap();
}
