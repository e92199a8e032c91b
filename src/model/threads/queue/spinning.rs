//! A queue that waits by trying again.
//!
//! Invariant: that of the queue inside. A waiting thread gives up the processor between two tries; it
//! is woken by nobody, and sees for itself what another thread has changed.
//!
//! It never sleeps: a thread that waits long costs a processor. And it is never closed.

use crate::port::{BlockingQueue, Closed, Full, Order, TryQueue};
use crate::sync::thread;
use std::marker::PhantomData;

/// Makes a [`BlockingQueue`] of any [`TryQueue`].
///
/// ```
/// use refectory::model::threads::lockfree::ring::Ring;
/// use refectory::model::threads::queue::spinning::Spinning;
/// use refectory::port::BlockingQueue;
///
/// let queue = <Spinning<Ring<char>>>::with_capacity(2);
/// queue.push('a').unwrap();
/// assert_eq!(queue.pop(), Some('a'));
/// ```
#[derive(Debug)]
pub struct Spinning<Q, P = Patient>(Q, PhantomData<P>);

/// What a consumer does that finds nothing.
pub trait Persistence: Send + Sync + 'static {
    /// Whether it tries again.
    const TRIES_AGAIN: bool;
}

/// It tries again.
#[derive(Debug)]
pub struct Patient;

impl Persistence for Patient {
    const TRIES_AGAIN: bool = true;
}

impl<T, Q: TryQueue<T>, P: Persistence> BlockingQueue<T> for Spinning<Q, P> {
    const ORDER: Order = Q::ORDER;

    fn with_capacity(capacity: usize) -> Self {
        Self(Q::with_capacity(capacity), PhantomData)
    }

    fn push(&self, mut item: T) -> Result<(), Closed<T>> {
        while let Err(Full(rejected)) = self.0.try_push(item) {
            item = rejected;
            thread::yield_now();
        }
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        loop {
            let item = self.0.try_pop();
            if item.is_some() || !P::TRIES_AGAIN {
                return item;
            }
            thread::yield_now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::lockfree::ring::Ring;
    use crate::port::exchange::{Waiting, exchange};
    use crate::port::{self, Item};

    #[test]
    fn smoke() {
        let queue = <Spinning<Ring<u32>>>::with_capacity(2);
        queue.push(7).unwrap();
        queue.push(8).unwrap();
        assert_eq!((queue.pop(), queue.pop()), (Some(7), Some(8)));
    }

    #[test]
    fn fifo_per_producer() {
        for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 4)] {
            let scenario = exchange(Waiting::Blocks, 2, &vec![60; producers], consumers);
            port::queue::harness::<Spinning<Ring<Item>>>().program(scenario).run().unwrap();
        }
    }
}
