//! What each thread does to a subject, as plain data.
//!
//! A [`Scenario`] lists the roles, one thread each, and their steps. The harness of a [`port`](crate::port) plays it on one
//! implementation: the main thread builds the subject, spawns the roles, joins them, and judges.
//!
//! That nobody waits for ever, and that nobody panics, is for the engine to see.
//!
//! The harness records in plain std: a recorder on the facade would add happens-before edges and
//! hide the bugs that it is to show.

use crate::check::Decision;
use crate::check::exclusion::{self, Holding};
use crate::engine;
use crate::history::log::Entry;
use crate::spec::{QueueAnswer, QueueCall};
use crate::sync;
use crate::sync::thread::{Builder, JoinHandle};
use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

mod random;

pub use self::random::SplitMix64;

/// An operation that a port offers, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verb(pub &'static str);

impl Verb {
    /// The step on nothing in particular.
    pub const fn step(self) -> Step {
        Step { verb: self, on: None }
    }

    /// The step on this seat, or with the item that has this label.
    pub const fn on(self, number: u32) -> Step {
        Step { verb: self, on: Some(number) }
    }
}

/// One operation of a thread on the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub verb: Verb,
    /// The seat, or the label of the item, that it is about.
    pub on: Option<u32>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb.0)?;
        self.on.map_or(Ok(()), |number| write!(f, " {number}"))
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

/// What every thread does.
///
/// ```
/// use refectory::port::exchange::{Waiting, exchange};
///
/// let scenario = exchange(Waiting::Blocks, 1, &[2], 2);
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
    pub(crate) const STRIDE: u32 = 100;

    /// What these roles do to a subject of this size.
    pub const fn new(size: usize, roles: Vec<Role>) -> Self {
        Self { size, roles, stride: Self::STRIDE }
    }
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

/// What was recorded of a scenario on real cores. Processes are roles.
#[derive(Clone, Debug)]
pub enum Recorded {
    /// What a queue was asked, and what it answered.
    Queue(Vec<Entry<QueueCall, QueueAnswer>>),
    /// Who had a lock and when: of each lock, or of each fork of a table.
    Locks(Vec<Vec<Holding>>),
}

impl Recorded {
    /// How often somebody who waited for a lock was overtaken, at most; nothing where nobody asked for one.
    pub fn most_overtaken(&self) -> Option<u64> {
        let Self::Locks(locks) = self else { return None };
        locks.iter().filter_map(|lock| exclusion::most_overtaken(lock)).map(|(times, _)| times).max()
    }
}

/// Is told what the threads of a scenario do, while they do it, by themselves.
pub trait Observer: Send + Sync {
    /// The role is about to begin its step.
    fn begins(&self, role: usize, step: usize) {
        let _ = (role, step);
    }

    /// The role eats: it holds both forks; or it is in the critical section of a lock.
    fn eats(&self, role: usize, step: usize) {
        let _ = (role, step);
    }

    /// The role has done its step.
    fn ends(&self, role: usize, step: usize) {
        let _ = (role, step);
    }

    /// What was recorded on real cores, and whether it may be so. Where that could not be decided, and nobody says so, the execution is no
    /// pass.
    fn judged(&self, history: Recorded, decision: &Decision) {
        let _ = history;
        if let Decision::Unknown(why) = decision {
            engine::give_up(why.clone());
        }
    }
}

/// Nobody looks.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// A subject with its witnesses: performs the steps of a role.
pub(crate) trait Performer: Send + Sync + 'static {
    /// What a role brings home.
    type Account: Send + 'static;

    /// Performs a role's steps when all others are [ready](Watch::ready).
    fn perform(&self, steps: &[Step], watch: Watch<'_>) -> Self::Account;
}

/// The observer, as one role sees it.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'a> {
    observer: &'a dyn Observer,
    start: &'a StartLine,
    pub(crate) role: usize,
}

impl Watch<'_> {
    /// Waits for all other roles. What a role has to lay out, it lays out before.
    pub(crate) fn ready(self) {
        self.start.wait();
    }

    pub(crate) fn step<R>(self, step: usize, body: impl FnOnce() -> R) -> R {
        self.observer.begins(self.role, step);
        let result = body();
        self.observer.ends(self.role, step);
        result
    }

    pub(crate) fn eats(self, step: usize) {
        self.observer.eats(self.role, step);
    }
}

/// Spawns the roles and joins them: all that the main thread does, because loom misses executions
/// where it takes part in more.
///
/// The performer is shared by std's own `Arc`, not by the facade's, which would give every engine more
/// operations to order. That is sound: the last owner is the caller, and drops it after the joins, which
/// order everything the roles did before it.
///
/// It is compiled once for all subjects of a port.
pub(crate) fn run<A: Send + 'static>(
    performer: &Arc<dyn Performer<Account = A>>,
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> Vec<A> {
    let start = Arc::new(StartLine::new(scenario.roles.len()));
    let start_role = |role: usize| {
        let (performer, of_role, observer) = (performer.clone(), scenario.clone(), observer.clone());
        let start = start.clone();
        let body = move || {
            let watch = Watch { observer: &*observer, start: &start, role };
            performer.perform(&of_role.roles[role].steps, watch)
        };
        spawn(&scenario.roles[role].name, body)
    };
    let threads: Vec<JoinHandle<_>> = (0..scenario.roles.len()).map(start_role).collect();
    threads.into_iter().map(|thread| join(thread)).collect()
}

/// Starts a thread under a name for traces.
pub fn spawn<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}

/// Waits for a thread. Its panic is the engine's to report: it goes on through the caller.
#[track_caller]
pub fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
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

/// The time that real threads take together, from the first one's beginning, when all are ready, to the last one's end. Each looks at
/// the clock itself: one beside them may get a processor only when they are done.
///
/// # Panics
/// If one of them does, or cannot be started.
pub fn time_together<'a, B: FnOnce() + Send + 'a>(bodies: impl Iterator<Item = B>) -> Duration {
    time_all(bodies.map(|body| Box::new(body) as Body<'a>).collect())
}

type Body<'a> = Box<dyn FnOnce() + Send + 'a>;

fn time_all<'a>(bodies: Vec<Body<'a>>) -> Duration {
    let start = &StartLine::new(bodies.len());
    let spans: Vec<_> = std::thread::scope(|scope| {
        let run = |body: Body<'a>| {
            scope.spawn(move || {
                start.wait();
                let begun = Instant::now();
                body();
                (begun, Instant::now())
            })
        };
        let threads: Vec<_> = bodies.into_iter().map(run).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread that is measured does not panic"))
            .collect()
    });
    let begun = spans.iter().map(|(begun, _)| *begun).min();
    let ended = spans.iter().map(|(_, ended)| *ended).max();
    begun.zip(ended).map_or(Duration::ZERO, |(begun, ended)| ended - begun)
}
