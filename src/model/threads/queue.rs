//! The bounded queue on a mutex and two condition variables.
//!
//! Invariant: the mutex guards the items; who waits for room is woken by whoever takes an item out,
//! who waits for an item by whoever puts one in. The two kinds of waiters have a condition variable
//! each, so that a notification of one waiter cannot go to the wrong kind.
//!
//! It is not fair: a woken waiter may find that somebody else was faster, and waits again.
//!
//! Source: C. A. R. Hoare, "Monitors: an operating system structuring concept", 1974, the bounded
//! buffer; with the waits in loops that Mesa's condition variables need (Butler W. Lampson and David D.
//! Redell, "Experience with processes and monitors in Mesa", 1980).

use crate::port::{BlockingQueue, Full, TryQueue};
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;

/// A first-in first-out queue with room for a fixed number of items.
///
/// ```
/// use refectory::model::threads::queue::Bounded;
/// use refectory::port::{BlockingQueue, Full, TryQueue};
///
/// let queue = Bounded::new(1);
/// queue.push('a');
/// assert_eq!(queue.try_push('b'), Err(Full('b')));
/// assert_eq!(queue.pop(), 'a');
/// assert_eq!(queue.try_pop(), None);
/// ```
#[derive(Debug)]
pub struct Bounded<T> {
    capacity: usize,
    items: Mutex<VecDeque<T>>,
    not_full: Condvar,
    not_empty: Condvar,
}

impl<T> Bounded<T> {
    /// An empty queue with room for `capacity` items.
    ///
    /// # Panics
    /// If `capacity` is 0: nobody could ever put an item in.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "a queue needs room for an item");
        Self {
            capacity,
            items: Mutex::new(VecDeque::with_capacity(capacity)).named(format_args!("items")),
            not_full: Condvar::new().named(format_args!("not full")),
            not_empty: Condvar::new().named(format_args!("not empty")),
        }
    }

    /// The number of items at some moment of the call.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there was no item at some moment of the call.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Whether there was no room at some moment of the call.
    pub fn is_full(&self) -> bool {
        self.lock().len() == self.capacity
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.items.lock().unwrap()
    }
}

impl<T: Send + 'static> BlockingQueue<T> for Bounded<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn push(&self, item: T) {
        let mut items = self.not_full.wait_while(self.lock(), |items| items.len() == self.capacity).unwrap();
        items.push_back(item);
        self.not_empty.notify_one();
    }

    fn pop(&self) -> T {
        let mut items = self.not_empty.wait_while(self.lock(), |items| items.is_empty()).unwrap();
        let item = items.pop_front().expect("waited until there was an item");
        self.not_full.notify_one();
        item
    }
}

impl<T: Send + 'static> TryQueue<T> for Bounded<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        let mut items = self.lock();
        if items.len() == self.capacity {
            return Err(Full(item));
        }
        items.push_back(item);
        self.not_empty.notify_one();
        Ok(())
    }

    fn try_pop(&self) -> Option<T> {
        let item = self.lock().pop_front()?;
        self.not_full.notify_one();
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Item, Rig, Scenario, Waiting};
    use crate::sync::thread;
    use std::sync::Arc;

    #[test]
    fn smoke() {
        let queue = Bounded::new(2);
        queue.push(7);
        assert_eq!(queue.pop(), 7);
        queue.push(8);
        assert_eq!(queue.pop(), 8);
        assert!(queue.is_empty());
    }

    #[test]
    fn len_empty_full() {
        let queue = Bounded::new(2);
        assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (0, true, false));
        queue.push(());
        assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (1, false, false));
        queue.push(());
        assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (2, false, true));
        assert_eq!(queue.try_push(()), Err(Full(())));
        queue.pop();
        assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (1, false, false));
    }

    #[test]
    fn push_waits_for_room() {
        let queue = Arc::new(Bounded::new(1));
        queue.push(1);
        let producer = thread::spawn({
            let queue = queue.clone();
            move || queue.push(2)
        });
        assert_eq!((queue.pop(), queue.pop()), (1, 2));
        producer.join().unwrap();
    }

    #[test]
    fn fifo_per_producer() {
        for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 4)] {
            let scenario = Scenario::exchange(Waiting::Blocks, 2, &vec![60; producers], consumers);
            Rig::queue::<Bounded<Item>>().program(scenario).run().unwrap();
        }
    }

    #[test]
    fn drops() {
        let value = Arc::new(());
        let queue = Bounded::new(4);
        for _ in 0..3 {
            queue.push(value.clone());
        }
        drop(queue.pop());
        assert_eq!(Arc::strong_count(&value), 3);
        drop(queue);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
