//! What traces show beside operations: notes, what tasks await, and which task of a loop it was.

use crate::engine::{Budget, Engine, Exploration, Failure, Program, Violation, explore};
use crate::judge::finding::trim;
use crate::model::actors::actor::{Actor, Address, DeadLetters, Failed, spawn as spawn_actor};
use crate::model::coroutines::lock::Event;
use crate::model::coroutines::task::EventLoop;
use crate::report::{Style, counterexample};
use crate::sync::{Arc, Mutex, note, thread};
use std::fmt;
use std::future::pending;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The engines that record what they have found.
fn engines() -> impl Iterator<Item = Engine> {
    Engine::ALL.into_iter().filter(|engine| engine.available() && *engine != Engine::Native)
}

fn explored(engine: Engine, body: impl Fn() + Send + Sync + 'static, is_well: bool) -> Exploration {
    let program = Program::new(move || {
        body();
        if is_well { Ok(String::new()) } else { Err(Violation::new("is_well", String::new())) }
    });
    // Those that draw executions draw so many.
    explore(engine, &program, &Budget { executions: 100, ..Budget::default() })
}

fn failure(engine: Engine, body: impl Fn() + Send + Sync + 'static) -> Failure {
    explored(engine, body, false).failure.expect("all is not well")
}

/// The notes of a trace, each with who made it.
fn notes(failure: &Failure) -> Vec<String> {
    let trace = &failure.trace;
    let notes = trace.steps.iter().filter(|step| !step.is_operation());
    notes
        .zip(&trace.notes)
        .map(|(step, text)| {
            assert!(step.done && step.place.file.ends_with("traced.rs"), "{step:?}");
            format!("{}: {text}", step.actor.as_deref().unwrap_or(trace.thread_name(step.thread)))
        })
        .collect()
}

/// A task waits for an event, the cook sets it, and a third task waits until it is cancelled.
fn kitchen() {
    let event_loop = <EventLoop>::with_virtual_time();
    let event = Rc::new(<Event>::new());
    event_loop
        .run(async {
            let guest = event_loop.spawn({
                let event = event.clone();
                async move { event.wait().await }
            });
            let cook = event_loop.spawn_named(format_args!("cook"), {
                let event = event.clone();
                async move { event.set() }
            });
            let _forgotten = event_loop.spawn(pending::<()>());
            (guest.await, cook.await)
        })
        .0
        .unwrap();
}

#[test]
fn tasks_of_a_loop_are_columns_and_awaits_are_rows() {
    for engine in engines() {
        let failure = failure(engine, kitchen);
        let expected = [
            "main task: await task 1",
            "task 1: await event.wait()",
            "main task: await cook",
            "task 3: cancelled here",
        ];
        assert_eq!(notes(&failure), expected, "{engine}");
        let table = counterexample(failure.kind, &trim(failure.kind, &failure.trace), Style::Plain);
        let rows: Vec<Vec<&str>> =
            table.lines().map(|line| line.split('│').map(str::trim).collect()).collect();
        assert_eq!(rows[0], ["", "main", "main task", "task 1", "cook", "task 3", ""], "{engine}");
        assert!([3, 4].iter().all(|&column| rows.iter().any(|row| row.get(column) == Some(&"lock event"))));
    }
}

struct Waiter;

impl Actor for Waiter {
    type Message = u32;

    fn handle(&mut self, _: &mut u32, me: &Address<u32>) -> Result<(), Failed> {
        me.stop();
        Ok(())
    }
}

#[test]
fn messages_are_rows() {
    for engine in engines() {
        let failure = failure(engine, || {
            let dead = DeadLetters::new();
            let waiter = spawn_actor("waiter", Waiter, None, &dead);
            waiter.address().send(7).unwrap();
            waiter.join().unwrap();
            dead.put(9);
        });
        let trace = &failure.trace;
        let by = |(step, text): (_, &String)| format!("{}: {text}", trace.thread_name(step));
        let steps = trace.steps.iter().filter(|step| !step.is_operation()).map(|step| step.thread);
        let notes: Vec<String> = steps.zip(&trace.notes).map(by).collect();
        assert_eq!(notes, ["main: send 7 → waiter", "waiter: receive 7", "main: dead letter 9"], "{engine}");
    }
}

/// Says how often it was formatted.
struct Counted(&'static AtomicU32);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fetch_add(1, Relaxed);
        f.write_str("noted")
    }
}

/// Two threads lock, and make notes if they are to.
fn two_lock(notes: bool, text: &'static AtomicU32) {
    let lock = Arc::new(Mutex::new(()));
    let threads = [(); 2].map(|()| {
        let lock = lock.clone();
        thread::spawn(move || {
            for _ in 0..2 {
                if notes {
                    note(format_args!("{}", Counted(text)));
                }
                drop(lock.lock().unwrap());
            }
        })
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_note_is_no_operation() {
    static FORMATTED: AtomicU32 = AtomicU32::new(0);
    for engine in engines() {
        let explored = |notes| explored(engine, move || two_lock(notes, &FORMATTED), true);
        let (with, without) = (explored(true), explored(false));
        assert_eq!((with.failure, with.redundant), (None, 0), "{engine}");
        assert_eq!(with.executions, without.executions, "{engine}");
        let shown = |notes| failure(engine, move || two_lock(notes, &FORMATTED)).trace;
        assert_eq!(FORMATTED.swap(0, Relaxed), 0, "{engine}: nobody records");
        let (with, without) = (shown(true), shown(false));
        assert_eq!((with.operations(), with.notes.len()), (without.steps.len(), 4), "{engine}");
        assert_eq!(FORMATTED.swap(0, Relaxed), 4, "{engine}: one execution is recorded");
    }
}
