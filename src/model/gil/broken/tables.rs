//! Twins of the tables.

use crate::model::gil::lock::Gil;
use crate::model::gil::plain::InterpreterLock;
use crate::model::gil::table::Forks;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_first_smoke() {
        let table = <LeftFirst>::with_seats(2);
        let mut meals = 0;
        for seat in 0..table.seats() {
            table.dine(seat, &mut || meals += 1);
        }
        assert_eq!(meals, 2);
    }
}
