//! Threads that wait for something in the interpreter, each for a thread that does it.
//!
//! Invariant: it is part of the heap, so whoever looks into it holds the interpreter lock. A thread enters in the
//! same step in which it finds that it has to wait, and drops the lock after that; so nobody can do what it waits
//! for in between without finding it here.
//!
//! It passes nothing on: a thread that is woken looks again, and may find that somebody else was faster.
//!
//! Source: `Python/parking_lot.c` of CPython 3.13; Filip Pizlo, "Locking in WebKit", 2016.

use crate::sync::thread::{self, Thread};
use std::collections::VecDeque;

/// A queue of parked threads, first in, first out.
///
/// ```
/// use refectory::model::gil::lock::parking::ParkingLot;
/// use refectory::sync::thread;
///
/// let mut lot = ParkingLot::default();
/// lot.enter();
/// lot.wake_one();
/// thread::park(); // comes back: the token is there
/// ```
#[derive(Debug, Default)]
pub struct ParkingLot {
    parked: VecDeque<Thread>,
}

impl ParkingLot {
    /// The calling thread is about to park. After a park that ended without a reason it enters again, and keeps its
    /// place: named twice, it would be woken twice, and another one not at all.
    pub fn enter(&mut self) {
        let me = thread::current();
        if self.parked.iter().all(|parked| parked.id() != me.id()) {
            self.parked.push_back(me);
        }
    }

    /// The calling thread has what it waited for, whether or not it was woken for it. A name that stayed here
    /// would take another one's wake-up.
    pub fn leave(&mut self) {
        if !self.parked.is_empty() {
            let me = thread::current().id();
            self.parked.retain(|parked| parked.id() != me);
        }
    }

    /// Wakes the thread that has been here for the longest time.
    pub fn wake_one(&mut self) {
        if let Some(thread) = self.parked.pop_front() {
            thread.unpark();
        }
    }

    /// Wakes all.
    pub fn wake_all(&mut self) {
        self.parked.drain(..).for_each(|thread| thread.unpark());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_enters_twice_is_here_once() {
        let mut lot = ParkingLot::default();
        lot.enter();
        lot.enter();
        assert_eq!(lot.parked.len(), 1);
        lot.leave();
        assert!(lot.parked.is_empty());
    }

    #[test]
    fn wakes_in_order_of_entering() {
        let mut lot = ParkingLot::default();
        lot.enter();
        let other = thread::spawn(move || {
            lot.enter();
            lot
        });
        let mut lot = other.join().unwrap();
        lot.wake_one();
        thread::park();
        assert_eq!(lot.parked.len(), 1);
        assert_ne!(lot.parked[0].id(), thread::current().id());
    }
}
