//! Twins of the [ring](Ring).

use crate::model::threads::lockfree::ring::{Handover, Ring};
use crate::port::{Full, TryQueue};
use std::sync::atomic::Ordering;

/// Says of a [`Ring`] that it fails only where it is empty or full.
///
/// Twin of [`Ring`], in what it promises. It is not so: a producer that has its position and has not yet published hides the items behind it, and a
/// consumer finds nothing although a later push has returned. Nothing is lost; only the order of answers
/// shows it.
#[derive(Debug)]
pub struct HidesItems<T>(Ring<T>);

impl<T: Send + 'static> TryQueue<T> for HidesItems<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self(Ring::new(capacity))
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.0.try_push(item)
    }

    fn try_pop(&self) -> Option<T> {
        self.0.try_pop()
    }
}

/// The producer of a [`Ring`] announces its item with a Relaxed store.
///
/// Twin of [`ReleaseAcquire`](crate::model::threads::lockfree::ring::ReleaseAcquire). The consumer may see the announcement before
/// the item: it reads a slot that is not yet written. No x86 processor shows it, a compiler or an Arm
/// processor may.
#[derive(Debug)]
pub struct RelaxedPublish;

impl Handover for RelaxedPublish {
    const PUBLISH: Ordering = Ordering::Relaxed;
    const CONSUME: Ordering = Ordering::Acquire;
}

/// The consumer of a [`Ring`] looks for the announcement with a Relaxed load.
///
/// Twin of [`ReleaseAcquire`](crate::model::threads::lockfree::ring::ReleaseAcquire). The read of the item may take place before the
/// load of the sequence number that allows it.
#[derive(Debug)]
pub struct RelaxedConsume;

impl Handover for RelaxedConsume {
    const PUBLISH: Ordering = Ordering::Release;
    const CONSUME: Ordering = Ordering::Relaxed;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn try_queue_smoke<Q: TryQueue<u32>>() {
        let queue = Q::with_capacity(2);
        assert_eq!(queue.try_push(7), Ok(()));
        assert_eq!(queue.try_push(8), Ok(()));
        assert_eq!(queue.try_push(9), Err(Full(9)));
        assert_eq!((queue.try_pop(), queue.try_pop(), queue.try_pop()), (Some(7), Some(8), None));
    }

    #[test]
    fn hides_items_smoke() {
        try_queue_smoke::<HidesItems<u32>>();
    }

    #[test]
    fn relaxed_publish_smoke() {
        try_queue_smoke::<Ring<u32, RelaxedPublish>>();
    }

    #[test]
    fn relaxed_consume_smoke() {
        try_queue_smoke::<Ring<u32, RelaxedConsume>>();
    }
}
