//! What may happen at any moment, or for no reason: time-outs and spurious events.

use super::{STRICTLY, fails_as, outcomes, same, strict};
use libtest_mimic::Failed;
use refectory::engine::{Bounds, Budget, Engine, Extent, FailureKind, Program, explore};
use refectory::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use refectory::sync::{Condvar, Mutex, MutexGuard, thread};
use std::sync::Arc;
use std::time::Duration;

const TIME: Duration = Duration::from_secs(1);

/// A gate that a thread opens, and that another one waits at for as long as `wait` says.
fn gate<R: ToString + Send + 'static>(wait: fn(&Condvar, MutexGuard<'_, bool>) -> R) -> Program {
    Program::new(move || {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let (waiter, opener) = (Arc::clone(&gate), gate);
        let waiter = thread::spawn(move || {
            let open = waiter.0.lock().expect("no poison");
            wait(&waiter.1, open).to_string()
        });
        let opener = thread::spawn(move || {
            *opener.0.lock().expect("no poison") = true;
            opener.1.notify_one();
        });
        opener.join().expect("no thread panics");
        Ok(waiter.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

pub(super) fn time_outs(engine: Engine) -> Result<(), Failed> {
    // One wait: it ends in time or not, and all of that is seen.
    let once = gate(|condvar, open| {
        if *open {
            return "open".to_owned();
        }
        let (open, result) = condvar.wait_timeout(open, TIME).expect("no poison");
        format!("timed out: {}, open: {}", result.timed_out(), *open)
    });
    let found = explore(engine, &once, &strict());
    same(&found.coverage, &Ok(Extent::Complete(STRICTLY)))?;
    let both = [
        "open",
        "timed out: false, open: true",
        "timed out: true, open: false",
        "timed out: true, open: true",
    ];
    same(outcomes(&found), both.to_vec())?;
    // A loop could time out for ever: it is bounded, and says so.
    let polling = gate(|condvar, mut open| {
        while !*open {
            open = condvar.wait_timeout(open, TIME).expect("no poison").0;
        }
        "open"
    });
    let found = explore(engine, &polling, &strict());
    same(
        &found.coverage,
        &Ok(Extent::Complete(Bounds { timeouts: Some(Budget::default().early_timeouts), ..STRICTLY })),
    )?;
    same(outcomes(&found), vec!["open"])?;
    same(found.redundant, 0_u64)
}

pub(super) fn wakeups(engine: Engine) -> Result<(), Failed> {
    let unchecked = gate(|condvar, mut open| {
        if !*open {
            open = condvar.wait(open).expect("no poison");
        }
        *open
    });
    let found = explore(engine, &unchecked, &strict());
    same(&found.coverage, &Ok(Extent::Complete(STRICTLY)))?;
    same(outcomes(&found), vec!["true"])?;
    same(outcomes(&explore(engine, &unchecked, &Budget::default())), vec!["false", "true"])?;
    let checked = gate(|condvar, open| *condvar.wait_while(open, |open| !*open).expect("no poison"));
    let found = explore(engine, &checked, &Budget::default());
    same(&found.coverage, &Ok(Extent::Complete(Bounds { spurious: Some(1), ..Bounds::NONE })))?;
    same(outcomes(&found), vec!["true"])?;
    // A wait that returns for no reason has not timed out.
    let timed = gate(|condvar, open| {
        let (open, timed_out) = condvar.wait_timeout_while(open, TIME, |open| !*open).expect("no poison");
        format!("{open} {}", timed_out.timed_out())
    });
    same(outcomes(&explore(engine, &timed, &Budget::default())), vec!["false true", "true false"])?;
    // That somebody could return for no reason saves nobody.
    let lost = Program::new(|| {
        thread::spawn(thread::park).join().expect("no panic");
        Ok("woken".to_owned())
    });
    let found = explore(engine, &lost, &Budget { count_failures: true, ..Budget::default() });
    fails_as(&found, FailureKind::Deadlock)?;
    same(outcomes(&found), vec!["woken"])
}

pub(super) fn failures(engine: Engine) -> Result<(), Failed> {
    let program = Program::new(|| {
        let number = Arc::new(AtomicUsize::new(0));
        let attempts: Vec<_> = (0..2)
            .map(|k| {
                let number = Arc::clone(&number);
                thread::spawn(move || number.compare_exchange_weak(0, k + 1, SeqCst, SeqCst).is_ok())
            })
            .collect();
        let won: Vec<bool> = attempts.into_iter().map(|thread| thread.join().expect("no panic")).collect();
        Ok(format!("{won:?}"))
    });
    same(outcomes(&explore(engine, &program, &strict())), vec!["[false, true]", "[true, false]"])?;
    same(outcomes(&explore(engine, &program, &Budget::default())), vec!["[false, true]", "[true, false]"])?;
    let twice = Budget { spurious: 2, ..Budget::default() };
    let all = vec!["[false, false]", "[false, true]", "[true, false]"];
    same(outcomes(&explore(engine, &program, &twice)), all)
}
