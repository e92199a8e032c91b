//! Rows of executors whose workers are processes, which may be killed. `K` and `P` are rows of CPython's semantics.
//!
//! | promise | row |
//! |---|---|
//! | K01, K04: a death breaks the pool, also one that was shut down: every task that is not done fails with it, and no other is accepted | [`k01_who_waits_is_told`], [`k01_a_death_breaks_the_pool`] |
//! | K08: a worker that retires is no longer idle | [`k08_a_retired_worker_is_not_idle`] |
//! | P13: or it takes its task along, and nothing else | [`p13_a_death_takes_its_task_along`] |
//! | no task runs twice | [`a_task_runs_at_most_once`] |
//! | a worker that dies with nothing to do hangs nobody | [`an_idle_worker_may_die`] |
//!
//! On real cores nobody is killed here. What shows only there (the other rows K, and X) is in `verify/processes/pool`.

use crate::contract::ensure;
use crate::engine::{Outcome, Violation};
use crate::model::pool::executor::SubmitError;
use crate::model::pool::future::{Failure, Future, FutureError};
use crate::model::pool::rules::OnPrimitives;
use crate::model::processes::executor::PortableExecutor;
use crate::model::processes::executor::process_pool::{Death, PoolOptions, ProcessPoolExecutor, Rules};
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::process::Exit;
use crate::sync::region::Region;
use crate::sync::thread_local;
use std::cell::RefCell;
use std::num::NonZeroUsize;

/// A pool of one.
fn pool<R: Rules>(death: Death, tasks_per_child: Option<NonZeroUsize>) -> ProcessPoolExecutor<R> {
    ProcessPoolExecutor::with_options(1, PoolOptions { death, tasks_per_child }).expect("there is a worker")
}

fn cook(dish: u32) -> u32 {
    10 * dish
}

type Cooked = Result<u32, FutureError>;

fn submit<R: Rules>(pool: &ProcessPoolExecutor<R>, dish: u32) -> Future<u32, OnPrimitives> {
    pool.submit(cook, dish).expect("the pool takes tasks")
}

const KILLED: FutureError = FutureError::Failed(Failure::WorkerDied(Exit::Killed(9)));

/// The task was done, or its worker killed; whether it was done.
fn done(dish: u32, cooked: &Cooked) -> Result<bool, Violation> {
    let is_done = *cooked == Ok(10 * dish);
    ensure(is_done || *cooked == Err(KILLED), "done_or_killed", || format!("{cooked:?} of {dish}"))?;
    Ok(is_done)
}

/// How many of the tasks were done.
fn count<const N: usize>(dishes: [(u32, Cooked); N]) -> Result<usize, Violation> {
    dishes.iter().try_fold(0, |count, (dish, cooked)| Ok(count + usize::from(done(*dish, cooked)?)))
}

/// One task, for which somebody waits, and one death at most: it is done, or fails with that; a death breaks the pool.
pub fn k01_who_waits_is_told<R: Rules>() -> Outcome {
    let pool = pool::<R>(Death::Breaks, None);
    let cooked = submit(&pool, 1).result();
    pool.shutdown(true, false);
    let is_broken = matches!(pool.submit(cook, 2), Err(SubmitError::Broken(_)));
    let is_done = done(1, &cooked)?;
    ensure(is_broken || is_done, "broken", || "the pool is not broken".to_owned())?;
    Ok(format!("{}{}", if is_done { "done" } else { "killed" }, if is_broken { ", broken" } else { "" }))
}

/// Two tasks, of which the second one may come too late, and one death at most: what is not done fails with it, and nothing more is
/// accepted. A shutdown changes nothing of that (K04).
pub fn k01_a_death_breaks_the_pool<R: Rules>() -> Outcome {
    let pool = pool::<R>(Death::Breaks, None);
    let futures = [1, 2].map(|dish| pool.submit(cook, dish));
    pool.shutdown(true, false);
    let is_broken = matches!(pool.submit(cook, 3), Err(SubmitError::Broken(_)));
    let [first, second] = futures.map(|future| future.map_or(Err(KILLED), |future| future.result()));
    let count = count([(1, first), (2, second)])?;
    ensure(is_broken || count == 2, "broken", || format!("{count} of 2 done, and the pool is not broken"))?;
    Ok(format!("{count} done{}", if is_broken { ", broken" } else { "" }))
}

/// Each death takes one of two tasks along, and no worker dies twice.
fn healed(done: usize, workers: usize) -> Outcome {
    ensure(done + workers >= 2, "healed", || format!("{done} of 2 done, by {workers} workers"))?;
    Ok(format!("{done} done, {workers} workers"))
}

/// A worker does one task, and another one the next.
pub fn k08_a_retired_worker_is_not_idle<R: Rules>() -> Outcome {
    let pool = pool::<R>(Death::Heals, Some(NonZeroUsize::MIN));
    let first = submit(&pool, 1).result();
    let second = submit(&pool, 2);
    pool.shutdown(true, false);
    let count = count([(1, first), (2, second.result())])?;
    healed(count, pool.workers())
}

/// Two tasks: each death takes one of them along at most.
pub fn p13_a_death_takes_its_task_along<R: Rules>() -> Outcome {
    let pool = pool::<R>(Death::Heals, None);
    let futures = [1, 2].map(|dish| submit(&pool, dish));
    pool.shutdown(true, false);
    let [first, second] = futures.map(|future| future.result());
    let count = count([(1, first), (2, second)])?;
    healed(count, pool.workers())
}

thread_local! {
    /// Of the process, which has one thread.
    static RUNS: RefCell<Option<Region<AtomicU32>>> = const { RefCell::new(None) }
}

fn keep(runs: Region<AtomicU32>) {
    RUNS.set(Some(runs));
}

fn run(dish: u32) -> u32 {
    RUNS.with_borrow(|runs| runs.as_ref().map(|runs| runs.fetch_add(1, Relaxed)));
    cook(dish)
}

/// One task, and one death at most: it has run once if it is done, and not twice if it is not.
pub fn a_task_runs_at_most_once<R: Rules>() -> Outcome {
    let runs = Region::new(AtomicU32::new(0).named(format_args!("runs"))).expect("a region of a few bytes");
    let options = PoolOptions { death: Death::Heals, tasks_per_child: None };
    let pool = ProcessPoolExecutor::<R>::with_initializer(1, options, keep, runs.clone());
    let pool = pool.expect("there is a worker");
    let cooked = pool.submit(run, 1).expect("the pool takes tasks").result();
    pool.shutdown(true, false);
    let (is_done, ran) = (done(1, &cooked)?, runs.load(Relaxed));
    ensure(ran == 1 || ran == 0 && !is_done, "at_most_once", || format!("it ran {ran} times"))?;
    Ok(format!("{ran} run, {}", if is_done { "done" } else { "killed" }))
}

/// A worker may die when it has done its task: the next one is done by another, fails, or is refused.
pub fn an_idle_worker_may_die<R: Rules>() -> Outcome {
    let pool = pool::<R>(Death::Breaks, None);
    let first = submit(&pool, 1).result();
    let second = pool.submit(cook, 2);
    pool.shutdown(true, false);
    let (first, second) = (done(1, &first)?, second.map(|future| future.result()));
    Ok(match second {
        Ok(second) => format!("{first}, {}", done(2, &second)?),
        Err(refused) => {
            let broken = matches!(refused, SubmitError::Broken(_));
            ensure(broken, "refused", || refused.to_string())?;
            format!("{first}, refused")
        }
    })
}
