//! Rows of work stealing: deques, the injector, the pool.
//!
//! The promises of the port [`Deque`] one by one, each in the smallest robbery that shows it:
//!
//! The scenario's own scopes show all of them at once, but loom explores those only within a bound of preemptions.
//! A robbery uses its deque again and again; a second round on the same instance would show nothing new.

use super::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::pool::crew::Crew;
use crate::model::pool::idle::BeforeParking;
use crate::model::pool::stealing::{Local, StealingPool};
use crate::port::{Deque, TryQueue};
use crate::scenario::{Item, Observer, Rig, Scenario, Step, Unobserved};
use crate::sync::{Condvar, Mutex};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

const PUSH_0: Step = Step::Push(0);
const PUSH_1: Step = Step::Push(1);

/// The owner and so many thieves, each of whom tries so often.
fn robbery<D: Deque<Item>>(capacity: usize, owner: &[Step], thieves: usize, tries: usize) -> Outcome {
    let scenario = Scenario::robbery(capacity, owner.to_vec(), thieves, tries);
    let observer: Arc<dyn Observer> = Arc::new(Unobserved);
    Rig::deque::<D>().play(&Arc::new(scenario), &observer).outcome
}

/// What the owner did before the push, the thief sees.
pub fn a_push_publishes<D: Deque<Item>>() -> Outcome {
    robbery::<D>(1, &[PUSH_0], 1, 1)
}

/// The owner and a thief want the only item: one has it.
pub fn the_last_item_goes_to_one<D: Deque<Item>>() -> Outcome {
    robbery::<D>(1, &[PUSH_0, Step::TryPop], 1, 1)
}

/// The owner takes one of two items without a fight, while a thief takes what it can.
pub fn the_owner_and_a_thief_share_two<D: Deque<Item>>() -> Outcome {
    robbery::<D>(2, &[PUSH_0, PUSH_1, Step::TryPop], 1, 2)
}

/// Two thieves at a deque that grows under their hands: what one has taken the other does not get again.
pub fn a_growing_deque_keeps_its_items<D: Deque<Item>>() -> Outcome {
    robbery::<D>(1, &[PUSH_0, PUSH_1], 2, 1)
}

/// The slot of an item that was stolen is used again, perhaps while the thief is still at it.
pub fn a_slot_is_used_again<D: Deque<Item>>() -> Outcome {
    robbery::<D>(1, &[PUSH_0, PUSH_1], 1, 1)
}

/// The owner finds nothing, perhaps because a thief was faster, and puts another item in: that one is found.
pub fn an_empty_deque_is_used_again<D: Deque<Item>>() -> Outcome {
    robbery::<D>(1, &[PUSH_0, Step::TryPop, PUSH_1, Step::TryPop], 1, 1)
}

/// A thread puts two items in while another takes one: then there is one left, and it is found.
pub fn what_was_pushed_is_found<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(2));
    let mut outcome = Vec::new();
    for _ in rounds(1) {
        let consumer = spawn("consumer", {
            let queue = queue.clone();
            move || queue.try_pop().is_some()
        });
        let producer = spawn("producer", {
            let queue = queue.clone();
            move || {
                let pushed = [0, 1].map(|label| queue.try_push(Item::new(label)).is_ok());
                pushed == [true; 2] && queue.try_pop().is_some()
            }
        });
        let found = join(producer);
        let taken = join(consumer);
        ensure(found, "what_was_pushed_is_found", || {
            "two items, one consumer, and none was left".to_owned()
        })?;
        ensure(queue.try_pop().is_none() == taken, "nothing_lost", || format!("taken: {taken}"))?;
        outcome.push(taken);
    }
    Ok(format!("{outcome:?}"))
}

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
pub fn the_last_task_lets_everybody_go() -> Outcome {
    let crew = Crew::new(3);
    let left = Countdown::new(1);
    let task = left.clone();
    crew.tasks().add(move |_| task.count());
    drop(crew);
    left.none()
}
