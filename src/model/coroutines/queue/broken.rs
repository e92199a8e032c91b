//! Twins of the [queue](crate::model::coroutines::queue).

use super::{Buffer, Fifo, GetError, Queue};
use crate::model::coroutines::lock::{Correct, Protocol};
use crate::port::{BlockingQueue, CancellableQueue, Closed, Full, TryQueue};
use crate::sync::Mutex;
use crate::sync::future::{Cancelled, block_on, cancellable, yield_now};
use std::collections::VecDeque;
use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// An item goes to who waits for it, and is nobody's where that one is dropped before it has taken it.
///
/// Twin of [`Queue`]. The next one waits for ever, though an item is in: woken, but cancelled. The test of asyncio that looks for it is
/// `test_get_cancel_drop_one_pending_reader` (row A02).
#[derive(Clone, Copy, Debug)]
pub struct KeptForTheCancelled;

impl Protocol for KeptForTheCancelled {
    const PASSES_ON: bool = false;
}

/// Who is dropped while it waits stays in the queue of those who wait.
///
/// Twin of [`Queue`]. Room goes to nobody (rows A03 and A04).
#[derive(Clone, Copy, Debug)]
pub struct StaysInLine;

impl Protocol for StaysInLine {
    const LEAVES: bool = false;
}

/// Who waits keeps the waker of its first poll.
///
/// Twin of [`Queue`]. A task that was polled with another waker since is never woken.
#[derive(Clone, Copy, Debug)]
pub struct KeepsFirstWaker;

impl Protocol for KeepsFirstWaker {
    const RENEWS: bool = false;
}

/// Takes the item out at once, and then waits a little before it hands it over.
///
/// Twin of [`Queue`]. It is what a `select!` loop does that polls two steps as one future: where the future is dropped at its second
/// wait, it has the item, and the item goes with it.
#[derive(Debug)]
pub struct TakesThenWaits<T>(Queue<T, Fifo<T>, Correct>);

impl<T: Send + 'static> TakesThenWaits<T> {
    /// Over this queue.
    pub const fn over(queue: Queue<T>) -> Self {
        Self(queue)
    }

    /// The queue that it is over.
    pub const fn inner(&self) -> &Queue<T> {
        &self.0
    }

    /// Takes the next item.
    ///
    /// # Errors
    /// The queue has been shut down, and is empty.
    pub async fn get(&self) -> Result<T, GetError> {
        let item = self.0.get().await;
        yield_now().await;
        item
    }
}

impl<T: Send + 'static> BlockingQueue<T> for TakesThenWaits<T>
where
    Fifo<T>: Buffer<T>,
{
    fn with_capacity(capacity: usize) -> Self {
        Self(Queue::new(capacity))
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        self.0.push(item)
    }

    fn pop(&self) -> Option<T> {
        loop {
            if let Ok(got) = block_on(cancellable(self.get())) {
                return got.ok();
            }
        }
    }
}

/// Items wait for room in a line, and one whose `put` is dropped stays there: it goes in when there is room for the next one.
///
/// Twin of [`Queue`]. What was dropped comes out. It was so in `futures` (futures-rs#2894, 2024: "Timing out on `SinkExt::send` still causes the item to be re-inserted later").
pub struct LeavesItsItem<T> {
    queue: Queue<T, Fifo<T>, Correct>,
    line: Mutex<VecDeque<T>>,
}

impl<T: Send + 'static> LeavesItsItem<T> {
    async fn put(&self, item: T) {
        self.line.lock().unwrap().push_back(item);
        let place = self.queue.reserve().await.expect("nobody shuts it down");
        let first = self.line.lock().unwrap().pop_front();
        place.put(first.expect("there are as many as wait")).map_err(drop).expect("nobody shuts it down");
    }
}

impl<T> fmt::Debug for LeavesItsItem<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeavesItsItem").finish_non_exhaustive()
    }
}

impl<T: Send + 'static> BlockingQueue<T> for LeavesItsItem<T>
where
    Fifo<T>: Buffer<T>,
{
    fn with_capacity(capacity: usize) -> Self {
        Self { queue: Queue::new(capacity), line: Mutex::new(VecDeque::new()).named(format_args!("line")) }
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        block_on(self.put(item));
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        self.queue.pop()
    }
}

impl<T: Send + 'static> CancellableQueue<T> for LeavesItsItem<T>
where
    Fifo<T>: Buffer<T>,
{
    fn push_unless_cancelled(&self, item: T) -> Result<(), Cancelled> {
        block_on(cancellable(self.put(item)))
    }
}

/// Reserves a place for an item that need not wait, and puts it there afterwards.
///
/// Twin of [`Queue`]. In between others find the queue full and empty at once: it is not linearizable. It was so in this suite, and found by
/// rounds on real cores.
#[derive(Debug)]
pub struct ReservesFirst<T>(Queue<T, Fifo<T>, Correct>);

impl<T: Send + 'static> TryQueue<T> for ReservesFirst<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self(Queue::new(capacity))
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        match pin!(self.0.reserve()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(place)) => Ok(place.put(item)?),
            Poll::Ready(None) | Poll::Pending => Err(Full(item)),
        }
    }

    fn try_pop(&self) -> Option<T> {
        self.0.get_nowait().ok()
    }
}
