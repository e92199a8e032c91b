//! What a search says of itself is true.

use super::fails_as;
use libtest_mimic::Failed;
use refectory::engine::{Bounds, Budget, Engine, FailureKind, Program, explore};
use refectory::judge::{Extent, Reason, Verdict, verify};
use refectory::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use refectory::sync::{Condvar, Mutex, RwLock, thread};
use std::sync::Arc;

/// The releases of a mutex are choices from the first attempt on; the counterexample is run again with that
/// known, or it would do something else.
pub(super) fn counterexamples_have_steps(engine: Engine) -> Result<(), Failed> {
    let program = Program::new(|| {
        let shared = Arc::new((Mutex::new(()), Mutex::new(()), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let locks = thread::spawn(move || {
            (0..3).for_each(|_| drop(other.0.lock().expect("no poison")));
            other.2.store(1, SeqCst);
            drop(other.1.lock().expect("no poison"));
        });
        let tries = thread::spawn(move || {
            if shared.2.load(SeqCst) == 1 {
                drop(shared.0.try_lock());
                assert_ne!(shared.2.load(SeqCst), 1);
            }
        });
        locks.join().expect("no panic");
        tries.join().expect("no panic");
        Ok(String::new())
    });
    let found = explore(engine, &program, &Budget::default());
    fails_as(&found, FailureKind::Panic)?;
    let failure = found.failure.ok_or("a failure")?;
    if failure.trace.steps.len() >= 5 { Ok(()) } else { Err(format!("{failure:?}").into()) }
}

/// A counterexample that cannot be run again says so.
pub(super) fn lost_counterexamples_say_so(engine: Engine) -> Result<(), Failed> {
    let runs = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let program = Program::new(move || {
        let other = Arc::new(AtomicUsize::new(0));
        if runs.fetch_add(1, SeqCst) == 0 {
            let atomic = Arc::clone(&other);
            let writer = thread::spawn(move || atomic.store(1, SeqCst));
            other.load(SeqCst);
            drop(writer.join());
            panic!("once");
        }
        let atomic = Arc::clone(&other);
        let writer = thread::spawn(move || atomic.load(SeqCst));
        drop(writer.join());
        other.load(SeqCst);
        Ok(String::new())
    });
    let found = explore(engine, &program, &Budget::default());
    match found.failure {
        Some(failure) if failure.message.contains("did something else") => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// std's own primitives are not seen, however many executions there are; what has one trace need not be vacuous.
pub(super) fn vacuous_is_what_nobody_drives(engine: Engine) -> Result<(), Failed> {
    let std_atomics = Program::new(|| {
        let counter = refectory::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let other = refectory::sync::Arc::clone(&counter);
        let threads = [counter, other].map(|counter| {
            thread::spawn(move || {
                thread::yield_now();
                counter.fetch_add(1, SeqCst);
            })
        });
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
        Ok(String::new())
    });
    let apart = Program::new(|| {
        let threads = [Mutex::new(0), Mutex::new(0)]
            .map(|mutex| thread::spawn(move || *mutex.lock().expect("no poison") += 1));
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
        Ok(String::new())
    });
    let joined_elsewhere = Program::new(|| {
        let first = thread::spawn(|| ());
        thread::spawn(move || first.join().expect("no panic")).join().expect("no panic");
        Ok(String::new())
    });
    let readers = Program::new(|| {
        let lock = Arc::new(RwLock::new(1));
        let readers = (0..31).map(|_| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || *lock.read().expect("no poison"))
        });
        let readers: Vec<_> = readers.collect();
        Ok(readers.into_iter().map(|reader| reader.join().expect("no panic")).sum::<i32>().to_string())
    });
    let verdict = verify(engine, &std_atomics);
    if verdict != Verdict::Inconclusive(Reason::Vacuous) {
        return Err(format!("std's atomics: {verdict:?}").into());
    }
    for program in [apart, joined_elsewhere, readers] {
        let verdict = verify(engine, &program);
        if verdict != Verdict::Held(Extent::EXHAUSTIVE) {
            return Err(format!("{verdict:?}").into());
        }
    }
    Ok(())
}

/// What a clock, a random number or an earlier execution decides does not pass as exhaustive, even where
/// no schedule has to be repeated.
pub(super) fn programs_that_are_not_deterministic(engine: Engine) -> Result<(), Failed> {
    let verdict = |program: &Program| match verify(engine, program) {
        Verdict::Inconclusive(Reason::Unsupported(why)) if why.contains("not deterministic") => Ok(why),
        other => Err(Failed::from(format!("{other:?}"))),
    };
    let order = Program::new(|| {
        let atomics: std::collections::HashMap<_, _> =
            (0..16).map(|key| (key, Arc::new(AtomicUsize::new(key)))).collect();
        let other = thread::spawn(move || {
            for (key, atomic) in atomics {
                match key {
                    0 => atomic.store(1, SeqCst),
                    _ => _ = atomic.load(SeqCst),
                }
            }
        });
        other.join().expect("no panic");
        Ok(String::new())
    });
    let why = verdict(&order)?;
    if !why.contains("claims.rs") || !why.contains("thread 1 did") {
        return Err(why.into());
    }
    let runs = std::sync::atomic::AtomicUsize::new(0);
    let kept = Program::new(move || {
        let counter = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&counter);
        thread::spawn(move || other.fetch_add(1, SeqCst)).join().expect("no panic");
        Ok(runs.fetch_add(1, SeqCst).to_string())
    });
    let why = verdict(&kept)?;
    if why.contains("it showed \"0\", and when run again \"1\"") { Ok(()) } else { Err(why.into()) }
}

/// A detached thread that waits does not keep the process alive; one whose handle somebody holds is lost.
pub(super) fn daemons_end_with_the_process(engine: Engine) -> Result<(), Failed> {
    let server = |detached: bool| {
        Program::new(move || {
            let tasks = Arc::new((Mutex::new(0), Condvar::new()));
            let other = Arc::clone(&tasks);
            let server = thread::spawn(move || {
                let mut count = other.0.lock().expect("no poison");
                loop {
                    count = other.1.wait(count).expect("no poison");
                }
            });
            *tasks.0.lock().expect("no poison") += 1;
            tasks.1.notify_one();
            if !detached {
                server.join().expect("no panic");
            }
            Ok(String::new())
        })
    };
    let daemons = Bounds { daemons: true, spurious: Some(1), ..Bounds::NONE };
    let verdict = verify(engine, &server(true));
    if verdict != Verdict::Held(Extent::Complete(daemons)) {
        return Err(format!("{verdict:?}").into());
    }
    fails_as(&explore(engine, &server(false), &Budget::default()), FailureKind::Deadlock)?;
    let without = Budget { daemons: false, ..Budget::default() };
    fails_as(&explore(engine, &server(true), &without), FailureKind::Deadlock)
}
