//! The queue on a deque of the interpreter: each operation is one bytecode.
//!
//! Invariant: the interpreter lock guards the items. Who waits for room is woken by whoever takes an item out, who
//! waits for an item by whoever puts one in; the two kinds of waiters have a parking lot each, and enter it in the
//! step in which they find that they have to wait.
//!
//! It is not fair: a woken waiter may find that somebody else was faster, and waits again.
//!
//! Source: `Modules/_queuemodule.c` of CPython, where `SimpleQueue` rests on the interpreter lock alone; bounded
//! and with two kinds of waiters as in C. A. R. Hoare, "Monitors: an operating system structuring concept", 1974.

use crate::model::gil::interpreter::cpython::Interpreter;
use crate::model::gil::lock::cpython::Gil;
use crate::model::gil::lock::parking::ParkingLot;
use crate::model::gil::lock::plain::InterpreterLock;
use crate::port::{BlockingQueue, Close, Closed, Full, TryQueue};
use std::collections::VecDeque;
use std::time::Duration;

/// A first-in first-out queue with room for a fixed number of items.
///
/// ```
/// use refectory::model::gil::queue::bounded::Bounded;
/// use refectory::port::{BlockingQueue, Full, TryQueue};
///
/// let queue = <Bounded<_>>::new(1);
/// queue.push('a').unwrap();
/// assert_eq!(queue.try_push('b'), Err(Full('b')));
/// assert_eq!(queue.pop(), Some('a'));
/// assert_eq!(queue.try_pop(), None);
/// ```
#[derive(Debug)]
pub struct Bounded<T, L = Gil> {
    pub(super) interpreter: Interpreter<Items<T>, L>,
}

/// The heap: one deque, and who waits for it.
#[derive(Debug)]
pub(super) struct Items<T> {
    items: VecDeque<T>,
    capacity: usize,
    closed: bool,
    not_full: ParkingLot,
    pub(super) not_empty: ParkingLot,
}

impl<T> Items<T> {
    fn push(&mut self, item: T) -> Result<(), Full<T>> {
        if self.items.len() == self.capacity {
            return Err(Full(item));
        }
        self.items.push_back(item);
        self.not_empty.wake_one();
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        self.not_full.wake_one();
        Some(item)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What comes of a push that can wait; `None` where it has to.
    fn offer(&mut self, offered: &mut Option<T>) -> Option<Result<(), Closed<T>>> {
        let item = offered.take()?;
        if self.closed {
            return Some(Err(Closed(item)));
        }
        self.push(item).map_err(|Full(item)| *offered = Some(item)).ok().map(Ok)
    }

    /// What comes of a pop that can wait; `None` where it has to.
    fn request(&mut self) -> Option<Option<T>> {
        let item = self.pop();
        (item.is_some() || self.closed).then_some(item)
    }
}

impl<T, L: InterpreterLock> Bounded<T, L> {
    /// An empty queue with room for `capacity` items. When it is closed it counts as full. Nobody waits for the
    /// end of a switch interval: the most switches there can be.
    ///
    /// # Panics
    /// If `capacity` is 0: nobody could ever put an item in.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "a queue needs room for an item");
        let items = Items {
            items: VecDeque::with_capacity(capacity),
            capacity,
            closed: false,
            not_full: ParkingLot::default(),
            not_empty: ParkingLot::default(),
        };
        Self { interpreter: Interpreter::with_interval(items, Duration::ZERO) }
    }

    /// The number of items at some moment of the call.
    pub fn len(&self) -> usize {
        self.interpreter.attach().step(|heap| heap.items.len())
    }

    /// Whether there was no item at some moment of the call.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Send + 'static, L: InterpreterLock> TryQueue<T> for Bounded<T, L> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.interpreter.attach().step(|heap| if heap.closed { Err(Full(item)) } else { heap.push(item) })
    }

    fn try_pop(&self) -> Option<T> {
        self.interpreter.attach().step(Items::pop)
    }
}

impl<T: Send + 'static, L: InterpreterLock> BlockingQueue<T> for Bounded<T, L> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    /// Woken by a pop, and by the close.
    fn push(&self, item: T) -> Result<(), Closed<T>> {
        let mut offered = Some(item);
        self.interpreter.attach().wait_until(|heap| &mut heap.not_full, |heap| heap.offer(&mut offered))
    }

    /// Woken by a push, and by the close.
    fn pop(&self) -> Option<T> {
        self.interpreter.attach().wait_until(|heap| &mut heap.not_empty, Items::request)
    }
}

impl<T: Send + 'static, L: InterpreterLock> Close for Bounded<T, L> {
    fn close(&self) {
        self.interpreter.attach().step(|heap| {
            heap.closed = true;
            heap.not_full.wake_all();
            heap.not_empty.wake_all();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::exchange::{Waiting, exchange};
    use crate::port::{self, Item};
    use std::sync::Arc;

    #[test]
    fn smoke() {
        let queue = <Bounded<_>>::new(2);
        queue.push(7).unwrap();
        assert_eq!(queue.pop(), Some(7));
        assert!(queue.is_empty());
    }

    #[test]
    fn len_empty_full() {
        let queue = <Bounded<_>>::new(2);
        for item in 0..2 {
            assert_eq!(queue.len(), item);
            assert_eq!(queue.try_push(item), Ok(()));
        }
        assert_eq!(queue.try_push(2), Err(Full(2)));
        assert_eq!([queue.try_pop(), queue.try_pop(), queue.try_pop()], [Some(0), Some(1), None]);
    }

    #[test]
    fn close() {
        let queue = <Bounded<_>>::new(2);
        queue.push(1).unwrap();
        queue.close();
        assert_eq!(queue.push(2), Err(Closed(2)));
        assert_eq!(queue.try_push(3), Err(Full(3)));
        assert_eq!([queue.pop(), queue.pop()], [Some(1), None]);
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
