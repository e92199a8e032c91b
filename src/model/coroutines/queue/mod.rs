//! The queue of asyncio, for tasks: with a limit, `task_done` and `join`, and shutdown.
//!
//! One mutex guards the items, and who waits. An item, and room, is a [permit](crate::model::coroutines::lock): it goes to who has waited
//! longest, is handed on where that one is dropped before it has taken it, and nobody comes in between. So, unlike in asyncio,
//! where a newcomer may be faster than who was woken (rows A06), blocked producers put in their items in the order in which they came.
//!
//! Invariants:
//! - There are as many items as free item permits, and ones that somebody was served with; and so for the room.
//! - The unfinished tasks are the items that are in, and those that were taken out and are not yet done.
//! - A comparison that panics leaves everything as it was: the item stays where it is, and the wake-up goes to the next.
//!
//! Source: CPython 3.13, `Lib/asyncio/queues.py`; to reserve a place before there is an item is the `reserve` of Carl Lerche et
//! al., tokio, `sync::mpsc`, 2020.

pub mod broken;
mod impatient;
mod ports;

pub use self::impatient::Impatient;
pub use crate::model::threads::queue::{Buffer, Fifo, GetError, Heap, Lifo, PutError, TaskDoneError};

use crate::model::coroutines::lock::{Acquired, Correct, Permits, Protocol, Ticket, Waiters, wake_all};
use crate::sync::future::Awaits;
use crate::sync::{Mutex, MutexGuard};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

/// A queue for tasks: first in, first out, unless its buffer has another order.
///
/// ```
/// use refectory::model::coroutines::queue::{GetError, Queue};
/// use refectory::sync::future::block_on;
///
/// let queue: Queue<char> = Queue::new(1);
/// block_on(async {
///     queue.put('a').await.unwrap();
///     assert!(queue.put_nowait('b').is_err());
///     assert_eq!(queue.get().await, Ok('a'));
///     queue.task_done().unwrap();
///     queue.join().await;
///     queue.shutdown(false);
///     assert_eq!(queue.get().await, Err(GetError::ShutDown));
/// });
/// ```
pub struct Queue<T, B = Fifo<T>, P: Protocol = Correct> {
    state: Mutex<State<T, B, P>>,
}

/// The one that was put in last comes out first.
pub type LifoQueue<T, P = Correct> = Queue<T, Lifo<T>, P>;

/// The least item comes out first.
pub type PriorityQueue<T, P = Correct> = Queue<T, Heap<T>, P>;

struct State<T, B, P> {
    buffer: B,
    items: Permits<P>,
    room: Permits<P>,
    joiners: Waiters<P>,
    unfinished: usize,
    shut_down: bool,
    of: std::marker::PhantomData<T>,
}

impl<T, B: Buffer<T>, P: Protocol> Queue<T, B, P> {
    /// An empty queue for at most `maxsize` items; 0 is no limit.
    pub fn new(maxsize: usize) -> Self {
        let state = State {
            buffer: B::default(),
            items: Permits::new(0),
            room: Permits::new(if maxsize == 0 { usize::MAX } else { maxsize }),
            joiners: Waiters::default(),
            unfinished: 0,
            shut_down: false,
            of: std::marker::PhantomData,
        };
        Self { state: Mutex::new(state).named(format_args!("queue")) }
    }

    /// Waits for room, and puts an item in.
    ///
    /// Not cancel-safe: an item whose `put` is dropped while it waits is dropped with it. [`reserve`](Self::reserve) waits without
    /// an item.
    ///
    /// # Errors
    /// The queue has been shut down: the item comes back.
    ///
    /// # Panics
    /// If the comparison of the items does. Then the item is not in.
    #[track_caller]
    pub fn put(&self, item: T) -> impl Future<Output = Result<(), PutError<T>>> {
        let reserve = self.reserve_as(Awaits::new(format_args!("queue.put()")));
        async {
            match reserve.await {
                Some(place) => place.put(item),
                None => Err(PutError::ShutDown(item)),
            }
        }
    }

    /// Waits for room, and keeps it for one item; `None` where the queue has been shut down.
    ///
    /// Cancel-safe, but a wait that is dropped loses its place.
    #[track_caller]
    pub fn reserve(&self) -> Reserve<'_, T, B, P> {
        self.reserve_as(Awaits::new(format_args!("queue.reserve()")))
    }

    /// The same, as a part of what is awaited.
    const fn reserve_as(&self, awaits: Awaits) -> Reserve<'_, T, B, P> {
        Reserve { queue: self, ticket: None, awaits }
    }

    /// Puts an item in, if there is room.
    ///
    /// # Errors
    /// There is none, or what there is is kept for somebody who waits or has [reserved](Self::reserve) it, or the queue has been shut down: the
    /// item comes back.
    pub fn put_nowait(&self, item: T) -> Result<(), PutError<T>> {
        let mut state = self.lock();
        if state.shut_down {
            return Err(PutError::ShutDown(item));
        }
        if !state.room.try_acquire() {
            return Err(PutError::Full(item));
        }
        // Given back where the comparison panics.
        let place = Place { queue: self };
        // Under the same lock: who finds the queue full has found the item in it.
        Self::insert(state, item);
        std::mem::forget(place);
        Ok(())
    }

    /// Waits for an item, and takes it out.
    ///
    /// Cancel-safe, but a wait that is dropped loses its place.
    ///
    /// # Panics
    /// If the comparison of the items does. Then the item stays in.
    #[track_caller]
    pub fn get(&self) -> Get<'_, T, B, P> {
        Get { queue: self, ticket: None, awaits: Awaits::new(format_args!("queue.get()")) }
    }

    /// Takes an item out, if there is one.
    ///
    /// # Errors
    /// There is none.
    pub fn get_nowait(&self) -> Result<T, GetError> {
        let mut state = self.lock();
        if state.items.try_acquire() {
            return Self::take(state);
        }
        Err(if state.shut_down { GetError::ShutDown } else { GetError::Empty })
    }

    /// The task of an item that was taken out is done. The last one lets everybody go on who joins.
    ///
    /// # Errors
    /// There is no unfinished task.
    pub fn task_done(&self) -> Result<(), TaskDoneError> {
        let mut state = self.lock();
        let left = state.unfinished.checked_sub(1).ok_or(TaskDoneError)?;
        let woken = state.leave_unfinished(left);
        drop(state);
        wake_all(woken);
        Ok(())
    }

    /// Waits until every item that was put in has been taken out, and its task is done. Cancel-safe.
    #[track_caller]
    pub fn join(&self) -> Join<'_, T, B, P> {
        Join { queue: self, ticket: None, awaits: Awaits::new(format_args!("queue.join()")) }
    }

    /// From now on no item is accepted, and whoever waits is sent away. Items that are in can still be taken out; an
    /// `immediate` shutdown drops them, and their tasks are no longer unfinished.
    pub fn shutdown(&self, immediate: bool) {
        let mut state = self.lock();
        state.shut_down = true;
        let mut woken = state.items.close();
        woken.extend(state.room.close());
        let drained = immediate.then(|| std::mem::take(&mut state.buffer));
        if let Some(drained) = &drained {
            let left = state.unfinished.saturating_sub(drained.len());
            woken.extend(state.leave_unfinished(left));
        }
        // The `Drop` of an item may use the queue.
        drop(state);
        drop(drained);
        wake_all(woken);
    }

    /// How many items are in.
    pub fn len(&self) -> usize {
        self.lock().buffer.len()
    }

    /// Whether no item is in.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, State<T, B, P>> {
        self.state.lock().unwrap()
    }
}

impl<T, B: Buffer<T>, P: Protocol> State<T, B, P> {
    /// So many tasks are unfinished. The caller wakes those who join.
    #[must_use]
    fn leave_unfinished(&mut self, unfinished: usize) -> Vec<Waker> {
        self.unfinished = unfinished;
        if unfinished == 0 { self.joiners.serve_all() } else { Vec::new() }
    }
}

impl<T, B: Buffer<T>, P: Protocol> Queue<T, B, P> {
    /// Puts the item in, for which the caller has room, and wakes who waits for it. Where its comparison panics it is not in.
    fn insert(mut state: MutexGuard<'_, State<T, B, P>>, item: T) {
        match caught(|| state.buffer.plan_insert(&item)) {
            Ok(plan) => state.buffer.insert(item, plan),
            Err(panic) => {
                drop(state);
                resume_unwind(panic);
            }
        }
        state.unfinished += 1;
        let woken = state.items.release();
        drop(state);
        wake_all(woken);
    }

    /// Takes the next item out, for which the caller has a permit; there is none only after an immediate shutdown.
    fn take(mut state: MutexGuard<'_, State<T, B, P>>) -> Result<T, GetError> {
        let buffer = &mut state.buffer;
        let (taken, woken) = match caught(|| buffer.plan_remove().map(|plan| buffer.remove(plan))) {
            Ok(Some(item)) => (Ok(item), state.room.release()),
            Ok(None) => return Err(GetError::ShutDown),
            // The item stays, for the next one.
            Err(panic) => (Err(panic), state.items.release()),
        };
        drop(state);
        wake_all(woken);
        Ok(taken.unwrap_or_else(|panic| resume_unwind(panic)))
    }
}

/// Calls a method of the buffer that may panic, and has changed nothing then. A panic that left with the guard would poison the mutex.
fn caught<R>(method: impl FnOnce() -> R) -> std::thread::Result<R> {
    catch_unwind(AssertUnwindSafe(method))
}

/// The future of [`Queue::get`].
#[must_use]
pub struct Get<'q, T, B: Buffer<T> = Fifo<T>, P: Protocol = Correct> {
    queue: &'q Queue<T, B, P>,
    ticket: Ticket,
    awaits: Awaits,
}

impl<T, B: Buffer<T>, P: Protocol> Future for Get<'_, T, B, P> {
    type Output = Result<T, GetError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.awaits.begin();
        let mut state = self.queue.lock();
        Poll::Ready(match ready!(state.items.poll(&mut self.ticket, context.waker())) {
            Acquired::Permit => Queue::take(state),
            Acquired::Closed => Err(GetError::ShutDown),
        })
    }
}

impl<T, B: Buffer<T>, P: Protocol> Drop for Get<'_, T, B, P> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let woken = self.queue.lock().items.leave(&mut self.ticket);
            wake_all(woken);
        }
    }
}

/// The future of [`Queue::reserve`].
#[must_use]
pub struct Reserve<'q, T, B: Buffer<T> = Fifo<T>, P: Protocol = Correct> {
    queue: &'q Queue<T, B, P>,
    ticket: Ticket,
    awaits: Awaits,
}

impl<'q, T, B: Buffer<T>, P: Protocol> Future for Reserve<'q, T, B, P> {
    type Output = Option<Place<'q, T, B, P>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.awaits.begin();
        let queue = self.queue;
        let mut state = queue.lock();
        if state.shut_down {
            return Poll::Ready(None);
        }
        let acquired = ready!(state.room.poll(&mut self.ticket, context.waker()));
        Poll::Ready((acquired == Acquired::Permit).then_some(Place { queue }))
    }
}

impl<T, B: Buffer<T>, P: Protocol> Drop for Reserve<'_, T, B, P> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let woken = self.queue.lock().room.leave(&mut self.ticket);
            wake_all(woken);
        }
    }
}

/// Room for one item, given back when it is dropped.
#[must_use]
pub struct Place<'q, T, B: Buffer<T> = Fifo<T>, P: Protocol = Correct> {
    queue: &'q Queue<T, B, P>,
}

impl<T, B: Buffer<T>, P: Protocol> Place<'_, T, B, P> {
    /// Puts the item there.
    ///
    /// # Errors
    /// The queue has been shut down meanwhile: the item comes back.
    pub fn put(self, item: T) -> Result<(), PutError<T>> {
        let state = self.queue.lock();
        if state.shut_down {
            drop(state);
            return Err(PutError::ShutDown(item));
        }
        Queue::insert(state, item);
        std::mem::forget(self);
        Ok(())
    }
}

impl<T, B: Buffer<T>, P: Protocol> Drop for Place<'_, T, B, P> {
    fn drop(&mut self) {
        let woken = self.queue.lock().room.release();
        wake_all(woken);
    }
}

/// The future of [`Queue::join`].
#[must_use]
pub struct Join<'q, T, B: Buffer<T> = Fifo<T>, P: Protocol = Correct> {
    queue: &'q Queue<T, B, P>,
    ticket: Ticket,
    awaits: Awaits,
}

impl<T, B: Buffer<T>, P: Protocol> Future for Join<'_, T, B, P> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.awaits.begin();
        let mut state = self.queue.lock();
        if self.ticket.is_none() && state.unfinished == 0 {
            return Poll::Ready(());
        }
        state.joiners.poll(&mut self.ticket, context.waker()).map(|_served| ())
    }
}

impl<T, B: Buffer<T>, P: Protocol> Drop for Join<'_, T, B, P> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            self.queue.lock().joiners.leave(&mut self.ticket);
        }
    }
}

impl<T, B, P: Protocol> fmt::Debug for Queue<T, B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

/// The futures of a queue show their ticket.
macro_rules! debug_futures {
    ($($future:ident),+) => {$(
        impl<T, B: Buffer<T>, P: Protocol> fmt::Debug for $future<'_, T, B, P> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($future)).field("ticket", &self.ticket).finish_non_exhaustive()
            }
        }
    )+};
}

debug_futures!(Get, Reserve, Join);

impl<T, B: Buffer<T>, P: Protocol> fmt::Debug for Place<'_, T, B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::exchange::{Waiting, exchange};
    use crate::port::{self, Item};
    use crate::sync::future::block_on;
    use std::cmp::Ordering;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    #[test]
    fn smoke() {
        let queue = <Queue<_>>::new(2);
        block_on(async {
            queue.put(7).await.unwrap();
            drop(queue.reserve().await.unwrap());
            queue.put_nowait(8).unwrap();
            assert_eq!(queue.put_nowait(9), Err(PutError::Full(9)));
            assert_eq!((queue.get().await, queue.get_nowait()), (Ok(7), Ok(8)));
        });
        assert_eq!(queue.get_nowait(), Err(GetError::Empty));
    }

    #[test]
    fn an_immediate_shutdown_drops_what_is_in() {
        let queue = <PriorityQueue<_>>::new(0);
        queue.put_nowait(2).unwrap();
        queue.put_nowait(1).unwrap();
        assert_eq!(queue.get_nowait(), Ok(1));
        queue.shutdown(true);
        assert_eq!(
            (queue.get_nowait(), queue.put_nowait(3)),
            (Err(GetError::ShutDown), Err(PutError::ShutDown(3)))
        );
        // The one that was taken out is still unfinished.
        assert_eq!([queue.task_done(), queue.task_done()], [Ok(()), Err(TaskDoneError)]);
        block_on(queue.join());
    }

    /// An item that cannot be compared while it is spoiled.
    #[derive(Debug)]
    struct Fruit(u32, Arc<AtomicBool>);

    impl Ord for Fruit {
        fn cmp(&self, other: &Self) -> Ordering {
            assert!(!self.1.load(Relaxed), "spoiled");
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Fruit {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl PartialEq for Fruit {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }

    impl Eq for Fruit {}

    #[test]
    fn a_comparison_that_panics_changes_nothing() {
        let spoiled = Arc::new(AtomicBool::new(false));
        let fruit = |rank| Fruit(rank, Arc::clone(&spoiled));
        let queue = <PriorityQueue<_>>::new(4);
        [3, 1, 2].map(fruit).into_iter().for_each(|fruit| queue.put_nowait(fruit).unwrap());
        spoiled.store(true, Relaxed);
        caught(|| block_on(queue.get())).unwrap_err();
        caught(|| block_on(queue.put(fruit(0)))).unwrap_err();
        spoiled.store(false, Relaxed);
        queue.put_nowait(fruit(4)).unwrap();
        let ranks = std::iter::from_fn(|| queue.get_nowait().ok()).map(|fruit| fruit.0);
        assert_eq!(ranks.collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn fifo_on_real_cores() {
        for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 4)] {
            let scenario = exchange(Waiting::Blocks, 4, &vec![60; producers], consumers);
            port::queue::harness::<Queue<Item>>().program(scenario.clone()).run().unwrap();
            port::queue::harness::<Impatient<Queue<Item>>>().program(scenario).run().unwrap();
        }
    }
}
