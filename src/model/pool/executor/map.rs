//! A function on every item, by an executor.
//!
//! Results come in the order of the items, whatever the order in which tasks end. A task that failed gives its
//! error at its place, and the iteration goes on after it; a task that the executor does not accept was cancelled, and
//! is the last one. When the time is over, or the iterator is dropped, the tasks that
//! nobody has begun are cancelled; items that were not yet queued are never taken.

use crate::model::pool::future::{Future, FutureError};
use crate::model::pool::rules::Rules;
use crate::sync::time::Deadline;
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

/// The results of a map, in the order of the items. See [`Executor::map`](crate::model::pool::executor::thread_pool::Executor::map).
///
/// ```
/// use refectory::model::pool::executor::thread_pool::{Executor, ThreadPoolExecutor};
/// use refectory::model::pool::executor::map::MapOptions;
/// use std::num::NonZeroUsize;
///
/// let pool = <ThreadPoolExecutor>::new(2).unwrap();
/// let options = MapOptions { chunk: NonZeroUsize::new(10).unwrap(), ..MapOptions::default() };
/// let lengths = pool.map(["spoon", "fork"], str::len, options);
/// assert_eq!(lengths.collect::<Vec<_>>(), [Ok(5), Ok(4)]);
/// ```
pub struct Map<'a, I: Iterator, T, R: Rules> {
    submit: Submit<'a, I::Item, T, R>,
    items: I,
    deadline: Option<Deadline>,
    chunk: usize,
    buffer: usize,
    /// Chunks that are queued, or done, and not yet taken.
    futures: VecDeque<Future<Vec<T>, R>>,
    /// What is left of the chunk that was taken last.
    results: std::vec::IntoIter<T>,
    over: bool,
}

/// Queues a chunk; nothing where the executor takes no more.
type Submit<'a, A, T, R> = Box<dyn FnMut(Vec<A>) -> Option<Future<Vec<T>, R>> + 'a>;

impl<'a, I: Iterator, T: Clone, R: Rules> Map<'a, I, T, R> {
    pub(in crate::model) fn new(
        items: I,
        options: MapOptions,
        submit: impl FnMut(Vec<I::Item>) -> Option<Future<Vec<T>, R>> + 'a,
    ) -> Self {
        let MapOptions { timeout, chunk, buffer } = options;
        let mut map = Self {
            submit: Box::new(submit),
            items,
            deadline: timeout.map(Deadline::after),
            chunk: chunk.get(),
            buffer: buffer.map_or(usize::MAX, NonZeroUsize::get),
            futures: VecDeque::new(),
            results: Vec::new().into_iter(),
            over: false,
        };
        map.refill();
        map
    }

    /// Queues tasks, as many as may be ahead. Where the executor takes no more, that is the end.
    fn refill(&mut self) {
        while !self.over && self.futures.len() < self.buffer {
            let chunk: Vec<_> = self.items.by_ref().take(self.chunk).collect();
            if chunk.is_empty() {
                return;
            }
            match (self.submit)(chunk) {
                Some(future) => self.futures.push_back(future),
                None => self.refused(),
            }
        }
    }
}

impl<I: Iterator, T, R: Rules> Map<'_, I, T, R> {
    /// The items that were not accepted are cancelled, and the rest is not taken.
    fn refused(&mut self) {
        let future = Future::new();
        future.cancel();
        self.futures.push_back(future);
        self.over = true;
    }

    /// Cancels what nobody has begun.
    fn give_up(&mut self) {
        self.over = true;
        for future in self.futures.drain(..) {
            future.cancel();
        }
    }
}

impl<I: Iterator, T: Clone, R: Rules> Iterator for Map<'_, I, T, R> {
    type Item = Result<T, FutureError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(result) = self.results.next() {
            return Some(Ok(result));
        }
        let future = self.futures.front()?;
        let chunk = match &self.deadline {
            None => future.result(),
            Some(deadline) => future.result_timeout(deadline.left().unwrap_or_default()),
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

impl<I: Iterator, T, R: Rules> Drop for Map<'_, I, T, R> {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl<I: Iterator, T, R: Rules> fmt::Debug for Map<'_, I, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("queued", &self.futures.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pool::executor::thread_pool::{Executor, ThreadPoolExecutor};
    use crate::model::pool::future::Failure;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    fn pool(most: usize) -> ThreadPoolExecutor {
        ThreadPoolExecutor::new(most).unwrap()
    }

    fn by(chunk: usize) -> MapOptions {
        MapOptions { chunk: NonZeroUsize::new(chunk).unwrap(), ..MapOptions::default() }
    }

    #[test]
    fn smoke() {
        let pool = pool(2);
        let lengths = pool.map(["fork", "spoon"], str::len, MapOptions::default());
        assert_eq!(lengths.collect::<Vec<_>>(), [Ok(4), Ok(5)]);
        assert_eq!(pool.map(Vec::<u32>::new(), |n| n, MapOptions::default()).count(), 0);
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let pool = pool(3);
        for chunk in [1, 6, 40, 100, 101] {
            let squares = pool.map(0..100_u32, |n| n * n, by(chunk)).map(Result::unwrap);
            assert!(squares.eq((0..100).map(|n| n * n)), "chunks of {chunk}");
        }
    }

    #[test]
    fn a_result_that_is_late_is_waited_for() {
        let pool = pool(2);
        let (end, wait) = mpsc::channel();
        let tasks: [Box<dyn FnOnce() -> u32 + Send>; 2] =
            [Box::new(move || wait.recv().unwrap()), Box::new(move || end.send(1).map_or(0, |()| 2))];
        let results = pool.map(tasks, |task| task(), MapOptions::default());
        assert_eq!(results.collect::<Vec<_>>(), [Ok(1), Ok(2)]);
    }

    #[test]
    fn a_chunk_fails_as_a_whole() {
        let pool = pool(1);
        let results = pool.map(0..6, |n| if n == 2 { panic!("not {n}") } else { n }, by(2));
        let failed = Err(FutureError::Failed(Failure::Panicked("not 2".to_owned())));
        assert_eq!(results.collect::<Vec<_>>(), [Ok(0), Ok(1), failed, Ok(4), Ok(5)]);
    }

    #[test]
    fn the_buffer_bounds_what_is_taken_ahead() {
        let (pool, taken) = (pool(2), AtomicUsize::new(0));
        let items = (0..).inspect(|_| _ = taken.fetch_add(1, Ordering::Relaxed));
        let options = MapOptions { buffer: NonZeroUsize::new(3), ..by(2) };
        let mut results = pool.map(items, |n: u32| n, options);
        assert_eq!(taken.load(Ordering::Relaxed), 6);
        assert_eq!(results.by_ref().take(4).map(Result::unwrap).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(taken.load(Ordering::Relaxed), 10);
    }

    #[test]
    fn a_dropped_map_cancels_what_nobody_has_begun() {
        let (pool, ran) = (pool(1), Arc::new(AtomicUsize::new(0)));
        let (begins, begun) = mpsc::channel();
        let (ends, end) = mpsc::channel::<()>();
        drop(pool.submit(move || (begins.send(()), end.recv())));
        begun.recv().unwrap();
        let counter = ran.clone();
        drop(pool.map(0..5, move |_| counter.fetch_add(1, Ordering::Relaxed), MapOptions::default()));
        drop(ends);
        pool.shutdown(true, false);
        assert_eq!(ran.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn when_the_time_is_over_that_is_the_last_result() {
        let (pool, (ends, end)) = (pool(1), mpsc::channel::<()>());
        drop(pool.submit(move || end.recv()));
        let options = MapOptions { timeout: Some(Duration::ZERO), ..MapOptions::default() };
        let mut results = pool.map(0..5, |n| n, options);
        assert_eq!(results.next(), Some(Err(FutureError::TimedOut)));
        assert_eq!(results.next(), None);
        drop(ends);
    }

    #[test]
    fn what_is_not_accepted_was_cancelled() {
        let pool = pool(1);
        pool.shutdown(true, false);
        let results = pool.map(0..5, |n| n, MapOptions::default());
        assert_eq!(results.collect::<Vec<_>>(), [Err(FutureError::Cancelled)]);
    }
}
