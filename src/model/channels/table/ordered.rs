//! The order of the forks.

use super::{Token, dine, lay_forks};
use crate::model::channels::queue::Channel;
use crate::port::{Table, forks_of};

/// Everybody takes the fork with the lower number first.
///
/// Whoever holds a fork waits only for one with a higher number, so waiting cannot go in a circle.
///
/// Source: the resource hierarchy of Edsger W. Dijkstra, "Hierarchical ordering of sequential processes", 1971; forks that are
/// processes of their own, which hand themselves over, are those of C. A. R. Hoare, "Communicating sequential
/// processes", 1978, section 5.3.
///
/// ```
/// use refectory::model::channels::table::Ordered;
/// use refectory::port::Table;
///
/// Ordered::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Ordered {
    forks: Vec<Channel<Token>>,
}

impl Table for Ordered {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats) }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        dine(&self.forks[left.min(right)], &self.forks[left.max(right)], eat);
    }
}
