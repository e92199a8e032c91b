//! The order of the forks.

use super::Forks;
use crate::model::gil::lock::cpython::Gil;
use crate::model::gil::lock::plain::InterpreterLock;
use crate::port::{Table, forks_of};

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
