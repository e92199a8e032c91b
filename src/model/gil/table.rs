//! Tables in an interpreter.
//!
//! Invariant: as without it. The forks are locks of the program, and the interpreter lock is none of them: it is
//! held for a bytecode, a fork for a meal. So the same circle of waiting has to be broken, in the same ways.
//!
//! A philosopher eats without the interpreter lock, as a thread does that waits for input.
//!
//! None of them is fair.

use super::interpreter::{Interpreter, Thread};
use super::lock::Gil;
use super::parking::ParkingLot;
use super::plain::InterpreterLock;
use crate::port::{Table, forks_of};
use crate::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// A lock of a program, as `threading.Lock`.
#[derive(Debug)]
pub(super) struct Lock(Mutex<()>);

impl Lock {
    fn fork(i: usize) -> Self {
        Self(Mutex::new(()).named(format_args!("fork {i}")))
    }

    /// Waits for the lock while other threads of the interpreter run.
    pub(super) fn acquire<T, L: InterpreterLock>(&self, thread: &mut Thread<'_, T, L>) -> MutexGuard<'_, ()> {
        thread.unlocked(|| self.0.lock().unwrap())
    }
}

/// A table with a lock for each fork, and nothing else on its heap.
#[derive(Debug)]
pub(super) struct Forks<L> {
    pub(super) interpreter: Interpreter<(), L>,
    pub(super) locks: Vec<Lock>,
}

impl<L: InterpreterLock> Forks<L> {
    /// Forks for so many seats. Nobody waits for the end of an interval: the most switches there can be.
    pub(super) fn lay(seats: usize) -> Self {
        let interpreter = Interpreter::with_interval((), Duration::ZERO);
        Self { interpreter, locks: (0..seats).map(Lock::fork).collect() }
    }

    /// Takes the one fork, then the other, and eats.
    pub(super) fn dine(&self, first: usize, second: usize, eat: &mut dyn FnMut()) {
        let mut thread = self.interpreter.attach();
        let _first = self.locks[first].acquire(&mut thread);
        let _second = self.locks[second].acquire(&mut thread);
        thread.unlocked(eat);
    }
}

/// Everybody takes the fork with the lower number first.
///
/// Source: the resource hierarchy of Edsger W. Dijkstra, "Hierarchical ordering of sequential processes", 1971.
///
/// ```
/// use refectory::model::gil::table::Ordered;
/// use refectory::port::Table;
///
/// <Ordered>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Ordered<L = Gil>(Forks<L>);

impl<L: InterpreterLock> Table for Ordered<L> {
    fn with_seats(seats: usize) -> Self {
        Self(Forks::lay(seats))
    }

    fn seats(&self) -> usize {
        self.0.locks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        self.0.dine(left.min(right), left.max(right), eat);
    }
}

/// Both forks in one bytecode, or none: what the interpreter lock does make safe.
///
/// The forks are entries of a list. A philosopher who finds one of them taken waits in the parking lot of the seat,
/// and holds nothing meanwhile; the neighbours, who put theirs down, wake it. Source: the monitor of C. A. R. Hoare,
/// "Monitors: an operating system structuring concept", 1974, with the interpreter lock for its mutex.
///
/// ```
/// use refectory::model::gil::table::AtOnce;
/// use refectory::port::Table;
///
/// <AtOnce>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct AtOnce<L = Gil> {
    interpreter: Interpreter<Seats, L>,
    seats: usize,
}

/// The heap: which forks are taken, and who waits at which seat.
#[derive(Debug)]
struct Seats {
    taken: Vec<bool>,
    waiting: Vec<ParkingLot>,
}

impl Seats {
    fn take_both(&mut self, seat: usize) -> Option<()> {
        let (left, right) = forks_of(seat, self.taken.len());
        let free = !self.taken[left] && !self.taken[right];
        free.then(|| self.put(seat, true))
    }

    fn put(&mut self, seat: usize, taken: bool) {
        let (left, right) = forks_of(seat, self.taken.len());
        (self.taken[left], self.taken[right]) = (taken, taken);
    }

    fn wake_neighbours(&mut self, seat: usize) {
        let seats = self.waiting.len();
        self.waiting[(seat + 1) % seats].wake_one();
        self.waiting[(seat + seats - 1) % seats].wake_one();
    }
}

impl<L: InterpreterLock> Table for AtOnce<L> {
    fn with_seats(seats: usize) -> Self {
        let waiting = (0..seats).map(|_| ParkingLot::default()).collect();
        let heap = Seats { taken: vec![false; seats], waiting };
        Self { interpreter: Interpreter::with_interval(heap, Duration::ZERO), seats }
    }

    fn seats(&self) -> usize {
        self.seats
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let mut thread = self.interpreter.attach();
        thread.wait_until(|heap| &mut heap.waiting[seat], |heap| heap.take_both(seat));
        thread.unlocked(eat);
        thread.step(|heap| {
            heap.put(seat, false);
            heap.wake_neighbours(seat);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Rig, Scenario};

    fn smoke<T: Table>() {
        let table = T::with_seats(3);
        let mut meals = [0; 3];
        for (seat, eaten) in meals.iter_mut().enumerate() {
            table.dine(seat, &mut || *eaten += 1);
        }
        assert_eq!(meals, [1; 3]);
    }

    fn neighbours_never_eat_together<T: Table>() {
        for seats in [2, 3, 5] {
            Rig::table::<T>().program(Scenario::dining(seats, 20)).run().unwrap();
        }
    }

    mod ordered {
        use super::*;

        #[test]
        fn smoke() {
            super::smoke::<Ordered>();
        }

        #[test]
        fn neighbours_never_eat_together() {
            super::neighbours_never_eat_together::<Ordered>();
        }
    }

    mod at_once {
        use super::*;

        #[test]
        fn smoke() {
            super::smoke::<AtOnce>();
        }

        #[test]
        fn neighbours_never_eat_together() {
            super::neighbours_never_eat_together::<AtOnce>();
        }
    }
}
