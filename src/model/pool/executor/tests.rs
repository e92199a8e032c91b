use super::thread_pool::{Executor, ThreadPoolExecutor};
use super::*;
use crate::model::pool::future::Future;
use crate::model::pool::future::{Failure, FutureError};
use crate::sync::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

fn pool(most: usize) -> ThreadPoolExecutor {
    ThreadPoolExecutor::new(most).unwrap()
}

/// A task that waits until the sender is dropped.
fn blocked(pool: &ThreadPoolExecutor) -> (Future<()>, mpsc::Sender<()>) {
    let (ends, end) = mpsc::channel();
    let (begins, begun) = mpsc::channel();
    let task = move || {
        begins.send(()).unwrap();
        let _ = end.recv();
    };
    let future = pool.submit(task).unwrap();
    begun.recv().unwrap();
    (future, ends)
}

#[test]
fn smoke() {
    let pool = pool(2);
    let [sum, panic] = [1, 0].map(|n| pool.submit(move || 7 / n).unwrap());
    assert_eq!(sum.result(), Ok(7));
    let failed = Failure::Panicked("attempt to divide by zero".to_owned());
    assert_eq!(panic.result(), Err(FutureError::Failed(failed)));
    assert_eq!(<ThreadPoolExecutor>::new(0).unwrap_err(), NoWorkers);
}

#[test]
fn what_a_panic_says() {
    let pool = pool(1);
    let says = |task: fn()| pool.submit(task).unwrap().failure().unwrap().unwrap();
    assert_eq!(says(|| panic!("burnt")), Failure::Panicked("burnt".to_owned()));
    assert_eq!(says(|| panic!("burnt {}", 2)), Failure::Panicked("burnt 2".to_owned()));
    assert_eq!(says(|| std::panic::panic_any(2)), Failure::Panicked("without words".to_owned()));
}

#[test]
fn shutdown_runs_what_was_accepted() {
    let pool = pool(2);
    let futures: Vec<_> = (0..50).map(|n| pool.submit(move || n).unwrap()).collect();
    pool.shutdown(true, false);
    assert!(futures.iter().all(Future::done));
    assert_eq!(pool.alive(), 0);
    let refused = pool.submit(|| 7).unwrap_err();
    assert_eq!(refused.to_string(), "the pool was shut down");
    let SubmitError::ShutDown(task) = refused else { panic!("{refused:?}") };
    assert_eq!(task(), 7, "the task comes back");
}

#[test]
fn shutdown_cancels_what_nobody_has_begun() {
    let pool = pool(1);
    let (begun, end) = blocked(&pool);
    let queued: Vec<_> = (0..50).map(|n| pool.submit(move || n).unwrap()).collect();
    pool.shutdown(false, true);
    assert!(queued.iter().all(|future| future.result() == Err(FutureError::Cancelled)));
    assert!(begun.running());
    drop(end);
    pool.shutdown(true, true);
    assert_eq!(begun.result(), Ok(()));
}

#[test]
fn a_dropped_pool_finishes_its_work() {
    let pool = pool(1);
    let (begun, end) = blocked(&pool);
    let queued = pool.submit(|| 7).unwrap();
    drop((pool, end));
    assert_eq!((begun.result(), queued.result()), (Ok(()), Ok(7)));
}

#[test]
fn a_panicking_initializer_breaks_the_pool() {
    let (ends, end) = mpsc::channel::<()>();
    let end = crate::sync::Mutex::new(end);
    let fail = move || {
        let _ = end.lock().unwrap().recv();
        panic!("no kitchen");
    };
    let pool = <ThreadPoolExecutor>::with_initializer(1, fail).unwrap();
    let queued = [(); 3].map(|()| pool.submit(|| ()).unwrap());
    assert!(queued[2].cancel());
    drop(ends);
    let broken = Err(FutureError::Failed(Failure::BrokenPool));
    let results = queued.map(|future| future.result());
    assert_eq!(results, [broken.clone(), broken, Err(FutureError::Cancelled)]);
    assert_eq!(pool.submit(|| ()).unwrap_err().to_string(), "the pool is broken");
    pool.shutdown(true, false);
    assert_eq!(pool.alive(), 0);
}

#[test]
fn an_idle_worker_is_taken_first() {
    let pool = pool(4);
    for n in 0..20 {
        assert_eq!(pool.submit(move || n).unwrap().result(), Ok(n));
        while pool.idle() == 0 {
            thread::yield_now();
        }
    }
    assert_eq!(pool.workers(), 1);
}

#[test]
fn never_more_workers_than_allowed() {
    let pool = pool(3);
    let ends = [(); 3].map(|()| blocked(&pool).1);
    let queued: Vec<_> = (0..45).map(|n| pool.submit(move || n).unwrap()).collect();
    assert_eq!((pool.workers(), pool.alive(), pool.idle()), (3, 3, 0));
    drop(ends);
    assert!(queued.iter().enumerate().all(|(n, future)| future.result() == Ok(n)));
    assert_eq!(pool.workers(), 3);
}

/// Panics when it is dropped.
struct Brittle;

impl Drop for Brittle {
    fn drop(&mut self) {
        panic!("broken crockery");
    }
}

#[test]
fn a_panic_of_a_drop_takes_no_worker_down() {
    let pool = pool(1);
    let (_, end) = blocked(&pool);
    let (given, held) = (Brittle, Arc::new(AtomicUsize::new(0)));
    let count = held.clone();
    let cancelled = pool.submit(move || (count, drop(given)).0.fetch_add(1, Ordering::Relaxed)).unwrap();
    assert!(cancelled.cancel());
    let after = pool.submit(|| 7).unwrap();
    drop(end);
    assert_eq!(after.result(), Ok(7));
    pool.shutdown(true, false);
    assert_eq!((pool.workers(), pool.alive()), (1, 0));
    assert_eq!((Arc::strong_count(&held), held.load(Ordering::Relaxed)), (1, 0));
}
