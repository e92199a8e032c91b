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

use crate::port::{BlockingQueue, Close, Closed, Full, TryQueue};
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;

/// A first-in first-out queue with room for a fixed number of items.
///
/// ```
/// use refectory::model::threads::queue::bounded::Bounded;
/// use refectory::port::{BlockingQueue, Full, TryQueue};
///
/// let queue = Bounded::new(1);
/// queue.push('a').unwrap();
/// assert_eq!(queue.try_push('b'), Err(Full('b')));
/// assert_eq!(queue.pop(), Some('a'));
/// assert_eq!(queue.try_pop(), None);
/// ```
#[derive(Debug)]
pub struct Bounded<T> {
    capacity: usize,
    content: Mutex<Content<T>>,
    not_full: Condvar,
    not_empty: Condvar,
}

#[derive(Debug)]
struct Content<T> {
    items: VecDeque<T>,
    closed: bool,
}

impl<T> Bounded<T> {
    /// An empty queue with room for `capacity` items. When it is closed it counts as full.
    ///
    /// # Panics
    /// If `capacity` is 0: nobody could ever put an item in.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "a queue needs room for an item");
        Self {
            capacity,
            content: Mutex::new(Content { items: VecDeque::with_capacity(capacity), closed: false })
                .named(format_args!("items")),
            not_full: Condvar::new().named(format_args!("not full")),
            not_empty: Condvar::new().named(format_args!("not empty")),
        }
    }

    /// The number of items at some moment of the call.
    pub fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// Whether there was no item at some moment of the call.
    pub fn is_empty(&self) -> bool {
        self.lock().items.is_empty()
    }

    /// Whether there was no room at some moment of the call.
    pub fn is_full(&self) -> bool {
        !self.has_room(&self.lock())
    }

    fn has_room(&self, content: &Content<T>) -> bool {
        content.items.len() < self.capacity
    }

    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, Content<T>> {
        self.content.lock().unwrap()
    }
}

impl<T: Send + 'static> BlockingQueue<T> for Bounded<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        let full = |content: &mut Content<T>| !content.closed && !self.has_room(content);
        let mut content = self.not_full.wait_while(self.lock(), full).unwrap();
        if content.closed {
            return Err(Closed(item));
        }
        content.items.push_back(item);
        self.not_empty.notify_one();
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        let empty = |content: &mut Content<T>| !content.closed && content.items.is_empty();
        let mut content = self.not_empty.wait_while(self.lock(), empty).unwrap();
        let item = content.items.pop_front()?;
        self.not_full.notify_one();
        Some(item)
    }
}

impl<T> Close for Bounded<T> {
    fn close(&self) {
        self.lock().closed = true;
        self.not_full.notify_all();
        self.not_empty.notify_all();
    }
}

impl<T: Send + 'static> TryQueue<T> for Bounded<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        let mut content = self.lock();
        if content.closed || !self.has_room(&content) {
            return Err(Full(item));
        }
        content.items.push_back(item);
        self.not_empty.notify_one();
        Ok(())
    }

    fn try_pop(&self) -> Option<T> {
        let item = self.lock().items.pop_front()?;
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
        queue.push(7).unwrap();
        assert_eq!(queue.pop(), Some(7));
        queue.push(8).unwrap();
        assert_eq!(queue.pop(), Some(8));
        assert!(queue.is_empty());
    }

    #[test]
    fn len_empty_full() {
        let queue = Bounded::new(2);
        assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (0, true, false));
        queue.push(()).unwrap();
        assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (1, false, false));
        queue.push(()).unwrap();
        assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (2, false, true));
        assert_eq!(queue.try_push(()), Err(Full(())));
        queue.pop();
        assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (1, false, false));
    }

    #[test]
    fn push_waits_for_room() {
        let queue = Arc::new(Bounded::new(1));
        queue.push(1).unwrap();
        let producer = thread::spawn({
            let queue = queue.clone();
            move || queue.push(2)
        });
        assert_eq!((queue.pop(), queue.pop()), (Some(1), Some(2)));
        producer.join().unwrap().unwrap();
    }

    #[test]
    fn close() {
        let queue = Bounded::new(2);
        queue.push(1).unwrap();
        queue.close();
        queue.close();
        assert_eq!(queue.push(2), Err(Closed(2)));
        assert_eq!(queue.try_push(3), Err(Full(3)));
        assert_eq!((queue.pop(), queue.pop(), queue.try_pop()), (Some(1), None, None));
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
            queue.push(value.clone()).unwrap();
        }
        drop(queue.pop());
        assert_eq!(Arc::strong_count(&value), 3);
        drop(queue);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
