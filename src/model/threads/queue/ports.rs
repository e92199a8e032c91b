//! The queue as an implementation of the ports.

use super::{Buffer, Discipline, Queue};
use crate::model::threads::lock::monitor::Monitor;
use crate::port::{BlockingQueue, Close, Closed, Full, Order, TimedQueue, TryQueue};
use std::time::Duration;

impl<T, B, D, M> BlockingQueue<T> for Queue<T, B, D, M>
where
    T: Send + 'static,
    B: Buffer<T> + Send + 'static,
    D: Discipline,
    M: Monitor,
{
    const ORDER: Order = B::ORDER;

    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn push(&self, item: T) -> Result<(), Closed<T>> {
        Ok(self.put(item)?)
    }

    #[inline]
    fn pop(&self) -> Option<T> {
        self.get().ok()
    }
}

impl<T, B: Buffer<T>, D: Discipline, M: Monitor> Close for Queue<T, B, D, M> {
    fn close(&self) {
        self.shutdown(false);
    }
}

impl<T, B, D, M> TryQueue<T> for Queue<T, B, D, M>
where
    T: Send + 'static,
    B: Buffer<T> + Send + 'static,
    D: Discipline,
    M: Monitor,
{
    const ORDER: Order = B::ORDER;

    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        Ok(self.put_nowait(item)?)
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        self.get_nowait().ok()
    }
}

/// Whoever gives up has looked once more, under the lock.
impl<T, B, D, M> TimedQueue<T> for Queue<T, B, D, M>
where
    T: Send + 'static,
    B: Buffer<T> + Send + 'static,
    D: Discipline,
    M: Monitor,
{
    fn push_timeout(&self, item: T, time: Duration) -> Result<(), Full<T>> {
        Ok(self.put_timeout(item, time)?)
    }

    fn pop_timeout(&self, time: Duration) -> Option<T> {
        self.get_timeout(time).ok()
    }
}
