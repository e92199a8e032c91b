//! Words to wait on.

use super::{STRICTLY, exactly, fails_as, outcomes, same, strict, threads};
use libtest_mimic::Failed;
use refectory::engine::{Budget, Engine, Extent, FailureKind, Program, explore};
use refectory::sync::atomic::AtomicUsize;
use refectory::sync::atomic::Ordering::{Acquire, Release, SeqCst};
use refectory::sync::{Futex, thread};
use std::sync::Arc;
use std::time::Duration;

/// One thread waits on a word; another sets it to 1 and wakes. The outcome is what the first one gives.
fn gate(waits: fn(&Futex) -> String, wakes: fn(&Futex)) -> Program {
    Program::new(move || {
        let word = Arc::new(Futex::new(0));
        let waiter = thread::spawn({
            let word = Arc::clone(&word);
            move || waits(&word)
        });
        threads([move || {
            word.store(1, Release);
            wakes(&word);
        }]);
        Ok(waiter.join().expect("no panic"))
    })
}

fn until_open(word: &Futex) -> String {
    while word.load(Acquire) == 0 {
        word.wait(0);
    }
    "open".to_owned()
}

/// The word is 1 where it is read first, where it is compared, or only after the wait: one execution each. A gate
/// of a mutex and a condition variable has more, because those who wake in vain pass it in some order.
pub(super) fn waits_and_wakes(engine: Engine) -> Result<(), Failed> {
    for wakes in [Futex::wake_one, Futex::wake_all] {
        exactly(&explore(engine, &gate(until_open, wakes), &strict()), 3)?;
    }
    let nobody_wakes = gate(until_open, |_| ());
    fails_as(&explore(engine, &nobody_wakes, &Budget::default()), FailureKind::Deadlock)
}

pub(super) fn time_outs(engine: Engine) -> Result<(), Failed> {
    let once = |word: &Futex| {
        let in_time = word.wait_timeout(0, Duration::from_secs(1));
        format!("in time: {in_time}, {}", word.load(Acquire))
    };
    let found = explore(engine, &gate(once, Futex::wake_one), &strict());
    same(&found.coverage, &Ok(Extent::Complete(STRICTLY)))?;
    same(outcomes(&found), vec!["in time: false, 0", "in time: false, 1", "in time: true, 1"])?;
    // Nobody wakes: the time runs out, early or because nothing else can happen.
    let found = explore(engine, &gate(once, |_| ()), &strict());
    same(outcomes(&found), vec!["in time: false, 0", "in time: false, 1", "in time: true, 1"])
}

pub(super) fn spurious_wakeups(engine: Engine) -> Result<(), Failed> {
    let unchecked = |word: &Futex| {
        word.wait(0);
        word.load(Acquire).to_string()
    };
    let found = |waits, budget: Budget| explore(engine, &gate(waits, Futex::wake_one), &budget);
    same(outcomes(&found(unchecked, strict())), vec!["1"])?;
    same(outcomes(&found(unchecked, Budget::default())), vec!["0", "1"])?;
    same(outcomes(&found(until_open, Budget::default())), vec!["open"])
}

/// Two who take a fork, fail at the other and put it down: that they compare a word meanwhile, and find another
/// value, is no work.
pub(super) fn rounds(engine: Engine) -> Result<(), Failed> {
    let program = Program::new(|| {
        let word = Arc::new(Futex::new(0));
        let forks: Arc<[AtomicUsize]> = (0..2).map(|_| AtomicUsize::new(0)).collect();
        threads([(0, 1), (1, 0)].map(|(first, second)| {
            let (word, forks) = (Arc::clone(&word), Arc::clone(&forks));
            move || loop {
                if forks[first].swap(1, SeqCst) == 0 {
                    word.wait(1);
                    if forks[second].compare_exchange(0, 1, SeqCst, SeqCst).is_ok() {
                        break;
                    }
                    forks[first].store(0, SeqCst);
                }
                thread::yield_now();
            }
        }));
        Ok(String::new())
    });
    fails_as(&explore(engine, &program, &Budget::default()), FailureKind::Livelock)
}
