//! Twins of the queues: [`Bounded`] and [`Ring`].

use super::super::bounded::Bounded;
use super::super::ring::{Handover, Ring};
use crate::port::{BlockingQueue, Closed, Full, TryQueue};
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

/// One condition variable for both kinds of waiters, and a notification for only one of them.
///
/// Twin of [`Bounded`]. A consumer's notification, meant for a producer, may wake another consumer, who
/// finds nothing, waits again and passes nothing on: the wake-up is lost, and all wait for ever. It takes two
/// waiters of different kinds at once. Source: Tom Cargill's bounded buffer with `notify`, as told in "Extreme
/// programming challenge fourteen", c2.com.
#[derive(Debug)]
pub struct NotifyOneForAll<T> {
    capacity: usize,
    items: Mutex<VecDeque<T>>,
    changed: Condvar,
}

impl<T> NotifyOneForAll<T> {
    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.items.lock().unwrap()
    }
}

impl<T: Send + 'static> BlockingQueue<T> for NotifyOneForAll<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self {
            capacity,
            items: Mutex::new(VecDeque::with_capacity(capacity)).named(format_args!("items")),
            changed: Condvar::new().named(format_args!("changed")),
        }
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        let mut items = self.changed.wait_while(self.lock(), |items| items.len() == self.capacity).unwrap();
        items.push_back(item);
        self.changed.notify_one();
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        let mut items = self.changed.wait_while(self.lock(), |items| items.is_empty()).unwrap();
        let item = items.pop_front();
        self.changed.notify_one();
        item
    }
}

/// Looks whether there is an item, then takes it: two steps, between which another consumer may come.
///
/// Twin of [`Bounded`] as a [`TryQueue`]: `if !queue.is_empty() { queue.pop().unwrap() }`, as one writes it
/// where an interpreter lock seems to make it one step.
#[derive(Debug)]
pub struct CheckThenAct<T>(Bounded<T>);

impl<T: Send + 'static> TryQueue<T> for CheckThenAct<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self(Bounded::new(capacity))
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.0.try_push(item)
    }

    fn try_pop(&self) -> Option<T> {
        if self.0.is_empty() {
            None
        } else {
            Some(self.0.try_pop().expect("an item, for the queue was not empty"))
        }
    }
}

/// Says of a [`Ring`] that it fails only where it is empty or full.
///
/// It is not so: a producer that has its position and has not yet published hides the items behind it, and a
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
/// Twin of [`ReleaseAcquire`](super::super::ring::ReleaseAcquire). The consumer may see the announcement before
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
/// Twin of [`ReleaseAcquire`](super::super::ring::ReleaseAcquire). The read of the item may take place before the
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
    #[test]
    fn notify_one_for_all_smoke() {
        let queue = NotifyOneForAll::with_capacity(1);
        queue.push(7).unwrap();
        assert_eq!(queue.pop(), Some(7));
    }

    fn try_queue_smoke<Q: TryQueue<u32>>() {
        let queue = Q::with_capacity(2);
        assert_eq!(queue.try_push(7), Ok(()));
        assert_eq!(queue.try_push(8), Ok(()));
        assert_eq!(queue.try_push(9), Err(Full(9)));
        assert_eq!((queue.try_pop(), queue.try_pop(), queue.try_pop()), (Some(7), Some(8), None));
    }

    #[test]
    fn check_then_act_smoke() {
        try_queue_smoke::<CheckThenAct<u32>>();
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
