//! Twins of the queue: two bytecodes where one is needed.

use crate::model::gil::lock::cpython::Gil;
use crate::model::gil::lock::plain::InterpreterLock;
use crate::model::gil::queue::bounded::{Bounded, Items};
use crate::port::{BlockingQueue, Closed, Full, TryQueue};
use crate::sync::thread;

/// Looks whether there is an item, then takes it: `if len(q): q.pop()`.
///
/// Twin of [`Bounded`] as a [`TryQueue`]. Each of the two is one bytecode, and between them lies a safe point, at which
/// another consumer may come.
#[derive(Debug)]
pub struct CheckThenAct<T, L = Gil>(Bounded<T, L>);

impl<T: Send + 'static, L: InterpreterLock> TryQueue<T> for CheckThenAct<T, L> {
    fn with_capacity(capacity: usize) -> Self {
        Self(Bounded::new(capacity))
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.0.try_push(item)
    }

    fn try_pop(&self) -> Option<T> {
        let mut thread = self.0.interpreter.attach();
        if thread.step(|heap| heap.is_empty()) {
            None
        } else {
            Some(thread.step(Items::pop).expect("an item, for the queue was not empty"))
        }
    }
}

/// A consumer finds that there is no item, then enters the parking lot.
///
/// Twin of [`Bounded`] as a [`BlockingQueue`]. A producer that comes in between puts its item in and finds nobody to
/// wake.
#[derive(Debug)]
pub struct ParksLate<T, L = Gil>(Bounded<T, L>);

impl<T: Send + 'static, L: InterpreterLock> BlockingQueue<T> for ParksLate<T, L> {
    fn with_capacity(capacity: usize) -> Self {
        Self(Bounded::new(capacity))
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        self.0.push(item)
    }

    fn pop(&self) -> Option<T> {
        let mut thread = self.0.interpreter.attach();
        loop {
            if let Some(item) = thread.step(Items::pop) {
                thread.step(|heap| heap.not_empty.leave());
                return Some(item);
            }
            thread.step(|heap| heap.not_empty.enter());
            thread.unlocked(|| thread::park());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_then_act_smoke() {
        let queue = <CheckThenAct<_>>::with_capacity(2);
        assert_eq!([queue.try_push(7), queue.try_push(8), queue.try_push(9)], [Ok(()), Ok(()), Err(Full(9))]);
        assert_eq!([queue.try_pop(), queue.try_pop(), queue.try_pop()], [Some(7), Some(8), None]);
    }

    #[test]
    fn parks_late_smoke() {
        let queue = <ParksLate<_>>::with_capacity(1);
        queue.push(7).unwrap();
        assert_eq!(queue.pop(), Some(7));
    }
}
