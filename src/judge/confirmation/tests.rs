//! loom's word counts only where the exact engine bears it out.

use crate::engine::{
    Bounds, Budget, Engine, Exploration, Extent, Program, Reason, confirmed, confirming, explore,
};
use crate::sync::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use crate::sync::{Condvar, Mutex, thread};
use std::sync::Arc;
use std::time::Duration;

/// Each of two threads stores its number, and looks.
fn two_stores() -> Program {
    Program::new(|| {
        let last = Arc::new(AtomicUsize::new(0));
        let threads = [1, 2].map(|number| {
            let last = Arc::clone(&last);
            thread::spawn(move || {
                last.store(number, SeqCst);
                last.load(SeqCst)
            })
        });
        let [one, two] = threads.map(|thread| thread.join().unwrap());
        Ok(format!("{one} {two}"))
    })
}

/// A complete search of loom's that saw the outcomes of `program`.
fn loom_saw(program: &Program) -> Exploration {
    let outcomes = explore(Engine::Dpor, program, &Budget::default()).outcomes;
    Exploration { outcomes, ..Exploration::new(Ok(Extent::EXHAUSTIVE)) }
}

#[test]
fn a_complete_exact_search_confirms() {
    let confirmed = explore(Engine::Loom, &two_stores(), &Budget::default());
    assert_eq!(confirmed.coverage, Ok(Extent::EXHAUSTIVE));
}

#[test]
fn an_exact_search_that_was_cut_confirms_nothing() {
    let program = two_stores();
    let cut = confirmed(loom_saw(&program), &program, &Budget { executions: 1, ..Budget::default() });
    let why = "loom is complete, but dpor, which has to confirm it, was cut: 1 executions";
    assert_eq!(cut.coverage.map_err(|reason| reason.to_string()), Err(format!("budget: {why}")));
}

#[test]
fn a_program_that_the_exact_search_cannot_run_is_not_confirmed() {
    let program = two_stores();
    let loom = loom_saw(&program);
    let times = std::sync::atomic::AtomicUsize::new(0);
    let moody = Program::new(move || {
        let first = AtomicUsize::new(0);
        let eager = times.fetch_add(1, Relaxed) == 0;
        let _ = if eager { first.swap(1, SeqCst) } else { first.load(SeqCst) };
        two_stores().run()
    });
    let Err(Reason::Unsupported(why)) = confirmed(loom, &moody, &confirming(&Budget::default())).coverage
    else {
        panic!("supported")
    };
    assert!(why.starts_with("loom is complete, but dpor, which has to confirm it, cannot run it: "), "{why}");
}

#[test]
fn what_the_exact_search_left_out_is_left_out() {
    let program = Program::new(|| {
        let bell = Arc::new((Mutex::new(()), Condvar::new()));
        let sleeper = {
            let bell = Arc::clone(&bell);
            thread::spawn(move || {
                for _ in 0..3 {
                    drop(bell.1.wait_timeout(bell.0.lock().unwrap(), Duration::from_secs(1)).unwrap());
                }
            })
        };
        let ringer = thread::spawn(move || bell.1.notify_one());
        sleeper.join().unwrap();
        ringer.join().unwrap();
        Ok(String::new())
    });
    let bounded = confirmed(loom_saw(&program), &program, &confirming(&Budget::default()));
    let bounds = Bounds { spurious: Some(0), ..Bounds::timeouts(2) };
    assert_eq!(bounded.coverage, Ok(Extent::Complete(bounds)));
}

#[test]
fn an_outcome_that_only_the_exact_search_sees_is_a_disagreement() {
    let program = two_stores();
    let mut loom = loom_saw(&program);
    loom.outcomes.pop_first();
    let Err(Reason::Disagreement(what)) = confirmed(loom, &program, &confirming(&Budget::default())).coverage
    else {
        panic!("agreed")
    };
    assert_eq!(what, "loom misses 1 of the 3 outcomes that dpor finds");
}
