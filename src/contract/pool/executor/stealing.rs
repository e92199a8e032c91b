//! Rows of the pool whose workers steal, and of the crew that shares one queue.

use super::LOOKS;
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::pool::executor::crew::{Crew, Parting};
use crate::model::pool::executor::idle::BeforeParking;
use crate::model::pool::executor::stealing::{Local, StealingPool};
use crate::sync::atomic::AtomicBool;
use crate::sync::{Barrier, Condvar, Mutex, hint, thread};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a client waits for: that so many tasks have been run.
struct Latch {
    left: Mutex<usize>,
    open: Condvar,
}

impl Latch {
    fn new(tasks: usize) -> Arc<Self> {
        let left = Mutex::new(tasks).named(format_args!("tasks left"));
        Arc::new(Self { left, open: Condvar::new().named(format_args!("all run")) })
    }

    fn count_down(&self) {
        let mut left = self.left.lock().unwrap();
        *left -= 1;
        if *left == 0 {
            self.open.notify_all();
        }
    }

    /// Woken by the last task.
    fn wait(&self) {
        drop(self.open.wait_while(self.left.lock().unwrap(), |left| *left > 0).unwrap());
    }
}

/// A client puts a task in and waits for it: it is run, whether the worker was asleep, awake, or about to sleep.
pub fn a_task_from_outside_is_run<B: BeforeParking>() -> Outcome {
    let pool = Arc::new(StealingPool::<B>::new(1));
    for _ in rounds(1) {
        let client = spawn("client", {
            let pool = pool.clone();
            move || {
                let latch = Latch::new(1);
                pool.spawn({
                    let latch = latch.clone();
                    move |_| latch.count_down()
                });
                latch.wait();
            }
        });
        join(client);
    }
    Ok("run".to_owned())
}

/// A task spawns another at its worker and waits for it: it is run by the other worker, who steals it.
pub fn a_task_of_a_busy_worker_is_stolen<B: BeforeParking>() -> Outcome {
    let latch = Latch::new(1);
    let task = move |local: &Local<'_, B>| {
        local.spawn({
            let latch = latch.clone();
            move |_| latch.count_down()
        });
        latch.wait();
    };
    drop(StealingPool::<B>::beginning_with(2, task));
    Ok("run".to_owned())
}

/// Three tasks, one of which is spawned by another: each is run once, and the pool's drop waits for all.
pub fn the_drop_waits_for_all_tasks<B: BeforeParking>() -> Outcome {
    let pool = StealingPool::<B>::new(1);
    let left = Countdown::new(3);
    let (first, second, third) = (left.clone(), left.clone(), left.clone());
    pool.spawn(move |local| {
        local.spawn(move |_| second.count());
        first.count();
    });
    pool.spawn(move |_| third.count());
    drop(pool);
    left.none()
}

/// A task spawns another and panics: the other worker steals that one, runs it and goes, and the pool's drop passes the
/// panic on.
pub fn a_panic_leaves_tasks_to_the_others<B: BeforeParking>() -> Outcome {
    let left = Countdown::new(1);
    let second = left.clone();
    let pool = StealingPool::<B>::beginning_with(2, move |local| {
        local.spawn(move |_| second.count());
        panic!("burnt");
    });
    ended_by_panic(pool, &left)
}

/// A task panics while another comes from outside: the worker that is left runs it and goes.
pub fn a_panic_leaves_a_pool_at_work<B: BeforeParking>() -> Outcome {
    let left = Countdown::new(1);
    let second = left.clone();
    let pool = StealingPool::<B>::beginning_with(2, |_| panic!("burnt"));
    pool.spawn(move |_| second.count());
    ended_by_panic(pool, &left)
}

/// A task of a crew puts another in and panics: the other worker runs it and goes.
pub fn a_panic_leaves_the_rest_to_the_crew() -> Outcome {
    let crew = Crew::new(2);
    let left = Countdown::new(1);
    let second = left.clone();
    crew.tasks().add(move |tasks| {
        tasks.add(move |_| second.count());
        panic!("burnt");
    });
    ended_by_panic(crew, &left)
}

/// Two tasks panic, each on a worker of its own: the drop passes on the panic of the worker that comes first.
pub fn of_two_panics_the_first_is_passed_on<B: BeforeParking>() -> Outcome {
    let pool = StealingPool::<B>::beginning_with(2, |local| {
        let stolen = Arc::new(AtomicBool::new(false).named(format_args!("stolen")));
        let steals = stolen.clone();
        local.spawn(move |_| {
            steals.store(true, Ordering::Relaxed);
            panic_by_name();
        });
        hint::spin_until(LOOKS, || stolen.load(Ordering::Relaxed));
        panic_by_name();
    });
    let panic = catch_unwind(AssertUnwindSafe(|| drop(pool))).err();
    let of = panic.and_then(|panic| panic.downcast_ref::<String>().cloned());
    ensure(of.as_deref() == Some("worker 0"), "the_first_is_passed_on", || format!("that of {of:?}"))?;
    Ok("passed on".to_owned())
}

/// Panics with the name of the worker.
fn panic_by_name() {
    let worker = thread::current().name().map(str::to_owned);
    resume_unwind(Box::new(worker.unwrap_or_default()));
}

/// A task spawns two others and waits for both, and these for it: each of three workers runs one of them.
pub fn tasks_that_meet_have_a_worker_each<B: BeforeParking>() -> Outcome {
    let meeting = Arc::new(Barrier::new(3).named(format_args!("meeting")));
    let task = move |local: &Local<'_, B>| {
        for _ in 0..2 {
            let meeting = meeting.clone();
            local.spawn(move |_| _ = meeting.wait());
        }
        meeting.wait();
    };
    drop(StealingPool::<B>::beginning_with(3, task));
    Ok("met".to_owned())
}

/// Two tasks are put in, one after the other, and the first waits for the second: each wakes a worker.
pub fn each_task_wakes_a_worker() -> Outcome {
    let crew = Arc::new(Crew::new(2));
    let client = spawn("client", {
        let crew = crew.clone();
        move || {
            let latch = Latch::new(1);
            let (first, second) = (latch.clone(), latch.clone());
            crew.tasks().add(move |_| first.wait());
            crew.tasks().add(move |_| second.count_down());
            latch.wait();
        }
    });
    join(client);
    drop(crew);
    Ok("run".to_owned())
}

/// One worker, two tasks: they begin in the order in which they were put in.
pub fn tasks_begin_in_their_order() -> Outcome {
    let begun = Arc::new(Mutex::new(Vec::new()).named(format_args!("begun")));
    let crew = Crew::new(1);
    for number in 0..2 {
        let begun = begun.clone();
        crew.tasks().add(move |_| begun.lock().unwrap().push(number));
    }
    drop(crew);
    let begun = begun.lock().unwrap().clone();
    ensure(begun == [0, 1], "in_order", || format!("begun {begun:?}"))?;
    Ok(String::new())
}

/// A crew in which nobody would ever run a task is not made.
pub fn a_crew_needs_a_worker() -> Outcome {
    let made = catch_unwind(AssertUnwindSafe(|| Crew::new(0))).is_ok();
    ensure(!made, "a_worker", || "a crew of 0 was made".to_owned())?;
    Ok(String::new())
}

/// A crew of which a task has panicked is dropped by another panic: this one goes on.
pub fn a_panic_may_drop_a_panicked_crew() -> Outcome {
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let crew = Crew::new(1);
        // Without the hook, which would note a second thread that panics.
        crew.tasks().add(|_| resume_unwind(Box::new("burnt")));
        spill();
    }));
    let message = panic.err().and_then(|panic| panic.downcast_ref::<&str>().copied());
    ensure(message == Some("spilt"), "the_panic_goes_on", || format!("{message:?}"))?;
    Ok(String::new())
}

/// Panics, as user code may.
fn spill() {
    panic!("spilt");
}

/// Drops a pool of which a task has panicked.
fn ended_by_panic<P>(pool: P, left: &Countdown) -> Outcome {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(pool))).err();
    let message = panic.and_then(|panic| panic.downcast_ref::<&str>().copied());
    ensure(message == Some("burnt"), "the_panic_is_passed_on", || format!("{message:?}"))?;
    left.none()
}

/// Tasks that are not yet run.
#[derive(Clone)]
struct Countdown(Arc<Mutex<i32>>);

impl Countdown {
    fn new(tasks: i32) -> Self {
        Self(Arc::new(Mutex::new(tasks).named(format_args!("tasks left"))))
    }

    /// A task is run.
    fn count(&self) {
        *self.0.lock().unwrap() -= 1;
    }

    fn none(&self) -> Outcome {
        let left = *self.0.lock().unwrap();
        ensure(left == 0, "every_task_runs_once", || format!("{left} tasks left"))?;
        Ok("all run".to_owned())
    }
}

/// Three workers, one task: the other workers, which may sleep by then, go when the task has ended.
pub fn the_last_task_lets_everybody_go<P: Parting>() -> Outcome {
    let crew = Crew::<P>::of(3);
    let left = Countdown::new(1);
    let task = left.clone();
    crew.tasks().add(move |_| task.count());
    drop(crew);
    left.none()
}
