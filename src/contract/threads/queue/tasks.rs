//! `task_done` and `join`: J01–J03.

use super::{Flag, Items, alone};
use crate::contract::threads::queue::Queue;
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::threads::queue::{Discipline, TaskDoneError};
use std::sync::Arc;

/// There is no task to be done in a fresh queue, nor when all are done.
pub fn j01_task_done_too_often<B: Items<u32>>() -> Outcome {
    alone(|| {
        let queue = Queue::<u32, B>::new(0);
        for _ in 0..2 {
            let done = queue.task_done();
            ensure(done == Err(TaskDoneError), "no_task", || format!("{done:?} in an empty queue"))?;
            queue.put(1).expect("there is no limit");
            let done = queue.get().map(|_| queue.task_done());
            ensure(done == Ok(Ok(())), "one_task", || format!("{done:?} after one item"))?;
            queue.join();
        }
        Ok("once for each item".to_owned())
    })
}

/// Of two items that are in, the task of one is done before it came out; then an immediate shutdown drops both,
/// and no task is left.
pub fn j01_task_done_may_come_early<B: Items<u32>>() -> Outcome {
    alone(|| {
        let queue = Queue::<u32, B>::new(0);
        for item in 0..2 {
            queue.put(item).expect("there is no limit");
        }
        let done = queue.task_done();
        ensure(done == Ok(()), "one_task", || format!("{done:?} of two items that are in"))?;
        queue.shutdown(true);
        queue.join();
        let more = queue.task_done();
        ensure(more == Err(TaskDoneError), "no_task", || format!("{more:?} when all were dropped"))?;
        Ok("none left".to_owned())
    })
}

/// `join` comes back when both tasks are done, and at once where there is none.
pub fn j02_join_waits_for_every_task<B: Items<u32>, D: Discipline>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B, D>::new(0));
    let last = Flag::default();
    for _ in rounds(2) {
        last.lower();
        for item in 0..2 {
            queue.put(item).expect("there is no limit");
        }
        let joiner = spawn("joiner", {
            let (queue, last) = (queue.clone(), last.clone());
            move || {
                queue.join();
                last.is_up()
            }
        });
        let worker = spawn("worker", {
            let (queue, last) = (queue.clone(), last.clone());
            move || {
                queue.get().is_ok() && queue.task_done().is_ok() && queue.get().is_ok() && {
                    last.raise();
                    queue.task_done().is_ok()
                }
            }
        });
        let done = join(worker);
        ensure(done, "every_task_is_done_once", || "an item or a task was missing".to_owned())?;
        ensure(join(joiner), "join_waits", || "join came back before the last task_done".to_owned())?;
        queue.join();
    }
    Ok("joined".to_owned())
}

/// Two callers wait for the same task.
pub fn j03_every_joiner_is_released<B: Items<u32>, D: Discipline>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B, D>::new(0));
    let done = Flag::default();
    for _ in rounds(1) {
        done.lower();
        queue.put(7).expect("there is no limit");
        let joiners = [0, 1].map(|number| {
            let (queue, done) = (queue.clone(), done.clone());
            let body = move || {
                queue.join();
                done.is_up()
            };
            spawn(&format!("joiner {number}"), body)
        });
        let worker = spawn("worker", {
            let (queue, done) = (queue.clone(), done.clone());
            move || {
                let got = queue.get().is_ok();
                done.raise();
                got && queue.task_done().is_ok()
            }
        });
        let worked = join(worker);
        let waited = joiners.map(join);
        ensure(worked, "one_task", || "an item or a task was missing".to_owned())?;
        ensure(waited == [true; 2], "join_waits", || format!("{waited:?} waited for the task"))?;
    }
    Ok("released".to_owned())
}
