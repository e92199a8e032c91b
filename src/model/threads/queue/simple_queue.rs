//! The unbounded queue with nothing but `put` and `get`.
//!
//! Who puts an item in and who takes one out have a lock each, so that they seldom meet: one guards the items that came
//! lately, the other one those that came before. Where these have run out, a consumer takes over all of the others at once.
//!
//! Invariants: whoever has both locks has taken that of the consumers first, and what it guards came before what the other one guards. A
//! consumer waits when it has found both empty under both locks; whoever puts an item in later wakes one of those who wait, and
//! that one looks at *both* again, for another consumer may have taken over what it was woken for and have left some of it. No code of an
//! item runs while a lock is held, so an item whose `Drop` calls the queue does no harm.
//!
//! It has no limit, no `task_done`, and is never shut down.
//!
//! Source: `queue.SimpleQueue` of CPython 3.7 (Antoine Pitrou, bpo-14976: "queue.Queue is not reentrant"); a lock at each end is the
//! two-lock queue of Maged M. Michael and Michael L. Scott, "Simple, fast, and practical non-blocking and blocking concurrent queue
//! algorithms", 1996; two lists, of which one becomes the other, are Robert Hood's and Robert Melville's, "Real-time
//! queue operations in pure LISP", 1981.

use crate::model::threads::lock::monitor::{Barging, Condvar, LINGERING, Monitor, Mutex, MutexGuard};
use crate::model::threads::queue::discipline::Patience;
use crate::model::threads::queue::error::GetError;
use crate::port::{BlockingQueue, Closed, Full, TimedQueue, TryQueue};
use crate::sync::time::Deadline;
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Duration;

/// Where a consumer looks that was woken.
pub trait Looking: fmt::Debug + Send + Sync + 'static {
    /// Whether it looks also at what another consumer has taken over.
    const AT_BOTH: bool = true;
}

/// As it should be.
#[derive(Debug)]
pub struct Thorough;

impl Looking for Thorough {}

/// A first-in first-out queue without a limit.
///
/// ```
/// use refectory::model::threads::queue::{GetError, SimpleQueue};
///
/// let queue: SimpleQueue<_> = SimpleQueue::new();
/// queue.put('a');
/// assert_eq!(queue.get(), 'a');
/// assert_eq!(queue.get_nowait(), Err(GetError::Empty));
/// ```
#[derive(Debug)]
pub struct SimpleQueue<T, L = Thorough, M: Monitor = Barging> {
    outgoing: Apart<Mutex<VecDeque<T>, M>>,
    incoming: Apart<Mutex<Incoming<T>, M>>,
    not_empty: Condvar<M>,
    looking: PhantomData<L>,
}

// No code of an item runs while a lock is held.
impl<T, L, M: Monitor> UnwindSafe for SimpleQueue<T, L, M> {}
impl<T, L, M: Monitor> RefUnwindSafe for SimpleQueue<T, L, M> {}

/// In a line of the cache of its own; two, because processors fetch lines by twos.
#[derive(Debug)]
#[repr(align(128))]
struct Apart<T>(T);

#[derive(Debug)]
struct Incoming<T> {
    items: VecDeque<T>,
    /// Callers of `get` that wait, or have been woken and do not yet have the mutex.
    getters: usize,
}

impl<T, L: Looking, M: Monitor> SimpleQueue<T, L, M> {
    /// An empty queue.
    pub fn new() -> Self {
        let incoming = Incoming { items: VecDeque::new(), getters: 0 };
        Self {
            outgoing: Apart(Mutex::new(VecDeque::new(), format_args!("outgoing items"))),
            incoming: Apart(Mutex::new(incoming, format_args!("incoming items"))),
            not_empty: Condvar::new(format_args!("not empty")),
            looking: PhantomData,
        }
    }

    /// Puts an item in; never waits for room.
    #[inline]
    pub fn put(&self, item: T) {
        let mut incoming = self.incoming.0.lock();
        incoming.items.push_back(item);
        let awaited = incoming.getters > 0;
        drop(incoming);
        if awaited {
            self.not_empty.notify_one();
        }
    }

    /// Waits for an item and takes it out. Woken by `put`.
    #[inline]
    pub fn get(&self) -> T {
        self.get_within(Patience::Endless).expect("a wait without an end ends with an item")
    }

    /// Takes an item out.
    ///
    /// # Errors
    /// There is none.
    #[inline]
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
        let outgoing = self.outgoing.0.lock();
        outgoing.len() + self.incoming.0.lock().items.len()
    }

    /// Whether there was no item at some moment of the call.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn get_within(&self, patience: Patience) -> Result<T, GetError> {
        match self.take() {
            Ok(item) => Ok(item),
            Err(incoming) => self.await_item(incoming, patience),
        }
    }

    /// The item that came first; or else what is coming in, which is nothing, as is what came before.
    #[inline]
    fn take(&self) -> Result<T, MutexGuard<'_, Incoming<T>, M>> {
        let mut outgoing = self.outgoing.0.lock();
        if let Some(item) = outgoing.pop_front() {
            return Ok(item);
        }
        let mut incoming = self.incoming.0.lock();
        std::mem::swap(&mut *outgoing, &mut incoming.items);
        outgoing.pop_front().ok_or(incoming)
    }

    /// Looks a while at growing intervals, and sleeps then; with a time to wait it sleeps at once.
    #[cold]
    fn await_item<'a>(
        &'a self,
        mut incoming: MutexGuard<'a, Incoming<T>, M>,
        patience: Patience,
    ) -> Result<T, GetError> {
        let deadline = match patience {
            Patience::None => return Err(GetError::Empty),
            Patience::For(time) => Some(Deadline::after(time)),
            Patience::Endless => None,
        };
        let mut pauses = LINGERING;
        let mut timed_out = false;
        loop {
            if timed_out {
                return Err(GetError::Empty);
            }
            if pauses.are_over() || deadline.is_some() {
                (incoming, timed_out) = self.sleep(incoming, deadline.as_ref())?;
                drop(incoming);
            } else {
                drop(incoming);
                pauses.pause();
            }
            match self.take() {
                Ok(item) => return Ok(item),
                Err(nothing) => incoming = nothing,
            }
        }
    }

    /// Waits for a notification; whether the time ran out.
    ///
    /// # Errors
    /// It had run out before.
    fn sleep<'a>(
        &self,
        mut incoming: MutexGuard<'a, Incoming<T>, M>,
        deadline: Option<&Deadline>,
    ) -> Result<(MutexGuard<'a, Incoming<T>, M>, bool), GetError> {
        let left = deadline.map(|deadline| deadline.left().ok_or(GetError::Empty)).transpose()?;
        let mut timed_out = false;
        incoming.getters += 1;
        incoming = match left {
            Some(left) => {
                (incoming, timed_out) = self.not_empty.wait_timeout(incoming, left);
                incoming
            }
            None if L::AT_BOTH => self.not_empty.wait(incoming),
            None => self.not_empty.wait_while(incoming, |incoming| incoming.items.is_empty()),
        };
        incoming.getters -= 1;
        Ok((incoming, timed_out))
    }
}

impl<T, L: Looking, M: Monitor> Default for SimpleQueue<T, L, M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + 'static, L: Looking, M: Monitor> BlockingQueue<T> for SimpleQueue<T, L, M> {
    fn with_capacity(_: usize) -> Self {
        Self::new()
    }

    #[inline]
    fn push(&self, item: T) -> Result<(), Closed<T>> {
        self.put(item);
        Ok(())
    }

    #[inline]
    fn pop(&self) -> Option<T> {
        Some(self.get())
    }
}

impl<T: Send + 'static, L: Looking, M: Monitor> TryQueue<T> for SimpleQueue<T, L, M> {
    fn with_capacity(_: usize) -> Self {
        Self::new()
    }

    #[inline]
    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.put(item);
        Ok(())
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        self.get_nowait().ok()
    }
}

impl<T: Send + 'static, L: Looking, M: Monitor> TimedQueue<T> for SimpleQueue<T, L, M> {
    /// There is always room.
    fn push_timeout(&self, item: T, _: Duration) -> Result<(), Full<T>> {
        self.put(item);
        Ok(())
    }

    fn pop_timeout(&self, time: Duration) -> Option<T> {
        self.get_timeout(time).ok()
    }
}
