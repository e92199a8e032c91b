//! The work-stealing pool.
//!
//! Each worker has a [deque](crate::model::pool::deque::chase_lev) of its own, into which the tasks go that its tasks spawn; tasks from
//! outside go into the [injector](crate::model::pool::deque::injector). A worker takes the newest of its own tasks, else the oldest from
//! outside, else it steals the oldest of another worker, whom it chooses at random (under a model checker, in turn, for
//! any choice would be as good). Where there is nothing at all it [sleeps](crate::model::pool::executor::idle); whoever puts a task in,
//! at either place, wakes one sleeper.
//!
//! Invariant: while there is a task that nobody runs, a worker is awake, or all are busy. When the pool has been
//! dropped every task that was put in has been run, those too that tasks put in meanwhile.
//!
//! What it does not do: keep an order among tasks, or catch panics. A task that panics takes its worker down, and the
//! pool's drop passes the panic on; the other workers steal what it leaves behind, if there are any.
//!
//! Source: Robert D. Blumofe and Charles E. Leiserson, "Scheduling multithreaded computations by work stealing", 1999;
//! the deques of Nimar S. Arora, Robert D. Blumofe, C. Greg Plaxton, "Thread scheduling for multiprogrammed
//! multiprocessors", 1998.

use crate::model::pool::deque::chase_lev::{Stealer, Worker};
use crate::model::pool::deque::injector::Injector;
use crate::model::pool::executor::idle::{Awake, BeforeParking, Idle, SecondLook};
use crate::port::Steal;
use crate::sync::thread::{self, Builder};
use crate::sync::{self, Arc};
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A pool of workers that steal tasks from each other.
///
/// ```
/// use refectory::model::pool::executor::stealing::StealingPool;
/// use std::sync::mpsc;
///
/// let pool = <StealingPool>::new(2);
/// let (done, results) = mpsc::channel();
/// pool.spawn(move |local| {
///     let other = done.clone();
///     local.spawn(move |_| other.send(1).unwrap());
///     done.send(2).unwrap();
/// });
/// drop(pool);
/// assert_eq!(results.iter().sum::<i32>(), 3);
/// ```
pub struct StealingPool<B: BeforeParking = SecondLook> {
    shared: Arc<Shared<B>>,
    workers: Vec<crate::model::pool::WorkerHandle>,
}

struct Shared<B: BeforeParking> {
    injector: Injector<Task<B>>,
    deques: Box<[Stealer<Box<Task<B>>>]>,
    idle: Idle<B>,
}

/// A task. It is told where it runs.
struct Task<B: BeforeParking>(Box<Run<B>>);

type Run<B> = dyn FnOnce(&Local<'_, B>) + Send;

/// The worker that runs a task.
pub struct Local<'a, B: BeforeParking = SecondLook> {
    number: usize,
    own: &'a Worker<Box<Task<B>>>,
    pool: &'a Shared<B>,
    /// The state of a generator of pseudorandom numbers.
    random: Cell<u32>,
}

impl<B: BeforeParking> StealingPool<B> {
    /// A pool with so many workers.
    ///
    /// # Panics
    /// If there are no workers: nobody would ever run a task.
    pub fn new(workers: usize) -> Self {
        Self::with_injected(workers, Injector::new())
    }

    /// The same, with a task that is there before the workers are.
    ///
    /// # Panics
    /// If there are no workers.
    pub fn beginning_with(workers: usize, task: impl FnOnce(&Local<'_, B>) + Send + 'static) -> Self {
        let injector = Injector::new();
        injector.push(Task(Box::new(task)));
        Self::with_injected(workers, injector)
    }

    fn with_injected(workers: usize, injector: Injector<Task<B>>) -> Self {
        assert!(workers > 0, "a pool needs a worker");
        let deques: Vec<Worker<_>> = (0..workers).map(|_| Worker::new(32)).collect();
        let shared = Arc::new(Shared {
            injector,
            deques: deques.iter().map(Worker::stealer).collect(),
            idle: Idle::new(workers),
        });
        let spawn_worker = |(number, own): (usize, Worker<_>)| {
            let shared = Arc::clone(&shared);
            let work = move || Local::new(number, &own, &shared).work();
            Builder::new().name(format!("worker {number}")).spawn(work).expect("a thread can be started")
        };
        let workers = deques.into_iter().enumerate().map(spawn_worker).collect();
        Self { shared, workers }
    }

    /// Puts in a task from outside.
    pub fn spawn(&self, task: impl FnOnce(&Local<'_, B>) + Send + 'static) {
        self.shared.injector.push(Task(Box::new(task)));
        self.shared.idle.wake_one();
    }
}

impl<B: BeforeParking> Drop for StealingPool<B> {
    /// Waits until every task has been run, and all workers have gone.
    fn drop(&mut self) {
        self.shared.idle.close();
        crate::model::pool::join_all(self.workers.drain(..));
    }
}

impl<'a, B: BeforeParking> Local<'a, B> {
    const fn new(number: usize, own: &'a Worker<Box<Task<B>>>, pool: &'a Shared<B>) -> Self {
        Self { number, own, pool, random: Cell::new(number as u32 + 1) }
    }

    /// Puts a task in at this worker: it will run it soon, if nobody steals it.
    pub fn spawn(&self, task: impl FnOnce(&Local<'_, B>) + Send + 'static) {
        self.own.push(Box::new(Task(Box::new(task))));
        self.pool.idle.wake_one();
    }

    /// Runs tasks until the pool is closed and there are none, or until one panics: then the others do not wait for
    /// this worker any more.
    fn work(&self) -> thread::Result<()> {
        loop {
            match self.next() {
                Some(Task(run)) => {
                    catch_unwind(AssertUnwindSafe(|| run(self))).inspect_err(|_| self.pool.idle.leave())?
                }
                None if self.pool.idle.sleep(|| self.sees_a_task()) == Awake::ToLeave => return Ok(()),
                None => {}
            }
        }
    }

    fn next(&self) -> Option<Task<B>> {
        let own = self.own.pop().map(|task| *task);
        own.or_else(|| self.pool.injector.pop()).or_else(|| self.steal())
    }

    /// Whether there is a task that nobody runs, at any place but the worker's own, where only it puts tasks in.
    fn sees_a_task(&self) -> bool {
        let others = self.pool.deques.iter().enumerate().filter(|(number, _)| *number != self.number);
        !self.pool.injector.is_empty() || others.into_iter().any(|(_, deque)| !deque.is_empty())
    }

    /// Tries every other worker, once round.
    fn steal(&self) -> Option<Task<B>> {
        let workers = self.pool.deques.len();
        let others = workers - 1;
        let first = if sync::is_modelled() || others == 0 { 0 } else { self.draw() as usize % others };
        let victim = |turn| (self.number + 1 + (first + turn) % others) % workers;
        (0..others).find_map(|turn| self.rob(victim(turn)))
    }

    fn rob(&self, victim: usize) -> Option<Task<B>> {
        loop {
            match self.pool.deques[victim].steal() {
                Steal::Success(task) => return Some(*task),
                Steal::Empty => return None,
                // Another thread has taken an item: each retry is somebody's success. Who went away instead would be
                // called back by its second look, before it sleeps.
                Steal::Retry => {}
            }
        }
    }

    /// The next pseudorandom number: George Marsaglia, "Xorshift RNGs", 2003.
    fn draw(&self) -> u32 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.random.set(x);
        x
    }
}

impl<B: BeforeParking> fmt::Debug for StealingPool<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StealingPool").field("workers", &self.workers.len()).finish_non_exhaustive()
    }
}

impl<B: BeforeParking> fmt::Debug for Local<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("number", &self.number).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A task that spawns two, each of which spawns two, and so on.
    fn tree(local: &Local<'_>, height: u32, leaves: &'static AtomicUsize) {
        if height == 0 {
            leaves.fetch_add(1, Ordering::Relaxed);
            return;
        }
        for _ in 0..2 {
            local.spawn(move |local| tree(local, height - 1, leaves));
        }
    }

    #[test]
    fn smoke() {
        static RUN: AtomicUsize = AtomicUsize::new(0);
        let pool = <StealingPool>::new(1);
        for _ in 0..3 {
            pool.spawn(|_| {
                RUN.fetch_add(1, Ordering::Relaxed);
            });
        }
        drop(pool);
        assert_eq!(RUN.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn every_task_runs_once() {
        static LEAVES: AtomicUsize = AtomicUsize::new(0);
        let pool = <StealingPool>::new(3);
        for _ in 0..4 {
            pool.spawn(|local| tree(local, 10, &LEAVES));
        }
        drop(pool);
        assert_eq!(LEAVES.load(Ordering::Relaxed), 4 << 10);
    }

    #[test]
    fn a_panic_of_a_task_comes_out_of_the_drop() {
        let pool = <StealingPool>::new(2);
        pool.spawn(|_| panic!("burnt"));
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(pool))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"burnt"));
    }
}
