//! What loom sees of the facade.

use crate::event::op::{Op, ThreadId};
use crate::event::trace::Trace;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::atomic::{AtomicBool, AtomicU32};
use crate::sync::current::{Current, enter, next_epoch};
use crate::sync::{Arc, Condvar, Mutex, UnsafeCell, loom_record, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Explores the body under loom; gives the number of executions.
pub(super) fn explore(body: fn()) -> u64 {
    let executions = std::sync::Arc::new(AtomicU64::new(0));
    let counted = std::sync::Arc::clone(&executions);
    let _entered = enter(Current::Loom);
    loom::model::Builder::new().check(move || {
        next_epoch();
        loom_record::main(body);
        counted.fetch_add(1, Relaxed);
    });
    executions.load(Relaxed)
}

/// The message of the panic that ends the exploration.
fn failure(body: fn()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| explore(body))).expect_err("loom finds fault");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    }
}

/// A count that nothing guards.
struct Unguarded(UnsafeCell<u32>);

// SAFETY: not kept; that is what loom is to find.
unsafe impl Sync for Unguarded {}

#[test]
fn finds_a_lost_update() {
    let message = failure(|| {
        let count = Arc::new(Unguarded(UnsafeCell::new(0)));
        let threads = [(); 2].map(|()| {
            let count = Arc::clone(&count);
            // SAFETY: none; that is what loom is to find, before it happens.
            thread::spawn(move || count.0.with_mut(|count| unsafe { *count += 1 }))
        });
        for thread in threads {
            thread.join().unwrap();
        }
    });
    assert!(message.contains("Concurrent write accesses"), "{message}");
}

#[test]
fn survives_a_deadlock_with_guards_and_owners_in_its_threads() {
    let message = failure(deadlock);
    assert!(message.contains("deadlock"), "{message}");
    assert!(explore(super::behaviour::mutex_guards_a_count) > 1, "and loom can be used again");
}

/// Two threads take two locks in opposite orders.
fn deadlock() {
    let forks = [1, 2].map(|n| Arc::new(Mutex::new(()).named(format_args!("fork {n}"))));
    let threads = [[0, 1], [1, 0]].map(|order| {
        let [first, second] = order.map(|n| Arc::clone(&forks[n]));
        thread::spawn(move || {
            let _first = first.lock().unwrap();
            let _second = second.lock().unwrap();
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn explores_every_interleaving_of_two_increments() {
    assert!(explore(super::behaviour::atomic_increments_are_not_lost) > 1);
}

#[test]
fn records_the_threads_and_the_waits_of_a_deadlock() {
    let trace = record_the_failure(deadlock);
    assert_eq!(trace.threads, ["main", "thread 1", "thread 2"]);
    let waits: Vec<_> =
        trace.steps.iter().filter(|step| !step.done).map(|step| (step.thread.0, step.op)).collect();
    let waited = |thread| waits.iter().find(|wait| wait.0 == thread).expect("a wait").1;
    assert_eq!(waited(0), Op::Join(ThreadId(1)));
    let names = [1, 2].map(|thread| trace.object_name(waited(thread).object().expect("a lock")));
    assert_eq!(names, ["fork 2", "fork 1"]);
}

/// Explores twice: the execution that failed is the one that is recorded.
fn record_the_failure(body: fn()) -> Trace {
    let runs = std::sync::Arc::new(AtomicU64::new(0));
    let explore = |record: Option<u64>| {
        let runs = std::sync::Arc::clone(&runs);
        runs.store(0, Relaxed);
        let _entered = enter(Current::Loom);
        let check = move || {
            next_epoch();
            if record == Some(runs.fetch_add(1, Relaxed)) {
                loom_record::start_recording();
            }
            loom_record::main(body);
        };
        catch_unwind(AssertUnwindSafe(|| loom::model::Builder::new().check(check))).expect_err("a failure");
    };
    explore(None);
    let failed = runs.load(Relaxed) - 1;
    explore(Some(failed));
    loom_record::take_recording()
}

#[test]
fn records_what_atomics_read_and_wrote() {
    let _entered = enter(Current::Loom);
    loom_record::start_recording();
    loom::model::Builder::new().check(|| {
        next_epoch();
        let count = AtomicU32::new(1).named(format_args!("count"));
        count.fetch_add(2, Relaxed);
        count.compare_exchange(3, 4, Relaxed, Relaxed).unwrap();
        count.compare_exchange(3, 5, Relaxed, Relaxed).unwrap_err();
        count.store(6, Relaxed);
        count.load(Relaxed);
    });
    let trace = loom_record::take_recording();
    let facts: Vec<_> = trace.steps.iter().map(|step| (step.answer, step.wrote)).collect();
    let expected =
        [(Some(1), Some(3)), (Some(1), Some(4)), (Some(0), None), (None, Some(6)), (Some(6), None)];
    assert_eq!(facts, expected);
    assert_eq!(trace.object_name(trace.objects[0].id), "count");
}

#[test]
fn reports_a_panic_of_main_while_others_hold_guards() {
    let message = failure(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&pair);
        thread::spawn(move || drop(other.1.wait_while(other.0.lock().unwrap(), |open| !*open)));
        let _held = pair.0.lock().unwrap();
        panic!("spilt");
    });
    assert_eq!(message, "spilt");
}

#[test]
fn refuses_an_object_of_native() {
    let message = failure(|| {
        // What a static that was made before the model would be.
        let (mutex, line) = std::thread::spawn(|| (Mutex::new(()), line!())).join().unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| drop(mutex.lock()))).unwrap_err();
        let message = panic.downcast::<String>().unwrap();
        let place = format!("{}:{line}", file!());
        assert_eq!(*message, format!("a Mutex made at {place} belongs to native, and loom drives this code"));
        panic!("refused");
    });
    assert_eq!(message, "refused");
}

#[test]
fn refuses_an_object_of_an_execution_that_is_over() {
    let message = failure(|| {
        let flag = AtomicBool::new(false);
        next_epoch();
        flag.load(Relaxed);
    });
    assert!(message.starts_with("an AtomicBool made at "), "{message}");
    assert!(message.ends_with(" belongs to an execution that is over"), "{message}");
}

#[test]
fn refuses_an_object_of_loom_natively() {
    let kept = std::sync::Arc::new(std::sync::Mutex::new(None));
    let keep = std::sync::Arc::clone(&kept);
    {
        let _entered = enter(Current::Loom);
        loom::model::Builder::new().check(move || {
            next_epoch();
            *keep.lock().unwrap() = Some(Condvar::new());
        });
    }
    let condvar = kept.lock().unwrap().take().unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| condvar.notify_one())).unwrap_err();
    let message = panic.downcast::<String>().unwrap();
    assert!(message.ends_with("belongs to loom, and native drives this code"), "{message}");
}

#[test]
fn says_what_loom_cannot_do() {
    let cannot: [fn(); 5] = [
        || thread::park_timeout(Duration::from_secs(1)),
        || {
            let mutex = Mutex::new(());
            drop(Condvar::new().wait_timeout(mutex.lock().unwrap(), Duration::from_secs(1)));
        },
        || drop(Arc::downgrade(&Arc::new(1)).upgrade()),
        || {
            let mut count = AtomicU32::new(0);
            *count.get_mut() += 1;
            count.load(Relaxed);
        },
        || {
            let mutex = Arc::new(Mutex::new(()));
            let other = Arc::clone(&mutex);
            let holder = thread::spawn(move || {
                let _held = other.lock();
                std::panic::resume_unwind(Box::new("spilt"));
            });
            holder.join().unwrap_err();
            drop(mutex.lock());
        },
    ];
    for body in cannot {
        let message = failure(body);
        assert!(message.starts_with("unsupported: "), "{message}");
    }
}
