//! Rows of the queues for tasks: what `queue.py` promises.
//!
//! | row | where |
//! |---|---|
//! | Q01–Q05, Q07–Q10, Q14, Q15 | [`exchange`] |
//! | Q06 | no row: a `Duration` is never negative |
//! | Q11–Q13 | [`panics`] |
//! | J01–J03 | [`tasks`] |
//! | S01–S08 | [`shutdown`] |
//! | both ways to call a queue, and `close` | [`bounded`] |
//!
//! Rows that every queue keeps are written over [`Line`]; the others over the queue, its buffer and its discipline,
//! so that a twin runs the same row.

mod lists;

pub mod bounded;
pub mod exchange;
pub mod items;
pub mod panics;
pub mod shutdown;
pub mod tasks;

pub use lists::{FIFO, LIFO, PRIORITY, SIMPLE};

use crate::contract::{join, spawn};
use crate::engine::Outcome;
use crate::model::threads::lock::monitor::{Monitor, Primitive};
use crate::model::threads::queue::broken::simple_queue::DeadlineFirst;
use crate::model::threads::queue::simple_queue::{Looking, Thorough};
use crate::model::threads::queue::{self, Buffer, Correct, Discipline, Fifo, GetError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// The row that has the name of its function, which is given with its types.
macro_rules! row {
    ($topic:ident::$name:ident, $($of:ty),+) => {
        $crate::cell::Row::new(stringify!($name), $topic::$name::<$($of),+>)
    };
}
pub(crate) use row;

/// The queue whose rows are explored: on the primitives that every engine knows.
pub type Queue<T, B = Fifo<T>, D = Correct> = queue::Queue<T, B, D, Primitive>;

/// As [`Queue`].
pub type SimpleQueue<T, L = Thorough> = queue::SimpleQueue<T, L, Primitive>;

/// A time that no test waits for.
const LONG: Duration = Duration::from_secs(10);
/// A time that a test does wait for.
const SHORT: Duration = Duration::from_millis(1);

/// What every queue can do.
pub trait Line<T>: Send + Sync + 'static {
    /// An empty queue without a limit.
    fn unbounded() -> Self;
    /// Puts an item in.
    fn put(&self, item: T);
    /// Waits for an item.
    fn get(&self) -> Result<T, GetError>;
    /// Takes an item out.
    fn get_nowait(&self) -> Result<T, GetError>;
    /// Waits for an item so long.
    fn get_timeout(&self, time: Duration) -> Result<T, GetError>;
    /// The number of items.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A buffer that threads can share.
pub trait Items<T>: Buffer<T> + Send + 'static {}

impl<T, B: Buffer<T> + Send + 'static> Items<T> for B {}

impl<T: Send + 'static, B: Items<T>, D: Discipline, M: Monitor> Line<T> for queue::Queue<T, B, D, M> {
    fn unbounded() -> Self {
        Self::new(0)
    }
    fn put(&self, item: T) {
        assert!(self.put(item).is_ok(), "the queue is open");
    }
    fn get(&self) -> Result<T, GetError> {
        self.get()
    }
    fn get_nowait(&self) -> Result<T, GetError> {
        self.get_nowait()
    }
    fn get_timeout(&self, time: Duration) -> Result<T, GetError> {
        self.get_timeout(time)
    }
    fn len(&self) -> usize {
        self.len()
    }
}

impl<T: Send + 'static> Line<T> for DeadlineFirst<T> {
    fn unbounded() -> Self {
        Self::new()
    }
    fn put(&self, item: T) {
        self.put(item);
    }
    fn get(&self) -> Result<T, GetError> {
        self.get_timeout(LONG)
    }
    fn get_nowait(&self) -> Result<T, GetError> {
        self.get_timeout(Duration::ZERO)
    }
    fn get_timeout(&self, time: Duration) -> Result<T, GetError> {
        self.get_timeout(time)
    }
    fn len(&self) -> usize {
        self.len()
    }
}

impl<T: Send + 'static, L: Looking, M: Monitor> Line<T> for queue::SimpleQueue<T, L, M> {
    fn unbounded() -> Self {
        Self::new()
    }
    fn put(&self, item: T) {
        self.put(item);
    }
    fn get(&self) -> Result<T, GetError> {
        Ok(self.get())
    }
    fn get_nowait(&self) -> Result<T, GetError> {
        self.get_nowait()
    }
    fn get_timeout(&self, time: Duration) -> Result<T, GetError> {
        self.get_timeout(time)
    }
    fn len(&self) -> usize {
        self.len()
    }
}

/// A flag that a waker raises before it wakes, so that the woken thread can tell that it waited.
#[derive(Clone, Debug, Default)]
struct Flag(Arc<AtomicBool>);

// Ordering: Relaxed throughout. The waker's next call of the queue and the end of the waiter's last one are ordered
// by the queue's mutex, and two threads that are not are not compared.
impl Flag {
    fn raise(&self) {
        self.0.store(true, Relaxed);
    }

    fn lower(&self) {
        self.0.store(false, Relaxed);
    }

    fn is_up(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// A row of one caller: it runs in a thread of its own, as main only spawns and joins.
fn alone(body: impl FnOnce() -> Outcome + Send + 'static) -> Outcome {
    join(spawn("caller", body))
}
