//! loom's word counts only where the exact engine bears it out.

use super::coverage;
use crate::engine::{Bounds, Budget, Coverage, Engine, Exploration, Extent, Program, Reason, explore};
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

/// The exact search of another program, or within another budget, beside that of loom's; without the events that
/// loom does not have.
fn beside(loom: Exploration, program: &Program, budget: Budget) -> Coverage {
    let exact = explore(Engine::Dpor, program, &Budget { spurious: 0, ..budget });
    coverage(&Exploration { exact: Some(Box::new(exact)), ..loom })
}

#[test]
fn a_complete_exact_search_confirms() {
    let explored = explore(Engine::Loom, &two_stores(), &Budget::default());
    assert!(explored.exact.is_some());
    assert_eq!(coverage(&explored), Ok(Extent::EXHAUSTIVE));
}

#[test]
fn a_search_within_a_bound_needs_no_confirmation() {
    let budget = Budget { preemptions: Some(1), ..Budget::default() };
    let explored = explore(Engine::Loom, &two_stores(), &budget);
    assert!(explored.exact.is_none());
    assert_eq!(coverage(&explored), Ok(Extent::Complete(Bounds::preemptions(1))));
}

#[test]
fn an_exact_search_that_was_cut_confirms_nothing() {
    let program = two_stores();
    let cut = beside(loom_saw(&program), &program, Budget { executions: 1, ..Budget::default() });
    let why = "loom is complete, but dpor, which has to confirm it, was cut: 1 executions";
    assert_eq!(cut.map_err(|reason| reason.to_string()), Err(format!("budget: {why}")));
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
    let Err(Reason::Unsupported(why)) = beside(loom, &moody, Budget::default()) else { panic!("supported") };
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
    let bounded = beside(loom_saw(&program), &program, Budget::default());
    let bounds = Bounds { spurious: Some(0), ..Bounds::timeouts(2) };
    assert_eq!(bounded, Ok(Extent::Complete(bounds)));
}

#[test]
fn an_outcome_that_only_the_exact_search_sees_is_a_disagreement() {
    let program = two_stores();
    let mut loom = loom_saw(&program);
    loom.outcomes = loom.outcomes.iter().skip(1).collect();
    let Err(Reason::Disagreement(what)) = beside(loom, &program, Budget::default()) else { panic!("agreed") };
    assert_eq!(what, "loom misses 1 of the 3 outcomes that dpor finds");
}
