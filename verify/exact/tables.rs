//! Tables: one trace for each way to order what has to be ordered.

use super::{exactly, fails_as, strict, threads};
use libtest_mimic::Failed;
use refectory::cell::Scope;
use refectory::engine::{Budget, Engine, FailureKind, Program, explore};
use refectory::port::Size;
use refectory::sync::Mutex;
use std::sync::Arc;

fn table(seats: usize, meals: usize, ordered: bool) -> Program {
    Program::new(move || {
        let forks: Arc<[Mutex<()>]> = (0..seats).map(|_| Mutex::new(())).collect();
        threads((0..seats).map(|seat| {
            let forks = Arc::clone(&forks);
            move || {
                let (left, right) = (seat, (seat + 1) % seats);
                let swap = ordered && left > right;
                let (first, second) = if swap { (right, left) } else { (left, right) };
                for _ in 0..meals {
                    let _first = forks[first].lock().expect("no poison");
                    let _second = forks[second].lock().expect("no poison");
                }
            }
        }));
        Ok(String::new())
    })
}

pub(super) fn ordered_forks(engine: Engine) -> Result<(), Failed> {
    let known =
        [(2, 1, 2), (2, 2, 6), (3, 1, 6), (3, 2, 90), (4, 1, 14), (4, 2, 786), (5, 1, 30), (5, 2, 5_730)];
    for (seats, meals, traces) in known.into_iter().chain([(8, 1, 254)]) {
        exactly(&explore(engine, &table(seats, meals, true), &Budget::default()), traces)?;
    }
    Ok(())
}

pub(super) fn naive_forks(engine: Engine) -> Result<(), Failed> {
    let all = Budget { count_failures: true, ..Budget::default() };
    let counted = explore(engine, &table(5, 2, false), &all);
    fails_as(&counted, FailureKind::Deadlock)?;
    if (counted.executions, counted.failures) != (5_851, 121) {
        return Err(format!("{} executions, {} deadlocks", counted.executions, counted.failures).into());
    }
    let first = explore(engine, &table(5, 1, false), &Budget::default());
    fails_as(&first, FailureKind::Deadlock)?;
    if first.executions > 31 {
        return Err(format!("the first deadlock after {} executions", first.executions).into());
    }
    Ok(())
}

/// Forks that are mutexes, taken one by one, have one trace for each way in which the meals can be ordered
/// round the table, whatever breaks the circle. A table that has one object for all orders more: a line of n
/// philosophers has n! orders, and all but the first find their number up or have to look again.
pub(super) fn of_the_catalogue(engine: Engine) -> Result<(), Failed> {
    type Counts<'a> = &'a [(usize, usize, u64)];
    let known: [(&str, Counts<'_>); 9] = [
        ("ordered", &[(3, 2, 90), (4, 2, 786), (5, 2, 5_730), (8, 1, 254)]),
        ("asymmetric", &[(3, 2, 90), (4, 2, 786), (5, 2, 5_730), (8, 1, 254)]),
        ("chairs", &[(3, 2, 90), (4, 2, 786), (5, 2, 5_730), (8, 1, 254)]),
        ("footman", &[(2, 1, 4), (2, 2, 40), (3, 1, 246), (4, 1, 17_288)]),
        ("try_lock", &[(2, 1, 4), (2, 2, 34), (3, 1, 340)]),
        ("monitor", &[(2, 1, 4), (2, 2, 38), (3, 1, 36), (3, 2, 8_130), (4, 1, 1_672)]),
        ("waiter", &[(2, 1, 6), (2, 2, 78), (3, 1, 102), (4, 1, 14_696)]),
        ("ticket", &[(2, 1, 2 * 2), (3, 1, 6 * 4), (4, 1, 24 * 8), (5, 1, 120 * 16), (3, 2, 1_704)]),
        ("courteous", &[(2, 2, 58), (3, 1, 6), (3, 2, 6_492), (5, 1, 30), (8, 1, 254)]),
    ];
    for (name, counts) in known {
        let mut subjects = refectory::catalogue::subjects();
        let subject = subjects.find(|it| it.id() == format!("threads/table/{name}")).ok_or(name)?;
        for &(seats, meals, traces) in counts {
            let found = explore(engine, &subject.program(Scope::Size(Size(seats, meals))), &strict());
            exactly(&found, traces)
                .map_err(|_| format!("{name} {seats}x{meals}: {} of {traces}", found.executions))?;
        }
    }
    Ok(())
}
