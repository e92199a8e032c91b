//! The order of the forks.

use super::lay_forks;
use crate::port::{Table, forks_of};
use crate::sync::Mutex;

/// Everybody takes the fork with the lower number first.
///
/// Whoever holds a fork waits only for one with a higher number, so waiting cannot go in a circle.
/// Source: the resource hierarchy of Edsger W. Dijkstra, "Hierarchical ordering of sequential
/// processes", 1971.
///
/// ```
/// use refectory::model::threads::table::Ordered;
/// use refectory::port::Table;
///
/// Ordered::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Ordered {
    forks: Vec<Mutex<()>>,
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
        let _lower = self.forks[left.min(right)].lock().unwrap();
        let _higher = self.forks[left.max(right)].lock().unwrap();
        eat();
    }
}
