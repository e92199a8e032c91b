//! A deadline may be over wherever a thread looks at it, and it is over in the end.

use crate::engine::{Budget, Engine, Exploration, Extent, FailureKind, Outcome, Program, explore};
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use crate::sync::thread::{spawn, yield_now};
use crate::sync::time::Deadline;
use crate::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// What two threads came to, the first of which may be late.
fn two<T: Default + Send + Sync + 'static>(late: fn(&T) -> String, other: fn(&T)) -> Program {
    Program::new(move || -> Outcome {
        let shared = Arc::new(T::default());
        let first = spawn({
            let shared = Arc::clone(&shared);
            move || late(&shared)
        });
        let second = spawn({
            let shared = Arc::clone(&shared);
            move || other(&shared)
        });
        second.join().expect("it does not panic");
        Ok(first.join().expect("it does not panic"))
    })
}

fn explored(program: &Program) -> Exploration {
    explore(Engine::Dpor, program, &Budget { operations: 2_000, ..Budget::default() })
}

fn outcomes(program: &Program) -> Vec<String> {
    let found = explored(program);
    assert_eq!((found.failure, found.redundant), (None, 0));
    assert!(matches!(found.coverage, Ok(Extent::Complete(_))), "{:?}", found.coverage);
    found.outcomes.keys().collect()
}

/// Whether the flag was seen in time.
fn poll(flag: &AtomicBool) -> bool {
    let deadline = Deadline::after(HOUR);
    while !flag.load(SeqCst) {
        if deadline.left().is_none() {
            return false;
        }
        yield_now();
    }
    true
}

#[test]
fn who_polls_may_be_late_or_not() {
    let polls = |flag: &AtomicBool| poll(flag).to_string();
    assert_eq!(outcomes(&two(polls, |flag| flag.store(true, SeqCst))), ["false", "true"]);
}

/// Four times: a thread has fewer early time-outs than that.
#[test]
fn who_polls_for_what_never_comes_gives_up() {
    let polls = |flag: &AtomicBool| (0..4).filter(|_| poll(flag)).count().to_string();
    assert_eq!(outcomes(&two(polls, |_| ())), ["0"]);
}

#[test]
fn two_who_poll_for_each_other_give_up() {
    let found = explored(&Program::new(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let threads = [(); 2].map(|()| {
            let flag = Arc::clone(&flag);
            spawn(move || (0..4).filter(|_| poll(&flag)).count())
        });
        Ok(threads
            .map(|thread| thread.join().expect("it does not panic"))
            .map(|seen| seen.to_string())
            .concat())
    }));
    assert_eq!((found.failure, found.outcomes.keys().collect::<Vec<_>>()), (None, vec!["00".to_owned()]));
}

#[test]
fn who_polls_without_a_deadline_does_not_end() {
    let waits = |flag: &AtomicBool| {
        while !flag.load(SeqCst) {
            yield_now();
        }
        String::new()
    };
    let failure = explored(&two(waits, |_| ())).failure.expect("it goes round for ever");
    assert_eq!(failure.kind, FailureKind::Livelock);
}

#[test]
fn a_deadline_that_is_over_stays_so() {
    let looks = |x: &AtomicUsize| {
        let deadline = Deadline::after(HOUR);
        let looks = [(); 3].map(|()| {
            x.load(SeqCst);
            deadline.left().is_none()
        });
        format!("{looks:?}")
    };
    let outcomes = outcomes(&two(looks, |_| ()));
    let expected =
        ["[false, false, false]", "[false, false, true]", "[false, true, true]", "[true, true, true]"];
    assert_eq!(outcomes, expected);
}

#[test]
fn no_time_passes_for_a_thread_that_does_nothing() {
    let looks = |_: &AtomicUsize| {
        let deadline = Deadline::after(HOUR);
        format!("{} {}", deadline.left().is_none(), deadline.left().is_none())
    };
    assert_eq!(outcomes(&two(looks, |_| ())), ["false false"]);
}

#[derive(Default)]
struct Seat {
    free: Mutex<bool>,
    freed: Condvar,
}

/// It is woken, finds the seat taken again, and by then its time is over.
#[test]
fn who_was_woken_and_lost_the_race_may_be_late() {
    let waits = |seat: &Seat| {
        let deadline = Deadline::after(HOUR);
        let mut free = seat.free.lock().unwrap();
        let mut woken = 0;
        while !*free {
            let Some(left) = deadline.left() else { return format!("late, woken {woken}") };
            let (again, waited) = seat.freed.wait_timeout(free, left).unwrap();
            if waited.timed_out() {
                return format!("timed out, woken {woken}");
            }
            (free, woken) = (again, woken + 1);
        }
        "seated".to_owned()
    };
    let frees = |seat: &Seat| {
        *seat.free.lock().unwrap() = true;
        seat.freed.notify_one();
        *seat.free.lock().unwrap() = false;
    };
    let outcomes = outcomes(&two(waits, frees));
    assert!(outcomes.contains(&"late, woken 1".to_owned()), "{outcomes:?}");
    assert!(outcomes.contains(&"timed out, woken 1".to_owned()), "{outcomes:?}");
}

/// Whoever draws executions draws late ones too.
#[cfg(feature = "shuttle")]
#[test]
fn the_samplers_are_late_too() {
    let polls = |flag: &AtomicBool| poll(flag).to_string();
    let program = two(polls, |flag| flag.store(true, SeqCst));
    for engine in [Engine::Random, Engine::Pct, Engine::Urw, Engine::DporOnShuttle] {
        let found = explore(engine, &program, &Budget { executions: 500, ..Budget::default() });
        assert_eq!(found.outcomes.len(), 2, "{engine}: {:?}", found.outcomes);
    }
}
