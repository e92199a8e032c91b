//! The queue by which tasks come into the pool from outside.
//!
//! Invariant: a mutex guards the items, and the hint is the number of items whenever the mutex is free.
//! Idle workers look here again and again; where the hint says that there is nothing they do without the lock.
//!
//! What it does not do: it is no rival of a lock-free queue where many threads push at once.

use crate::port::{Full, TryQueue};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicUsize, Ordering};
use std::collections::VecDeque;
use std::fmt;

/// A first-in first-out queue without bounds, for any number of threads.
///
/// ```
/// use refectory::model::pool::deque::injector::Injector;
///
/// let injector = Injector::new();
/// injector.push('a');
/// injector.push('b');
/// assert_eq!(injector.pop(), Some('a'));
/// assert_eq!((injector.pop(), injector.pop()), (Some('b'), None));
/// ```
pub struct Injector<T> {
    items: Mutex<VecDeque<T>>,
    hint: AtomicUsize,
}

impl<T> Injector<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            items: Mutex::new(VecDeque::new()).named(format_args!("injected")),
            hint: AtomicUsize::new(0).named(format_args!("injected hint")),
        }
    }

    /// Puts an item in.
    pub fn push(&self, item: T) {
        let mut items = self.items.lock().unwrap();
        items.push_back(item);
        self.announce(&items);
    }

    /// Takes the oldest item out; `None` where there is none.
    pub fn pop(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let mut items = self.items.lock().unwrap();
        let item = items.pop_front();
        self.announce(&items);
        item
    }

    /// Whether there was no item at some moment of the call.
    pub fn is_empty(&self) -> bool {
        // Relaxed: the items are ordered by the lock. Who sleeps on the answer fences first.
        self.hint.load(Ordering::Relaxed) == 0
    }

    /// The hint follows the items before the lock is free again, so that two changes reach it in their order.
    fn announce(&self, items: &VecDeque<T>) {
        self.hint.store(items.len(), Ordering::Relaxed);
    }
}

impl<T> Default for Injector<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + 'static> TryQueue<T> for Injector<T> {
    /// The capacity is no bound.
    fn with_capacity(_capacity: usize) -> Self {
        Self::new()
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.push(item);
        Ok(())
    }

    fn try_pop(&self) -> Option<T> {
        self.pop()
    }
}

impl<T> fmt::Debug for Injector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Injector").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Item, Rig, Scenario, Waiting};

    #[test]
    fn smoke() {
        let injector = Injector::new();
        assert!(injector.is_empty());
        injector.push(7);
        assert!(!injector.is_empty());
        assert_eq!((injector.pop(), injector.pop()), (Some(7), None));
        assert!(injector.is_empty());
    }

    #[test]
    fn fifo_per_producer() {
        for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 4)] {
            let scenario = Scenario::exchange(Waiting::Tries, 4, &vec![60; producers], consumers);
            Rig::try_queue::<Injector<Item>>().program(scenario).run().unwrap();
        }
    }

    #[test]
    fn drops() {
        let value = std::sync::Arc::new(());
        let injector = Injector::new();
        for _ in 0..3 {
            injector.push(value.clone());
        }
        drop(injector.pop());
        assert_eq!(std::sync::Arc::strong_count(&value), 3);
        drop(injector);
        assert_eq!(std::sync::Arc::strong_count(&value), 1);
    }
}
