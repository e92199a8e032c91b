//! Twins of the [simple queue](crate::model::threads::queue::SimpleQueue).

use crate::model::threads::queue::GetError;
use crate::model::threads::queue::simple_queue::Looking;
use crate::sync::time::Deadline;
use crate::sync::{Condvar, Mutex};
use std::collections::VecDeque;
use std::time::Duration;

/// A consumer that was woken looks only at what has come in lately.
///
/// Twin of [`Thorough`](crate::model::threads::queue::simple_queue::Thorough). Two wait, and two items come; a third consumer takes over both and leaves one. Whoever was woken for it
/// finds that nothing came in, and sleeps beside it for ever.
#[derive(Debug)]
pub struct LooksAtOneEnd;

impl Looking for LooksAtOneEnd {
    const AT_BOTH: bool = false;
}

/// Looks at the clock first, and then whether there is an item.
///
/// Twin of [`SimpleQueue`](crate::model::threads::queue::SimpleQueue). A `get` whose time has run out comes back without the
/// item that is there; where it was woken for that item, nobody else is.
#[derive(Debug)]
pub struct DeadlineFirst<T> {
    items: Mutex<VecDeque<T>>,
    not_empty: Condvar,
}

impl<T> DeadlineFirst<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            items: Mutex::new(VecDeque::new()).named(format_args!("items")),
            not_empty: Condvar::new().named(format_args!("not empty")),
        }
    }

    /// Puts an item in.
    pub fn put(&self, item: T) {
        self.items.lock().unwrap().push_back(item);
        self.not_empty.notify_one();
    }

    /// Waits for an item, but not longer than `time`, and takes it out.
    ///
    /// # Errors
    /// The time has run out.
    pub fn get_timeout(&self, time: Duration) -> Result<T, GetError> {
        let deadline = Deadline::after(time);
        let mut items = self.items.lock().unwrap();
        loop {
            let Some(left) = deadline.left() else { return Err(GetError::Empty) };
            if let Some(item) = items.pop_front() {
                return Ok(item);
            }
            items = self.not_empty.wait_timeout(items, left).unwrap().0;
        }
    }
}

impl<T> DeadlineFirst<T> {
    /// The number of items at some moment of the call.
    pub fn len(&self) -> usize {
        self.items.lock().unwrap().len()
    }

    /// Whether there was no item at some moment of the call.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Default for DeadlineFirst<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadline_first_smoke() {
        let queue = DeadlineFirst::new();
        queue.put(7);
        assert_eq!(queue.get_timeout(Duration::from_secs(60)), Ok(7));
    }
}
