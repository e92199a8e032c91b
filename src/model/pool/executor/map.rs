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
use std::marker::PhantomData;
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

impl MapOptions {
    /// Four chunks a worker, for so many items: few enough that a chunk costs little, and enough that no worker waits long for
    /// the last one. So does `map` of CPython's `multiprocessing.Pool`.
    ///
    /// ```
    /// use refectory::model::pool::executor::map::MapOptions;
    ///
    /// assert_eq!(MapOptions::shared_out(1_024, 2).chunk.get(), 128);
    /// assert_eq!(MapOptions::shared_out(9, 2).chunk.get(), 2);
    /// ```
    #[must_use]
    pub fn shared_out(items: usize, workers: usize) -> Self {
        let chunk = items.div_ceil(workers.saturating_mul(4).max(1));
        Self { chunk: NonZeroUsize::new(chunk).unwrap_or(NonZeroUsize::MIN), ..Self::default() }
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
    source: Box<dyn Source<I::Item, T> + 'a>,
    items: I,
    deadline: Option<Deadline>,
    buffer: usize,
    /// Tasks that are queued, or done, and not yet taken.
    ahead: usize,
    /// What is left of the chunk that was taken last.
    results: std::vec::IntoIter<T>,
    /// No more items are taken.
    over: bool,
    /// The last task was not accepted: the last result says so.
    refused: bool,
    rules: PhantomData<R>,
}

/// Where tasks go, and their results come from.
pub(super) trait Source<A, T> {
    /// Queues the next task, of as many of the items as belong to it.
    fn queue(&mut self, items: &mut dyn Iterator<Item = A>) -> Queued;

    /// For the time being no more tasks come.
    fn settle(&mut self) {}

    /// Waits for the oldest task, and takes its results.
    ///
    /// # Errors
    /// The task was cancelled or failed; or the time is over, and it is not done.
    fn take(&mut self, deadline: Option<&Deadline>) -> Result<Portion<T>, FutureError>;

    /// Cancels what nobody has begun, and forgets all.
    fn give_up(&mut self);
}

/// Whether there was another task.
pub(super) enum Queued {
    Accepted,
    Refused,
    NoItems,
}

/// What a task has given.
pub(super) enum Portion<T> {
    One(T),
    Several(Vec<T>),
}

/// A future for each chunk, as an executor makes them that has no better way.
struct Futures<A, T, R: Rules, S: FnMut(Vec<A>) -> Option<Future<Vec<T>, R>>> {
    chunk: usize,
    /// Gives nothing where the executor takes no more.
    submit: S,
    queued: VecDeque<Future<Vec<T>, R>>,
    takes: PhantomData<fn(A)>,
}

impl<A, T: Clone, R: Rules, S: FnMut(Vec<A>) -> Option<Future<Vec<T>, R>>> Source<A, T>
    for Futures<A, T, R, S>
{
    fn queue(&mut self, items: &mut dyn Iterator<Item = A>) -> Queued {
        let chunk: Vec<_> = items.take(self.chunk).collect();
        if chunk.is_empty() {
            return Queued::NoItems;
        }
        (self.submit)(chunk).map_or(Queued::Refused, |future| {
            self.queued.push_back(future);
            Queued::Accepted
        })
    }

    fn take(&mut self, deadline: Option<&Deadline>) -> Result<Portion<T>, FutureError> {
        let future = self.queued.front().expect("a task was queued");
        let chunk = match deadline {
            None => future.result(),
            Some(deadline) => future.result_timeout(deadline.left().unwrap_or_default()),
        };
        if !matches!(chunk, Err(FutureError::TimedOut)) {
            self.queued.pop_front();
        }
        chunk.map(Portion::Several)
    }

    fn give_up(&mut self) {
        for future in self.queued.drain(..) {
            future.cancel();
        }
    }
}

impl<'a, I: Iterator, T: Clone + 'a, R: Rules> Map<'a, I, T, R> {
    pub(in crate::model) fn new(
        items: I,
        options: MapOptions,
        submit: impl FnMut(Vec<I::Item>) -> Option<Future<Vec<T>, R>> + 'a,
    ) -> Self
    where
        I::Item: 'a,
    {
        let futures =
            Futures { chunk: options.chunk.get(), submit, queued: VecDeque::new(), takes: PhantomData };
        Self::with_source(items, options, futures)
    }
}

impl<'a, I: Iterator, T, R: Rules> Map<'a, I, T, R> {
    pub(super) fn with_source(items: I, options: MapOptions, source: impl Source<I::Item, T> + 'a) -> Self {
        let mut map = Self {
            source: Box::new(source),
            items,
            deadline: options.timeout.map(Deadline::after),
            buffer: options.buffer.map_or(usize::MAX, NonZeroUsize::get),
            ahead: 0,
            results: Vec::new().into_iter(),
            over: false,
            refused: false,
            rules: PhantomData,
        };
        map.refill();
        map
    }

    /// Queues tasks, as many as may be ahead. Where the executor takes no more, that is the end.
    fn refill(&mut self) {
        while !self.over && self.ahead < self.buffer {
            match self.source.queue(&mut self.items) {
                Queued::Accepted => self.ahead += 1,
                Queued::NoItems => self.over = true,
                Queued::Refused => (self.over, self.refused) = (true, true),
            }
        }
        self.source.settle();
    }

    /// Cancels what nobody has begun.
    fn give_up(&mut self) {
        (self.over, self.refused) = (true, false);
        if std::mem::take(&mut self.ahead) > 0 {
            self.source.give_up();
        }
    }
}

impl<I: Iterator, T, R: Rules> Iterator for Map<'_, I, T, R> {
    type Item = Result<T, FutureError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(result) = self.results.next() {
            return Some(Ok(result));
        }
        if self.ahead == 0 {
            // The items that were not accepted are cancelled, and the rest was not taken.
            return std::mem::take(&mut self.refused).then_some(Err(FutureError::Cancelled));
        }
        let taken = self.source.take(self.deadline.as_ref());
        if matches!(taken, Err(FutureError::TimedOut)) {
            self.give_up();
            return Some(Err(FutureError::TimedOut));
        }
        self.ahead -= 1;
        if !self.over {
            self.refill();
        }
        match taken {
            Ok(Portion::One(result)) => Some(Ok(result)),
            Ok(Portion::Several(results)) => {
                self.results = results.into_iter();
                self.results.next().map(Ok)
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Each task that is queued has a result or fails.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.results.len() + self.ahead, None)
    }
}

impl<I: Iterator, T, R: Rules> Drop for Map<'_, I, T, R> {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl<I: Iterator, T, R: Rules> fmt::Debug for Map<'_, I, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("queued", &self.ahead).finish_non_exhaustive()
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

    #[test]
    fn nobody_need_know_how_many_items_come() {
        let pool = pool(2);
        for buffer in [None, NonZeroUsize::new(1), NonZeroUsize::new(5)] {
            let odd = (0..20_000_u32).filter(|n| n % 2 == 1);
            let results = pool.map(odd, |n| n, MapOptions { buffer, ..MapOptions::default() });
            let odd = (0..20_000).filter(|n| n % 2 == 1);
            assert!(results.map(Result::unwrap).eq(odd), "{buffer:?} ahead");
        }
    }

    #[test]
    fn an_item_may_wait_for_the_task_before_it() {
        let pool = pool(1);
        let (done, wait) = mpsc::channel();
        let items = (0..3).inspect(|&n| assert!(n == 0 || wait.recv() == Ok(n - 1)));
        let results = pool.map(items, move |n| done.send(n).map_or(0, |()| n), MapOptions::default());
        assert_eq!(results.map(Result::unwrap).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn a_task_queued_after_a_map_runs_after_it() {
        let pool = pool(1);
        let (ends, end) = mpsc::channel::<()>();
        let order = Arc::new(crate::sync::Mutex::new(Vec::new()));
        drop(pool.submit(move || end.recv()));
        let [first, last] = [(); 2].map(|()| order.clone());
        let map = pool.map(0..5, move |n| first.lock().unwrap().push(n), MapOptions::default());
        let after = pool.submit(move || last.lock().unwrap().push(5)).unwrap();
        drop(ends);
        assert_eq!((map.count(), after.result()), (5, Ok(())));
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_shutdown_cancels_what_nobody_has_begun() {
        let pool = pool(1);
        let (begins, begun) = mpsc::channel();
        let (ends, end) = mpsc::channel::<()>();
        let (end, held) = (Arc::new(crate::sync::Mutex::new(end)), Arc::new(()));
        let items = [(); 4].map(|()| held.clone());
        let task = move |item| {
            let _ = (begins.send(()), end.lock().unwrap().recv());
            drop(item);
        };
        let results = pool.map(items, task, MapOptions::default());
        begun.recv().unwrap();
        pool.shutdown(false, true);
        assert_eq!(Arc::strong_count(&held), 2, "the items are dropped");
        drop(ends);
        let cancelled = Err(FutureError::Cancelled);
        assert_eq!(results.collect::<Vec<_>>(), [Ok(()), cancelled.clone(), cancelled.clone(), cancelled]);
    }

    #[test]
    fn what_a_dropped_map_has_not_given_is_dropped() {
        let (pool, held) = (pool(2), Arc::new(()));
        let items = [(); 20].map(|()| held.clone());
        let mut results = pool.map(items, |item| item, MapOptions::default());
        drop(results.next());
        drop(results);
        pool.shutdown(true, false);
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    fn a_function_that_cannot_be_cloned_fails_the_task() {
        /// The map has a clone, and the worker would need another one.
        struct Rare(Arc<AtomicUsize>);
        impl Clone for Rare {
            fn clone(&self) -> Self {
                assert_eq!(self.0.fetch_add(1, Ordering::Relaxed), 0, "there are no more");
                Self(self.0.clone())
            }
        }
        let (pool, rare) = (pool(1), Rare(Arc::new(AtomicUsize::new(0))));
        let mut results = pool.map(0..1, move |n| (n, &rare).0, MapOptions::default());
        let failed = results.next().unwrap().unwrap_err().to_string();
        assert!(failed.contains("there are no more"), "{failed}");
    }
}
