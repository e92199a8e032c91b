//! Rows of executors, on the pool of threads: how they end.

use super::{Gate, client};
use crate::contract::pool::executor::{pool, why};
use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::pool::executor::map::MapOptions;
use crate::model::pool::executor::thread_pool::Executor;
use crate::model::pool::future::FutureError;
use crate::model::pool::future::waiting::{Until, wait};
use crate::model::pool::rules::Rules;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// After a shutdown a task is given back; before it, it is run.
pub fn d01_no_tasks_after_shutdown<R: Rules>() -> Outcome {
    let (result, later) = client(|| {
        let pool = pool::<R>(1);
        let future = pool.submit(|| 7);
        pool.shutdown(false, false);
        pool.shutdown(true, false);
        let later = why(pool.submit(|| 8).map(drop));
        (future.ok().map(|future| future.result()), later)
    });
    ensure(result == Some(Ok(7)), "result", || format!("{result:?}"))?;
    ensure(later == "the pool was shut down", "refused", || later.clone())?;
    Ok(String::new())
}

/// The pool is shut down while a map takes its items: what was accepted gives its result, then the map says
/// that it was cancelled, and takes no more items.
pub fn d01_a_map_ends_with_its_pool<R: Rules>() -> Outcome {
    let (results, taken) = client(|| {
        let (pool, taken) = (pool::<R>(1), AtomicUsize::new(0));
        let items = (0..3).inspect(|&n| {
            taken.fetch_add(1, Ordering::Relaxed);
            if n == 1 {
                pool.shutdown(false, false);
            }
        });
        let results: Vec<_> = pool.map(items, |n: u32| n, MapOptions::default()).collect();
        (results, taken.load(Ordering::Relaxed))
    });
    ensure(results == [Ok(0), Err(FutureError::Cancelled)], "cancelled_last", || format!("{results:?}"))?;
    ensure(taken == 2, "takes_no_more", || format!("{taken} items were taken"))?;
    Ok(String::new())
}

/// Somebody else shuts the pool down while a map puts its items in: what was accepted gives its result, and at most one
/// more says that it was cancelled.
pub fn d01_a_shutdown_beside_a_map<R: Rules>() -> Outcome {
    let pool = Arc::new(pool::<R>(1));
    let [maps, closes] = [pool.clone(), pool.clone()];
    let maps =
        spawn("client 0", move || maps.map(0..2, |n: u32| n, MapOptions::default()).collect::<Vec<_>>());
    let closes = spawn("client 1", move || closes.shutdown(true, false));
    let results = join(maps);
    join(closes);
    // Its end is main's, whoever is done last.
    drop(pool);
    let accepted = results.iter().filter(|result| result.is_ok()).count();
    let mut expected: Vec<_> = (0..accepted as u32).map(Ok).collect();
    expected.extend((accepted < 2).then_some(Err(FutureError::Cancelled)));
    ensure(results == expected, "accepted_or_cancelled", || format!("{results:?}"))?;
    Ok(format!("{accepted} accepted"))
}

/// A shutdown that waits comes back when every task is done and every worker has ended, the idle ones too.
pub fn d02_shutdown_waits_for_all<R: Rules>() -> Outcome {
    let (ran, workers) = client(|| {
        let (pool, gate) = (pool::<R>(2), Gate::closed());
        let ran = Arc::new(AtomicUsize::new(0));
        let task = |ran: &Arc<AtomicUsize>| {
            let (gate, ran) = (gate.clone(), ran.clone());
            move || {
                gate.pass();
                ran.fetch_add(1, Ordering::Relaxed);
            }
        };
        let futures = [pool.submit(task(&ran)).ok(), pool.submit(task(&ran)).ok()];
        gate.open();
        pool.shutdown(true, false);
        drop(futures);
        (ran.load(Ordering::Relaxed), (pool.workers(), pool.alive()))
    });
    ensure(ran == 2, "all_ran", || format!("{ran} tasks ran"))?;
    ensure(workers == (2, 0), "all_ended", || format!("started and alive: {workers:?}"))?;
    Ok(String::new())
}

/// Two clients wait for the end of a pool: both come back.
pub fn d02_everybody_who_waits_comes_back<R: Rules>() -> Outcome {
    let (pool, gate) = (Arc::new(pool::<R>(1)), Gate::closed());
    let waits = gate.clone();
    let future = pool.submit(move || waits.pass()).expect("the pool is open");
    let clients = [0, 1].map(|n| {
        let pool = pool.clone();
        spawn(&format!("client {n}"), move || pool.shutdown(true, false))
    });
    gate.open();
    clients.into_iter().for_each(join);
    ensure(future.done(), "all_ran", || format!("the task is {:?}", future.state()))?;
    Ok(String::new())
}

/// A shutdown that does not wait leaves nothing undone.
pub fn d03_shutdown_without_waiting<R: Rules>() -> Outcome {
    let result = client(|| {
        let (pool, gate) = (pool::<R>(1), Gate::closed());
        let waits = gate.clone();
        let future = pool.submit(move || {
            waits.pass();
            7
        });
        pool.shutdown(false, false);
        gate.open();
        future.ok().map(|future| future.result())
    });
    ensure(result == Some(Ok(7)), "result", || format!("{result:?}"))?;
    Ok(String::new())
}

/// A shutdown that cancels: what no worker has begun is cancelled, the rest is done, nothing is left pending.
pub fn d04_shutdown_cancels<R: Rules>() -> Outcome {
    let results = client(|| {
        let (pool, gate) = (pool::<R>(1), Gate::closed());
        let task = |n| {
            let gate = gate.clone();
            move || {
                gate.pass();
                n
            }
        };
        let futures = [pool.submit(task(1)).ok(), pool.submit(task(2)).ok()];
        pool.shutdown(false, true);
        gate.open();
        pool.shutdown(true, false);
        futures.map(|future| future.map(|future| future.result()))
    });
    let cancelled = Some(Err(FutureError::Cancelled));
    let fits = results[1] == cancelled && (results[0] == Some(Ok(1)) || results[0] == cancelled);
    ensure(fits, "cancelled_or_done", || format!("{results:?}"))?;
    Ok(format!("{results:?}"))
}

/// A shutdown that cancels while a worker may be at a map: the tasks that it has not begun are cancelled.
pub fn d04_shutdown_cancels_a_map<R: Rules>() -> Outcome {
    let results = client(|| {
        let (pool, gate) = (pool::<R>(1), Gate::closed());
        let waits = gate.clone();
        let task = move |n: u32| {
            waits.pass();
            n
        };
        let map = pool.map(0..2, task, MapOptions::default());
        pool.shutdown(false, true);
        gate.open();
        map.collect::<Vec<_>>()
    });
    let cancelled = Err(FutureError::Cancelled);
    let fits = results[1..] == [cancelled.clone()] && (results[0] == Ok(0) || results[0] == cancelled);
    ensure(fits, "cancelled_or_done", || format!("{results:?}"))?;
    Ok(format!("{results:?}"))
}

/// A shutdown that cancels and waits: the task that has begun ends when the queued one is cancelled.
pub fn d04_shutdown_cancels_and_waits<R: Rules>() -> Outcome {
    let (results, alive) = client(|| {
        let (pool, gate) = (pool::<R>(1), Gate::closed());
        let waits = gate.clone();
        let first = pool.submit(move || waits.pass()).expect("the pool is open");
        let second = pool.submit(|| ()).expect("the pool is open");
        second.add_done_callback(move |_| gate.open());
        pool.shutdown(true, true);
        ([first.result(), second.result()], pool.alive())
    });
    let cancelled = Err(FutureError::Cancelled);
    let fits = results[1] == cancelled && (results[0] == Ok(()) || results[0] == cancelled);
    ensure(fits && alive == 0, "cancelled_or_done", || format!("{results:?}, {alive} alive"))?;
    Ok(format!("{results:?}"))
}

/// Who waits for a future that a shutdown cancels is told.
pub fn d05_cancelled_by_shutdown_is_told<R: Rules>() -> Outcome {
    let (done, cancelled) = client(|| {
        let (pool, gate) = (pool::<R>(1), Gate::closed());
        let waits = gate.clone();
        let begun = pool.submit(move || waits.pass());
        let queued = pool.submit(|| ()).expect("the pool is open");
        pool.shutdown(false, true);
        gate.open();
        let waited = wait(std::slice::from_ref(&queued), Until::AllCompleted, None);
        drop(begun);
        (waited.done.len(), queued.cancelled())
    });
    ensure((done, cancelled) == (1, true), "told", || format!("{done} done, cancelled {cancelled}"))?;
    Ok(String::new())
}

/// A future is cancelled just before the shutdown: nobody waits for it for ever.
pub fn d06_cancelled_before_shutdown<R: Rules>() -> Outcome {
    let (cancelled, result) = client(|| {
        let pool = pool::<R>(1);
        let future = pool.submit(|| 7).expect("the pool is open");
        let cancelled = future.cancel();
        pool.shutdown(true, false);
        (cancelled, future.result())
    });
    let expected = if cancelled { Err(FutureError::Cancelled) } else { Ok(7) };
    ensure(result == expected, "cancelled_or_done", || format!("cancelled {cancelled}, {result:?}"))?;
    Ok(format!("cancelled {cancelled}"))
}

/// A pool that is dropped does what it has accepted, and its workers end; who drops it does not wait.
pub fn d07_drop_finishes_the_work<R: Rules>() -> Outcome {
    let results = client(|| {
        let (pool, gate) = (pool::<R>(1), Gate::closed());
        let waits = gate.clone();
        let first = move || {
            waits.pass();
            1
        };
        let futures = [pool.submit(first).ok(), pool.submit(|| 2).ok()];
        drop(pool);
        gate.open();
        futures.map(|future| future.map(|future| future.result()))
    });
    ensure(results == [Some(Ok(1)), Some(Ok(2))], "result", || format!("{results:?}"))?;
    Ok(String::new())
}
