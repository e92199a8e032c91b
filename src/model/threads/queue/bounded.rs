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

use crate::model::threads::lock::monitor::{Barging, Condvar, Monitor, Mutex, MutexGuard};
use crate::port::{BlockingQueue, Close, Closed, Full, TryQueue};

use std::collections::VecDeque;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// A first-in first-out queue with room for a fixed number of items.
///
/// ```
/// use refectory::model::threads::queue::bounded::Bounded;
/// use refectory::port::{BlockingQueue, Full, TryQueue};
///
/// let queue = <Bounded<_>>::new(1);
/// queue.push('a').unwrap();
/// assert_eq!(queue.try_push('b'), Err(Full('b')));
/// assert_eq!(queue.pop(), Some('a'));
/// assert_eq!(queue.try_pop(), None);
/// ```
#[derive(Debug)]
pub struct Bounded<T, M: Monitor = Barging> {
    capacity: usize,
    content: Mutex<Content<T>, M>,
    not_full: Condvar<M>,
    not_empty: Condvar<M>,
}

// No code of an item runs while the lock is held.
impl<T, M: Monitor> UnwindSafe for Bounded<T, M> {}
impl<T, M: Monitor> RefUnwindSafe for Bounded<T, M> {}

#[derive(Debug)]
struct Content<T> {
    items: VecDeque<T>,
    closed: bool,
    /// Producers that wait, or have been woken and do not yet have the mutex.
    producers: usize,
    /// As `producers`, of consumers.
    consumers: usize,
}

impl<T, M: Monitor> Bounded<T, M> {
    /// An empty queue with room for `capacity` items. When it is closed it counts as full.
    ///
    /// # Panics
    /// If `capacity` is 0: nobody could ever put an item in.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "a queue needs room for an item");
        Self {
            capacity,
            content: Mutex::new(Content::with_room_for(capacity), format_args!("items")),
            not_full: Condvar::new(format_args!("not full")),
            not_empty: Condvar::new(format_args!("not empty")),
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

    /// Waits for room, unless the queue is closed.
    #[inline]
    fn await_room(&self) -> MutexGuard<'_, Content<T>, M> {
        let full = |content: &mut Content<T>| !content.closed && !self.has_room(content);
        let mut content = self.lock();
        if full(&mut content) {
            content = self.content.linger_while(content, full);
            content.producers += 1;
            content = self.not_full.wait_while(content, full);
            content.producers -= 1;
        }
        content
    }

    /// Waits for an item, unless the queue is closed.
    #[inline]
    fn await_item(&self) -> MutexGuard<'_, Content<T>, M> {
        let empty = |content: &mut Content<T>| !content.closed && content.items.is_empty();
        let mut content = self.lock();
        if empty(&mut content) {
            content = self.content.linger_while(content, empty);
            content.consumers += 1;
            content = self.not_empty.wait_while(content, empty);
            content.consumers -= 1;
        }
        content
    }

    /// Puts an item in, for which there is room.
    #[inline]
    fn insert(&self, mut content: MutexGuard<'_, Content<T>, M>, item: T) {
        content.items.push_back(item);
        let awaited = content.consumers > 0;
        drop(content);
        if awaited {
            self.not_empty.notify_one();
        }
    }

    /// Takes an item out, if there is one.
    #[inline]
    fn remove(&self, mut content: MutexGuard<'_, Content<T>, M>) -> Option<T> {
        let item = content.items.pop_front()?;
        let awaited = content.producers > 0;
        drop(content);
        if awaited {
            self.not_full.notify_one();
        }
        Some(item)
    }

    #[track_caller]
    #[inline]
    fn lock(&self) -> MutexGuard<'_, Content<T>, M> {
        self.content.lock()
    }
}

impl<T> Content<T> {
    fn with_room_for(capacity: usize) -> Self {
        Self { items: VecDeque::with_capacity(capacity), closed: false, producers: 0, consumers: 0 }
    }
}

impl<T: Send + 'static, M: Monitor> BlockingQueue<T> for Bounded<T, M> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn push(&self, item: T) -> Result<(), Closed<T>> {
        let content = self.await_room();
        if content.closed {
            return Err(Closed(item));
        }
        self.insert(content, item);
        Ok(())
    }

    #[inline]
    fn pop(&self) -> Option<T> {
        self.remove(self.await_item())
    }
}

impl<T, M: Monitor> Close for Bounded<T, M> {
    fn close(&self) {
        self.lock().closed = true;
        self.not_full.notify_all();
        self.not_empty.notify_all();
    }
}

impl<T: Send + 'static, M: Monitor> TryQueue<T> for Bounded<T, M> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        let content = self.lock();
        if content.closed || !self.has_room(&content) {
            return Err(Full(item));
        }
        self.insert(content, item);
        Ok(())
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        self.remove(self.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::exchange::{Waiting, exchange};
    use crate::port::{self, Item};
    use crate::sync::thread;
    use std::sync::Arc;

    #[test]
    fn smoke() {
        let queue = <Bounded<_>>::new(2);
        queue.push(7).unwrap();
        assert_eq!(queue.pop(), Some(7));
        queue.push(8).unwrap();
        assert_eq!(queue.pop(), Some(8));
        assert!(queue.is_empty());
    }

    #[test]
    fn len_empty_full() {
        let queue = <Bounded<_>>::new(2);
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
        let queue = Arc::new(<Bounded<_>>::new(1));
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
        let queue = <Bounded<_>>::new(2);
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
            let scenario = exchange(Waiting::Blocks, 2, &vec![60; producers], consumers);
            port::queue::harness::<Bounded<Item>>().program(scenario).run().unwrap();
        }
    }

    #[test]
    fn drops() {
        let value = Arc::new(());
        let queue = <Bounded<_>>::new(4);
        for _ in 0..3 {
            queue.push(value.clone()).unwrap();
        }
        drop(queue.pop());
        assert_eq!(Arc::strong_count(&value), 3);
        drop(queue);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
