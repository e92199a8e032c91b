//! What each thread does to a subject, as plain data, and the properties that must hold.
//!
//! A [`Scenario`] lists the roles, one thread each, and their steps. A [`Rig`] plays it on one
//! implementation of a port: the main thread builds the subject, spawns the roles, joins them, judges.
//!
//! | port                      | property                        |                                            |
//! |---------------------------|---------------------------------|--------------------------------------------|
//! | `Table`                   | `neighbours_never_eat_together` | a fork serves one philosopher at a time    |
//! |                           | `every_seat_is_fed`             | every philosopher eats once in each `dine` |
//! |                           | `bounded_overtaking`            | no wait is longer than the table promises  |
//! | `TryQueue`, `Lane`, `BlockingQueue` | `nothing_lost`      | what was accepted is received, or left     |
//! |                           | `nothing_duplicated`            | ... once                                   |
//! |                           | `fifo_per_producer`             | for each consumer, where that is its order |
//! |                           | `linearizable`                  | to the sequential queue of its order       |
//! |                           | `dropped_once`                  | each item, by whoever had it last          |
//! |                           | `rejected_comes_back`           | `Full` has the item that did not fit       |
//! | `Deque`                   | `nothing_lost`, `nothing_duplicated`, `dropped_once` | as for queues         |
//! |                           | `lifo_for_the_owner`            | it pops its newest item that is left       |
//! |                           | `empty_means_empty`             | where it finds nothing, thieves have all   |
//! |                           | `fifo_for_thieves`              | each steals older items before newer ones  |
//!
//! That nobody waits for ever, and that nobody panics, is for the engine to see.
//!
//! The harness records in plain std: a recorder on the facade would add happens-before edges and
//! hide the bugs that it is to show.

use crate::engine::{ExecutionResult, Program};
use crate::port::Table;
use crate::sync;
use crate::sync::thread::{Builder, JoinHandle};
use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

mod dining;
mod exchange;
mod locking;
mod stealing;
mod waiting;

pub use exchange::Item;

/// One operation of a thread on the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Eats one meal at this seat.
    Dine(usize),
    /// Passes through a critical section.
    Enter,
    /// Puts in the item with this label, and waits for room.
    Push(u32),
    /// Takes an item, and waits for one.
    Pop,
    /// Puts in the item with this label if there is room.
    TryPush(u32),
    /// Takes an item if there is one.
    TryPop,
    /// Tries once to take an item from somebody else's deque.
    Steal,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dine(seat) => write!(f, "dine at {seat}"),
            Self::Enter => f.write_str("enter"),
            Self::Push(label) => write!(f, "push {label}"),
            Self::Pop => f.write_str("pop"),
            Self::TryPush(label) => write!(f, "try_push {label}"),
            Self::TryPop => f.write_str("try_pop"),
            Self::Steal => f.write_str("steal"),
        }
    }
}

/// What one thread does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The name of the thread, as in `philosopher 0`.
    pub name: String,
    /// Its operations, in order.
    pub steps: Vec<Step>,
}

/// What a producer or consumer does where it could wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It waits: `push` and `pop`.
    Blocks,
    /// It goes on without: `try_push` and `try_pop`.
    Tries,
}

/// What every thread does.
///
/// ```
/// use refectory::scenario::{Scenario, Waiting};
///
/// let scenario = Scenario::exchange(Waiting::Blocks, 1, &[2], 2);
/// assert_eq!(
///     scenario.to_string(),
///     "producer 0 | consumer 0 | consumer 1\n\
///      -----------+------------+-----------\n\
///      push 0     | pop        | pop\n\
///      push 1     |            |\n"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The size of the subject: seats of a table, capacity of a queue.
    pub size: usize,
    /// The threads.
    pub roles: Vec<Role>,
    /// The labels of a producer's items start at its number times this.
    pub stride: u32,
}

impl Scenario {
    /// The stride where nobody puts in more items than this.
    const STRIDE: u32 = 100;

    /// A table at which every philosopher eats so many meals.
    pub fn dining(seats: usize, meals: usize) -> Self {
        let role = |seat| Role { name: format!("philosopher {seat}"), steps: vec![Step::Dine(seat); meals] };
        Self { size: seats, roles: (0..seats).map(role).collect(), stride: Self::STRIDE }
    }

    /// A lock under which every thread enters its critical section so often.
    pub fn locking(threads: usize, rounds: usize) -> Self {
        let role = |i| Role { name: format!("thread {i}"), steps: vec![Step::Enter; rounds] };
        Self { size: threads, roles: (0..threads).map(role).collect(), stride: Self::STRIDE }
    }

    /// A queue into which every producer puts so many items; the consumers share them as evenly as can be.
    pub fn exchange(waiting: Waiting, capacity: usize, items: &[usize], consumers: usize) -> Self {
        let (push, pop): (fn(u32) -> Step, Step) = match waiting {
            Waiting::Blocks => (Step::Push, Step::Pop),
            Waiting::Tries => (Step::TryPush, Step::TryPop),
        };
        let most = items.iter().max().map_or(0, |&most| most as u32);
        let stride = Self::STRIDE.max(most);
        let producers = items.iter().enumerate().map(|(i, &items)| Role {
            name: format!("producer {i}"),
            steps: (0..items as u32).map(|k| push(i as u32 * stride + k)).collect(),
        });
        let total = items.iter().sum();
        let consumers = (0..consumers)
            .map(|i| Role { name: format!("consumer {i}"), steps: vec![pop; share(total, consumers, i)] });
        Self { size: capacity, roles: producers.chain(consumers).collect(), stride }
    }

    /// The blocking exchange of a scope: the smallest in which each side has to wait, and everybody
    /// has something to do.
    pub fn blocking(producers: usize, consumers: usize) -> Self {
        let total = if (producers, consumers) == (1, 1) { 3 } else { producers.max(consumers) };
        let items: Vec<_> = (0..producers).map(|i| share(total, producers, i)).collect();
        Self::exchange(Waiting::Blocks, 1, &items, consumers)
    }

    /// The non-blocking exchange of a scope: one try each, or three where there is one thread a side.
    pub fn trying(producers: usize, consumers: usize) -> Self {
        let tries = if (producers, consumers) == (1, 1) { 3 } else { 1 };
        let mut scenario = Self::exchange(Waiting::Tries, 2, &vec![tries; producers], consumers);
        for consumer in &mut scenario.roles[producers..] {
            consumer.steps = vec![Step::TryPop; tries];
        }
        scenario
    }

    /// A deque whose owner performs these steps, while every thief tries so often.
    pub fn robbery(capacity: usize, owner: Vec<Step>, thieves: usize, tries: usize) -> Self {
        let thief = |i| Role { name: format!("thief {i}"), steps: vec![Step::Steal; tries] };
        let owner = Role { name: "owner".to_owned(), steps: owner };
        let roles = std::iter::once(owner).chain((0..thieves).map(thief)).collect();
        Self { size: capacity, roles, stride: Self::STRIDE }
    }

    /// The robbery of a scope: the smallest in which the deque grows, a slot is used again, and the last item
    /// is fought for.
    pub fn stealing(thieves: usize) -> Self {
        let owner = vec![Step::Push(0), Step::Push(1), Step::TryPop, Step::Push(2), Step::TryPop];
        Self::robbery(1, owner, thieves, if thieves == 1 { 2 } else { 1 })
    }
}

/// The part of the `i`-th of `n` when `total` things are shared as evenly as can be.
const fn share(total: usize, n: usize, i: usize) -> usize {
    total / n + (i < total % n) as usize
}

impl fmt::Display for Scenario {
    /// A table with a column per thread.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<Vec<String>> = self.roles.iter().map(column).collect();
        let widths: Vec<usize> =
            columns.iter().map(|cells| cells.iter().map(String::len).max().unwrap_or(0)).collect();
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..rows {
            let cell = |cells: &Vec<String>| cells.get(row).cloned().unwrap_or_default();
            let cells = columns.iter().zip(&widths).map(|(cells, &width)| format!("{:width$}", cell(cells)));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join(" | ").trim_end())?;
            if row == 0 {
                let rules = widths.iter().map(|&width| "-".repeat(width));
                writeln!(f, "{}", rules.collect::<Vec<_>>().join("-+-"))?;
            }
        }
        Ok(())
    }
}

/// The cells of a role's column, its name first.
fn column(role: &Role) -> Vec<String> {
    std::iter::once(role.name.clone()).chain(role.steps.iter().map(Step::to_string)).collect()
}

/// Is told what the threads of a scenario do, while they do it, by themselves.
pub trait Observer: Send + Sync {
    /// The role is about to begin its step.
    fn begins(&self, role: usize, step: usize) {
        let _ = (role, step);
    }

    /// The role eats: it holds both forks.
    fn eats(&self, role: usize, step: usize) {
        let _ = (role, step);
    }

    /// The role has done its step.
    fn ends(&self, role: usize, step: usize) {
        let _ = (role, step);
    }
}

/// Nobody looks.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// The kinds of things that are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// [`Table`].
    Table,
    /// [`RawLock`](crate::port::RawLock).
    Lock,
    /// [`BlockingQueue`](crate::port::BlockingQueue).
    Queue,
    /// [`TryQueue`](crate::port::TryQueue).
    TryQueue,
    /// [`Deque`](crate::port::Deque).
    Deque,
    /// [`Lane`](crate::port::Lane).
    Lane,
}

impl Port {
    /// The name in ids.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Lock => "lock",
            Self::Queue => "queue",
            Self::TryQueue => "try-queue",
            Self::Deque => "deque",
            Self::Lane => "lane",
        }
    }
}

/// Plays scenarios on one implementation of a port.
#[derive(Clone, Copy)]
pub struct Rig {
    /// The port.
    pub port: Port,
    play: fn(&Arc<Scenario>, &Arc<dyn Observer>) -> ExecutionResult,
}

impl Rig {
    /// Plays on this table.
    pub const fn table<T: Table>() -> Self {
        Self { port: Port::Table, play: dining::play::<T> }
    }

    /// Plays on this lock.
    pub const fn lock<L: crate::port::RawLock>() -> Self {
        Self { port: Port::Lock, play: |scenario, observer| locking::play::<L>(scenario, observer).into() }
    }

    /// Plays on this queue.
    pub const fn queue<Q: crate::port::BlockingQueue<Item>>() -> Self {
        Self {
            port: Port::Queue,
            play: |scenario, observer| exchange::play_blocking::<Q>(scenario, observer).into(),
        }
    }

    /// Plays on this queue.
    pub const fn try_queue<Q: crate::port::TryQueue<Item>>() -> Self {
        Self {
            port: Port::TryQueue,
            play: |scenario, observer| exchange::play_trying::<Q>(scenario, observer).into(),
        }
    }

    /// Plays on this deque.
    pub const fn deque<D: crate::port::Deque<Item>>() -> Self {
        Self { port: Port::Deque, play: |scenario, observer| stealing::play::<D>(scenario, observer).into() }
    }

    /// Plays on this queue, whose ends go to one producer and one consumer.
    pub const fn lane<L: crate::port::Lane<Item>>() -> Self {
        Self {
            port: Port::Lane,
            play: |scenario, observer| exchange::play_lane::<L>(scenario, observer).into(),
        }
    }

    /// Plays the scenario once.
    ///
    /// # Panics
    /// If a role panics, or has a step that the port does not offer.
    pub fn play(self, scenario: &Arc<Scenario>, observer: &Arc<dyn Observer>) -> ExecutionResult {
        (self.play)(scenario, observer)
    }

    /// The scenario as a program for an engine.
    pub fn program(self, scenario: Scenario) -> Program {
        let scenario = Arc::new(scenario);
        let observer: Arc<dyn Observer> = Arc::new(Unobserved);
        Program::measured(move || self.play(&scenario, &observer))
    }
}

impl fmt::Debug for Rig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rig").field("port", &self.port).finish_non_exhaustive()
    }
}

/// A subject in its harness: performs the steps of a role.
trait Stage: Send + Sync + 'static {
    /// What a role brings home.
    type Account: Send + 'static;

    fn perform(&self, steps: &[Step], watch: Watch<'_>) -> Self::Account;
}

/// The observer, as one role sees it.
#[derive(Clone, Copy)]
struct Watch<'a> {
    observer: &'a dyn Observer,
    role: usize,
}

impl Watch<'_> {
    fn step<R>(self, step: usize, body: impl FnOnce() -> R) -> R {
        self.observer.begins(self.role, step);
        let result = body();
        self.observer.ends(self.role, step);
        result
    }

    fn eats(self, step: usize) {
        self.observer.eats(self.role, step);
    }
}

/// Spawns the roles and joins them: all that the main thread does, because loom misses executions
/// where it takes part in more.
///
/// The stage is shared by std's own `Arc`, not by the facade's, which would give every engine more
/// operations to order. That is sound: the last owner is the caller, and drops it after the joins, which
/// order everything the roles did before it.
fn run<S: Stage>(stage: &Arc<S>, scenario: &Arc<Scenario>, observer: &Arc<dyn Observer>) -> Vec<S::Account> {
    let start = Arc::new(StartLine::new(scenario.roles.len()));
    let spawn = |role: usize| {
        let (stage, scenario, observer) = (stage.clone(), scenario.clone(), observer.clone());
        let start = start.clone();
        let name = scenario.roles[role].name.clone();
        let body = move || {
            start.wait();
            let watch = Watch { observer: &*observer, role };
            stage.perform(&scenario.roles[role].steps, watch)
        };
        Builder::new().name(name).spawn(body).expect("a thread can be started")
    };
    let threads: Vec<JoinHandle<_>> = (0..scenario.roles.len()).map(spawn).collect();
    // A panic of a role is the engine's to report: it goes on through main.
    threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
}

/// Lets all threads go at once, so that on real cores they do overlap.
struct StartLine {
    runners: usize,
    arrived: AtomicUsize,
}

impl StartLine {
    /// After so many looks, a waiting thread offers its core to one that has not yet arrived.
    const PATIENCE: u32 = 1_000;

    const fn new(runners: usize) -> Self {
        Self { runners, arrived: AtomicUsize::new(0) }
    }

    /// Spins until all have arrived. Where an engine decides who runs, there is nothing to wait for.
    fn wait(&self) {
        if sync::is_modelled() {
            return;
        }
        self.arrived.fetch_add(1, Ordering::Relaxed);
        let mut looks = 0;
        while self.arrived.load(Ordering::Relaxed) < self.runners {
            looks += 1;
            if looks % Self::PATIENCE == 0 { sync::thread::yield_now() } else { sync::hint::spin_loop() }
        }
    }
}

#[cfg(test)]
mod tests;
