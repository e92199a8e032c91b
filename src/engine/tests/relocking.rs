//! A thread that waits for a lock that it holds is a finding with both places, under every engine alike.

use crate::engine::{Budget, Engine, Failure, FailureKind, Outcome, Program, Reason, explore};
use crate::judge::finding::{cycle, wait_for};
use crate::sync::{Mutex, RwLock, thread};
use std::sync::Arc;

fn models() -> impl Iterator<Item = Engine> {
    Engine::ALL.into_iter().filter(|engine| engine.available() && *engine != Engine::Native)
}

/// A worker does this to a lock, beside a writer if there is one.
fn program(worker: fn(&RwLock<u32>), writes: bool) -> Program {
    Program::new(move || {
        let lock = Arc::new(RwLock::new(0));
        let writer = writes.then(|| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || *lock.write().unwrap() += 1)
        });
        let worker = {
            let lock = Arc::clone(&lock);
            thread::Builder::new().name("worker".to_owned()).spawn(move || worker(&lock)).unwrap()
        };
        worker.join().unwrap();
        writer.into_iter().for_each(|writer| writer.join().unwrap());
        Ok(String::new())
    })
}

fn found(engine: Engine, program: &Program) -> Failure {
    let explored = explore(engine, program, &Budget { executions: 1_000, ..Budget::default() });
    explored.failure.unwrap_or_else(|| panic!("{engine}: {:?}", explored.coverage))
}

/// Every engine says the same, but for the thread's name; and the trace shows the wait of a thread for itself.
fn all_say(program: &Program, expected: &str) {
    for engine in models() {
        let Failure { kind, message, trace, .. } = found(engine, program);
        assert_eq!(kind, FailureKind::Deadlock, "{engine}: {message}");
        let (_, said) = message.split_once(' ').unwrap();
        let said = said.trim_start_matches(char::is_numeric).trim_start();
        let said: String = said.chars().filter(|c| !c.is_numeric()).collect();
        assert_eq!(said, expected, "{engine}");
        assert_eq!(cycle(&wait_for(&trace)).map(|cycle| cycle.len()), Some(1), "{engine}");
    }
}

#[test]
fn a_second_read_may_deadlock() {
    let twice = |lock: &RwLock<u32>| {
        let _first = lock.read().unwrap();
        let _second = lock.read().unwrap();
    };
    let said = "reads an RwLock at relocking.rs: that it has read-locked at relocking.rs:: std may deadlock \
                (a writer in between) or panic";
    all_say(&program(twice, false), said);
    all_say(&program(twice, true), said);
}

#[test]
fn a_read_under_a_write_deadlocks() {
    let both = |lock: &RwLock<u32>| {
        let _written = lock.write().unwrap();
        let _read = lock.read().unwrap();
    };
    let said =
        "reads an RwLock at relocking.rs: that it has write-locked at relocking.rs:: std deadlocks or panics";
    all_say(&program(both, true), said);
}

#[test]
fn a_write_under_a_read_deadlocks() {
    let both = |lock: &RwLock<u32>| {
        let _read = lock.read().unwrap();
        let _written = lock.write().unwrap();
    };
    let said =
        "writes an RwLock at relocking.rs: that it has read-locked at relocking.rs:: std deadlocks or panics";
    all_say(&program(both, true), said);
}

#[test]
fn a_second_lock_deadlocks() {
    let program = Program::new(|| {
        let lock = Arc::new(Mutex::new(()));
        let worker = thread::spawn(move || {
            let _first = lock.lock().unwrap();
            let _second = lock.lock().unwrap();
        });
        worker.join().unwrap();
        Ok(String::new())
    });
    all_say(
        &program,
        "locks a Mutex at relocking.rs: that it has locked at relocking.rs:: std deadlocks or panics",
    );
}

/// Two reads, of which the second is an attempt; a writer stays out until both are given back.
fn attempt_twice() -> Outcome {
    let twice = |lock: &RwLock<u32>| {
        let first = lock.read().unwrap();
        let second = lock.try_read().unwrap();
        let seen = *first;
        drop(first);
        assert!(lock.try_write().is_err(), "it is still read");
        assert_eq!(seen, *second);
    };
    program(twice, true).run()
}

#[test]
fn a_second_read_that_is_an_attempt_is_counted() {
    let program = Program::new(attempt_twice);
    for engine in models() {
        let explored = explore(engine, &program, &Budget { executions: 1_000, ..Budget::default() });
        assert_eq!(explored.failure, None, "{engine}");
        match explored.coverage {
            Err(Reason::Unsupported(why)) if engine == Engine::Loom => {
                assert!(why.ends_with("is read twice by one thread, which loom cannot count"), "{why}");
            }
            coverage => {
                assert!(coverage.is_ok(), "{coverage:?}")
            }
        }
    }
}
