//! Twins of the [tables](super::super::table).

use super::super::table::lay_forks;
use crate::port::{Table, forks_of};
use crate::sync::Mutex;

/// Everybody takes the left fork first: the naive table.
///
/// Twin of [`Ordered`](super::super::table::Ordered). When all have their left fork, each waits for the one
/// that the neighbour holds: the deadlock of Edsger W. Dijkstra's "Hierarchical ordering of sequential
/// processes", 1971.
#[derive(Debug)]
pub struct LeftFirst {
    forks: Vec<Mutex<()>>,
}

impl Table for LeftFirst {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats) }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let _left = self.forks[left].lock().unwrap();
        let _right = self.forks[right].lock().unwrap();
        eat();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_first_smoke() {
        let table = LeftFirst::with_seats(2);
        let mut meals = 0;
        for seat in 0..table.seats() {
            table.dine(seat, &mut || meals += 1);
        }
        assert_eq!(meals, 2);
    }
}
