//! Tables in an interpreter.
//!
//! Invariant: as without it. The forks are locks of the program, and the interpreter lock is none of them: it is
//! held for a bytecode, a fork for a meal. So the same circle of waiting has to be broken, in the same ways.
//!
//! A philosopher eats without the interpreter lock, as a thread does that waits for input.
//!
//! None of them is fair.

mod at_once;
pub mod broken;
mod ordered;

pub use at_once::{AtOnce, Both, Waking};
pub use ordered::Ordered;

use crate::model::gil::interpreter::cpython::{Interpreter, Thread};
use crate::model::gil::lock::plain::InterpreterLock;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::Table;
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
