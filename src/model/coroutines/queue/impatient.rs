//! Waits that are dropped, and begun again.

use super::{Buffer, Queue};
use crate::model::coroutines::lock::Protocol;
use crate::port::{BlockingQueue, CancellableQueue, Closed, Order};
use crate::sync::future::{Cancelled, block_on, cancellable};

/// A queue whose waits may be [cancelled](cancellable) at any moment, and are begun again then.
///
/// Nothing is lost by that: it keeps all that the queue itself promises.
#[derive(Debug)]
pub struct Impatient<Q>(Q);

impl<T, B, P> BlockingQueue<T> for Impatient<Queue<T, B, P>>
where
    T: Send + 'static,
    B: Buffer<T> + Send + 'static,
    P: Protocol,
{
    const ORDER: Order = B::ORDER;

    fn with_capacity(capacity: usize) -> Self {
        Self(Queue::new(capacity))
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        loop {
            match block_on(cancellable(self.0.reserve())) {
                Ok(Some(place)) => return Ok(place.put(item)?),
                Ok(None) => return Err(Closed(item)),
                Err(_) => {}
            }
        }
    }

    fn pop(&self) -> Option<T> {
        loop {
            if let Ok(got) = block_on(cancellable(self.0.get())) {
                return got.ok();
            }
        }
    }
}

impl<T, B, P> CancellableQueue<T> for Impatient<Queue<T, B, P>>
where
    T: Send + 'static,
    B: Buffer<T> + Send + 'static,
    P: Protocol,
{
    fn push_unless_cancelled(&self, item: T) -> Result<(), Cancelled> {
        let put = block_on(cancellable(self.0.put(item)))?;
        put.map_err(drop).expect("nobody shuts it down");
        Ok(())
    }
}
