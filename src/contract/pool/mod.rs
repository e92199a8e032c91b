//! Rows of futures and executors: F, W, X and D of CPython's `concurrent.futures`.
//!
//! | row | where, or why not |
//! |---|---|
//! | F01–F07 | [`future`], by the row's name |
//! | W01–W06 | [`future::waiting`], by the row's name |
//! | F08 | a failure is a value of its own type: none is taken for "no failure" |
//! | X01–X10 | [`executor`], by the row's name |
//! | D01–D07 | [`executor::shutdown`], by the row's name |
//! | X01 (names of arguments), X06 (types and values of sizes) | the types rule them out: a task is a closure, a size is not zero |
//! | X05 (a task's own time-out) | the types rule it out: what a task says is its result or its failure, never the map's time-out |
//! | X08 (15 times as many tasks as workers) | natively only: `never_more_workers_than_allowed`, a unit test of the pool |
//! | W06 (the message; nothing is left of who waited) | unit tests of [`model::pool::future::waiting`](crate::model::pool::future::waiting) |
//! | D08 | a thread pool posts no sentinels: workers look at a flag |
//! | D09 | no thread outlives a `fork` here; the pool of processes has to say what it does about it |
//! | K01–K10 | rows of pools of processes: `contract::processes::executor`, and on real cores `verify/processes/pool` |
//! | K11 | there is no pool of interpreters |
//!
//! A client thread does what a program's main thread would: main only spawns and joins.

pub mod deque;
pub mod executor;
pub mod future;

use super::{join, spawn};
use crate::sync::{self, Condvar, Mutex};
use std::sync::Arc;
use std::time::Duration;

/// Runs the body on a thread of its own, and gives what it gives.
fn client<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    join(spawn("client", body))
}

/// A time that is over soon; under an engine a time-out is a choice, whatever the time.
fn soon() -> Duration {
    if sync::is_modelled() { Duration::from_secs(3_600) } else { Duration::from_millis(1) }
}

/// A gate that a task waits at until somebody opens it.
#[derive(Clone)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn closed() -> Self {
        let open = Mutex::new(false).named(format_args!("gate"));
        Self(Arc::new((open, Condvar::new().named(format_args!("gate opens")))))
    }

    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// Woken by whoever opens the gate.
    fn pass(&self) {
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), |open| !*open).unwrap());
    }
}
