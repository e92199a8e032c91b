//! A hang that the engine cannot see is told on standard error.

#![expect(clippy::disallowed_types, reason = "what hangs is outside the facade")]

use crate::engine::{Budget, Engine, HANG, HANG_IS_OVER, Program, explore};
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::thread;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// Set in a child that hangs: the engine that it is to run.
const CHILD: &str = "REFECTORY_TEST_CHILD";

/// In a child, explores under the engine that it is told. In the parent, gives what the child says of its hang
/// under `engine`, with the second word that it may say.
fn hang(test: &str, engine: Engine, program: fn() -> Program, words: usize) -> Vec<String> {
    if let Ok(name) = std::env::var(CHILD) {
        // A hang that nobody tells must not be one of the tests.
        let last_resort = std::thread::Builder::new();
        last_resort
            .spawn(|| {
                std::thread::sleep(Duration::from_secs(60));
                std::process::exit(1);
            })
            .unwrap();
        let engine = Engine::named(&name).unwrap();
        explore(engine, &program(), &Budget { executions: 2, ..Budget::default() });
        std::process::exit(0);
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([&format!("engine::tests::hanging::{test}"), "--exact", "--nocapture"])
        .env(CHILD, engine.name())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.filter(|line| line.starts_with("refectory: ")).take(words).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    said
}

fn around_an_operation() -> Program {
    Program::new(|| {
        let shared = Arc::new((Mutex::new(()), AtomicU32::new(0)));
        let threads = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let _guard = shared.0.lock().unwrap();
                shared.1.fetch_add(1, SeqCst);
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        Ok(String::new())
    })
}

#[test]
fn a_mutex_of_std_around_an_operation_is_told() {
    let test = "a_mutex_of_std_around_an_operation_is_told";
    for engine in [Engine::Dpor, Engine::Random].into_iter().filter(|engine| engine.available()) {
        let said = hang(test, engine, around_an_operation, 1);
        let expected =
            format!("{HANG}thread 2 of the model has run for 1 s without an operation (since its start)");
        assert!(said[0].starts_with(&expected), "{engine}: {said:?}");
    }
}

fn receives_first() -> Program {
    Program::new(|| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let count = AtomicU32::new(0);
        count.store(1, SeqCst);
        let sending = thread::spawn(move || sender.send(1));
        receiver.recv().unwrap();
        sending.join().unwrap().unwrap();
        Ok(String::new())
    })
}

#[test]
fn a_channel_of_std_that_is_received_from_first_is_told() {
    let test = "a_channel_of_std_that_is_received_from_first_is_told";
    let said = hang(test, Engine::Dpor, receives_first, 1);
    let expected = format!("{HANG}main of the model has run for 1 s without an operation (after hanging.rs:");
    assert!(said[0].starts_with(&expected), "{said:?}");
}

fn compute(time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        std::hint::black_box(());
    }
}

fn computes_for_long() -> Program {
    Program::new(|| {
        compute(Duration::from_secs(3));
        let count = AtomicU32::new(0);
        loop {
            count.load(SeqCst);
            compute(Duration::from_millis(1));
        }
    })
}

#[test]
fn what_goes_on_after_all_is_told_too() {
    let said = hang("what_goes_on_after_all_is_told_too", Engine::Dpor, computes_for_long, 2);
    assert!(said[0].starts_with(HANG), "{said:?}");
    assert_eq!(said[1], HANG_IS_OVER);
}
