//! The unbounded queue with nothing but `put` and `get`.
//!
//! Invariant: the mutex guards the items; whoever puts one in wakes one of those who wait. No code of an item
//! runs while the mutex is held, so an item whose `Drop` calls the queue does no harm.
//!
//! It has no limit, no `task_done`, and is never shut down.
//!
//! Source: `queue.SimpleQueue` of CPython 3.7 (Antoine Pitrou, bpo-14976: "queue.Queue is not reentrant").

use crate::model::threads::queue::discipline::{Correct, Discipline, Patience};
use crate::model::threads::queue::error::GetError;
use crate::port::{BlockingQueue, Closed, Full, TimedQueue, TryQueue};
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::time::Duration;

/// A first-in first-out queue without a limit.
///
/// ```
/// use refectory::model::threads::queue::{GetError, SimpleQueue};
///
/// let queue = SimpleQueue::new();
/// queue.put('a');
/// assert_eq!(queue.get(), 'a');
/// assert_eq!(queue.get_nowait(), Err(GetError::Empty));
/// ```
#[derive(Debug)]
pub struct SimpleQueue<T> {
    content: Mutex<Content<T>>,
    not_empty: Condvar,
}

#[derive(Debug)]
struct Content<T> {
    items: VecDeque<T>,
    /// Callers of `get` that wait, or have been woken and do not yet have the mutex.
    getters: usize,
}

impl<T> SimpleQueue<T> {
    /// An empty queue.
    pub fn new() -> Self {
        let content = Content { items: VecDeque::new(), getters: 0 };
        Self {
            content: Mutex::new(content).named(format_args!("items")),
            not_empty: Condvar::new().named(format_args!("not empty")),
        }
    }

    /// Puts an item in; never waits for room.
    pub fn put(&self, item: T) {
        let mut content = self.lock();
        content.items.push_back(item);
        if content.getters > 0 {
            self.not_empty.notify_one();
        }
    }

    /// Waits for an item and takes it out. Woken by `put`.
    pub fn get(&self) -> T {
        self.get_within(Patience::Endless).expect("a wait without an end ends with an item")
    }

    /// Takes an item out.
    ///
    /// # Errors
    /// There is none.
    pub fn get_nowait(&self) -> Result<T, GetError> {
        self.get_within(Patience::None)
    }

    /// Waits for an item, but not longer than `time`, and takes it out.
    ///
    /// # Errors
    /// There was none in all that time.
    pub fn get_timeout(&self, time: Duration) -> Result<T, GetError> {
        self.get_within(Patience::For(time))
    }

    /// The number of items at some moment of the call.
    pub fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// Whether there was no item at some moment of the call.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn get_within(&self, patience: Patience) -> Result<T, GetError> {
        let mut content = self.lock();
        if content.items.is_empty() && patience != Patience::None {
            content.getters += 1;
            let blocked = |content: &mut Content<T>| content.items.is_empty();
            content = Correct::wait(&self.not_empty, content, patience, blocked);
            content.getters -= 1;
        }
        content.items.pop_front().ok_or(GetError::Empty)
    }

    fn lock(&self) -> MutexGuard<'_, Content<T>> {
        self.content.lock().unwrap()
    }
}

impl<T> Default for SimpleQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + 'static> BlockingQueue<T> for SimpleQueue<T> {
    fn with_capacity(_: usize) -> Self {
        Self::new()
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        self.put(item);
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        Some(self.get())
    }
}

impl<T: Send + 'static> TryQueue<T> for SimpleQueue<T> {
    fn with_capacity(_: usize) -> Self {
        Self::new()
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.put(item);
        Ok(())
    }

    fn try_pop(&self) -> Option<T> {
        self.get_nowait().ok()
    }
}

impl<T: Send + 'static> TimedQueue<T> for SimpleQueue<T> {
    /// There is always room.
    fn push_timeout(&self, item: T, _: Duration) -> Result<(), Full<T>> {
        self.put(item);
        Ok(())
    }

    fn pop_timeout(&self, time: Duration) -> Option<T> {
        self.get_timeout(time).ok()
    }
}
