//! Rows of executors, on the pool of threads: what they do with tasks.

pub mod shutdown;
pub mod stealing;

use super::{Gate, client, soon};
use crate::contract::pool::future::Counted;
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::pool::executor::map::MapOptions;
use crate::model::pool::executor::thread_pool::{Executor, ThreadPoolExecutor};
use crate::model::pool::executor::{NoWorkers, SubmitError};
use crate::model::pool::future::waiting::{Until, wait};
use crate::model::pool::future::{Failure, FutureError};
use crate::model::pool::rules::Rules;
use crate::sync::atomic::AtomicBool;
use crate::sync::hint;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// So often a thread looks in a row before it offers its core to the others.
const LOOKS: u32 = 100;

pub(super) fn pool<R: Rules>(most: usize) -> ThreadPoolExecutor<R> {
    ThreadPoolExecutor::new(most).expect("there are workers")
}

pub(super) fn why<F>(submitted: Result<(), SubmitError<F>>) -> String {
    submitted.map_or_else(|error| error.to_string(), |()| "accepted".to_owned())
}

/// A pool without workers is an error; one that nothing is given to starts none.
pub fn x01_no_workers_is_an_error<R: Rules>() -> Outcome {
    let none = ThreadPoolExecutor::<R>::new(0).err();
    ensure(none == Some(NoWorkers), "no_workers", || format!("{none:?}"))?;
    let default = ThreadPoolExecutor::<R>::default_workers();
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let expected = processors.saturating_add(4).min(32);
    ensure(default == expected, "default", || format!("{default} workers for {processors} processors"))?;
    ensure(pool::<R>(2).workers() == 0, "started_when_needed", || "a worker without work".to_owned())?;
    Ok(String::new())
}

/// Two clients submit to one worker: each gets its own result.
pub fn x01_submit_gives_the_result<R: Rules>() -> Outcome {
    let pool = Arc::new(pool::<R>(1));
    for _ in rounds(1) {
        let clients = [1, 2].map(|n| {
            let pool = pool.clone();
            spawn(&format!("client {n}"), move || {
                pool.submit(move || 10 * n).map(|future| future.result()).ok()
            })
        });
        let results = clients.map(join);
        ensure(results == [Some(Ok(10)), Some(Ok(20))], "result", || format!("{results:?}"))?;
    }
    Ok(String::new())
}

/// A worker that has done a task gets another one, while it looks for one or sleeps.
pub fn x01_a_worker_is_given_another<R: Rules>() -> Outcome {
    let results = client(|| {
        let pool = pool::<R>(1);
        [1, 2].map(|n| pool.submit(move || 10 * n).ok().map(|future| future.result()))
    });
    ensure(results == [Some(Ok(10)), Some(Ok(20))], "result", || format!("{results:?}"))?;
    Ok(String::new())
}

/// Results in the order of the items, whatever the order in which the tasks end.
pub fn x02_map_keeps_the_order<R: Rules>() -> Outcome {
    keeps_the_order::<R>(2, 1)
}

/// Items that make one task together: their results come one by one, and in their order.
pub fn x02_a_chunk_keeps_the_order<R: Rules>() -> Outcome {
    keeps_the_order::<R>(1, 2)
}

fn keeps_the_order<R: Rules>(workers: usize, chunk: usize) -> Outcome {
    let results: Vec<u32> = client(move || {
        let options = MapOptions { chunk: NonZeroUsize::new(chunk).unwrap(), ..MapOptions::default() };
        pool::<R>(workers).map(0..2, |n| 10 * n, options).map(Result::unwrap).collect()
    });
    ensure(results == [0, 10], "order", || format!("{results:?}"))?;
    Ok(String::new())
}

/// A map queues its tasks although nobody takes a result.
pub fn x03_map_does_not_wait_to_be_asked<R: Rules>() -> Outcome {
    let ran = client(|| {
        let (pool, gate) = (pool::<R>(1), Gate::closed());
        let opens = gate.clone();
        let map = pool.map(0..1, move |_: u32| opens.open(), MapOptions::default());
        gate.pass();
        map.count()
    });
    ensure(ran == 1, "eager", || format!("{ran} results"))?;
    Ok(String::new())
}

/// A failure comes at its place, with what the panic said; the results after it are not lost.
pub fn x04_map_fails_at_its_place<R: Rules>() -> Outcome {
    let results: Vec<Result<u32, FutureError>> = client(|| {
        let picky = |n: u32| if n == 1 { panic!("not {n}") } else { n };
        pool::<R>(1).map(0..3, picky, MapOptions::default()).collect()
    });
    let failed = Err(FutureError::Failed(Failure::Panicked("not 1".to_owned())));
    ensure(results == [Ok(0), failed, Ok(2)], "at_its_place", || format!("{results:?}"))?;
    Ok(String::new())
}

/// The time for a map runs out: what came before was delivered, what nobody had begun is cancelled.
pub fn x05_map_time_runs_out<R: Rules>() -> Outcome {
    let (results, ran) = client(|| {
        let (pool, gate, ran) = (pool::<R>(1), Gate::closed(), Arc::new(AtomicUsize::new(0)));
        let (task_gate, counter) = (gate.clone(), ran.clone());
        let slow = move |_: u32| {
            task_gate.pass();
            counter.fetch_add(1, Ordering::Relaxed);
        };
        let options = MapOptions { timeout: Some(soon()), ..MapOptions::default() };
        let results: Vec<_> = pool.map(0..2, slow, options).collect();
        gate.open();
        pool.shutdown(true, false);
        (results, ran.load(Ordering::Relaxed))
    });
    ensure(results == [Err(FutureError::TimedOut)], "times_out", || format!("{results:?}"))?;
    ensure(ran <= 1, "the_rest_is_cancelled", || format!("{ran} tasks ran"))?;
    Ok(format!("{ran} ran"))
}

/// The time for a map is over, and all its tasks are done: their results are given.
pub fn x05_what_is_done_is_given<R: Rules>() -> Outcome {
    let results = client(|| {
        let pool = pool::<R>(1);
        let options = MapOptions { timeout: Some(Duration::ZERO), ..MapOptions::default() };
        let map = pool.map(0..2, |n: u32| n, options);
        pool.shutdown(true, false);
        map.collect::<Vec<_>>()
    });
    ensure(results == [Ok(0), Ok(1)], "done_in_time", || format!("{results:?}"))?;
    Ok(String::new())
}

/// Nobody takes the results of a map: what nobody has begun by then is cancelled.
pub fn x05_a_dropped_map_cancels<R: Rules>() -> Outcome {
    let ran = client(|| {
        let (pool, gate, ran) = (pool::<R>(1), Gate::closed(), Arc::new(AtomicUsize::new(0)));
        let (task_gate, counter) = (gate.clone(), ran.clone());
        let slow = move |_: u32| {
            task_gate.pass();
            counter.fetch_add(1, Ordering::Relaxed);
        };
        drop(pool.map(0..2, slow, MapOptions::default()));
        gate.open();
        pool.shutdown(true, false);
        ran.load(Ordering::Relaxed)
    });
    ensure(ran <= 1, "the_rest_is_cancelled", || format!("{ran} tasks ran"))?;
    Ok(format!("{ran} ran"))
}

/// No more items are taken ahead than the buffer holds, also of items without end.
pub fn x06_map_takes_few_items_ahead<R: Rules>() -> Outcome {
    let (ahead, results) = client(|| {
        let (pool, taken) = (pool::<R>(1), Arc::new(AtomicUsize::new(0)));
        let counter = taken.clone();
        let items = std::iter::from_fn(move || Some(counter.fetch_add(1, Ordering::Relaxed) as u32));
        let options = MapOptions { buffer: NonZeroUsize::new(1), ..MapOptions::default() };
        let map = pool.map(items, |n| n, options);
        let ahead = taken.load(Ordering::Relaxed);
        let results: Vec<u32> = map.take(2).map(Result::unwrap).collect();
        (ahead, results)
    });
    ensure(ahead == 1, "buffer", || format!("{ahead} items taken ahead"))?;
    ensure(results == [0, 1], "order", || format!("{results:?}"))?;
    Ok(String::new())
}

/// When a task is done, nothing is left of what it was given; when its future is gone, nothing of its result.
pub fn x07_nothing_is_kept<R: Rules>() -> Outcome {
    let left = client(|| {
        let (pool, count) = (pool::<R>(1), Arc::new(AtomicUsize::new(0)));
        for _ in rounds(1) {
            let (given, kept) = (Counted::new(&count), count.clone());
            let future = pool.submit(move || {
                drop(given);
                Counted::new(&kept)
            });
            drop(future.ok().and_then(|future| future.result().ok()));
        }
        pool.shutdown(true, false);
        count.load(Ordering::Relaxed)
    });
    ensure(left == 0, "nothing_is_kept", || format!("{left} left"))?;
    Ok(String::new())
}

/// Panics when it is dropped.
struct Brittle;

impl Drop for Brittle {
    fn drop(&mut self) {
        panic!("broken crockery");
    }
}

/// The worker drops a result that nobody wants, and that panics: it goes on to the next task.
pub fn x07_a_drop_that_panics_takes_no_worker_down<R: Rules>() -> Outcome {
    let (after, alive) = client(|| {
        let (pool, gate) = (pool::<R>(1), Gate::closed());
        let waits = gate.clone();
        let task = move || {
            waits.pass();
            Brittle
        };
        // The worker has the last handle of the future, for the client has let go of its own.
        drop(pool.submit(task));
        gate.open();
        let after = pool.submit(|| 7).ok().map(|future| future.result());
        pool.shutdown(true, false);
        (after, pool.alive())
    });
    ensure((&after, alive) == (&Some(Ok(7)), 0), "goes_on", || format!("{after:?}, {alive} alive"))?;
    Ok(String::new())
}

/// Two clients submit at once to a pool of one.
pub fn x08_never_more_workers_than_allowed<R: Rules>() -> Outcome {
    let pool = Arc::new(pool::<R>(1));
    let clients = [0, 1].map(|n| {
        let pool = pool.clone();
        spawn(&format!("client {n}"), move || drop(pool.submit(|| ())))
    });
    clients.into_iter().for_each(join);
    let workers = pool.workers();
    ensure(workers == 1, "most", || format!("{workers} workers in a pool of 1"))?;
    Ok(String::new())
}

/// A worker without work is taken before another one is started.
pub fn x08_an_idle_worker_is_taken<R: Rules>() -> Outcome {
    let workers = client(|| {
        let pool = pool::<R>(2);
        for n in 0..2 {
            let future = pool.submit(move || n).ok();
            drop(future.map(|future| future.result()));
            hint::spin_until(LOOKS, || pool.idle() > 0);
        }
        pool.workers()
    });
    ensure(workers == 1, "idle_first", || format!("{workers} workers were started"))?;
    Ok(String::new())
}

/// A worker that had nothing to do runs a task which waits for another one: that needs a second worker.
pub fn x08_a_busy_worker_is_not_idle<R: Rules>() -> Outcome {
    let result = client(|| {
        let pool = Arc::new(pool::<R>(2));
        drop(pool.submit(|| ()).map(|future| future.result()).ok());
        hint::spin_until(LOOKS, || pool.idle() > 0);
        let inner = pool.clone();
        let outer = pool.submit(move || inner.submit(|| 7).map(|future| future.result()).ok());
        let result = outer.ok().and_then(|outer| outer.result().ok()).flatten();
        pool.shutdown(true, false);
        result
    });
    ensure(result == Some(Ok(7)), "result", || format!("{result:?}"))?;
    Ok(String::new())
}

/// Two tasks are queued while one worker has nothing to do, and the first waits for the second: that needs a second
/// worker, for the idle one has been spoken for.
pub fn x08_a_woken_worker_is_not_idle<R: Rules>() -> Outcome {
    client(|| {
        let (pool, gate) = (pool::<R>(2), Gate::closed());
        drop(pool.submit(|| ()).map(|future| future.result()).ok());
        hint::spin_until(LOOKS, || pool.idle() > 0);
        let waits = gate.clone();
        drop(pool.submit(move || waits.pass()).ok());
        drop(pool.submit(move || gate.open()).ok());
        pool.shutdown(true, false);
    });
    Ok(String::new())
}

/// Two workers have nothing to do, and two tasks are queued, of which the first waits for the second: each
/// task wakes a worker.
pub fn x08_each_task_wakes_a_worker<R: Rules>() -> Outcome {
    client(|| {
        let (pool, gate) = (pool::<R>(2), Gate::closed());
        let _done = [pool.submit(|| ()).ok(), pool.submit(|| ()).ok()];
        let workers = pool.workers();
        hint::spin_until(LOOKS, || pool.idle() == workers);
        let waits = gate.clone();
        let first = pool.submit(move || waits.pass()).ok();
        let _second = pool.submit(move || gate.open()).ok();
        drop(first.map(|first| first.result()));
    });
    Ok(String::new())
}

/// Two workers have nothing to do, and may look for work or sleep; of two tasks the first waits for the second.
pub fn x08_two_who_linger_take_two<R: Rules>() -> Outcome {
    client(|| {
        let (pool, gate) = (pool::<R>(2), Gate::closed());
        let _done = [pool.submit(|| ()).ok(), pool.submit(|| ()).ok()];
        let waits = gate.clone();
        let first = pool.submit(move || waits.pass()).ok();
        let _second = pool.submit(move || gate.open()).ok();
        drop(first.map(|first| first.result()));
    });
    Ok(String::new())
}

/// Every worker calls the initializer before its first task.
pub fn x09_initializer_runs_first<R: Rules>() -> Outcome {
    let (calls, seen) = client(|| {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        let count = move || {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        let pool = ThreadPoolExecutor::<R>::with_initializer(1, count).expect("there are workers");
        let looks = calls.clone();
        let seen = pool.submit(move || looks.load(Ordering::Relaxed)).ok().map(|future| future.result());
        pool.shutdown(true, false);
        (calls.load(Ordering::Relaxed), seen)
    });
    ensure((calls, &seen) == (1, &Some(Ok(1))), "initialized", || format!("{calls} calls, {seen:?}"))?;
    Ok(String::new())
}

/// An initializer fails: what was queued fails with the pool, and nothing more is accepted.
pub fn x09_failing_initializer_breaks_the_pool<R: Rules>() -> Outcome {
    let (queued, later) = client(|| {
        let gate = Gate::closed();
        let waits = gate.clone();
        let fail = move || {
            waits.pass();
            panic!("no kitchen");
        };
        let pool = ThreadPoolExecutor::<R>::with_initializer(1, fail).expect("there are workers");
        let queued = [pool.submit(|| ()).ok(), pool.submit(|| ()).ok()];
        gate.open();
        let queued = queued.map(|future| future.map(|future| future.result()));
        (queued, why(pool.submit(|| ()).map(drop)))
    });
    let broken = Some(Err(FutureError::Failed(Failure::BrokenPool)));
    ensure(queued == [broken.clone(), broken], "pending_fail", || format!("{queued:?}"))?;
    ensure(later == "the pool is broken", "later_refused", || later.clone())?;
    Ok(String::new())
}

/// An initializer fails while a map waits for its tasks: they fail with the pool.
pub fn x09_a_map_of_a_broken_pool_fails<R: Rules>() -> Outcome {
    let results = client(|| {
        let gate = Gate::closed();
        let waits = gate.clone();
        let fail = move || {
            waits.pass();
            panic!("no kitchen");
        };
        let pool = ThreadPoolExecutor::<R>::with_initializer(1, fail).expect("there are workers");
        let map = pool.map(0..2, |n: u32| n, MapOptions::default());
        gate.open();
        map.collect::<Vec<_>>()
    });
    let broken = Err(FutureError::Failed(Failure::BrokenPool));
    ensure(results == [broken.clone(), broken], "pending_fail", || format!("{results:?}"))?;
    Ok(String::new())
}

/// A future was cancelled before the pool broke: whoever waits for several is told of it all the same.
pub fn x09_cancelled_in_a_broken_pool_is_told<R: Rules>() -> Outcome {
    let (done, result) = client(|| {
        let gate = Gate::closed();
        let waits = gate.clone();
        let fail = move || {
            waits.pass();
            panic!("no kitchen");
        };
        let pool = ThreadPoolExecutor::<R>::with_initializer(1, fail).expect("there are workers");
        let queued = pool.submit(|| ()).expect("the pool is open");
        queued.cancel();
        gate.open();
        let waited = wait(std::slice::from_ref(&queued), Until::AllCompleted, None);
        (waited.done.len(), queued.result())
    });
    let told = (done, &result) == (1, &Err(FutureError::Cancelled));
    ensure(told, "told", || format!("{done} done, {result:?}"))?;
    Ok(String::new())
}

/// One of two workers breaks the pool, when the other may have nothing to do: both end, although nobody shuts the pool
/// down.
pub fn x09_workers_of_a_broken_pool_end<R: Rules>() -> Outcome {
    let workers = client(|| {
        let calls = AtomicBool::new(false).named(format_args!("called before"));
        let fail_later = move || assert!(!calls.swap(true, Ordering::Relaxed), "no second kitchen");
        let pool = ThreadPoolExecutor::<R>::with_initializer(2, fail_later).expect("there are workers");
        let _queued = [pool.submit(|| ()).ok(), pool.submit(|| ()).ok()];
        let workers = pool.workers();
        hint::spin_until(LOOKS, || workers != 2 || pool.alive() == 0);
        workers
    });
    Ok(format!("{workers} workers"))
}

/// One of three workers breaks the pool when the others have nothing to do: all end, although nobody shuts
/// the pool down.
pub fn x09_all_idle_workers_of_a_broken_pool_end<R: Rules>() -> Outcome {
    let workers = client(|| {
        let (calls, gate) = (AtomicBool::new(false).named(format_args!("called before")), Gate::closed());
        let waits = gate.clone();
        let fail_first = move || {
            if !calls.swap(true, Ordering::Relaxed) {
                waits.pass();
                panic!("no kitchen");
            }
        };
        let pool = ThreadPoolExecutor::<R>::with_initializer(3, fail_first).expect("there are workers");
        let _done = [(); 3].map(|()| pool.submit(|| ()).ok());
        let workers = pool.workers();
        hint::spin_until(LOOKS, || pool.idle() + 1 == workers);
        gate.open();
        hint::spin_until(LOOKS, || pool.alive() == 0);
        workers
    });
    Ok(format!("{workers} workers"))
}

/// A task of a pool of one waits for a task of the same pool. It waits for ever: this row is there to be broken.
pub fn x10_a_task_waits_for_its_own_pool<R: Rules>() -> Outcome {
    client(|| {
        let pool = Arc::new(pool::<R>(1));
        let inner = pool.clone();
        let outer = pool.submit(move || inner.submit(|| 7).map(|future| future.result()).ok());
        drop(outer.map(|outer| outer.result()).ok());
    });
    Ok(String::new())
}
