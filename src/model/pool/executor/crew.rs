//! The simplest pool: a fixed number of workers on one queue of tasks.
//!
//! Invariant: the mutex guards the queue; a worker sleeps only while it is empty, and whoever puts a task in wakes one.
//! Tasks begin in the order in which they were put in. When the crew is dropped every task has been run, those too
//! that tasks put in meanwhile.
//!
//! What it does not do: a task that waits for another one keeps its worker. Where all workers wait for tasks that are
//! still in the queue, nothing goes on: [`BlockingTasks`](crate::model::pool::table::broken::BlockingTasks).

use crate::sync::thread::{self, Builder};
use crate::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A fixed number of workers on one queue.
///
/// ```
/// use refectory::model::pool::executor::crew::Crew;
/// use std::sync::mpsc;
///
/// let crew = Crew::new(2);
/// let (done, results) = mpsc::channel();
/// crew.tasks().add(move |tasks| {
///     let other = done.clone();
///     tasks.add(move |_| other.send(1).unwrap());
///     done.send(2).unwrap();
/// });
/// drop(crew);
/// assert_eq!(results.iter().sum::<i32>(), 3);
/// ```
#[derive(Debug)]
pub struct Crew<P: Parting = TellsAll> {
    tasks: Arc<Tasks<P>>,
    workers: Vec<crate::model::pool::WorkerHandle>,
}

/// The queue of a crew. Tasks are given it, to put in others.
pub struct Tasks<P: Parting = TellsAll> {
    queue: Mutex<Queue<P>>,
    changed: Condvar,
}

/// Who hears that the last task has ended.
pub trait Parting: Send + Sync + 'static {
    /// Workers wait for it here.
    fn tell(changed: &Condvar);
}

/// All who wait.
#[derive(Debug)]
pub struct TellsAll;

impl Parting for TellsAll {
    #[track_caller]
    fn tell(changed: &Condvar) {
        changed.notify_all();
    }
}

struct Queue<P: Parting> {
    tasks: VecDeque<Task<P>>,
    /// Workers that run a task, which may put in others.
    busy: usize,
    closed: bool,
}

type Task<P> = Box<dyn FnOnce(&Tasks<P>) + Send>;

impl Crew {
    /// A crew of so many.
    ///
    /// # Panics
    /// If there are no workers: nobody would ever run a task.
    pub fn new(workers: usize) -> Self {
        Self::of(workers)
    }
}

impl<P: Parting> Crew<P> {
    /// A crew of so many, that parts in this way.
    ///
    /// # Panics
    /// If there are no workers: nobody would ever run a task.
    pub fn of(workers: usize) -> Self {
        assert!(workers > 0, "a crew needs a worker");
        let queue = Queue { tasks: VecDeque::new(), busy: 0, closed: false };
        let tasks = Arc::new(Tasks {
            queue: Mutex::new(queue).named(format_args!("tasks")),
            changed: Condvar::new().named(format_args!("a task")),
        });
        let spawn_worker = |number| {
            let tasks = Arc::clone(&tasks);
            let work = move || tasks.work();
            Builder::new().name(format!("worker {number}")).spawn(work).expect("a thread can be started")
        };
        let workers = (0..workers).map(spawn_worker).collect();
        Self { tasks, workers }
    }

    /// Its queue.
    pub fn tasks(&self) -> &Tasks<P> {
        &self.tasks
    }
}

impl<P: Parting> Drop for Crew<P> {
    /// Waits until every task has been run, and all workers have gone.
    ///
    /// # Panics
    /// If a task has panicked, and taken its worker down. If that was the last worker, what is in the queue is not run.
    fn drop(&mut self) {
        self.tasks.close();
        crate::model::pool::join_all(self.workers.drain(..));
    }
}

impl<P: Parting> Tasks<P> {
    /// Puts a task in, at the end.
    pub fn add(&self, task: impl FnOnce(&Self) + Send + 'static) {
        let mut queue = self.queue.lock().unwrap();
        queue.tasks.push_back(Box::new(task));
        self.changed.notify_one();
    }

    fn close(&self) {
        let mut queue = self.queue.lock().unwrap();
        queue.closed = true;
        self.changed.notify_all();
    }

    /// Runs tasks until the queue is closed, and empty for good, or until one panics: then the others do not wait for
    /// this worker any more.
    fn work(&self) -> thread::Result<()> {
        let mut next = self.next(self.queue.lock().unwrap());
        while let Some(task) = next {
            let ended = catch_unwind(AssertUnwindSafe(|| task(self)));
            let queue = self.end_task();
            ended?;
            next = self.next(queue);
        }
        Ok(())
    }

    /// Waits for a task, and takes it out; `None` when there will be none.
    fn next(&self, queue: MutexGuard<'_, Queue<P>>) -> Option<Task<P>> {
        // Woken by `add`; by `close` and, when that was called before, by whoever ends the last task.
        let none_yet = |queue: &mut Queue<P>| queue.tasks.is_empty() && !(queue.closed && queue.busy == 0);
        let mut queue = self.changed.wait_while(queue, none_yet).unwrap();
        let task = queue.tasks.pop_front()?;
        queue.busy += 1;
        Some(task)
    }

    fn end_task(&self) -> MutexGuard<'_, Queue<P>> {
        let mut queue = self.queue.lock().unwrap();
        queue.busy -= 1;
        if queue.closed && queue.busy == 0 {
            P::tell(&self.changed);
        }
        queue
    }
}

impl<P: Parting> fmt::Debug for Tasks<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn tasks_begin_in_their_order() {
        let crew = Crew::new(1);
        let (done, results) = mpsc::channel();
        for number in 0..10 {
            let done = done.clone();
            crew.tasks().add(move |_| done.send(number).unwrap());
        }
        drop((crew, done));
        assert_eq!(results.iter().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn the_drop_waits_for_tasks_of_tasks() {
        let crew = Crew::new(3);
        let (done, results) = mpsc::channel();
        crew.tasks().add(move |tasks| {
            for _ in 0..5 {
                let done = done.clone();
                tasks.add(move |tasks| tasks.add(move |_| done.send(1).unwrap()));
            }
        });
        drop(crew);
        assert_eq!(results.iter().sum::<u32>(), 5);
    }

    #[test]
    fn a_panic_of_a_task_comes_out_of_the_drop() {
        let crew = Crew::new(1);
        crew.tasks().add(|_| panic!("burnt"));
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(crew))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"burnt"));
    }
}
