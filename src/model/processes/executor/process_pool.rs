//! A pool of processes that run functions.
//!
//! Each worker has a pipe for tasks and one for answers, and in the process of the pool a *manager*: a thread that waits for its
//! answers. The manager that has one gives the worker the next task of the queue; where there is none the worker is idle, and
//! `submit` gives it a task itself. A manager that finds its worker's pipe at its end waits for the worker, whose death this is, and starts
//! another one if there is work.
//!
//! Invariant: the mutex guards the queue and the workers. There is a manager for each queued task, or as many as there may be, and none of
//! them has an idle worker. A task is with one worker at most, ever: it is done, or its future says how that worker has ended.
//! `submit` waits for no worker: to an idle one, whose pipe is empty, it writes what goes into a pipe at once; a longer task is put into the
//! queue, and the worker called, so that its manager writes.
//!
//! What it does not do: run a task again whose worker has died (it may have done half of it), or tell a death from an end of the
//! pipe that a task has made by closing descriptors that are not its own.
//!
//! Source: `ProcessPoolExecutor` of CPython's `concurrent.futures.process`, after Brian Quinlan, PEP 3148, 2009. There one thread waits
//! for all workers, and a semaphore counts the idle ones.

use super::PortableExecutor;
use super::call::pack;
use super::frame::{Frames, Kind};
use super::roster::{At, Job, Pool, Promise, Worker};
use super::worker::{Desk, work, work_after};
use crate::model::pool::executor::{NoWorkers, SubmitError};
use crate::model::pool::future::{Failure, Future};
use crate::model::pool::rules;
use crate::sync::pipe::{Writer, pipe};
use crate::sync::process::{self, Process};
use crate::sync::thread::Builder;
use crate::sync::{Condvar, Mutex, MutexGuard};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The rules of the pool, each of which a twin breaks.
pub trait Rules: Send + Sync + 'static {
    /// A worker that has done as many tasks as it may is no longer idle.
    const RETIRED_IS_NOT_IDLE: bool = true;
    /// The task of a worker that has died is told.
    const DEATH_IS_TOLD: bool = true;
    /// So are, where that breaks the pool, the tasks that nobody has begun.
    const BREAK_IS_TOLD: bool = true;
    /// No task is run again.
    const AT_MOST_ONCE: bool = true;
}

/// All of them are kept.
#[derive(Debug)]
pub struct Kept;

impl Rules for Kept {}

/// What the death of a worker does to the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Death {
    /// It breaks the pool: all tasks fail, and none is accepted any more. So it is in CPython (row K01).
    #[default]
    Breaks,
    /// The worker's task fails, and the pool goes on with another worker.
    Heals,
}

/// How a pool is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolOptions {
    /// What the death of a worker does to it.
    pub death: Death,
    /// How many tasks a worker does, before another one takes its place; without it, any number.
    pub tasks_per_child: Option<NonZeroUsize>,
}

/// A pool of at most so many processes, which are started when there is work for them. The program's `main` begins with
/// [`child_main`](process::child_main).
///
/// ```no_run
/// use refectory::model::processes::executor::PortableExecutor;
/// use refectory::model::processes::executor::process_pool::ProcessPoolExecutor;
/// use refectory::sync::process;
///
/// fn main() {
///     process::child_main();
///     let pool = <ProcessPoolExecutor>::new(2).unwrap();
///     let futures = [20, 22].map(|n: u32| pool.submit(|n| n + 1, n).unwrap());
///     let sum: u32 = futures.iter().map(|future| future.result().unwrap()).sum();
///     assert_eq!(sum, 44);
/// }
/// ```
pub struct ProcessPoolExecutor<R: Rules = Kept> {
    shared: Arc<Shared<R>>,
}

struct Shared<R> {
    pool: Mutex<Pool>,
    ended: Condvar,
    most: usize,
    options: PoolOptions,
    start: Start,
    rules: PhantomData<R>,
}

/// Starts a worker.
type Start = Box<dyn Fn(Desk) -> io::Result<Process> + Send + Sync>;

/// What a manager begins with.
struct Hired {
    number: usize,
    answers: Frames,
    /// The first task, and where it goes.
    first: (Writer, Vec<u8>),
}

impl<R: Rules> ProcessPoolExecutor<R> {
    /// A pool of at most so many workers, which the death of one breaks.
    ///
    /// # Errors
    /// It would have no workers.
    pub fn new(most: usize) -> Result<Self, NoWorkers> {
        Self::with_options(most, PoolOptions::default())
    }

    /// A pool of at most so many workers.
    ///
    /// # Errors
    /// It would have no workers.
    pub fn with_options(most: usize, options: PoolOptions) -> Result<Self, NoWorkers> {
        Self::build(most, options, |desk| process::spawn(work, desk))
    }

    /// A pool each of whose workers calls `initializer` first. If one panics the pool is broken. In the argument
    /// [regions](crate::sync::region) and ends of [pipes](crate::sync::pipe) travel, which do not in that of a task.
    ///
    /// # Errors
    /// It would have no workers.
    pub fn with_initializer<F, A>(
        most: usize,
        options: PoolOptions,
        initializer: F,
        argument: A,
    ) -> Result<Self, NoWorkers>
    where
        F: Fn(A) + Copy + Send + Sync + 'static,
        A: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let begin = move |(argument, desk): (A, Desk)| work_after(|| initializer(argument), desk);
        Self::build(most, options, move |desk| process::spawn(begin, (argument.clone(), desk)))
    }

    fn build(
        most: usize,
        options: PoolOptions,
        start: impl Fn(Desk) -> io::Result<Process> + Send + Sync + 'static,
    ) -> Result<Self, NoWorkers> {
        if most == 0 {
            return Err(NoWorkers);
        }
        let shared = Shared {
            pool: Mutex::new(Pool::default()).named(format_args!("pool")),
            ended: Condvar::new().named(format_args!("the last manager's end")),
            most,
            options,
            start: Box::new(start),
            rules: PhantomData,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The numbers by which the system knows the workers that have not ended.
    pub fn processes(&self) -> Vec<u32> {
        self.shared.lock().workers.iter().map(|worker| worker.process.id()).collect()
    }

    /// How many workers have nothing to do.
    pub fn idle(&self) -> usize {
        self.shared.lock().workers.iter().filter(|worker| matches!(worker.at, At::Idle(_))).count()
    }

    /// How many workers were started so far.
    pub fn workers(&self) -> usize {
        self.shared.lock().started
    }

    /// How many threads of this process look after workers.
    pub fn managers(&self) -> usize {
        self.shared.lock().managers
    }

    /// Shuts the pool down at once, and kills its workers: tasks that are being run fail, and those that nobody has begun are
    /// cancelled.
    pub fn kill_workers(&self) {
        self.end_workers(Process::kill);
    }

    /// The same, but the workers are asked to end (`SIGTERM`): a task may have asked for that signal.
    pub fn terminate_workers(&self) {
        self.end_workers(Process::terminate);
    }

    fn end_workers(&self, end: fn(&mut Process) -> io::Result<()>) {
        let mut pool = self.shared.lock();
        pool.closed = true;
        for worker in &mut pool.workers {
            // It fails where the worker has ended.
            let _ = end(&mut worker.process);
        }
        drop(pool);
        self.shutdown(false, true);
    }
}

impl<R: Rules> PortableExecutor for ProcessPoolExecutor<R> {
    type Rules = rules::OnPrimitives;

    fn submit<F, A, T>(
        &self,
        f: F,
        argument: A,
    ) -> Result<Future<T, Self::Rules>, SubmitError<impl FnOnce() -> T>>
    where
        F: Fn(A) -> T + Copy + Send + 'static,
        A: Serialize + DeserializeOwned + Send + 'static,
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let packed = pack(f, &argument);
        let task = move || f(argument);
        let future = Future::new();
        let mut pool = self.shared.lock();
        if pool.broken {
            return Err(SubmitError::Broken(task));
        }
        if pool.closed {
            return Err(SubmitError::ShutDown(task));
        }
        let failed = match packed {
            Ok(frame) => self.shared.take_in(&mut pool, Job { frame, promise: Box::new(future.clone()) }),
            Err(failure) => Some(failure),
        };
        drop(pool);
        if let Some(failure) = failed {
            Promise::fail(&future, failure);
        }
        Ok(future)
    }

    fn shutdown(&self, wait: bool, cancel: bool) {
        let mut pool = self.shared.lock();
        pool.closed = true;
        let cancelled =
            if cancel { std::mem::take(&mut pool.queue) } else { std::collections::VecDeque::new() };
        for worker in &mut pool.workers {
            if matches!(worker.at, At::Idle(_)) {
                worker.at = At::Leaving;
            }
        }
        let cancelled: Vec<_> = cancelled.into();
        let pool = self.shared.telling(pool, &cancelled, |job| job.promise.cancel());
        if wait {
            drop(self.shared.ended.wait_while(pool, |pool| pool.managers > 0).unwrap());
        }
    }
}

impl<R: Rules> Drop for ProcessPoolExecutor<R> {
    /// What was accepted is still run; nobody waits for it. Workers end when there is nothing left to do.
    fn drop(&mut self) {
        self.shutdown(false, false);
    }
}

impl<R: Rules> Shared<R> {
    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap()
    }

    /// Gives a task to an idle worker, to a new one, or into the queue; or says why there is nobody to do it.
    fn take_in(self: &Arc<Self>, pool: &mut Pool, job: Job) -> Option<Failure> {
        let job = pool.give(job)?;
        if pool.managers == self.most {
            pool.queue.push_back(job);
            return None;
        }
        match self.hire(pool, job) {
            Ok(hired) => self.spawn_manager(pool, hired).err().map(no_worker),
            Err((job, _)) if pool.managers > 0 => {
                // Those that there are will come to it.
                pool.queue.push_back(job);
                None
            }
            Err((_, error)) => Some(no_worker(error)),
        }
    }

    /// Starts a worker for this task.
    fn hire(&self, pool: &mut Pool, mut job: Job) -> Result<Hired, (Job, io::Error)> {
        let (process, tasks, answers) = match self.start(pool.started) {
            Ok(started) => started,
            Err(error) => return Err((job, error)),
        };
        job.promise.claim();
        let (number, frame) = (pool.started, sent::<R>(&mut job));
        pool.started += 1;
        pool.workers.push(Worker { number, process, at: At::Task(job, None), done: 0 });
        Ok(Hired { number, answers, first: (tasks, frame) })
    }

    fn start(&self, number: usize) -> io::Result<(Process, Writer, Frames)> {
        let (writer, tasks) = pipe()?;
        let (answers, reader) = pipe()?;
        let answers = answers.named(format_args!("answers of {number}"));
        let tasks = tasks.named(format_args!("tasks of {number}"));
        let process = (self.start)(Desk { tasks, answers, most: self.options.tasks_per_child })?;
        Ok((process, writer, Frames(reader)))
    }

    fn spawn_manager(self: &Arc<Self>, pool: &mut Pool, hired: Hired) -> io::Result<()> {
        let (shared, number) = (self.clone(), hired.number);
        let spawned = Builder::new().name(format!("manager {number}")).spawn(move || shared.manage(hired));
        match spawned {
            Ok(_) => pool.managers += 1,
            Err(error) => {
                pool.remove(number);
                return Err(error);
            }
        }
        Ok(())
    }

    /// The life of a manager: it looks after one worker, and after another one as long as there is work.
    fn manage(&self, hired: Hired) {
        let mut next = Some(hired);
        while let Some(hired) = next {
            let number = hired.number;
            self.look_after(hired);
            next = self.after_the_end(number);
        }
    }

    /// Looks after a worker until that hangs up: by its death, or because it gets no more tasks.
    fn look_after(&self, hired: Hired) {
        let Hired { number, mut answers, first } = hired;
        let mut order = Some(first);
        loop {
            let writer = order.map(|(mut writer, frame)| {
                // Whoever does not take it hangs up.
                let _ = writer.write_all(&frame);
                writer
            });
            let Some((kind, frame)) = answers.next() else { return };
            order = match kind {
                Kind::Uninitialized => self.no_worker_begins(number),
                Kind::Task | Kind::Knock => self.answered(number, writer, &frame),
            };
        }
    }

    /// The worker has told something: gives its next task, if there is one, and where that is to be written.
    fn answered(&self, number: usize, writer: Option<Writer>, frame: &[u8]) -> Option<(Writer, Vec<u8>)> {
        let mut pool = self.lock();
        let worker = pool.worker(number);
        let (job, writer) = match std::mem::replace(&mut worker.at, At::Leaving) {
            At::Task(job, idle) => (Some(job), writer.or(idle)),
            At::Idle(writer) | At::Called(writer) => (None, Some(writer)),
            At::Leaving => (None, None),
        };
        worker.done += usize::from(job.is_some());
        let order = writer.and_then(|writer| self.next_order(&mut pool, number, writer));
        drop(pool);
        // What the drop of a result panics with is not the manager's affair.
        let _ = catch_unwind(AssertUnwindSafe(|| job.map(|job| job.promise.answer(frame))));
        order
    }

    fn next_order(&self, pool: &mut Pool, number: usize, writer: Writer) -> Option<(Writer, Vec<u8>)> {
        let done = pool.worker(number).done;
        if self.options.tasks_per_child.is_some_and(|most| done >= most.get()) {
            // It ends by itself.
            if !R::RETIRED_IS_NOT_IDLE {
                pool.worker(number).at = At::Idle(writer);
            }
            return None;
        }
        match pool.next_job() {
            Some(mut job) => {
                let frame = sent::<R>(&mut job);
                pool.worker(number).at = At::Task(job, None);
                Some((writer, frame))
            }
            None if pool.closed => None,
            None => {
                pool.worker(number).at = At::Idle(writer);
                None
            }
        }
    }

    /// An initializer has failed, and so will the others.
    fn no_worker_begins<T>(&self, number: usize) -> Option<T> {
        let lost = self.lock().break_down(Some(number));
        lost.iter().for_each(|job| job.promise.fail(Failure::BrokenPool));
        None
    }

    /// A worker has hung up: waits for its end, tells those whose affair it is, and starts another one if there is work.
    fn after_the_end(&self, number: usize) -> Option<Hired> {
        let mut pool = self.lock();
        let Worker { process, at, .. } = pool.remove(number);
        let failure = process.wait().map_or_else(no_worker, Failure::WorkerDied);
        let (died, task) = match at {
            At::Task(job, _) => (true, Some(job)),
            At::Idle(_) | At::Called(_) => (true, None),
            At::Leaving => (false, None),
        };
        let breaks = died && self.options.death == Death::Breaks;
        let mut lost = if breaks { pool.break_down(None) } else { Vec::new() };
        lost.retain(|_| R::BREAK_IS_TOLD);
        match task {
            Some(job) if !R::AT_MOST_ONCE && !breaks => pool.queue.push_front(job),
            task => lost.extend(task.filter(|_| R::DEATH_IS_TOLD)),
        }
        let pool = self.telling(pool, &lost, |job| job.promise.fail(failure.clone()));
        self.next_worker(pool)
    }

    /// Tells of tasks, without the mutex: whoever is told may have callbacks, which use the pool.
    fn telling<'a>(
        &'a self,
        pool: MutexGuard<'a, Pool>,
        of: &[Job],
        tell: impl Fn(&Job),
    ) -> MutexGuard<'a, Pool> {
        if of.is_empty() {
            return pool;
        }
        drop(pool);
        of.iter().for_each(tell);
        self.lock()
    }

    /// Starts another worker if there is work. If not the manager ends.
    fn next_worker<'a>(&'a self, mut pool: MutexGuard<'a, Pool>) -> Option<Hired> {
        while let Some(job) = pool.next_job() {
            match self.hire(&mut pool, job) {
                Ok(hired) => return Some(hired),
                Err((job, _)) if pool.managers > 1 => {
                    // The others will come to it.
                    pool.queue.push_front(job);
                    break;
                }
                Err((job, error)) => {
                    drop(pool);
                    job.promise.fail(no_worker(error));
                    pool = self.lock();
                }
            }
        }
        pool.managers -= 1;
        if pool.managers == 0 {
            self.ended.notify_all();
        }
        None
    }
}

/// The frame of a task, to be sent.
fn sent<R: Rules>(job: &mut Job) -> Vec<u8> {
    if R::AT_MOST_ONCE { std::mem::take(&mut job.frame) } else { job.frame.clone() }
}

fn no_worker(error: io::Error) -> Failure {
    Failure::NoWorker(error.to_string())
}

impl<R: Rules> fmt::Debug for ProcessPoolExecutor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessPoolExecutor").field("most", &self.shared.most).finish_non_exhaustive()
    }
}
