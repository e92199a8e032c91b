//! Queues for tasks, with a limit, time-outs, `task_done` and `join`, and shutdown.
//!
//! One mutex guards the items and the counts. Each kind of waiter has a condition variable of its own:
//!
//! | waits        | for                  | woken by                                                        |
//! |--------------|----------------------|-----------------------------------------------------------------|
//! | `not_empty`  | an item, or shutdown | one by each `put`; one by a `get` that panics; all by `shutdown` |
//! | `not_full`   | room, or shutdown    | one by each `get`; one by a `put` that panics; all by `shutdown` and `set_maxsize` |
//! | `all_done`   | no unfinished task   | all by the last `task_done`, or an immediate `shutdown`          |
//!
//! Invariants:
//! - The unfinished tasks are the items that are in, and those that were taken out and are not yet done.
//! - A hook or comparison that panics leaves the items, the counts and the mutex as they were, and the caller's wake-up
//!   goes to somebody else. CPython's queue [loses](broken::queue::KeepsWakeup) it.
//! - No `Drop` of an item runs while the mutex is held, so it may call the queue.
//!
//! A waiter is counted before it waits, so that nobody notifies where nobody waits; and it is notified when the lock is free again, which it
//! needs. Whoever waits without an end lingers before it sleeps, [looking](crate::model::threads::lock::monitor::Mutex::linger_while) at
//! intervals: most of the time another core changes something sooner than it could wake anybody.
//!
//! A queue is written over a [monitor](crate::model::threads::lock::monitor), and its proof has parts: large scopes are explored on the primitives that
//! engines know, small ones on the lock that is used on real cores, and that lock alone
//! ([`barging`](crate::model::threads::lock::barging)).
//!
//! It is not fair: a woken waiter may find that somebody else was faster, and waits again.
//!
//! Source: `queue.py` of CPython 3.13; the monitor is the bounded buffer of C. A. R. Hoare, "Monitors: an
//! operating system structuring concept", 1974.

pub mod bounded;
pub mod broken;
mod buffer;
mod discipline;
mod error;
mod hook;
pub mod lifo_queue;
mod ports;
pub mod priority_queue;
pub mod simple_queue;
pub mod spinning;

pub use buffer::{Buffer, Fifo};
pub use discipline::{Correct, Discipline, Patience};
pub use error::{GetError, PutError, TaskDoneError};
pub use lifo_queue::{Lifo, LifoQueue};
pub use priority_queue::{Heap, PriorityQueue};
pub use simple_queue::SimpleQueue;

use crate::model::threads::lock::monitor::{Barging, Condvar, Monitor, Mutex, MutexGuard};
use hook::{caught, give_up};
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Duration;

/// A queue for tasks: first in, first out, unless its [buffer](Buffer) has another order.
///
/// ```
/// use refectory::model::threads::queue::{GetError, PriorityQueue, PutError, Queue};
///
/// let queue: Queue<_> = Queue::new(1);
/// queue.put('a').unwrap();
/// assert_eq!(queue.put_nowait('b'), Err(PutError::Full('b')));
/// assert_eq!(queue.get(), Ok('a'));
/// queue.task_done().unwrap();
/// queue.join();
/// queue.shutdown(false);
/// assert_eq!(queue.put('c'), Err(PutError::ShutDown('c')));
/// assert_eq!(queue.get(), Err(GetError::ShutDown));
///
/// let queue = PriorityQueue::new(0);
/// queue.put(2).unwrap();
/// queue.put(1).unwrap();
/// assert_eq!(queue.get(), Ok(1));
/// ```
#[derive(Debug)]
pub struct Queue<T, B = Fifo<T>, D = Correct, M: Monitor = Barging> {
    content: Mutex<Content<B>, M>,
    not_empty: Condvar<M>,
    not_full: Condvar<M>,
    all_done: Condvar<M>,
    of: PhantomData<fn(T) -> (T, D)>,
}

// A panic of a hook changes nothing, and nothing else may panic while the lock is held.
impl<T, B, D, M: Monitor> UnwindSafe for Queue<T, B, D, M> {}
impl<T, B, D, M: Monitor> RefUnwindSafe for Queue<T, B, D, M> {}

#[derive(Debug)]
struct Content<B> {
    items: B,
    maxsize: usize,
    unfinished: usize,
    shut_down: bool,
    /// Callers of `get` that wait, or have been woken and do not yet have the mutex.
    getters: usize,
    /// As `getters`, of `put`.
    putters: usize,
}

impl<T, B: Buffer<T>, D: Discipline, M: Monitor> Queue<T, B, D, M> {
    /// An empty queue for at most `maxsize` items; 0 is no limit.
    pub fn new(maxsize: usize) -> Self {
        let items = B::default();
        let content = Content { items, maxsize, unfinished: 0, shut_down: false, getters: 0, putters: 0 };
        Self {
            content: Mutex::new(content, format_args!("items")),
            not_empty: Condvar::new(format_args!("not empty")),
            not_full: Condvar::new(format_args!("not full")),
            all_done: Condvar::new(format_args!("all done")),
            of: PhantomData,
        }
    }

    /// Waits for room and puts an item in. Woken by `get`, `set_maxsize` and `shutdown`.
    ///
    /// # Errors
    /// The queue has been shut down: the item comes back. It is never [`PutError::Full`].
    ///
    /// # Panics
    /// If the buffer's hook does. Then the item is not in.
    #[inline]
    pub fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_within(item, Patience::Endless)
    }

    /// Puts an item in.
    ///
    /// # Errors
    /// There is no room, or the queue has been shut down: the item comes back.
    ///
    /// # Panics
    /// As [`put`](Self::put).
    #[inline]
    pub fn put_nowait(&self, item: T) -> Result<(), PutError<T>> {
        self.put_within(item, Patience::None)
    }

    /// Waits for room, but not longer than `time`, and puts an item in.
    ///
    /// # Errors
    /// There was no room in all that time, or the queue has been shut down: the item comes back.
    ///
    /// # Panics
    /// As [`put`](Self::put).
    #[inline]
    pub fn put_timeout(&self, item: T, time: Duration) -> Result<(), PutError<T>> {
        self.put_within(item, Patience::For(time))
    }

    /// Waits for an item and takes it out. Woken by `put` and `shutdown`.
    ///
    /// # Errors
    /// The queue has been shut down, and is empty. It is never [`GetError::Empty`].
    ///
    /// # Panics
    /// If the buffer's hook does. Then the item is still in.
    #[inline]
    pub fn get(&self) -> Result<T, GetError> {
        self.get_within(Patience::Endless)
    }

    /// Takes an item out.
    ///
    /// # Errors
    /// There is none.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    #[inline]
    pub fn get_nowait(&self) -> Result<T, GetError> {
        self.get_within(Patience::None)
    }

    /// Waits for an item, but not longer than `time`, and takes it out.
    ///
    /// # Errors
    /// There was none in all that time, or the queue has been shut down and is empty.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    #[inline]
    pub fn get_timeout(&self, time: Duration) -> Result<T, GetError> {
        self.get_within(Patience::For(time))
    }

    /// The task of an item that was taken out is done. The last one wakes everybody who joins.
    ///
    /// # Errors
    /// There is no unfinished task.
    pub fn task_done(&self) -> Result<(), TaskDoneError> {
        let mut content = self.lock();
        content.unfinished = content.unfinished.checked_sub(1).ok_or(TaskDoneError)?;
        if content.unfinished == 0 {
            D::all_done(&self.all_done);
        }
        Ok(())
    }

    /// Waits until every item that was put in has been taken out, and its task is done. Woken by `task_done` and
    /// an immediate `shutdown`.
    pub fn join(&self) {
        let unfinished = |content: &mut Content<B>| content.unfinished > 0;
        drop(D::wait(&self.all_done, self.lock(), Patience::Endless, unfinished));
    }

    /// From now on no item is accepted, and whoever waits is woken. Items that are in can still be taken out;
    /// an `immediate` shutdown drops them, and their tasks are no longer unfinished.
    ///
    /// It can be repeated; there is no way back.
    ///
    /// # Panics
    /// If the `Drop` of an item does, when everybody has been woken.
    pub fn shutdown(&self, immediate: bool) {
        let mut content = self.lock();
        content.shut_down = true;
        let drained = immediate.then(|| self.drain(&mut content));
        D::release(&self.not_empty);
        D::release(&self.not_full);
        D::discard(content, drained);
    }

    /// Takes out all there is.
    fn drain(&self, content: &mut Content<B>) -> B {
        let drained = std::mem::take(&mut content.items);
        content.unfinished = D::in_flight(content.unfinished, drained.len());
        if content.unfinished == 0 {
            D::all_done(&self.all_done);
        }
        drained
    }

    /// Changes how many items there may be at most; 0 is no limit. Items that are in stay in.
    pub fn set_maxsize(&self, maxsize: usize) {
        self.lock().maxsize = maxsize;
        // There may be room for several.
        self.not_full.notify_all();
    }

    /// How many items there may be at most; 0 is no limit.
    pub fn maxsize(&self) -> usize {
        self.lock().maxsize
    }

    /// The number of items at some moment of the call.
    pub fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// Whether there was no item at some moment of the call.
    pub fn is_empty(&self) -> bool {
        self.lock().items.is_empty()
    }

    /// Whether there was no room at some moment of the call.
    pub fn is_full(&self) -> bool {
        Self::full(&self.lock())
    }

    #[inline]
    fn put_within(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        let waited_for = !D::PUTS_BEFORE_LOOKING && self.lock().getters > 0;
        let mut content = self.await_room(patience);
        if content.shut_down {
            return Err(PutError::ShutDown(item));
        }
        if Self::full(&content) {
            return Err(PutError::Full(item));
        }
        // An item that is not put in is dropped when the lock is released.
        let inserted = match caught(|| content.items.plan_insert(&item)) {
            Ok(plan) => caught(|| content.items.insert(item, plan)),
            Err(panic) => Err(panic),
        };
        if let Err(panic) = inserted {
            give_up::<_, D, M>(content, &self.not_full, panic);
        }
        content.unfinished += 1;
        let waited_for = if D::PUTS_BEFORE_LOOKING { content.getters > 0 } else { waited_for };
        drop(content);
        if waited_for {
            self.not_empty.notify_one();
        }
        Ok(())
    }

    #[inline]
    fn get_within(&self, patience: Patience) -> Result<T, GetError> {
        let mut content = self.await_item(patience);
        let items = &mut content.items;
        let item = match caught(|| items.plan_remove().map(|plan| items.remove(plan))) {
            Ok(Some(item)) => item,
            Ok(None) if content.shut_down => return Err(GetError::ShutDown),
            Ok(None) => return Err(GetError::Empty),
            Err(panic) => give_up::<_, D, M>(content, &self.not_empty, panic),
        };
        let waited_for = content.putters > 0;
        drop(content);
        if waited_for {
            self.not_full.notify_one();
        }
        Ok(item)
    }

    #[inline]
    fn await_room(&self, patience: Patience) -> MutexGuard<'_, Content<B>, M> {
        let mut content = self.lock();
        if patience != Patience::None && Self::no_room(&mut content) {
            content = self.sleep_until_room(content, patience);
        }
        content
    }

    #[inline]
    fn await_item(&self, patience: Patience) -> MutexGuard<'_, Content<B>, M> {
        let mut content = self.lock();
        if patience != Patience::None && Self::no_item(&mut content) {
            content = self.sleep_until_item(content, patience);
        }
        content
    }

    /// Who still finds no room after a while is counted, and sleeps.
    #[cold]
    fn sleep_until_room<'a>(
        &'a self,
        mut content: MutexGuard<'a, Content<B>, M>,
        patience: Patience,
    ) -> MutexGuard<'a, Content<B>, M> {
        if patience == Patience::Endless {
            content = self.content.linger_while(content, Self::no_room);
        }
        if Self::no_room(&mut content) {
            content.putters += 1;
            content = D::wait(&self.not_full, content, patience, Self::no_room);
            content.putters -= 1;
        }
        content
    }

    /// As `sleep_until_room`.
    #[cold]
    fn sleep_until_item<'a>(
        &'a self,
        mut content: MutexGuard<'a, Content<B>, M>,
        patience: Patience,
    ) -> MutexGuard<'a, Content<B>, M> {
        if patience == Patience::Endless {
            content = self.content.linger_while(content, Self::no_item);
        }
        if Self::no_item(&mut content) {
            content.getters += 1;
            content = D::wait(&self.not_empty, content, patience, Self::no_item);
            content.getters -= 1;
        }
        content
    }

    #[inline]
    fn no_room(content: &mut Content<B>) -> bool {
        !content.shut_down && Self::full(content)
    }

    #[inline]
    fn no_item(content: &mut Content<B>) -> bool {
        !content.shut_down && content.items.is_empty()
    }

    #[inline]
    fn full(content: &Content<B>) -> bool {
        D::full(content.items.len(), content.maxsize)
    }

    /// What may panic while it is held is [`caught`].
    #[track_caller]
    #[inline]
    fn lock(&self) -> MutexGuard<'_, Content<B>, M> {
        self.content.lock()
    }
}

#[cfg(test)]
mod tests;
