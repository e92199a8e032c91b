//! Many threads, and long executions.

use super::{exactly, threads};
use libtest_mimic::Failed;
use refectory::engine::{Budget, Engine, Extent, Program, Reason, explore};
use refectory::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use refectory::sync::thread;
use std::sync::Arc;

/// Benchmarks of fifty threads are standard.
pub(super) fn fifty_threads(engine: Engine) -> Result<(), Failed> {
    let apart = Program::new(|| {
        let counters: Arc<[AtomicUsize]> = (0..50).map(|_| AtomicUsize::new(0)).collect();
        threads((0..50).map(|index| {
            let counters = Arc::clone(&counters);
            move || _ = counters[index].fetch_add(1, SeqCst)
        }));
        Ok(counters.iter().map(|it| it.load(SeqCst)).sum::<usize>().to_string())
    });
    let apart = explore(engine, &apart, &Budget::default());
    exactly(&apart, 1)?;
    let together = Program::new(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        threads((0..50).map(|_| {
            let counter = Arc::clone(&counter);
            move || _ = counter.fetch_add(1, SeqCst)
        }));
        Ok(counter.load(SeqCst).to_string())
    });
    let cut = explore(engine, &together, &Budget { executions: 1_000, ..Budget::default() });
    match (&cut.coverage, cut.redundant, cut.outcomes.keys().next().as_deref()) {
        (Err(Reason::Budget(_)), 0, Some("50")) if cut.failures == 0 && cut.outcomes.len() == 1 => Ok(()),
        _ => Err(format!("{cut:?}").into()),
    }
}

pub(super) fn a_hundred_threads_in_a_row(engine: Engine) -> Result<(), Failed> {
    let program = Program::new(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        for _ in 0..100 {
            let counter = Arc::clone(&counter);
            threads([move || _ = counter.fetch_add(1, SeqCst)]);
        }
        Ok(counter.load(SeqCst).to_string())
    });
    exactly(&explore(engine, &program, &Budget::default()), 1)
}

/// Whoever comes first spawns others, so that every execution has threads of its own: 14 at a time, and 46 in
/// all.
pub(super) fn threads_of_many_executions(engine: Engine) -> Result<(), Failed> {
    let program = Program::new(|| {
        let place = Arc::new(AtomicUsize::new(0));
        threads((0..5).map(|_| {
            let place = Arc::clone(&place);
            move || {
                if place.fetch_add(1, SeqCst) == 0 {
                    threads((0..8).map(|_| || ()));
                }
            }
        }));
        Ok(String::new())
    });
    exactly(&explore(engine, &program, &Budget::default()), 120)
}

pub(super) fn more_threads_than_there_can_be(engine: Engine) -> Result<(), Failed> {
    let program = Program::new(|| {
        threads((0..125).map(|_| || ()));
        Ok(String::new())
    });
    match explore(engine, &program, &Budget::default()).coverage {
        Err(Reason::Unsupported(why)) if why == "more than 125 threads in all executions, main included" => {
            Ok(())
        }
        other => Err(format!("{other:?}").into()),
    }
}

/// More events than 16 bits count come before an update that can be lost.
pub(super) fn an_update_lost_late(engine: Engine) -> Result<(), Failed> {
    let program = Program::new(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let update = |events: usize| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || {
                let busy: Vec<_> = (0..100).map(AtomicUsize::new).collect();
                (0..events).for_each(|event| _ = busy[event % 100].load(SeqCst));
                let before = counter.load(SeqCst);
                counter.store(before + 1, SeqCst);
            })
        };
        for thread in [update(66_000), update(0)] {
            thread.join().expect("no thread panics");
        }
        Ok(counter.load(SeqCst).to_string())
    });
    let found = explore(engine, &program, &Budget { operations: 300_000, ..Budget::default() });
    let outcomes: Vec<_> = found.outcomes.keys().collect();
    if outcomes == ["1", "2"] && found.redundant == 0 && found.coverage == Ok(Extent::EXHAUSTIVE) {
        return Ok(());
    }
    Err(format!("{found:?}").into())
}
