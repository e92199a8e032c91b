//! Executors: who runs tasks, and the pool of threads among them.
//!
//! A program that is written for [`Executor`] runs on another pool whose workers share its memory by changing the line that makes
//! it: here a task is any closure. What a pool in other processes can do too is `PortableExecutor`, in `model::processes::executor`,
//! which every [`Executor`] is.
//!
//! Invariant of the [`ThreadPoolExecutor`]: the mutex guards the queue and the counts. A task that was accepted is run, or
//! cancelled, or fails because the pool broke. There is a worker for each queued task or as many as there may be,
//! because `submit` starts one where more tasks are queued than workers are idle. An idle worker looks a while for work, and
//! is counted on for one task, before it sleeps; it is woken by whoever queues a task for which nobody looks, shuts the pool down
//! or breaks it; whoever waits for the end of the pool, by the last worker. Who wakes has released the mutex.
//!
//! The tasks of a map stand in the queue together, and a worker that has begun one goes on with others of them without the
//! mutex (`batch`).
//!
//! What it does not do: a task that waits for a task of the same pool keeps its worker. Where all do that nothing goes
//! on, as CPython's manual warns.
//!
//! Source: `ThreadPoolExecutor` of CPython's `concurrent.futures.thread`, after Brian Quinlan, PEP 3148, 2009.

use super::batch::Batches;
use super::error::{NoWorkers, SubmitError};
use super::job::Job;
use super::queue::{Queue, Row, Turn, Work};
use crate::model::pool::executor::map::{Map, MapOptions};
use crate::model::pool::future::Future;
use crate::model::pool::glance::{Glance, submitting};
use crate::model::pool::rules::{Correct, Rules};
use crate::model::threads::lock::monitor::{Condvar, Mutex, MutexGuard};
use crate::sync::{self, thread::Builder};
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Runs tasks, some time, somewhere else.
pub trait Executor {
    /// The rules of its futures.
    type Rules: Rules;

    /// Queues a task.
    ///
    /// # Errors
    /// The executor takes no more tasks: the task comes back.
    fn submit<T, F>(&self, task: F) -> Result<Future<T, Self::Rules>, SubmitError<F>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static;

    /// Takes no more tasks. `cancel` cancels those that no worker has begun, `wait` waits until all others are done and the
    /// workers have ended.
    fn shutdown(&self, wait: bool, cancel: bool);

    /// Runs `f` on every item; the results come in the order of the items. Tasks are queued at once, or, with
    /// [`MapOptions::buffer`], so many ahead of what has been taken. If one is not accepted its place says that it was
    /// cancelled, and that is the last one.
    fn map<I, T, F>(&self, items: I, f: F, options: MapOptions) -> Map<'_, I::IntoIter, T, Self::Rules>
    where
        Self: Sized,
        I: IntoIterator,
        I::Item: Send + 'static,
        T: Clone + Send + 'static,
        F: Fn(I::Item) -> T + Clone + Send + 'static,
    {
        Map::new(items.into_iter(), options, move |chunk| {
            let f = f.clone();
            self.submit(move || chunk.into_iter().map(f).collect()).ok()
        })
    }
}

/// A pool of at most so many threads, which are started when there is work for them.
///
/// ```
/// use refectory::model::pool::executor::thread_pool::{Executor, ThreadPoolExecutor};
///
/// let pool = <ThreadPoolExecutor>::new(2).unwrap();
/// let futures = [20, 22].map(|n| pool.submit(move || n + 1).unwrap());
/// let sum: u32 = futures.iter().map(|future| future.result().unwrap()).sum();
/// assert_eq!(sum, 44);
/// ```
pub struct ThreadPoolExecutor<R: Rules = Correct> {
    shared: Arc<Shared<R>>,
}

pub(super) struct Shared<R: Rules> {
    pool: Mutex<Pool<R>, R::Monitor>,
    work: Condvar<R::Monitor>,
    ended: Condvar<R::Monitor>,
    /// Changes when there is a task.
    glance: Glance,
    most: usize,
    initializer: Option<Box<dyn Fn() + Send + Sync>>,
}

struct Pool<R: Rules> {
    queue: Queue<R>,
    /// Workers that wait for work, those too that have been woken and have not yet come to the mutex.
    idle: usize,
    /// Those of them that do not sleep: they will look at the queue once more.
    lingering: usize,
    /// Workers that were started, ever.
    started: usize,
    /// Workers that have not ended.
    alive: usize,
    closed: bool,
    broken: bool,
}

impl<R: Rules> ThreadPoolExecutor<R> {
    /// A pool of at most so many workers.
    ///
    /// # Errors
    /// It would have no workers.
    pub fn new(most: usize) -> Result<Self, NoWorkers> {
        Self::build(most, None)
    }

    /// A pool each of whose workers calls `initializer` first. If one panics the pool is broken.
    ///
    /// # Errors
    /// It would have no workers.
    pub fn with_initializer(
        most: usize,
        initializer: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, NoWorkers> {
        Self::build(most, Some(Box::new(initializer)))
    }

    /// The number of workers that CPython takes where none is given: that of the processors and 4, at most 32.
    pub fn default_workers() -> usize {
        std::thread::available_parallelism().map_or(1, NonZeroUsize::get).saturating_add(4).min(32)
    }

    fn build(most: usize, initializer: Option<Box<dyn Fn() + Send + Sync>>) -> Result<Self, NoWorkers> {
        if most == 0 {
            return Err(NoWorkers);
        }
        let shared = Shared {
            pool: Mutex::new(Pool::new(), format_args!("pool")),
            work: Condvar::new(format_args!("work")),
            ended: Condvar::new(format_args!("the last worker's end")),
            glance: Glance::new(format_args!("glance at the pool")),
            most,
            initializer,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// How many workers wait for work, those too that have been woken and have not yet begun.
    pub fn idle(&self) -> usize {
        self.shared.lock().idle
    }

    /// How many workers were started so far.
    pub fn workers(&self) -> usize {
        self.shared.lock().started
    }

    /// How many of them have not ended.
    pub fn alive(&self) -> usize {
        self.shared.lock().alive
    }
}

impl<R: Rules> Executor for ThreadPoolExecutor<R> {
    type Rules = R;

    fn submit<T, F>(&self, task: F) -> Result<Future<T, R>, SubmitError<F>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        submitting();
        let job = Box::new(Job::new(task));
        let future = job.future();
        let mut pool = match self.shared.admit() {
            Ok(pool) => pool,
            Err(refused) => return Err(refused.giving_back(job.into_task())),
        };
        pool.queue.push(job);
        self.shared.wake_for_work(pool);
        Ok(future)
    }

    fn shutdown(&self, wait: bool, cancel: bool) {
        let mut pool = self.shared.lock();
        pool.closed = true;
        pool.queue.close();
        let cancelled = cancel.then(|| std::mem::replace(&mut pool.queue, Queue::new()));
        drop(pool);
        self.shared.glance.change();
        match R::SHUTDOWN_WAKES_ALL {
            true => self.shared.work.notify_all(),
            false => self.shared.work.notify_one(),
        }
        if let Some(cancelled) = cancelled {
            cancelled.cancel();
        }
        if wait {
            drop(self.shared.ended.wait_while(self.shared.lock(), |pool| pool.alive > 0));
        }
    }

    fn map<I, T, F>(&self, items: I, f: F, options: MapOptions) -> Map<'_, I::IntoIter, T, R>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        T: Clone + Send + 'static,
        F: Fn(I::Item) -> T + Clone + Send + 'static,
    {
        Map::with_source(items.into_iter(), options, Batches::new(&self.shared, f, options.chunk))
    }
}

impl<R: Rules> Drop for ThreadPoolExecutor<R> {
    /// What was accepted is still run; nobody waits for it.
    fn drop(&mut self) {
        self.shutdown(false, false);
    }
}

impl<R: Rules> Pool<R> {
    const fn new() -> Self {
        Self {
            queue: Queue::new(),
            idle: 0,
            lingering: 0,
            started: 0,
            alive: 0,
            closed: false,
            broken: false,
        }
    }

    /// Whether a worker has nothing to do, and nowhere to go.
    fn is_quiet(&self) -> bool {
        self.queue.is_empty() && !self.closed && !self.broken
    }
}

impl<R: Rules> Shared<R> {
    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, Pool<R>, R::Monitor> {
        self.pool.lock()
    }

    /// The pool is about to get a task: there is a worker for it, or as many workers as there may be.
    fn admit(self: &Arc<Self>) -> Result<MutexGuard<'_, Pool<R>, R::Monitor>, SubmitError<()>> {
        let mut pool = self.lock();
        if pool.broken {
            return Err(SubmitError::Broken(()));
        }
        if pool.closed {
            return Err(SubmitError::ShutDown(()));
        }
        if pool.started < self.most && (pool.idle == 0 || pool.queue.has_more_than(pool.idle - 1)) {
            if !R::COUNTS_AT_ONCE {
                drop(pool);
                pool = self.lock();
            }
            match self.spawn_worker(&mut pool) {
                Err(_) if pool.alive == 0 => return Err(SubmitError::NoThread(())),
                // Those that there are will come to it.
                Ok(()) | Err(_) => {}
            }
        }
        Ok(pool)
    }

    /// The pool has got a task. It wakes a worker, unless there are enough who will look for themselves: a notification is a
    /// system call even where nobody waits.
    fn wake_for_work(&self, pool: MutexGuard<'_, Pool<R>, R::Monitor>) {
        let some_sleep = pool.idle > pool.lingering;
        let looked_for = R::LINGERERS_TAKE_ONE_EACH.then_some(pool.lingering);
        let wakes =
            some_sleep && looked_for.map_or(pool.lingering == 0, |count| pool.queue.has_more_than(count));
        let some_look = pool.lingering > 0;
        drop(pool);
        if some_look {
            self.glance.change();
        }
        if wakes {
            self.work.notify_one();
        }
    }

    /// How many workers there may be.
    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// A task was put into a row.
    pub(super) fn announce(self: &Arc<Self>, row: &Arc<dyn Row>, turn: Turn) -> Result<(), SubmitError<()>> {
        let mut pool = self.admit()?;
        pool.queue.push_row(row, turn);
        self.wake_for_work(pool);
        Ok(())
    }

    /// Other tasks were put into a row, more than there are workers, who have all been told of the first ones.
    pub(super) fn keep_place(&self, row: &Arc<dyn Row>, turn: Turn) {
        self.lock().queue.push_row(row, turn);
    }

    /// Starts a worker.
    fn spawn_worker(self: &Arc<Self>, pool: &mut Pool<R>) -> std::io::Result<()> {
        let shared = self.clone();
        let name = format!("worker {}", pool.started);
        Builder::new().name(name).spawn(move || shared.work())?;
        pool.started += 1;
        pool.alive += 1;
        Ok(())
    }

    /// The life of a worker.
    fn work(&self) {
        let initialized =
            catch_unwind(AssertUnwindSafe(|| self.initializer.as_ref().map(|initialize| initialize())));
        if initialized.is_err() {
            self.break_down();
        }
        while let Some(work) = self.next_work() {
            // What the drop of a task or of a result panics with is not the worker's affair.
            let _ = catch_unwind(AssertUnwindSafe(|| work.run()));
        }
        let mut pool = self.lock();
        pool.alive -= 1;
        let last = pool.alive == 0;
        drop(pool);
        if last {
            self.ended.notify_all();
        }
    }

    /// Waits for work.
    fn next_work(&self) -> Option<Work<R>> {
        let mut pool = self.lock();
        loop {
            if let Some(work) = pool.queue.pop() {
                return Some(work);
            }
            if pool.closed || pool.broken {
                return None;
            }
            pool = self.rest(pool);
        }
    }

    /// There is nothing to do: looks a while whether there is, and sleeps then. Woken by `submit`, by a map, by a shutdown, by a
    /// worker that breaks the pool.
    fn rest<'a>(
        &'a self,
        mut pool: MutexGuard<'a, Pool<R>, R::Monitor>,
    ) -> MutexGuard<'a, Pool<R>, R::Monitor> {
        pool.idle += 1;
        pool.lingering += 1;
        if R::LINGERS_IN_MODELS && sync::is_modelled() {
            drop(pool);
            pool = self.lock();
        }
        pool = self.glance.linger(pool, || self.lock());
        pool.lingering -= 1;
        if pool.is_quiet() || !R::LOOKS_BEFORE_SLEEPING {
            pool = self.work.wait(pool);
        }
        if R::BUSY_IS_NOT_IDLE {
            pool.idle -= 1;
        }
        pool
    }

    /// An initializer has failed: the pool never runs a task again.
    fn break_down(&self) {
        let mut pool = self.lock();
        pool.broken = true;
        pool.queue.close();
        let lost = std::mem::replace(&mut pool.queue, Queue::new());
        drop(pool);
        self.work.notify_all();
        if R::BROKEN_POOL_TELLS {
            lost.fail();
        }
    }
}

impl<R: Rules> fmt::Debug for ThreadPoolExecutor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPoolExecutor").field("most", &self.shared.most).finish_non_exhaustive()
    }
}
