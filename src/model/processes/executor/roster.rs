//! The queue and the workers of a pool of processes, as its mutex guards them.

use super::call::answer;
use super::frame::{Kind, bare, is_short};
use crate::model::pool::future::{Failure, Future};
use crate::model::pool::rules;
use crate::sync::pipe::Writer;
use crate::sync::process::Process;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::io::Write;

#[derive(Default)]
pub(super) struct Pool {
    pub(super) queue: VecDeque<Job>,
    pub(super) workers: Vec<Worker>,
    /// Workers that were started, ever.
    pub(super) started: usize,
    /// Managers that have not ended: those whose worker has died too.
    pub(super) managers: usize,
    pub(super) closed: bool,
    pub(super) broken: bool,
}

/// A task, with the frame in which it goes to its worker.
pub(super) struct Job {
    pub(super) frame: Vec<u8>,
    pub(super) promise: Box<dyn Promise>,
}

/// A future, whatever the type of its result.
pub(super) trait Promise: Send {
    /// Whether the task is to be run.
    fn claim(&self) -> bool;
    /// The worker has answered.
    fn answer(&self, frame: &[u8]);
    /// There will be no answer.
    fn fail(&self, failure: Failure);
    /// The pool is shut down.
    fn cancel(&self);
}

impl<T: DeserializeOwned + Send, R: rules::Rules> Promise for Future<T, R> {
    fn claim(&self) -> bool {
        // One that was claimed before comes again where no worker could be started.
        Self::claim(self) != Ok(false)
    }

    fn answer(&self, frame: &[u8]) {
        // Nobody else finishes a future that was claimed.
        let _ = match answer(frame) {
            Ok(result) => self.set_result(result).is_ok(),
            Err(failure) => self.set_failure(failure).is_ok(),
        };
    }

    fn fail(&self, failure: Failure) {
        // One that was cancelled stays so, and is told.
        if Promise::claim(self) {
            let _ = self.set_failure(failure);
        }
    }

    fn cancel(&self) {
        self.cancel_at_shutdown();
    }
}

pub(super) struct Worker {
    pub(super) number: usize,
    pub(super) process: Process,
    pub(super) at: At,
    /// Tasks that it has done.
    pub(super) done: usize,
}

/// What a worker is at.
pub(super) enum At {
    /// Nothing. Its next task goes into this pipe.
    Idle(Writer),
    /// It was called, and will answer: there is something in the queue.
    Called(Writer),
    /// This task. Its manager has the pipe, unless it was idle before.
    Task(Job, Option<Writer>),
    /// Its end: it gets no more tasks.
    Leaving,
}

impl Pool {
    /// The worker of a manager, which is there until that one removes it.
    pub(super) fn worker(&mut self, number: usize) -> &mut Worker {
        self.workers
            .iter_mut()
            .find(|worker| worker.number == number)
            .expect("its manager has not removed it")
    }

    pub(super) fn remove(&mut self, number: usize) -> Worker {
        let at = self.workers.iter().position(|worker| worker.number == number);
        self.workers.swap_remove(at.expect("its manager alone removes it"))
    }

    /// Gives a task to an idle worker, or calls one to it; gives it back where none is idle.
    pub(super) fn give(&mut self, job: Job) -> Option<Job> {
        let idle = self.workers.iter_mut().find(|worker| matches!(worker.at, At::Idle(_)));
        let Some(Worker { at, .. }) = idle else { return Some(job) };
        let At::Idle(mut writer) = std::mem::replace(at, At::Leaving) else { return Some(job) };
        if is_short(&job.frame) && writer.write_all(&job.frame).is_ok() {
            job.promise.claim();
            *at = At::Task(job, Some(writer));
            return None;
        }
        // Where it fails the worker is dead: its manager comes to the queue, too.
        let _ = writer.write_all(&bare(Kind::Knock));
        *at = At::Called(writer);
        self.queue.push_back(job);
        None
    }

    /// The next task that is to be run.
    pub(super) fn next_job(&mut self) -> Option<Job> {
        std::iter::from_fn(|| self.queue.pop_front()).find(|job| job.promise.claim())
    }

    /// The pool never runs a task again, and kills its workers, but the one that ends by itself. Gives the tasks that were lost.
    pub(super) fn break_down(&mut self, ends: Option<usize>) -> Vec<Job> {
        self.broken = true;
        let mut lost: Vec<Job> = self.queue.drain(..).collect();
        for worker in &mut self.workers {
            if let At::Task(job, _) = std::mem::replace(&mut worker.at, At::Leaving) {
                lost.push(job);
            }
            if ends != Some(worker.number) {
                // It fails where the worker has ended.
                let _ = worker.process.kill();
            }
        }
        lost
    }
}
