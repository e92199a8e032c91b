//! Twins of the tables.

use crate::model::gil::lock::cpython::Gil;
use crate::model::gil::lock::plain::InterpreterLock;
use crate::model::gil::table::{Forks, Waking};
use crate::port::{Table, forks_of};

/// Everybody takes the left fork first: the naive table.
///
/// Twin of [`Ordered`](crate::model::gil::table::Ordered). It deadlocks as it does without an interpreter lock, for who
/// waits for a fork has to let the others run.
#[derive(Debug)]
pub struct LeftFirst<L = Gil>(Forks<L>);

impl<L: InterpreterLock> Table for LeftFirst<L> {
    fn with_seats(seats: usize) -> Self {
        Self(Forks::lay(seats))
    }

    fn seats(&self) -> usize {
        self.0.locks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        self.0.dine(left, right, eat);
    }
}

/// Who puts its forks down wakes the right neighbour alone.
///
/// Twin of [`Both`](super::Both). The left neighbour, where it waits, sleeps on, and for ever where nobody else puts down a fork that
/// it needs. At a table for two both neighbours are the same.
#[derive(Debug)]
pub struct WakesOne;

impl Waking for WakesOne {
    fn woken(neighbours: &[usize; 2]) -> &[usize] {
        &neighbours[..1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gil::table::AtOnce;

    #[test]
    fn left_first_smoke() {
        smoke::<LeftFirst>();
    }

    #[test]
    fn wakes_one_smoke() {
        smoke::<AtOnce<Gil, WakesOne>>();
    }

    fn smoke<T: Table>() {
        let table = T::with_seats(2);
        let mut meals = 0;
        for seat in 0..table.seats() {
            table.dine(seat, &mut || meals += 1);
        }
        assert_eq!(meals, 2);
    }
}
