//! The virtual clock: it goes on where the engine chooses, never back, and in the end.

use crate::engine::{Budget, Engine, Exploration, Extent, FailureKind, Outcome, Program, explore};
use crate::sync::atomic::{AtomicBool, Ordering::SeqCst};
use crate::sync::thread::{park_timeout, sleep, spawn, yield_now};
use crate::sync::time::{Deadline, Duration, Instant};
use crate::sync::{Arc, Condvar, Futex, Mutex};

const HOUR: Duration = Duration::from_secs(3600);

/// What the threads came to, in their order. They share a flag and the moment at which they began.
fn threads<const N: usize>(bodies: [fn(&AtomicBool, Instant) -> String; N]) -> Program {
    Program::new(move || -> Outcome {
        let (flag, start) = (Arc::new(AtomicBool::new(false)), Instant::now());
        let handles = bodies.map(|body| {
            let flag = Arc::clone(&flag);
            spawn(move || body(&flag, start))
        });
        Ok(handles.map(|handle| handle.join().expect("it does not panic")).join(" "))
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

fn set(flag: &AtomicBool, _: Instant) -> String {
    flag.store(true, SeqCst);
    String::new()
}

/// Whether the flag was seen within an hour.
fn poll(flag: &AtomicBool, start: Instant) -> String {
    while !flag.load(SeqCst) {
        if start.elapsed() > HOUR {
            return "late".to_owned();
        }
        yield_now();
    }
    "seen".to_owned()
}

#[test]
fn who_polls_may_be_late_or_not() {
    assert_eq!(outcomes(&threads([poll, set])), ["late ", "seen "]);
}

#[test]
fn who_polls_for_what_never_comes_gives_up() {
    assert_eq!(outcomes(&threads([poll])), ["late"]);
    assert_eq!(outcomes(&threads([poll, poll])), ["late late"]);
}

/// There is no yield in its loop.
#[test]
fn who_does_nothing_but_look_comes_to_an_end() {
    let looks = |_: &AtomicBool, start: Instant| {
        let until = start + 2 * HOUR;
        while Instant::now() < until {}
        (until - start).as_secs().to_string()
    };
    assert_eq!(outcomes(&threads([looks])), ["7200"]);
}

#[test]
fn time_passes_from_one_computed_instant_to_the_next() {
    let looks = |flag: &AtomicBool, start: Instant| {
        let (_first, _second) = (start + HOUR, start + 2 * HOUR);
        let now = Instant::now();
        flag.load(SeqCst);
        format!("{} {}", (now - start).as_secs(), start.elapsed().as_secs())
    };
    let day = 2 * 3600 + 24 * 3600;
    let expected = ["0 0", "0 3600", "3600 3600", "3600 7200"].map(str::to_owned);
    let found = outcomes(&threads([looks]));
    assert!(expected.iter().all(|one| found.contains(one)), "{found:?}");
    assert!(!found.contains(&format!("0 {day}")), "{found:?}");
}

/// Each thread's look is later than all that it knows of.
#[test]
fn the_clock_never_goes_back() {
    let late = |flag: &AtomicBool, start: Instant| {
        let is_late = Instant::now() >= start + 2 * HOUR;
        let is_late = is_late || Instant::now() >= start + 2 * HOUR;
        flag.store(is_late, SeqCst);
        is_late.to_string()
    };
    let other = |flag: &AtomicBool, start: Instant| {
        let told = flag.load(SeqCst);
        let is_late = Instant::now() >= start + HOUR;
        assert!(is_late || !told, "the other one saw a later instant pass");
        format!("{told} {is_late}")
    };
    let expected =
        ["false false false", "false false true", "true false false", "true false true", "true true true"];
    assert_eq!(outcomes(&threads([late, other])), expected);
}

#[test]
fn a_wait_that_timed_out_has_taken_its_time() {
    let parks = |_: &AtomicBool, start: Instant| {
        park_timeout(HOUR);
        (start.elapsed() >= HOUR).to_string()
    };
    // A park may return for no reason, before its time.
    assert_eq!(outcomes(&threads([parks])), ["false", "true"]);
    let waits = |_: &AtomicBool, start: Instant| {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        let (_guard, waited) = condvar.wait_timeout(mutex.lock().unwrap(), HOUR).unwrap();
        assert!(!waited.timed_out() || start.elapsed() >= HOUR);
        waited.timed_out().to_string()
    };
    assert_eq!(outcomes(&threads([waits])), ["false", "true"]);
    let waits = |_: &AtomicBool, start: Instant| {
        let in_time = Futex::new(0).wait_timeout(0, HOUR);
        assert!(in_time || start.elapsed() >= HOUR);
        in_time.to_string()
    };
    assert_eq!(outcomes(&threads([waits])), ["false", "true"]);
}

#[test]
fn a_sleep_takes_its_time() {
    let sleeps = |_: &AtomicBool, start: Instant| {
        sleep(HOUR);
        (start.elapsed() >= HOUR).to_string()
    };
    assert_eq!(outcomes(&threads([sleeps])), ["true"]);
}

/// A deadline goes by the clock where there is one: who computes it later may still be in time.
#[test]
fn deadlines_go_by_the_clock() {
    let late = |flag: &AtomicBool, _: Instant| {
        let deadline = Deadline::after(HOUR);
        flag.load(SeqCst);
        let is_late = deadline.left().is_none();
        flag.store(is_late, SeqCst);
        String::new()
    };
    let other = |flag: &AtomicBool, start: Instant| {
        let deadline = Deadline::after(HOUR);
        let told = flag.load(SeqCst);
        let left = deadline.left();
        assert!(left.is_some() || start.elapsed() >= HOUR);
        format!("{told} {}", left.is_none())
    };
    assert_eq!(
        outcomes(&threads([late, other])),
        [" false false", " false true", " true false", " true true"]
    );
}

/// It takes the first look for the last one.
fn impatient(flag: &AtomicBool, start: Instant) -> String {
    let seen = flag.load(SeqCst);
    assert!(seen || start.elapsed() < HOUR, "late");
    String::new()
}

#[test]
fn who_forgets_that_time_passes_is_found() {
    let program = threads([impatient, set]);
    let failure = explored(&program).failure.expect("an hour may have passed");
    assert_eq!(failure.kind, FailureKind::Panic);
    let names: Vec<_> = failure.trace.objects.iter().map(|object| object.name.as_deref()).collect();
    assert!(names.contains(&Some("clock")), "{names:?}");
}

/// Whoever draws executions lets time pass too.
#[cfg(feature = "shuttle")]
#[test]
fn the_samplers_let_time_pass_too() {
    let program = threads([poll, set]);
    for engine in [Engine::Random, Engine::Pct, Engine::Urw, Engine::DporOnShuttle] {
        let found = explore(engine, &program, &Budget { executions: 500, ..Budget::default() });
        assert_eq!(found.outcomes.len(), 2, "{engine}: {:?}", found.outcomes);
    }
}

/// Within a bound on preemptions the clock goes on as it does without.
#[test]
fn a_bound_on_preemptions_leaves_time_alone() {
    let budget = Budget { preemptions: Some(3), ..Budget::default() };
    let found = explore(Engine::Dpor, &threads([poll, set]), &budget);
    assert_eq!(found.outcomes.keys().collect::<Vec<_>>(), ["late ", "seen "]);
}

/// Who waits until all others wait goes on after all that they can do.
#[test]
fn who_waits_for_all_others_comes_after_them() {
    use crate::sync::atomic::AtomicUsize;
    use crate::sync::time::ManualClock;
    let program = Program::new(|| {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let done = Arc::new(AtomicUsize::new(0));
        let waiters = [(); 2].map(|()| {
            let (gate, done) = (Arc::clone(&gate), Arc::clone(&done));
            spawn(move || {
                done.fetch_add(1, SeqCst);
                let open = gate.1.wait_while(gate.0.lock().unwrap(), |open| !*open).unwrap();
                drop(open);
                done.fetch_add(1, SeqCst);
            })
        });
        let clock = ManualClock::new();
        clock.settle();
        let before = done.load(SeqCst);
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        clock.settle();
        let after = done.load(SeqCst);
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        Ok(format!("{before}, {after}"))
    });
    let found = explore(Engine::Dpor, &program, &Budget::default());
    assert_eq!(found.outcomes.keys().collect::<Vec<_>>(), ["2, 4"]);
}
