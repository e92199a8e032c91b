//! Memory that threads share, and that somebody has to give back.

use super::{exactly, fails_as, outcomes, same, threads};
use libtest_mimic::Failed;
use refectory::engine::{Budget, Engine, FailureKind, Program, explore};
use refectory::sync::atomic::{AtomicBool, Ordering::SeqCst};
use refectory::sync::{UnsafeCell, hint};
use std::sync::Arc;

/// Memory that the threads of a test share as they like: whether they may is what the engine has to say.
struct Shared(UnsafeCell<usize>);

// SAFETY: an engine runs one thread at a time, and judges the order of the accesses.
unsafe impl Sync for Shared {}

impl Shared {
    fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    fn add(&self) {
        // SAFETY: the pointer is valid for the call, in which the engine runs no other thread.
        self.0.with_mut(|value| unsafe { *value += 1 });
    }

    fn get(&self) -> usize {
        // SAFETY: as above.
        self.0.with(|value| unsafe { *value })
    }
}

pub(super) fn spin_locks(engine: Engine) -> Result<(), Failed> {
    let test_and_set = Program::new(|| {
        let lock = Arc::new((AtomicBool::new(false), Shared::new()));
        threads((0..3).map(|_| {
            let lock = Arc::clone(&lock);
            move || {
                hint::spin_until(1, || !lock.0.swap(true, SeqCst));
                lock.1.add();
                lock.0.store(false, SeqCst);
            }
        }));
        Ok(lock.1.get().to_string())
    });
    let found = explore(engine, &test_and_set, &Budget::default());
    exactly(&found, found.executions)?;
    same(outcomes(&found), vec!["3"])
}

/// Main keeps an owner until the others have ended, so it is always the last: one trace. Without it,
/// any of the three can be.
pub(super) fn reference_counts(engine: Engine) -> Result<(), Failed> {
    let program = |keep: bool| {
        Program::new(move || {
            let shared = refectory::sync::Arc::new(());
            let bodies: Vec<_> = (0..3)
                .map(|_| {
                    let mine = refectory::sync::Arc::clone(&shared);
                    move || drop(mine)
                })
                .collect();
            let kept = keep.then_some(shared);
            threads(bodies);
            drop(kept);
            Ok(String::new())
        })
    };
    exactly(&explore(engine, &program(true), &Budget::default()), 1)?;
    exactly(&explore(engine, &program(false), &Budget::default()), 3)
}

pub(super) fn leaks(engine: Engine) -> Result<(), Failed> {
    let program = Program::new(|| {
        std::mem::forget(refectory::sync::Arc::new(()));
        Ok(String::new())
    });
    fails_as(&explore(engine, &program, &Budget::default()), FailureKind::Leak)
}

pub(super) fn races(engine: Engine) -> Result<(), Failed> {
    use refectory::sync::atomic::Ordering::{Acquire, Relaxed, Release};
    let publish = |store, load| {
        Program::new(move || {
            let shared = Arc::new((Shared::new(), AtomicBool::new(false)));
            let (writer, reader) = (Arc::clone(&shared), Arc::clone(&shared));
            let bodies: [Box<dyn FnOnce() + Send>; 2] = [
                Box::new(move || {
                    writer.0.add();
                    writer.1.store(true, store);
                }),
                Box::new(move || {
                    if reader.1.load(load) {
                        reader.0.get();
                    }
                }),
            ];
            threads(bodies);
            Ok(String::new())
        })
    };
    exactly(&explore(engine, &publish(Release, Acquire), &Budget::default()), 2)?;
    for (store, load) in [(Relaxed, Acquire), (Release, Relaxed), (Relaxed, Relaxed)] {
        fails_as(&explore(engine, &publish(store, load), &Budget::default()), FailureKind::DataRace)?;
    }
    Ok(())
}
