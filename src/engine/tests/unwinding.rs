//! A thread that unwinds takes turns with others, as any thread does: they are not panicking because it is.

use crate::engine::{Budget, Engine, Program, Reason, explore};
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::{Condvar, Mutex, RwLock, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

fn models() -> impl Iterator<Item = Engine> {
    Engine::ALL.into_iter().filter(|engine| engine.available() && *engine != Engine::Native)
}

/// What a destructor of the thread that panics works on, and its neighbour.
#[derive(Default)]
struct Shared {
    steps: AtomicU32,
    mutex: Mutex<u32>,
    rwlock: RwLock<u32>,
    condvar: Condvar,
}

/// Does this when it is dropped.
struct AtTheEnd<'a>(&'a Shared, fn(&Shared));

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.1(self.0);
    }
}

/// One thread panics, does this while it unwinds, and catches the panic; the other one does that.
fn beside_a_panic(in_drop: fn(&Shared), other: fn(&Shared)) -> Program {
    Program::new(move || {
        let shared = Arc::new(Shared::default());
        let unwinding = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    let _end = AtTheEnd(&shared, in_drop);
                    steps(&shared);
                    panic!("on purpose");
                }));
                assert!(caught.is_err());
            })
        };
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || other(&shared))
        };
        unwinding.join().unwrap();
        other.join().unwrap();
        Ok(String::new())
    })
}

/// Nothing goes wrong. loom may have to give up.
fn all_hold(program: &Program) {
    for engine in models() {
        let explored = explore(engine, program, &Budget { executions: 3_000, ..Budget::default() });
        if let Some(failure) = explored.failure {
            panic!("{engine}: {} {}", failure.kind, failure.message);
        }
        match explored.coverage {
            Err(Reason::Unsupported(why)) if engine == Engine::Loom => {
                assert!(why.contains("while another thread unwound"), "{why}");
            }
            covered => assert!(covered.is_ok(), "{engine}: {covered:?}"),
        }
    }
}

fn steps(shared: &Shared) {
    for _ in 0..2 {
        shared.steps.fetch_add(1, SeqCst);
    }
}

#[test]
fn a_neighbours_mutex_is_not_poisoned() {
    all_hold(&beside_a_panic(steps, |shared| {
        for _ in 0..2 {
            let mut value = shared.mutex.lock().unwrap();
            steps(shared);
            *value += 1;
        }
    }));
}

#[test]
fn a_neighbours_readers_writer_lock_is_not_poisoned() {
    all_hold(&beside_a_panic(steps, |shared| {
        for _ in 0..2 {
            let mut value = shared.rwlock.write().unwrap();
            steps(shared);
            *value += 1;
        }
    }));
}

#[test]
fn a_destructor_may_lock() {
    all_hold(&beside_a_panic(
        |shared| *shared.mutex.lock().unwrap() += 1,
        |shared| {
            for _ in 0..2 {
                *shared.mutex.lock().unwrap() += 1;
            }
        },
    ));
}

#[test]
fn a_destructor_may_wait() {
    all_hold(&beside_a_panic(
        |shared| {
            let value = shared.mutex.lock().unwrap();
            drop(shared.condvar.wait_while(value, |value| *value == 0).unwrap());
        },
        |shared| {
            *shared.mutex.lock().unwrap() = 1;
            shared.condvar.notify_one();
        },
    ));
}

#[test]
fn two_unwind_at_a_time() {
    let and_panic: fn(&Shared) = |shared| {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _end = AtTheEnd(shared, |shared| *shared.mutex.lock().unwrap() += 1);
            steps(shared);
            panic!("on purpose as well");
        }));
        assert!(caught.is_err());
    };
    all_hold(&beside_a_panic(|shared| *shared.mutex.lock().unwrap() += 1, and_panic));
}

#[test]
fn who_does_not_panic_is_not_panicking() {
    all_hold(&beside_a_panic(steps, |shared| {
        steps(shared);
        assert!(!thread::panicking());
    }));
}

#[test]
fn a_panic_poisons_beside_another_one() {
    let poisons: fn(&Shared) = |shared| {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _value = shared.mutex.lock().unwrap();
            steps(shared);
            panic!("on purpose as well");
        }));
        assert!(caught.is_err());
        assert!(shared.mutex.is_poisoned());
    };
    let program = beside_a_panic(steps, poisons);
    for engine in models().filter(|engine| *engine != Engine::Loom) {
        let explored = explore(engine, &program, &Budget { executions: 3_000, ..Budget::default() });
        let Err(Reason::Unsupported(why)) = explored.coverage else {
            panic!("{engine}: {:?}", explored.failure)
        };
        assert!(why.starts_with("two threads unwind at a time"), "{why}");
    }
}
