//! Rows of the queue that one can join.
//!
//! | promise | row |
//! |---|---|
//! | who joins waits for all that was put before, whatever is put meanwhile | [`who_joins_waits_for_all`] |
//! | a worker that is killed with a task in hand holds nobody who joins (CPython's `join` hangs) | [`a_killed_worker_holds_nobody`] |
//! | a lost task is counted once, even if who counts it is killed | [`a_lost_task_is_counted_once`] |

use crate::contract::ensure;
use crate::contract::processes::lock::{has_ended, start};
use crate::engine::Outcome;
use crate::model::processes::queue::joinable::{Bookkeeping, JoinableQueue};
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::pipe::{self, Writer};
use crate::sync::region::Region;
use crate::sync::thread;
use std::io::{Read, Write};

type Tasks<B> = Region<JoinableQueue<u32, 2, 2, B>>;

fn tasks<B: Bookkeeping>() -> Tasks<B> {
    Region::new(JoinableQueue::new()).expect("a region of a few bytes")
}

/// A task is in hand, and somebody joins. Meanwhile another one is put, and done, before the first one is. Who has joined finds the
/// first one done.
pub fn who_joins_waits_for_all<B: Bookkeeping>() -> Outcome {
    let tasks = tasks::<B>();
    let done = Region::new(AtomicU32::new(0).named(format_args!("done"))).expect("a region of a few bytes");
    tasks.put(1);
    let joins = tasks.work(0, |first| {
        first.get();
        let (joined, seen) = (tasks.clone(), done.clone());
        let joins = thread::spawn(move || {
            joined.join();
            // Ordering: Relaxed. The end of a task comes after what was done.
            seen.load(Relaxed)
        });
        tasks.put(2);
        work((tasks.clone(), 1));
        done.store(1, Relaxed);
        first.task_done().expect("it was taken");
        joins
    });
    let seen = joins.join().expect("it joins");
    ensure(seen == 1, "the_first_is_done", || "it is in hand".to_owned())?;
    Ok(String::new())
}

/// Does a task, if there is one.
fn work<B: Bookkeeping>((tasks, seat): (Tasks<B>, usize)) -> bool {
    tasks.work(seat, |worker| worker.try_get().is_some() && worker.task_done().is_ok())
}

fn work_once<B: Bookkeeping>(at: (Tasks<B>, usize)) {
    work(at);
}

fn work_and_tell<B: Bookkeeping>((tasks, mut news): (Tasks<B>, Writer)) {
    tasks.work(0, |worker| {
        worker.get();
        news.write_all(&[1]).expect("somebody reads it");
        worker.task_done().expect("it was taken");
    });
}

/// A worker has a task in hand, and may be killed. Who joins meanwhile comes to an end.
pub fn a_killed_worker_holds_nobody<B: Bookkeeping>() -> Outcome {
    let tasks = tasks::<B>();
    tasks.put(1);
    let (news, mut told) = pipe::pipe().expect("there is room for a pipe");
    let worker = start(work_and_tell::<B>, (tasks.clone(), news));
    let has_it = told.read(&mut [0]).expect("a pipe is read") == 1;
    if has_it {
        tasks.join();
    }
    let ended = has_ended(worker);
    let rest = !has_it && work((tasks.clone(), 0));
    tasks.join();
    let lost = tasks.lost();
    ensure(lost <= u32::from(!ended && !rest), "lost_with_the_dead", || format!("{lost} lost"))?;
    Ok(format!("{lost} lost, {} left", u32::from(rest)))
}

fn join<B: Bookkeeping>(tasks: Tasks<B>) {
    tasks.join();
}

/// A worker may be killed, and then one who joins. What is lost is counted once.
pub fn a_lost_task_is_counted_once<B: Bookkeeping>() -> Outcome {
    let tasks = tasks::<B>();
    tasks.put(1);
    let ended = has_ended(start(work_once::<B>, (tasks.clone(), 0)));
    let rest = work((tasks.clone(), 1));
    has_ended(start(join::<B>, tasks.clone()));
    tasks.join();
    let lost = tasks.lost();
    ensure(lost <= u32::from(!ended && !rest), "once", || format!("{lost} lost"))?;
    Ok(format!("{lost} lost, {} left", u32::from(rest)))
}
