//! Stacks as large as std's, and a stack that overflows as a finding.

use crate::engine::{Budget, Engine, Exploration, Extent, FailureKind, Program, explore};
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::thread::Builder;
use std::hint::black_box;
use std::process::Command;

/// Set in a child that does not survive.
const CHILD: &str = "REFECTORY_TEST_CHILD";

/// A frame of so many bytes.
#[inline(never)]
fn frame<const BYTES: usize>() -> u8 {
    let mut bytes = [0_u8; BYTES];
    black_box(&mut bytes);
    bytes[BYTES / 2]
}

#[inline(never)]
#[expect(unconditional_recursion, reason = "the stack is to overflow")]
fn for_ever(depth: u64) -> u64 {
    black_box(for_ever(black_box(depth + 1))) + 1
}

/// The same with an operation on every level.
#[inline(never)]
#[expect(unconditional_recursion, reason = "the stack is to overflow")]
fn for_ever_with_operations(count: &AtomicU32) -> u32 {
    black_box(count.fetch_add(1, SeqCst)) + black_box(for_ever_with_operations(count))
}

fn wild_access() {
    // SAFETY: none; the process is to die.
    unsafe { black_box(8 as *const u8).read_volatile() };
}

/// A model with one thread beside main, which does this.
fn worker(name: Option<&'static str>, stack: Option<usize>, body: fn()) -> Program {
    Program::new(move || {
        let mut builder = Builder::new();
        if let Some(name) = name {
            builder = builder.name(name.to_owned());
        }
        if let Some(bytes) = stack {
            builder = builder.stack_size(bytes);
        }
        builder.spawn(body).unwrap().join().unwrap();
        Ok(String::new())
    })
}

fn seen(engine: Engine, program: &Program) -> Exploration {
    explore(engine, program, &Budget { executions: 100, ..Budget::default() })
}

fn overflows(program: &Program, message: &str) {
    let failure = seen(Engine::Dpor, program).failure.expect("a finding");
    assert_eq!((failure.kind, &*failure.message), (FailureKind::Crash, message));
}

#[test]
fn a_thread_has_as_much_stack_as_one_of_std() {
    let program = worker(None, None, || {
        black_box(frame::<{ 3 << 19 }>());
    });
    for engine in [Engine::Dpor, Engine::DporOnShuttle, Engine::Random] {
        if engine.available() {
            let explored = seen(engine, &program);
            assert!(explored.coverage.is_ok(), "{explored:?}");
            assert_eq!(explored.failure, None);
        }
    }
}

#[test]
fn a_stack_that_overflows_is_a_finding_with_the_name_of_its_thread() {
    let recurses = || {
        black_box(for_ever(0));
    };
    overflows(&worker(Some("worker 1"), None, recurses), "stack overflow in thread worker 1");
    overflows(&worker(None, None, recurses), "stack overflow in thread 1");
    let main = Program::new(|| Ok(for_ever(0).to_string()));
    overflows(&main, "stack overflow in thread main");
}

#[test]
fn an_overflow_in_the_engines_own_work_is_one_of_the_thread() {
    let program = worker(Some("cook"), Some(64 << 10), || {
        for_ever_with_operations(&AtomicU32::new(0));
    });
    let budget = Budget { operations: u32::MAX, ..Budget::default() };
    let failure = explore(Engine::Dpor, &program, &budget).failure.expect("a finding");
    assert_eq!(failure.message, "stack overflow in thread cook");
}

#[test]
fn after_an_overflow_the_search_goes_on() {
    let program = Program::new(|| {
        let first = std::sync::Arc::new(AtomicU32::new(0));
        let threads = [1, 2].map(|number| {
            let first = first.clone();
            let body = move || {
                if first.swap(number, SeqCst) == 2 {
                    for_ever(0);
                }
            };
            Builder::new().spawn(body).unwrap()
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        Ok(String::new())
    });
    let explored = explore(Engine::Dpor, &program, &Budget { count_failures: true, ..Budget::default() });
    assert_eq!((explored.executions, explored.failures), (2, 1));
    assert_eq!(explored.coverage, Ok(Extent::EXHAUSTIVE));
}

#[test]
fn a_thread_has_the_stack_that_it_asks_for() {
    let deep = || {
        black_box(frame::<{ 5 << 20 }>());
    };
    assert_eq!(seen(Engine::Dpor, &worker(None, Some(8 << 20), deep)).failure, None);
    let shallow = || {
        black_box(frame::<{ 512 << 10 }>());
    };
    overflows(&worker(None, Some(256 << 10), shallow), "stack overflow in thread 1");
}

#[test]
#[cfg(feature = "shuttle")]
fn a_thread_that_asks_for_more_than_shuttles_runtime_has_is_unsupported() {
    let program = worker(None, Some(8 << 20), || ());
    let Err(crate::engine::Reason::Unsupported(why)) = seen(Engine::Random, &program).coverage else {
        panic!("supported")
    };
    assert_eq!(why, "a thread asks for a stack of 8388608 bytes, and shuttle's runtime gives 2228224");
}

/// Runs the test again in a process of its own; gives what it printed.
fn last_words(test: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&format!("engine::tests::stacks::{test}"), "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
#[cfg(feature = "shuttle")]
fn an_overflow_on_shuttles_runtime_ends_the_process_with_words() {
    if std::env::var_os(CHILD).is_some() {
        seen(
            Engine::Random,
            &worker(None, None, || {
                black_box(for_ever(0));
            }),
        );
        return;
    }
    let words = last_words("an_overflow_on_shuttles_runtime_ends_the_process_with_words");
    assert!(words.contains("thread '1' of the model has overflowed its stack"), "{words}");
}

/// An access through a wild pointer is no overflow: it kills the process, as it would without an engine.
#[test]
fn another_fault_is_left_to_others() {
    if std::env::var_os(CHILD).is_some() {
        seen(Engine::Dpor, &worker(None, None, wild_access));
        return;
    }
    let words = last_words("another_fault_is_left_to_others");
    assert!(!words.contains("overflow"), "{words}");
}
