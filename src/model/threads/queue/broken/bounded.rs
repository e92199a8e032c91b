//! Twins of the [bounded queue](Bounded).

use crate::model::threads::lock::monitor::{Counting, Primitive};
use crate::model::threads::queue::bounded::Bounded;
use crate::port::{BlockingQueue, Closed, Full, TryQueue};
use crate::sync::{Condvar, Mutex, MutexGuard, thread};
use std::collections::VecDeque;

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

/// Who waits for a condition releases the lock first, and then reads how many notifications there were.
///
/// Twin of [`monitor::Correct`](crate::model::threads::lock::monitor::Correct). A notification in between is among those that were read, so that its change is missed as well as itself.
#[derive(Debug)]
pub struct CountsUnlocked;

impl Counting for CountsUnlocked {
    const UNDER_THE_LOCK: bool = false;
}

/// Looks whether there is an item, then takes it: two steps, between which another consumer may come.
///
/// Twin of [`Bounded`] as a [`TryQueue`]: `if !queue.is_empty() { queue.pop().unwrap() }`, as one writes it
/// where an interpreter lock seems to make it one step.
#[derive(Debug)]
pub struct CheckThenAct<T>(Bounded<T, Primitive>);

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

/// Each producer has a lane of its own, as far as there are lanes.
///
/// Twin of [`Bounded`] as a [`TryQueue`]. What went in first waits in its lane, while another producer's item that
/// came later goes out: first in, first out is kept for each producer alone. Source: Cameron Desrochers, "A fast
/// general purpose lock-free queue for C++", 2014, whose queue promises no more than that.
#[derive(Debug)]
pub struct OwnLanes<T> {
    capacity: usize,
    lanes: [Mutex<VecDeque<T>>; 2],
}

impl<T: Send + 'static> TryQueue<T> for OwnLanes<T> {
    fn with_capacity(capacity: usize) -> Self {
        let lane = |i| Mutex::new(VecDeque::with_capacity(capacity)).named(format_args!("lane {i}"));
        Self { capacity, lanes: [0, 1].map(lane) }
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        let mut lane = self.lanes[thread::place() % self.lanes.len()].lock().unwrap();
        if lane.len() == self.capacity {
            return Err(Full(item));
        }
        lane.push_back(item);
        Ok(())
    }

    fn try_pop(&self) -> Option<T> {
        self.lanes.iter().rev().find_map(|lane| lane.lock().unwrap().pop_front())
    }
}

/// Where there is no room, the oldest item goes.
///
/// Twin of [`Bounded`] as a [`TryQueue`]. An item that was accepted is neither received nor left. Python's
/// `collections.deque` with a `maxlen` does so, and says it; who takes it for a queue loses items.
#[derive(Debug)]
pub struct OverwritesOldest<T> {
    capacity: usize,
    items: Mutex<VecDeque<T>>,
}

impl<T: Send + 'static> TryQueue<T> for OverwritesOldest<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, items: Mutex::new(VecDeque::with_capacity(capacity)).named(format_args!("items")) }
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        let mut items = self.items.lock().unwrap();
        if items.len() == self.capacity {
            items.pop_front();
        }
        items.push_back(item);
        Ok(())
    }

    fn try_pop(&self) -> Option<T> {
        self.items.lock().unwrap().pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_lanes_smoke() {
        let queue = OwnLanes::with_capacity(2);
        assert_eq!([queue.try_push(7), queue.try_push(8), queue.try_push(9)], [Ok(()), Ok(()), Err(Full(9))]);
        assert_eq!([queue.try_pop(), queue.try_pop(), queue.try_pop()], [Some(7), Some(8), None]);
    }

    #[test]
    fn overwrites_oldest_smoke() {
        let queue = OverwritesOldest::with_capacity(2);
        assert_eq!([queue.try_push(7), queue.try_push(8)], [Ok(()), Ok(())]);
        assert_eq!([queue.try_pop(), queue.try_pop(), queue.try_pop()], [Some(7), Some(8), None]);
    }

    #[test]
    fn notify_one_for_all_smoke() {
        let queue = NotifyOneForAll::with_capacity(1);
        queue.push(7).unwrap();
        assert_eq!(queue.pop(), Some(7));
    }

    #[test]
    fn check_then_act_smoke() {
        let queue = CheckThenAct::with_capacity(2);
        assert_eq!([queue.try_push(7), queue.try_push(8), queue.try_push(9)], [Ok(()), Ok(()), Err(Full(9))]);
        assert_eq!([queue.try_pop(), queue.try_pop(), queue.try_pop()], [Some(7), Some(8), None]);
    }
}
