//! A yield is a hint: programs that yield for reasons of their own are explored whole, and those that go round for
//! ever are told from those that do not.

use crate::engine::{
    Bounds, Budget, Engine, Exploration, Extent, FailureKind, Outcome, Program, Reason, explore,
};
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use crate::sync::hint::{spin_loop, spin_until};
use crate::sync::thread::{current, spawn, yield_now};
use crate::sync::{Arc, Condvar, Mutex};

/// Two threads that share a `T`, and what they came to.
fn two<T: Default + Send + Sync + 'static>(left: fn(&T) -> usize, right: fn(&T) -> usize) -> Program {
    Program::new(move || -> Outcome {
        let shared = Arc::new(T::default());
        let threads = [left, right].map(|body| {
            let shared = Arc::clone(&shared);
            spawn(move || body(&shared))
        });
        let ends = threads.map(|thread| thread.join().expect("the thread ends"));
        Ok(format!("{} {}", ends[0], ends[1]))
    })
}

fn explored(program: &Program) -> Exploration {
    explore(Engine::Dpor, program, &Budget { operations: 2_000, ..Budget::default() })
}

fn outcomes(program: &Program) -> Vec<String> {
    let found = explored(program);
    assert_eq!(found.failure, None);
    assert!(matches!(found.coverage, Ok(Extent::Complete(_))), "{:?}", found.coverage);
    found.outcomes.keys().collect()
}

fn fails_as(program: &Program) -> Option<FailureKind> {
    explored(program).failure.map(|failure| failure.kind)
}

#[derive(Default)]
struct Words {
    x: AtomicUsize,
    y: AtomicUsize,
}

#[derive(Default)]
struct Locks {
    a: Mutex<()>,
    b: Mutex<()>,
    done: Condvar,
    x: AtomicUsize,
    set: AtomicBool,
}

#[test]
fn a_look_after_a_polite_spin_may_see_what_was_there_before() {
    let look = |words: &Words| {
        if words.x.swap(1, SeqCst) == 0 {
            spin_loop();
            words.x.load(SeqCst)
        } else {
            9
        }
    };
    let found = outcomes(&two(look, |words| words.x.swap(2, SeqCst)));
    assert_eq!(found, ["1 1", "2 1", "9 0"]);
}

#[test]
fn a_thread_that_has_yielded_goes_on_without_a_change() {
    let early = |words: &Words| {
        if words.x.load(SeqCst) == 0 {
            yield_now();
            words.y.store(1, SeqCst);
        }
        0
    };
    let late = |words: &Words| {
        let seen = words.y.load(SeqCst);
        words.x.store(1, SeqCst);
        assert_eq!(seen, 0);
        0
    };
    assert_eq!(fails_as(&two(early, late)), Some(FailureKind::Panic));
}

#[test]
fn a_thread_may_yield_under_a_lock() {
    let both = |locks: &Locks| {
        let _a = locks.a.lock().unwrap();
        yield_now();
        let _b = locks.b.lock().unwrap();
        0
    };
    let program = two(both, |locks| {
        drop(locks.b.lock().unwrap());
        0
    });
    assert_eq!(outcomes(&program), ["0 0"]);
}

#[test]
fn a_loop_that_counts_its_attempts_gives_up() {
    let tries = |locks: &Locks| {
        for attempt in 0..3 {
            if locks.a.try_lock().is_ok() {
                return attempt;
            }
            yield_now();
        }
        9
    };
    let holds_for_ever = |locks: &Locks| {
        std::mem::forget(locks.a.lock());
        0
    };
    assert_eq!(outcomes(&two(tries, holds_for_ever)), ["0 0", "9 0"]);
    let holds = |locks: &Locks| {
        let _held = locks.a.lock().unwrap();
        locks.x.store(1, SeqCst);
        0
    };
    assert_eq!(outcomes(&two(tries, holds)), ["0 0", "1 0", "2 0", "9 0"]);
}

#[test]
fn a_failed_exchange_that_spins_is_tried_again() {
    let add = |words: &Words| {
        let mut found = words.x.load(SeqCst);
        while words.x.compare_exchange(found, found + 1, SeqCst, SeqCst).is_err() {
            spin_loop();
            found = words.x.load(SeqCst);
        }
        found
    };
    let found = explored(&two(add, add));
    assert_eq!(found.coverage, Ok(Extent::EXHAUSTIVE));
    assert_eq!(found.outcomes.keys().collect::<Vec<_>>(), ["0 1", "1 0"]);
}

/// Spins a little, then waits.
fn waits(locks: &Locks, looks: usize, looks_again: bool) -> usize {
    for _ in 0..looks {
        if locks.set.load(SeqCst) {
            return 0;
        }
        spin_loop();
    }
    let mut guard = locks.a.lock().unwrap();
    if !looks_again {
        guard = locks.done.wait(guard).unwrap();
    }
    while looks_again && !locks.set.load(SeqCst) {
        guard = locks.done.wait(guard).unwrap();
    }
    drop(guard);
    1
}

fn sets(locks: &Locks) -> usize {
    let _guard = locks.a.lock().unwrap();
    locks.set.store(true, SeqCst);
    locks.done.notify_one();
    0
}

#[test]
fn a_lock_may_spin_before_it_parks() {
    assert_eq!(outcomes(&two(|locks| waits(locks, 3, true), sets)), ["0 0", "1 0"]);
    assert_eq!(outcomes(&two(|locks| waits(locks, 50, true), sets)), ["0 0", "1 0"]);
}

/// The wait is reached although the other thread could go on all the while: after many looks in a row.
#[test]
fn what_comes_after_many_spins_is_explored() {
    assert_eq!(fails_as(&two(|locks| waits(locks, 50, false), sets)), Some(FailureKind::Deadlock));
}

#[test]
fn a_loop_that_yields_is_bounded_and_one_that_only_waits_is_not() {
    let sets = |locks: &Locks| {
        locks.set.store(true, SeqCst);
        0
    };
    let spins = |locks: &Locks| {
        while !locks.set.load(SeqCst) {
            spin_loop();
        }
        0
    };
    let rounds = Bounds { idle_rounds: Some(1), ..Bounds::NONE };
    assert_eq!(explored(&two(spins, sets)).coverage, Ok(Extent::Complete(rounds)));
    let waits = |locks: &Locks| {
        spin_until(1, || locks.set.load(SeqCst));
        0
    };
    assert_eq!(explored(&two(waits, sets)).coverage, Ok(Extent::EXHAUSTIVE));
}

#[test]
fn who_waits_for_what_never_comes_goes_round_for_ever() {
    let spins = |locks: &Locks| {
        while !locks.set.load(SeqCst) {
            yield_now();
        }
        0
    };
    assert_eq!(fails_as(&two(spins, |_| 0)), Some(FailureKind::Livelock));
    assert_eq!(fails_as(&two(spins, spins)), Some(FailureKind::Livelock));
    let locked = |locks: &Locks| {
        loop {
            let held = locks.a.lock().unwrap();
            if locks.set.load(SeqCst) {
                return 0;
            }
            drop(held);
            yield_now();
        }
    };
    assert_eq!(fails_as(&two(locked, spins)), Some(FailureKind::Livelock));
    let waits = |locks: &Locks| {
        spin_until(1, || locks.set.load(SeqCst));
        0
    };
    assert_eq!(fails_as(&two(waits, |_| 0)), Some(FailureKind::Livelock));
}

/// A future that wakes itself in a loop, as those do that have to give others a turn.
#[test]
fn a_thread_may_leave_itself_a_token_in_each_round() {
    let wakes_itself = |locks: &Locks| {
        while !locks.set.load(SeqCst) {
            current().unpark();
            spin_loop();
        }
        0
    };
    assert_eq!(outcomes(&two(wakes_itself, sets)), ["0 0"]);
    assert_eq!(fails_as(&two(wakes_itself, |_| 0)), Some(FailureKind::Livelock));
}

/// Forks that are put back and taken again, as often as it takes or so many times at most.
fn polite(
    locks: &Locks,
    first: fn(&Locks) -> &Mutex<()>,
    second: fn(&Locks) -> &Mutex<()>,
    most: usize,
) -> usize {
    for round in 0..most {
        let taken = first(locks).lock().unwrap();
        if second(locks).try_lock().is_ok() {
            return round.min(1);
        }
        drop(taken);
        yield_now();
    }
    9
}

#[test]
fn rounds_in_step_are_a_livelock_only_if_nobody_gives_up() {
    let left = |locks: &Locks| polite(locks, |it| &it.a, |it| &it.b, usize::MAX);
    let right = |locks: &Locks| polite(locks, |it| &it.b, |it| &it.a, usize::MAX);
    assert_eq!(fails_as(&two(left, right)), Some(FailureKind::Livelock));
    let left = |locks: &Locks| polite(locks, |it| &it.a, |it| &it.b, 3);
    let right = |locks: &Locks| polite(locks, |it| &it.b, |it| &it.a, 3);
    let found = explored(&two(left, right));
    assert_eq!(found.failure, None);
    assert!(found.outcomes.contains("9 9"), "{:?}", found.outcomes);
}

/// The clock is one that goes on by a tick at each look, and that no engine sees.
#[test]
fn a_loop_that_asks_the_clock_of_the_system_is_no_livelock() {
    static TICKS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let tick = || TICKS.fetch_add(1, SeqCst);
    let program = Program::new(move || {
        let (began, number) = (tick(), AtomicUsize::new(0));
        while tick() - began < 200 {
            number.load(SeqCst);
            yield_now();
        }
        Ok(String::new())
    });
    let found = explore(Engine::Dpor, &program, &Budget::default());
    assert_eq!(found.failure, None);
    let Err(Reason::Unsupported(why)) = &found.coverage else { panic!("{:?}", found.coverage) };
    assert!(why.contains("it waits for a clock"), "{why}");
}

/// A lock that a user has made, and what it guards: no engine sees that.
#[derive(Default)]
struct Homemade {
    locked: AtomicBool,
    guarded: std::sync::atomic::AtomicUsize,
}

impl Homemade {
    fn with(&self, act: impl FnOnce(&std::sync::atomic::AtomicUsize) -> usize) -> usize {
        spin_until(0, || !self.locked.swap(true, SeqCst));
        let done = act(&self.guarded);
        self.locked.store(false, SeqCst);
        done
    }
}

#[test]
fn a_wait_under_a_lock_of_atomics_sees_what_it_guards() {
    let program = two(
        |lock: &Homemade| {
            spin_until(0, || lock.with(|guarded| guarded.load(SeqCst)) == 1);
            1
        },
        |lock: &Homemade| lock.with(|guarded| guarded.swap(1, SeqCst)),
    );
    assert_eq!(outcomes(&program), ["1 0"]);
}
