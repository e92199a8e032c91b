//! The same futures on the loop of this model, and on tokio: on one thread, and on several.

use super::lock::{Barrier, Condition, Event, Lock, Semaphore};
use super::queue::Queue;
use super::task::{EventLoop, gather};
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use tokio::runtime::Builder;

type Tasks = Vec<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// What runs tasks until all have ended.
const EXECUTORS: [fn(Tasks); 3] = [on_our_loop, on_one_thread_of_tokio, on_several_threads_of_tokio];

fn on_our_loop(tasks: Tasks) {
    let event_loop = <EventLoop>::new();
    event_loop.run(async {
        let started = tasks.into_iter().map(|task| event_loop.spawn(task)).collect::<Vec<_>>();
        gather(started).await.into_iter().for_each(|end| end.unwrap());
    });
}

fn on_one_thread_of_tokio(tasks: Tasks) {
    run_on_tokio(&mut Builder::new_current_thread(), tasks);
}

fn on_several_threads_of_tokio(tasks: Tasks) {
    run_on_tokio(Builder::new_multi_thread().worker_threads(3), tasks);
}

fn run_on_tokio(builder: &mut Builder, tasks: Tasks) {
    let runtime = builder.build().unwrap();
    runtime.block_on(async {
        let started: Vec<_> = tasks.into_iter().map(|task| runtime.spawn(task)).collect();
        for task in started {
            task.await.unwrap();
        }
    });
}

/// So many tasks, each made from its number.
fn tasks<F: Future<Output = ()> + Send + 'static>(number: usize, task: impl Fn(usize) -> F) -> Tasks {
    (0..number).map(|i| Box::pin(task(i)) as Pin<Box<dyn Future<Output = ()> + Send>>).collect()
}

/// How often each task does it.
const TIMES: u32 = 500;

#[test]
fn a_lock_lets_one_in_at_a_time() {
    for run in EXECUTORS {
        let (lock, inside) = (Arc::new(<Lock>::new()), Arc::new(AtomicU32::new(0)));
        run(tasks(4, |_| {
            let (lock, inside) = (Arc::clone(&lock), Arc::clone(&inside));
            async move {
                for _ in 0..TIMES {
                    let _held = lock.lock().await;
                    assert_eq!(inside.fetch_add(1, Relaxed), 0);
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Relaxed);
                }
            }
        }));
        assert!(lock.try_lock().is_some());
    }
}

#[test]
fn a_semaphore_has_as_many_permits_in_the_end() {
    for run in EXECUTORS {
        let semaphore = Arc::new(<Semaphore>::bounded(2));
        run(tasks(4, |_| {
            let semaphore = Arc::clone(&semaphore);
            async move {
                for _ in 0..TIMES {
                    let _permit = semaphore.acquire().await;
                    tokio::task::yield_now().await;
                }
            }
        }));
        assert_eq!(semaphore.free(), 2);
    }
}

#[test]
fn a_condition_and_a_barrier_let_everybody_go_on() {
    for run in EXECUTORS {
        let shared = Arc::new((<Lock>::new(), <Condition>::new(), AtomicU32::new(0)));
        let barrier = Arc::new(<Barrier>::new(NonZeroUsize::new(3).unwrap()));
        run(tasks(3, |me| {
            let (shared, barrier) = (Arc::clone(&shared), Arc::clone(&barrier));
            async move {
                let (lock, changed, turn) = &*shared;
                for _ in 0..TIMES {
                    let held = lock.lock().await;
                    let held = changed.wait_for(held, || turn.load(Relaxed) % 3 == me as u32).await;
                    turn.fetch_add(1, Relaxed);
                    changed.notify_all(&held);
                    drop(held);
                    barrier.wait().await.unwrap();
                }
            }
        }));
        assert_eq!(shared.2.load(Relaxed), 3 * TIMES);
    }
}

#[test]
fn a_queue_loses_nothing_and_an_event_ends_all() {
    for run in EXECUTORS {
        let (queue, done) = (Arc::new(Queue::<u32>::new(4)), Arc::new(<Event>::new()));
        let sum = Arc::new(AtomicU32::new(0));
        run(tasks(6, |i| {
            let (queue, done, sum) = (Arc::clone(&queue), Arc::clone(&done), Arc::clone(&sum));
            async move {
                match i {
                    // Three put in, two take out, and one waits until all tasks are done.
                    0..3 => {
                        for n in 0..TIMES {
                            queue.put(n).await.unwrap();
                        }
                    }
                    3..5 => {
                        while let Ok(n) = queue.get().await {
                            sum.fetch_add(n, Relaxed);
                            queue.task_done().unwrap();
                            if sum.load(Relaxed) == 3 * (TIMES * (TIMES - 1) / 2) {
                                done.set();
                            }
                        }
                    }
                    _ => {
                        done.wait().await;
                        queue.join().await;
                        queue.shutdown(false);
                    }
                }
            }
        }));
        assert!(queue.is_empty());
    }
}

#[test]
fn a_wait_that_is_dropped_on_tokio_loses_nothing() {
    let runtime = Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    let queue = Arc::new(Queue::<u32>::new(2));
    let got = runtime.block_on(async {
        let taker = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move {
                let mut got = Vec::new();
                while got.len() < TIMES as usize {
                    // A wait that ends at once, again and again.
                    tokio::select! {
                        biased;
                        item = queue.get() => got.push(item.unwrap()),
                        () = tokio::task::yield_now() => {}
                    }
                }
                got
            }
        });
        for n in 0..TIMES {
            queue.put(n).await.unwrap();
        }
        taker.await.unwrap()
    });
    assert_eq!(got, (0..TIMES).collect::<Vec<_>>());
}
