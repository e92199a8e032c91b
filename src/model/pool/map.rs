//! A function on every item, by an executor.
//!
//! Results come in the order of the items, whatever the order in which tasks end. A task that failed gives its
//! error at its place, and the iteration goes on after it. When the time is over, or the iterator is dropped, the tasks that
//! nobody has begun are cancelled; items that were not yet queued are never taken.

use super::executor::Executor;
use super::future::{Future, FutureError};
use super::waiting::Deadline;
use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

/// How to map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapOptions {
    /// The time for the whole map, from its call; without it, as long as it takes.
    pub timeout: Option<Duration>,
    /// How many items make one task. If `f` panics on one, the whole chunk fails.
    pub chunk: NonZeroUsize,
    /// How many tasks are queued ahead of what has been taken; without it, all, at once.
    pub buffer: Option<NonZeroUsize>,
}

impl Default for MapOptions {
    /// No time-out, one item a task, all tasks at once.
    fn default() -> Self {
        Self { timeout: None, chunk: NonZeroUsize::MIN, buffer: None }
    }
}

/// The results of a map, in the order of the items. See [`Executor::map`].
pub struct Map<'a, E: Executor, I: Iterator, T, F> {
    executor: &'a E,
    items: I,
    f: F,
    deadline: Deadline,
    chunk: usize,
    buffer: usize,
    /// Chunks that are queued, or done, and not yet taken.
    futures: VecDeque<Future<Vec<T>, E::Rules>>,
    /// What is left of the chunk that was taken last.
    results: std::vec::IntoIter<T>,
    over: bool,
}

impl<'a, E, I, T, F> Map<'a, E, I, T, F>
where
    E: Executor,
    I: Iterator,
    I::Item: Send + 'static,
    T: Clone + Send + 'static,
    F: Fn(I::Item) -> T + Clone + Send + 'static,
{
    pub(super) fn new(executor: &'a E, items: I, f: F, options: MapOptions) -> Self {
        let MapOptions { timeout, chunk, buffer } = options;
        let mut map = Self {
            executor,
            items,
            f,
            deadline: Deadline::after(timeout),
            chunk: chunk.get(),
            buffer: buffer.map_or(usize::MAX, NonZeroUsize::get),
            futures: VecDeque::new(),
            results: Vec::new().into_iter(),
            over: false,
        };
        map.refill();
        map
    }

    /// Queues tasks, as many as may be ahead. An executor that takes no more ends the map.
    fn refill(&mut self) {
        while !self.over && self.futures.len() < self.buffer {
            let chunk: Vec<_> = self.items.by_ref().take(self.chunk).collect();
            if chunk.is_empty() {
                return;
            }
            let f = self.f.clone();
            match self.executor.submit(move || chunk.into_iter().map(f).collect()) {
                Ok(future) => self.futures.push_back(future),
                Err(_) => self.over = true,
            }
        }
    }
}

impl<E: Executor, I: Iterator, T, F> Map<'_, E, I, T, F> {
    /// Cancels what nobody has begun.
    fn give_up(&mut self) {
        self.over = true;
        for future in self.futures.drain(..) {
            future.cancel();
        }
    }
}

impl<E, I, T, F> Iterator for Map<'_, E, I, T, F>
where
    E: Executor,
    I: Iterator,
    I::Item: Send + 'static,
    T: Clone + Send + 'static,
    F: Fn(I::Item) -> T + Clone + Send + 'static,
{
    type Item = Result<T, FutureError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(result) = self.results.next() {
            return Some(Ok(result));
        }
        let future = self.futures.front()?;
        let chunk = match self.deadline.left() {
            None => future.result(),
            Some(left) => future.result_timeout(left),
        };
        if matches!(chunk, Err(FutureError::TimedOut)) {
            self.give_up();
            return Some(Err(FutureError::TimedOut));
        }
        self.futures.pop_front();
        self.refill();
        chunk.map(|results| self.results = results.into_iter()).map(|()| self.results.next()).transpose()
    }
}

impl<E: Executor, I: Iterator, T, F> Drop for Map<'_, E, I, T, F> {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl<E: Executor, I: Iterator, T, F> fmt::Debug for Map<'_, E, I, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("queued", &self.futures.len()).finish_non_exhaustive()
    }
}
