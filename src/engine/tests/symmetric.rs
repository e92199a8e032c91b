//! Threads that are alike, and those that are not after all.

use crate::engine::{Bounds, Budget, Engine, Exploration, Extent, FailureKind, Program, Violation, explore};
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::sync::thread::{current, place, spawn_symmetric};
use crate::sync::{Arc, Mutex};

fn explored(program: &Program, budget: &Budget) -> Exploration {
    explore(Engine::Dpor, program, budget)
}

/// Workers that take turns at a lock, and each then does this.
fn workers(threads: usize, then: fn()) -> Program {
    Program::new(move || {
        let turns = Arc::new(Mutex::new(0));
        let work = {
            let turns = Arc::clone(&turns);
            move || {
                let mut turns = turns.lock().unwrap();
                *turns += 1;
                then();
                *turns
            }
        };
        let results = spawn_symmetric(threads, work).join();
        let results: Vec<usize> = results.into_iter().map(|result| result.expect("no panic")).collect();
        Ok(format!("{results:?}"))
    })
}

fn up_to_symmetry(threads: u32) -> Extent {
    Extent::Complete(Bounds { symmetry: Some(threads), ..Bounds::NONE })
}

#[test]
fn one_of_the_orders_is_explored_and_said_so() {
    let seen = explored(&workers(4, || ()), &Budget::default());
    assert_eq!((seen.executions, seen.redundant), (1, 0));
    assert_eq!(seen.coverage, Ok(up_to_symmetry(4)));
    assert_eq!(seen.coverage.unwrap().to_string(), "exhaustive, up to the symmetry of 4 threads");
    assert_eq!(seen.outcomes.keys().collect::<Vec<_>>(), ["[1, 2, 3, 4]"]);
    let within = explored(&workers(3, || ()), &Budget { preemptions: Some(1), ..Budget::default() });
    assert_eq!(within.outcomes.keys().collect::<Vec<_>>(), ["[1, 2, 3]"]);
}

/// Who asks who it is is not like others.
#[test]
fn who_can_be_told_apart_is_explored_in_full() {
    for asks in [|| drop(current()), || _ = place()] {
        let seen = explored(&workers(4, asks), &Budget::default());
        assert_eq!((seen.executions, seen.coverage), (24, Ok(Extent::EXHAUSTIVE)));
    }
}

/// The bug of a program whose threads are alike is found, and its counterexample is run again.
#[test]
fn a_lost_update_is_found() {
    for threads in [2, 3] {
        let program = Program::new(move || {
            let number = Arc::new(AtomicUsize::new(0));
            let add = {
                let number = Arc::clone(&number);
                move || number.store(number.load(SeqCst) + 1, SeqCst)
            };
            spawn_symmetric(threads, add).join();
            match number.load(SeqCst) {
                1 => Err(Violation::new("updates_count", "all but one are lost".to_owned())),
                sum => Ok(sum.to_string()),
            }
        });
        let found = explored(&program, &Budget { shorten: 1_000, ..Budget::default() });
        let failure = found.failure.expect("a lost update");
        assert_eq!(failure.kind, FailureKind::Property);
        assert!(!failure.trace.steps.is_empty(), "{}", failure.message);
        let all = explored(&program, &Budget { count_failures: true, ..Budget::default() });
        assert_eq!(all.outcomes.len(), threads - 1);
    }
}

/// Each waits for a lock that main never gives back: those that have not started wait as well.
#[test]
fn who_has_not_started_is_waited_for() {
    let program = Program::new(|| {
        let lock = Arc::new(Mutex::new(()));
        let held = lock.lock().unwrap();
        let work = {
            let lock = Arc::clone(&lock);
            move || drop(lock.lock().unwrap())
        };
        spawn_symmetric(3, work).join();
        drop(held);
        Ok(String::new())
    });
    let found = explored(&program, &Budget::default());
    assert_eq!(found.failure.map(|failure| failure.kind), Some(FailureKind::Deadlock));
}

#[test]
fn threads_without_a_step_let_the_next_one_start() {
    let seen =
        explored(&Program::new(|| Ok(spawn_symmetric(3, || 7).join().len().to_string())), &Budget::default());
    assert_eq!((seen.executions, seen.outcomes.count("3")), (1, 1));
}
