//! Waiting for several futures.
//!
//! Who waits has one `Watcher`, which it gives to each future that is not done. A future that ends tells its watchers
//! while it holds its own mutex, so between looking at a future and asking to be told nothing is missed: both are one
//! step. Locks are taken future first, watcher second, and never more than one future's.
//!
//! A future that was cancelled counts as done when that has been told, by the worker that finds it cancelled or by
//! the shutdown of its pool, as in CPython.
//!
//! Source: `wait` and `as_completed` of CPython's `concurrent.futures._base`.

use crate::model::pool::future::{Future, Told};
use crate::model::pool::rules::{Correct, Rules};
use crate::sync::time::Deadline;
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// When to stop waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// One future is done.
    FirstCompleted,
    /// One future has failed, or all are done.
    FirstFailure,
    /// All futures are done.
    AllCompleted,
}

/// What became of the futures that were waited for: each is in one of the two.
#[derive(Debug)]
pub struct Waited<T, R: Rules = Correct> {
    /// Those that are done.
    pub done: Vec<Future<T, R>>,
    /// Those that are not.
    pub not_done: Vec<Future<T, R>>,
}

/// Is told of futures that end.
#[derive(Debug)]
pub(super) struct Watcher {
    news: Mutex<News>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct News {
    ended: usize,
    failed: bool,
}

impl Watcher {
    fn new() -> Self {
        Self {
            news: Mutex::new(News::default()).named(format_args!("news")),
            changed: Condvar::new().named(format_args!("a future ends")),
        }
    }

    /// A future has ended.
    pub(super) fn tell(&self, told: Told) {
        let mut news = self.news.lock().unwrap();
        news.ended += 1;
        news.failed |= told.failed;
        // One thread waits with a watcher.
        self.changed.notify_one();
    }

    /// Waits until `enough`, or until the time is over. Woken by a future that ends.
    fn wait(&self, deadline: Option<&Deadline>, enough: impl Fn(&News) -> bool) -> MutexGuard<'_, News> {
        let news = self.news.lock().unwrap();
        let Some(deadline) = deadline else {
            return self.changed.wait_while(news, |news| !enough(news)).unwrap();
        };
        let left = deadline.left().unwrap_or_default();
        self.changed.wait_timeout_while(news, left, |news| !enough(news)).unwrap().0
    }
}

/// Waits for futures, no longer than `timeout`. One that is given twice counts once.
///
/// ```
/// use refectory::model::pool::future::Future;
/// use refectory::model::pool::future::waiting::{Until, wait};
///
/// let [done, open] = [(); 2].map(|()| Future::<u32>::new());
/// done.set_result(7).unwrap();
/// let waited = wait(&[done, open], Until::FirstCompleted, None);
/// assert_eq!((waited.done.len(), waited.not_done.len()), (1, 1));
/// ```
pub fn wait<T, R: Rules>(futures: &[Future<T, R>], until: Until, timeout: Option<Duration>) -> Waited<T, R> {
    let futures = distinct(futures);
    let deadline = timeout.map(Deadline::after);
    let watcher = Arc::new(Watcher::new());
    let told: Vec<Told> = futures.iter().filter_map(|future| future.watch(&watcher)).collect();
    let (ended, failed) = (told.len(), told.iter().any(|told| told.failed));
    drop(watcher.wait(deadline.as_ref(), |news| {
        let ended = ended + news.ended;
        match until {
            _ if ended == futures.len() => true,
            Until::FirstCompleted => ended > 0,
            Until::FirstFailure => failed || news.failed,
            Until::AllCompleted => false,
        }
    }));
    let (done, not_done) = futures.into_iter().partition(|future| {
        future.forget(&watcher);
        future.told().is_some()
    });
    Waited { done, not_done }
}

fn distinct<T, R: Rules>(futures: &[Future<T, R>]) -> Vec<Future<T, R>> {
    let mut distinct: Vec<Future<T, R>> = Vec::new();
    for future in futures {
        if !distinct.iter().any(|known| known.same(future)) {
            distinct.push(future.clone());
        }
    }
    distinct
}

/// The time was over before all futures had ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// How many had not.
    pub unfinished: usize,
    /// How many there were.
    pub total: usize,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (of {}) futures unfinished", self.unfinished, self.total)
    }
}

impl std::error::Error for Unfinished {}

/// The futures as they end: first those that are done already. One that is given twice comes once. The time is
/// counted from this call; when it is over, the iterator says so and ends.
pub fn as_completed<T, R: Rules>(futures: &[Future<T, R>], timeout: Option<Duration>) -> AsCompleted<T, R> {
    let open = distinct(futures);
    let watcher = Arc::new(Watcher::new());
    let total = open.len();
    let (ready, open): (Vec<_>, _) = open.into_iter().partition(|future| future.watch(&watcher).is_some());
    AsCompleted { ready: ready.into(), open, watcher, deadline: timeout.map(Deadline::after), total }
}

/// See [`as_completed`].
///
/// ```
/// use refectory::model::pool::future::Future;
/// use refectory::model::pool::future::waiting::as_completed;
/// use std::time::Duration;
///
/// let [done, open] = [(); 2].map(|()| Future::<u32>::new());
/// done.set_result(7).unwrap();
/// let mut futures = as_completed(&[open, done], Some(Duration::ZERO));
/// assert_eq!(futures.next().unwrap().unwrap().result(), Ok(7));
/// assert_eq!(futures.next().unwrap().unwrap_err().unfinished, 1);
/// ```
#[derive(Debug)]
pub struct AsCompleted<T, R: Rules = Correct> {
    ready: VecDeque<Future<T, R>>,
    open: Vec<Future<T, R>>,
    watcher: Arc<Watcher>,
    deadline: Option<Deadline>,
    total: usize,
}

impl<T, R: Rules> AsCompleted<T, R> {
    /// Waits for news, and moves the futures that have ended to those that are ready.
    fn look(&mut self) {
        drop(self.watcher.wait(self.deadline.as_ref(), |news| news.ended > 0));
        let open = std::mem::take(&mut self.open);
        let (ready, open): (Vec<_>, Vec<_>) = open.into_iter().partition(|future| future.told().is_some());
        // A future that is seen to have ended has told so before it let go of its mutex. What is left of the news is of
        // futures that ended after they were looked at.
        self.watcher.news.lock().unwrap().ended -= ready.len();
        self.ready.extend(ready);
        self.open = open;
    }

    /// Waits for none any more; gives for how many it did.
    fn forget(&mut self) -> usize {
        self.open.drain(..).map(|future| future.forget(&self.watcher)).count()
    }
}

impl<T, R: Rules> Iterator for AsCompleted<T, R> {
    type Item = Result<Future<T, R>, Unfinished>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty() && !self.open.is_empty() {
            self.look();
            if self.ready.is_empty() {
                return Some(Err(Unfinished { unfinished: self.forget(), total: self.total }));
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

impl<T, R: Rules> Drop for AsCompleted<T, R> {
    fn drop(&mut self) {
        self.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pool::future::Failure;
    use crate::sync::thread;

    fn futures<const N: usize>() -> [Future<u32>; N] {
        [(); N].map(|()| Future::new())
    }

    /// Which of the futures `waited` has as done.
    fn done<const N: usize>(futures: &[Future<u32>; N], waited: &Waited<u32>) -> [bool; N] {
        assert_eq!(waited.done.len() + waited.not_done.len(), N);
        futures.each_ref().map(|future| waited.done.iter().any(|done| done.same(future)))
    }

    #[test]
    fn smoke() {
        let futures = futures::<2>();
        futures[1].set_result(7).unwrap();
        let waited = wait(&futures, Until::AllCompleted, Some(Duration::ZERO));
        assert_eq!(done(&futures, &waited), [false, true]);
        assert!(wait::<u32, Correct>(&[], Until::AllCompleted, None).done.is_empty());
        assert_eq!(as_completed::<u32, Correct>(&[], None).count(), 0);
    }

    #[test]
    fn three_ways_to_wait() {
        use Until::{AllCompleted, FirstCompleted, FirstFailure};
        let futures = futures::<3>();
        let look = |until| done(&futures, &wait(&futures, until, Some(Duration::ZERO)));
        let waits = |until| {
            let all = futures.clone();
            let waiter = thread::spawn(move || done(&all, &wait(&all, until, None)));
            while futures.iter().all(|future| future.watchers() == 0) {
                thread::yield_now();
            }
            match until {
                FirstCompleted => futures[0].set_result(7).unwrap(),
                FirstFailure => futures[1].set_failure(Failure::BrokenPool).unwrap(),
                AllCompleted => futures[2].set_result(7).unwrap(),
            }
            waiter.join().unwrap()
        };
        assert_eq!(waits(FirstCompleted), [true, false, false]);
        assert_eq!((look(FirstCompleted), look(FirstFailure)), ([true, false, false], [true, false, false]));
        assert_eq!(waits(FirstFailure), [true, true, false]);
        assert_eq!(done(&futures, &wait(&futures, FirstFailure, None)), [true, true, false]);
        assert_eq!(waits(AllCompleted), [true; 3]);
    }

    #[test]
    fn nothing_is_left_of_who_waited() {
        let futures = futures::<2>();
        drop(wait(&futures, Until::AllCompleted, Some(Duration::ZERO)));
        drop(as_completed(&futures, None));
        assert_eq!(as_completed(&futures, Some(Duration::ZERO)).count(), 1);
        assert_eq!(futures.each_ref().map(Future::watchers), [0, 0]);
    }

    #[test]
    fn as_completed_gives_each_once_as_it_ends() {
        let [a, b, c] = futures::<3>();
        b.set_result(1).unwrap();
        let mut ended = as_completed(&[a.clone(), b.clone(), c.clone(), b], None);
        let mut next = || ended.next().unwrap().unwrap().result();
        assert_eq!(next(), Ok(1));
        c.set_result(2).unwrap();
        assert_eq!(next(), Ok(2));
        a.set_result(3).unwrap();
        assert_eq!(next(), Ok(3));
        assert!(ended.next().is_none());
    }

    #[test]
    fn as_completed_says_how_many_are_left() {
        let [a, b, c, d] = futures::<4>();
        a.set_result(1).unwrap();
        d.set_failure(Failure::BrokenPool).unwrap();
        let mut ended = as_completed(&[a, b, c, d], Some(Duration::from_millis(1)));
        assert!(ended.next().unwrap().is_ok() && ended.next().unwrap().is_ok());
        let unfinished = ended.next().unwrap().unwrap_err();
        assert_eq!(unfinished.to_string(), "2 (of 4) futures unfinished");
        assert!(ended.next().is_none());
    }
}
