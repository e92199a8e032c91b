//! The queue as an implementation of the ports.

use super::{Buffer, Queue};
use crate::model::coroutines::lock::Protocol;
use crate::port::{BlockingQueue, Close, Closed, Full, Order, TryQueue};
use crate::sync::future::block_on;

/// Each thread runs a task that puts in or takes out.
impl<T, B, P> BlockingQueue<T> for Queue<T, B, P>
where
    T: Send + 'static,
    B: Buffer<T> + Send + 'static,
    P: Protocol,
{
    const ORDER: Order = B::ORDER;

    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        Ok(block_on(self.put(item))?)
    }

    fn pop(&self) -> Option<T> {
        block_on(self.get()).ok()
    }
}

impl<T, B, P> TryQueue<T> for Queue<T, B, P>
where
    T: Send + 'static,
    B: Buffer<T> + Send + 'static,
    P: Protocol,
{
    const ORDER: Order = B::ORDER;

    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        Ok(self.put_nowait(item)?)
    }

    fn try_pop(&self) -> Option<T> {
        self.get_nowait().ok()
    }
}

impl<T, B: Buffer<T>, P: Protocol> Close for Queue<T, B, P> {
    fn close(&self) {
        self.shutdown(false);
    }
}
