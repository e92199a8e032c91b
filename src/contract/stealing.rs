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
    let left = Arc::new(Mutex::new(3).named(format_args!("tasks left")));
    let run = |left: &Arc<Mutex<i32>>| {
        let left = left.clone();
        move || *left.lock().unwrap() -= 1
    };
    let (first, second, third) = (run(&left), run(&left), run(&left));
    pool.spawn(move |local| {
        local.spawn(move |_| second());
        first();
    });
    pool.spawn(move |_| third());
    drop(pool);
    let left = *left.lock().unwrap();
    ensure(left == 0, "every_task_runs_once", || format!("{left} of 3 tasks left"))?;
    Ok("all run".to_owned())
}

/// Two workers, one task: the other worker, which may sleep by then, goes when the task has ended.
pub fn the_last_task_lets_everybody_go() -> Outcome {
    let crew = Crew::new(2);
    let left = Arc::new(Mutex::new(1).named(format_args!("tasks left")));
    crew.tasks().add({
        let left = left.clone();
        move |_| *left.lock().unwrap() -= 1
    });
    drop(crew);
    let left = *left.lock().unwrap();
    ensure(left == 0, "every_task_runs_once", || format!("{left} of 1 task left"))?;
    Ok("run".to_owned())
}
