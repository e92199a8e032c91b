//! Twins of the subjects, each with one realistic bug. An engine must catch every one of them: a check
//! that has no twin to catch is no evidence.
//!
//! A twin is named by its bug and differs from its subject in that one place.

use super::queue::Bounded;
use super::ring::Handover;
use super::table::lay_forks;
use crate::port::{BlockingQueue, Full, Table, TryQueue, forks_of};
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

/// Everybody takes the left fork first: the naive table.
///
/// Twin of [`Ordered`](super::table::Ordered). When all have their left fork, each waits for the one
/// that the neighbour holds: the deadlock of Edsger W. Dijkstra's "Hierarchical ordering of sequential
/// processes", 1971.
#[derive(Debug)]
pub struct LeftFirst {
    forks: Vec<Mutex<()>>,
}

impl Table for LeftFirst {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats) }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let _left = self.forks[left].lock().unwrap();
        let _right = self.forks[right].lock().unwrap();
        eat();
    }
}

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

    fn push(&self, item: T) {
        let mut items = self.changed.wait_while(self.lock(), |items| items.len() == self.capacity).unwrap();
        items.push_back(item);
        self.changed.notify_one();
    }

    fn pop(&self) -> T {
        let mut items = self.changed.wait_while(self.lock(), |items| items.is_empty()).unwrap();
        let item = items.pop_front().expect("waited until there was an item");
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

/// The producer of a [`Ring`](super::ring::Ring) announces its item with a Relaxed store.
///
/// Twin of [`ReleaseAcquire`](super::ring::ReleaseAcquire). The consumer may see the announcement before
/// the item: it reads a slot that is not yet written. No x86 processor shows it, a compiler or an Arm
/// processor may.
#[derive(Debug)]
pub struct RelaxedPublish;

impl Handover for RelaxedPublish {
    const PUBLISH: Ordering = Ordering::Relaxed;
    const CONSUME: Ordering = Ordering::Acquire;
}

/// The consumer of a [`Ring`](super::ring::Ring) looks for the announcement with a Relaxed load.
///
/// Twin of [`ReleaseAcquire`](super::ring::ReleaseAcquire). The read of the item may take place before the
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
    use crate::model::threads::ring::Ring;

    // A twin has to work as long as nobody comes between: its bug is one of concurrency.

    #[test]
    fn left_first_smoke() {
        let table = LeftFirst::with_seats(2);
        let mut meals = 0;
        for seat in 0..table.seats() {
            table.dine(seat, &mut || meals += 1);
        }
        assert_eq!(meals, 2);
    }

    #[test]
    fn notify_one_for_all_smoke() {
        let queue = NotifyOneForAll::with_capacity(1);
        queue.push(7);
        assert_eq!(queue.pop(), 7);
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
    fn relaxed_publish_smoke() {
        try_queue_smoke::<Ring<u32, RelaxedPublish>>();
    }

    #[test]
    fn relaxed_consume_smoke() {
        try_queue_smoke::<Ring<u32, RelaxedConsume>>();
    }
}
