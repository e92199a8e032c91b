//! Processes of a model, and death at each of their steps.

use crate::engine::{Bounds, Budget, Engine, Exploration, Extent, FailureKind, Program, explore};
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::process::{Exit, spawn};
use crate::sync::region::{Futex, Region, shared};
use crate::sync::{Arc, thread};

shared! {
    struct Table {
        left: AtomicU32,
        right: AtomicU32,
        bell: Futex,
    }
}

fn table() -> Region<Table> {
    let [left, right] = ["left", "right"].map(|name| AtomicU32::new(0).named(format_args!("{name}")));
    let bell = Futex::new(0).named(format_args!("bell"));
    Region::new(Table { left, right, bell }).unwrap()
}

pub(super) fn explored(program: &Program, deaths: u8) -> Exploration {
    let found = explore(Engine::Dpor, program, &Budget { deaths, ..Budget::default() });
    assert_eq!((&found.failure, found.redundant), (&None, 0));
    found
}

pub(super) fn outcomes(found: Exploration) -> Vec<String> {
    found.outcomes.keys().collect()
}

fn takes_both(table: Region<Table>) {
    table.left.store(1, SeqCst);
    table.right.store(1, SeqCst);
}

/// What a process leaves that takes both, and how it ended.
fn taken() -> Program {
    Program::new(|| {
        let table = table();
        let exit = spawn(takes_both, table.clone()).unwrap().wait().unwrap();
        Ok(format!("{}{} {exit}", table.left.load(SeqCst), table.right.load(SeqCst)))
    })
}

#[test]
fn a_process_may_die_before_each_of_its_steps() {
    let found = explored(&taken(), 1);
    assert_eq!(found.executions, 4);
    let dead = Exit::Killed(9);
    let expected =
        [format!("00 {dead}"), format!("10 {dead}"), "11 exit code: 0".to_owned(), format!("11 {dead}")];
    assert_eq!(outcomes(found), expected);
}

#[test]
fn deaths_that_were_left_out_are_named() {
    let found = explored(&taken(), 0);
    assert_eq!(found.coverage, Ok(Extent::Complete(Bounds { deaths: Some(0), ..Bounds::NONE })));
    assert_eq!(outcomes(found), ["11 exit code: 0"]);
    // Nobody dies twice.
    assert_eq!(explored(&taken(), 1).coverage, Ok(Extent::EXHAUSTIVE));
    assert_eq!(Bounds { deaths: Some(1), ..Bounds::NONE }.to_string(), "exhaustive up to 1 death");
}

#[test]
fn two_deaths_are_those_of_two_processes() {
    let program = Program::new(|| {
        let table = table();
        let processes = [(); 2].map(|()| {
            let count = |table: Region<Table>| _ = table.left.fetch_add(1, SeqCst);
            spawn(count, table.clone()).unwrap()
        });
        let killed = processes.map(|process| process.wait().unwrap() != Exit::Code(0));
        let (counted, ended) = (table.left.load(SeqCst), killed.iter().filter(|killed| !**killed).count());
        // What a process finds is what is there when it takes the step, and not when it might have died instead.
        assert!(counted as usize >= ended, "{counted} counted, {ended} ended");
        Ok(format!("{counted} of {killed:?}"))
    });
    let found = explored(&program, 1);
    assert_eq!(found.coverage, Ok(Extent::Complete(Bounds { deaths: Some(1), ..Bounds::NONE })));
    let both_dead = "0 of [true, true]".to_owned();
    assert!(!outcomes(found).contains(&both_dead));
    assert!(outcomes(explored(&program, 2)).contains(&both_dead));
}

#[test]
fn a_panic_ends_a_process_with_its_code() {
    let program = Program::new(|| {
        let exit = spawn(|()| panic!("soup"), ()).unwrap().wait().unwrap();
        Ok(exit.to_string())
    });
    assert_eq!(outcomes(explored(&program, 0)), ["exit code: 101 (a panic)"]);
}

fn waits(table: Region<Table>) {
    while table.bell.load(SeqCst) == 0 {
        table.bell.wait(0);
    }
    table.left.fetch_add(1, SeqCst);
}

#[test]
fn who_is_woken_with_all_others_may_die() {
    let rings = |wake: fn(&Futex)| {
        Program::new(move || {
            let table = table();
            let waiters = [(); 2].map(|()| spawn(waits, table.clone()).unwrap());
            table.bell.store(1, SeqCst);
            wake(&table.bell);
            waiters.into_iter().for_each(|waiter| drop(waiter.wait()));
            Ok(String::new())
        })
    };
    let kind = |wake, deaths| {
        let budget = Budget { deaths, spurious: 0, ..Budget::default() };
        explore(Engine::Dpor, &rings(wake), &budget).failure.map(|failure| failure.kind)
    };
    assert_eq!(kind(Futex::wake_all, 1), None);
    // One is woken, and two may wait.
    assert_eq!(kind(Futex::wake_one, 0), Some(FailureKind::Deadlock));
}

/// Who is woken wakes the next, and that is enough unless the one dies: its wake-up is lost, as it is for those who wait at
/// Python's conditions.
#[test]
fn a_chain_of_wake_ups_breaks_where_one_dies() {
    fn waits_and_wakes(table: Region<Table>) {
        while table.bell.load(SeqCst) == 0 {
            table.bell.wait(0);
        }
        table.bell.wake_one();
    }
    let program = Program::new(|| {
        let table = table();
        let waiters = [(); 2].map(|()| spawn(waits_and_wakes, table.clone()).unwrap());
        table.bell.store(1, SeqCst);
        table.bell.wake_one();
        waiters.into_iter().for_each(|waiter| drop(waiter.wait()));
        Ok(String::new())
    });
    let within =
        |deaths| explore(Engine::Dpor, &program, &Budget { deaths, spurious: 0, ..Budget::default() });
    assert_eq!(within(0).failure, None);
    let failure = within(1).failure.expect("it is found");
    assert_eq!(failure.kind, FailureKind::Deadlock);
}

/// The engines that cannot end a thread where it is say that nobody died.
#[cfg(feature = "shuttle")]
#[test]
fn others_have_no_deaths() {
    for engine in [Engine::Pct, Engine::DporOnShuttle] {
        let found = explore(engine, &taken(), &Budget { executions: 20, ..Budget::default() });
        assert_eq!(found.outcomes.keys().collect::<Vec<_>>(), ["11 exit code: 0"], "{engine}");
    }
}

#[cfg(feature = "loom")]
#[test]
fn loom_has_no_deaths() {
    let found = explore(Engine::Loom, &taken(), &Budget::default());
    assert_eq!(found.outcomes.keys().collect::<Vec<_>>(), ["11 exit code: 0"]);
    let Ok(Extent::Complete(bounds)) = found.coverage else { panic!("{:?}", found.coverage) };
    assert_eq!(bounds.deaths, Some(0));
}

/// What the kernel does with the word of a dead owner: who dies with it, before it or after it, the next one owns it.
mod owners {
    use super::*;
    use crate::sync::region::robust::{OWNER, OWNER_DIED, Robust, WAITERS};

    shared! {
        struct Fork {
            word: Robust,
            meals: AtomicU32,
        }
    }

    /// Takes the fork, with or without the kernel's help, and leaves word of its meal.
    fn dines(fork: &Fork, is_robust: bool) {
        let take = || {
            loop {
                let found = fork.word.load(SeqCst);
                let taken = Robust::me() | found & WAITERS;
                if found & OWNER == 0 {
                    if fork.word.compare_exchange(found, taken, SeqCst, SeqCst).is_ok() {
                        return true;
                    }
                } else if fork.word.compare_exchange(found, found | WAITERS, SeqCst, SeqCst).is_ok() {
                    fork.word.wait(found | WAITERS);
                }
            }
        };
        let give = || {
            if fork.word.swap(0, SeqCst) & WAITERS != 0 {
                fork.word.wake_one();
            }
        };
        if is_robust {
            // SAFETY: `take` says so where the number of this thread has come into the word in the place of nobody's.
            unsafe { fork.word.take(take) };
        } else {
            take();
        }
        fork.meals.fetch_add(1, SeqCst);
        if is_robust { fork.word.give(give) } else { give() }
    }

    fn program(process: impl Fn(Region<Fork>) + Copy + Send + Sync + 'static) -> Program {
        Program::new(move || {
            let fork = Fork { word: Robust::new().named(format_args!("fork")), meals: AtomicU32::new(0) };
            let fork = Region::new(fork).unwrap();
            let philosophers = [(); 2].map(|()| spawn(process, fork.clone()).unwrap());
            let fed = philosophers.map(|philosopher| philosopher.wait().unwrap() == Exit::Code(0));
            let died = if fork.word.load(SeqCst) & OWNER_DIED == 0 { "" } else { ", owner died" };
            let fed = fed.into_iter().filter(|fed| *fed).count();
            Ok(format!("{fed} fed, {} meals{died}", fork.meals.load(SeqCst)))
        })
    }

    #[test]
    fn a_word_that_the_kernel_knows_comes_back() {
        let program = program(|fork| dines(&fork, true));
        let found = explored(&program, 1);
        assert!(matches!(found.coverage, Ok(Extent::Complete(_))), "{:?}", found.coverage);
        let dead =
            ["1 fed, 1 meals", "1 fed, 2 meals", "1 fed, 1 meals, owner died", "1 fed, 2 meals, owner died"];
        let found = outcomes(found);
        assert!(found.contains(&"2 fed, 2 meals".to_owned()), "{found:?}");
        assert!(found.iter().all(|it| it == "2 fed, 2 meals" || dead.contains(&it.as_str())), "{found:?}");
        assert!(found.contains(&dead[2].to_owned()), "{found:?}");
    }

    #[test]
    fn a_word_that_it_does_not_know_is_lost() {
        let program = program(|fork| dines(&fork, false));
        assert_eq!(explore(Engine::Dpor, &program, &Budget { deaths: 0, ..Budget::default() }).failure, None);
        let failure = explore(Engine::Dpor, &program, &Budget::default()).failure.expect("it is found");
        assert_eq!(failure.kind, FailureKind::Deadlock);
    }

    /// A process that ends with a word in its hands has left it as one that is killed does.
    #[test]
    fn who_forgets_a_word_leaves_it_marked() {
        fn forgets(fork: Region<Fork>) {
            // SAFETY: the word was nobody's, and the region is kept as long as the process runs.
            unsafe { fork.word.take(|| fork.word.compare_exchange(0, Robust::me(), SeqCst, SeqCst).is_ok()) };
        }
        let program = Program::new(|| {
            let fork = Fork { word: Robust::new(), meals: AtomicU32::new(0) };
            let fork = Region::new(fork).unwrap();
            let exit = spawn(forgets, fork.clone()).unwrap().wait().unwrap();
            Ok(format!("{exit}, {}", fork.word.load(SeqCst) == OWNER_DIED))
        });
        assert_eq!(outcomes(explored(&program, 0)), ["exit code: 0, true"]);
    }
}

/// Two threads of a process count, each at a place of its own.
fn counts_twice(table: Region<Table>) {
    let right = table.clone();
    let other = thread::spawn(move || _ = right.right.fetch_add(1, SeqCst));
    table.left.fetch_add(1, SeqCst);
    other.join().unwrap();
}

#[test]
fn all_threads_of_a_process_die_with_it() {
    let program = Program::new(|| {
        let table = table();
        let exit = spawn(counts_twice, table.clone()).unwrap().wait().unwrap();
        Ok(format!("{}{} {exit}", table.left.load(SeqCst), table.right.load(SeqCst)))
    });
    // Any of the two may be done or not when it dies; it ends only after both.
    let dead = Exit::Killed(9);
    let expected = ["00", "01", "10", "11"].map(|left| format!("{left} {dead}"));
    let mut found = outcomes(explored(&program, 1));
    assert!(found.iter().any(|outcome| outcome == "11 exit code: 0"));
    found.retain(|outcome| outcome.contains("signal"));
    assert_eq!(found, expected);
    assert_eq!(outcomes(explored(&program, 0)), ["11 exit code: 0"]);
}

/// A counted reference in the memory of the dead is no leak of the program's.
#[test]
fn what_the_dead_have_does_not_leak() {
    let program = Program::new(|| {
        let table = table();
        let counts = |table: Region<Table>| {
            let _owned = Arc::new(());
            table.left.fetch_add(1, SeqCst);
        };
        Ok(spawn(counts, table).unwrap().wait().unwrap().to_string())
    });
    assert_eq!(outcomes(explored(&program, 1)), ["exit code: 0", "signal: 9 (SIGKILL)"]);
}

#[test]
fn a_process_that_ends_takes_its_threads_along() {
    let program = Program::new(|| {
        let table = table();
        let waits = |table: Region<Table>| {
            let idle = table.clone();
            drop(thread::spawn(move || idle.bell.wait(0)));
            table.left.fetch_add(1, SeqCst);
        };
        let exit = spawn(waits, table.clone()).unwrap().wait().unwrap();
        table.bell.wake_one();
        Ok(exit.to_string())
    });
    assert_eq!(outcomes(explored(&program, 0)), ["exit code: 0"]);
}

/// Whoever has waited for the end of a process finds nobody of it at the words: a wake-up goes to somebody else.
#[test]
fn a_thread_that_was_killed_waits_nowhere() {
    let program = Program::new(|| {
        let table = table();
        let ends = |table: Region<Table>| {
            let idle = table.clone();
            drop(thread::spawn(move || waits(idle)));
        };
        let ended = spawn(ends, table.clone()).unwrap();
        let waiter = spawn(waits, table.clone()).unwrap();
        assert_eq!(ended.wait().unwrap(), Exit::Code(0));
        table.bell.store(1, SeqCst);
        table.bell.wake_one();
        assert_eq!(waiter.wait().unwrap(), Exit::Code(0));
        Ok(table.left.load(SeqCst).to_string())
    });
    assert_eq!(outcomes(explored(&program, 0)), ["1"]);
}

/// Words that other threads of a process own are those of the dead as well.
#[test]
fn each_thread_leaves_its_words() {
    use crate::sync::region::robust::{OWNER_DIED, Robust};
    fn holds(word: Region<Robust>) {
        drop(thread::spawn(move || {
            let take = || word.compare_exchange(0, Robust::me(), SeqCst, SeqCst).is_ok();
            // SAFETY: it says whether it has taken the word, which lies in a region that is never freed.
            assert!(unsafe { word.take(take) });
            thread::park();
        }));
    }
    let program = Program::new(|| {
        let word = Region::new(Robust::new()).unwrap();
        assert_eq!(spawn(holds, word.clone()).unwrap().wait().unwrap(), Exit::Code(0));
        Ok(match word.load(SeqCst) {
            0 => "nobody's",
            OWNER_DIED => "of the dead",
            _ => "owned",
        }
        .to_owned())
    });
    assert_eq!(outcomes(explored(&program, 0)), ["nobody's", "of the dead"]);
}
