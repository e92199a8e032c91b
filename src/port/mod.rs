//! What a user implements to bring a subject: one trait for each kind of thing that is tested.
//!
//! A port is one file: the trait, the sizes in which its implementations are run, what the threads do in each, and the
//! properties that must hold. A [`scenario`](crate::scenario) knows a subject through its port alone, so that one scenario
//! serves every implementation in every model. The docs of a trait are its contract: what they
//! promise is what the scenarios check. Two rules hold for all ports:
//!
//! - Every primitive comes from [`sync`](crate::sync). What bypasses it, no engine can see.
//! - A constructor runs on the main thread of an execution, and the subject is dropped there, after
//!   all other threads have ended.
//!
//! Each port names the properties that it judges by. That nobody waits for ever, and that nobody panics, is for the engine
//! to see.
//!
//! ```
//! use refectory::port::Table;
//! use refectory::sync::Mutex;
//!
//! /// One lock for the whole table: correct, and only one philosopher eats at a time.
//! struct OneAtATime {
//!     seats: usize,
//!     table: Mutex<()>,
//! }
//!
//! impl Table for OneAtATime {
//!     fn with_seats(seats: usize) -> Self {
//!         Self { seats, table: Mutex::new(()) }
//!     }
//!
//!     fn seats(&self) -> usize {
//!         self.seats
//!     }
//!
//!     fn dine(&self, _seat: usize, eat: &mut dyn FnMut()) {
//!         let _whole_table = self.table.lock().unwrap();
//!         eat();
//!     }
//! }
//!
//! let mut meals = 0;
//! OneAtATime::with_seats(5).dine(3, &mut || meals += 1);
//! assert_eq!(meals, 1);
//! ```

mod answers;
pub mod deque;
pub mod exchange;
mod holdings;
mod item;
mod ledger;
pub mod lock;
pub mod queue;
pub mod spsc;
pub mod table;
#[cfg(test)]
mod tests;
pub mod transfer;
pub mod try_queue;

pub use self::deque::{Deque, Steal, Stealer};
pub use self::exchange::{Closed, Full};
pub use self::item::{Goods, Item, Parcel};
pub use self::lock::RawLock;
pub use self::queue::{BlockingQueue, CancellableQueue, Close, TimedQueue};
pub use self::spsc::{SpscConsumer, SpscProducer, SpscQueue};
pub use self::table::{Table, forks_of};
pub use self::try_queue::TryQueue;
pub use crate::spec::Order;

use crate::engine::{ExecutionResult, Program};
use crate::scenario::{Observer, Scenario, SplitMix64, Step, Unobserved, Verb};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Every port.
pub const PORTS: [&Port; 6] =
    [&table::PORT, &lock::PORT, &queue::PORT, &try_queue::PORT, &spsc::PORT, &deque::PORT];

/// What the ports' roles do.
const VERBS: [Verb; 8] = [
    table::DINE,
    lock::ENTER,
    lock::TRY_ENTER,
    exchange::PUSH,
    exchange::POP,
    exchange::TRY_PUSH,
    exchange::TRY_POP,
    deque::STEAL,
];

/// The step that is written so, as in `push 7` or `dine at 2`; nothing where no port offers it.
pub fn step(text: &str) -> Option<Step> {
    let verb = |name: &str| VERBS.into_iter().find(|verb| verb.0 == name);
    let numbered = text.rsplit_once(' ').and_then(|(name, number)| Some((verb(name)?, number.parse().ok()?)));
    match numbered {
        Some((verb, number)) => Some(verb.on(number)),
        None => verb(text).map(Verb::step),
    }
}

/// A kind of thing that is tested.
#[derive(Debug)]
pub struct Port {
    /// The name, as in `table`.
    pub name: &'static str,
    /// The sizes of a pull request.
    pub sizes: &'static [Size],
    /// The sizes of a nightly run, beside those.
    pub larger: &'static [Size],
    /// What the threads do at this size.
    pub scenario: fn(Size) -> Scenario,
    /// What they do in a round of a campaign.
    pub draw: fn(&mut SplitMix64) -> Scenario,
}

/// How large a scenario is: seats and meals, threads and critical sections, producers and consumers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub usize, pub usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.0, self.1)
    }
}

/// Plays scenarios on one implementation of a port.
#[derive(Clone, Copy)]
pub struct Harness {
    /// The port.
    pub port: &'static Port,
    play: Play,
    loads: &'static [Play],
    time: Option<Timing>,
}

/// Plays a scenario once.
pub type Play = fn(&Arc<Scenario>, &Arc<dyn Observer>) -> ExecutionResult;

/// The time that real threads take, at this size, to do what the port is about so often.
pub type Timing = fn(Size, u64) -> Duration;

impl Harness {
    /// One that plays in this way.
    pub const fn new(port: &'static Port, play: Play) -> Self {
        Self { port, play, loads: &[], time: None }
    }

    /// The same, which campaigns play in these ways as well: with items that carry a load.
    #[must_use]
    pub const fn carrying(self, loads: &'static [Play]) -> Self {
        Self { loads, ..self }
    }

    /// The same with one of its loads, or with none: which, says the number, whatever it is.
    #[must_use]
    pub const fn loaded(self, number: usize) -> Self {
        match number % (self.loads.len() + 1) {
            0 => self,
            load => Self { play: self.loads[load - 1], ..self },
        }
    }

    /// The same, measured in this way.
    #[must_use]
    pub const fn timed(self, time: Timing) -> Self {
        Self { time: Some(time), ..self }
    }

    /// How it is measured without the harness's records, where benches find it in the catalogue.
    pub const fn timing(&self) -> Option<Timing> {
        self.time
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

impl fmt::Debug for Harness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness").field("port", &self.port.name).finish_non_exhaustive()
    }
}
