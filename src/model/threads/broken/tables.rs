//! Twins of the [tables](super::super::table).

use super::super::table::{Precedence, Reach, Request, lay_forks};
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

/// Puts the lower fork down as soon as it has both, and before it eats.
///
/// Twin of [`Ordered`](super::super::table::Ordered). The neighbour at the lower fork takes it and eats at the
/// same time: a guard that lives too short, as when a lock's result is bound to `_`.
#[derive(Debug)]
pub struct UnlockEarly {
    forks: Vec<Mutex<()>>,
}

impl Table for UnlockEarly {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats) }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let lower = self.forks[left.min(right)].lock().unwrap();
        let _higher = self.forks[left.max(right)].lock().unwrap();
        drop(lower);
        eat();
    }
}

/// Everybody takes the left fork first, tries the right one, and puts the left one down where that fails.
///
/// Twin of [`LowerFirst`](super::super::table::LowerFirst). Nobody waits with a fork in hand, so it does
/// not deadlock; but all can take, fail and put down in step, for ever. Source: Andrew S. Tanenbaum,
/// "Operating Systems: Design and Implementation", 1987.
#[derive(Debug)]
pub struct Polite;

impl Reach for Polite {
    fn forks(seat: usize, seats: usize) -> (usize, usize) {
        forks_of(seat, seats)
    }
}

/// The waiter serves the philosopher of seat 0 before all who asked earlier.
///
/// Twin of [`FirstCome`](super::super::table::FirstCome). Seat 0 comes back from a meal and eats again while a
/// neighbour waits that asked before: because its request reaches the waiter first, or because the neighbour
/// still waits for its other neighbour. It takes a third philosopher to wait for, and second meals.
#[derive(Debug)]
pub struct WaiterFavoursSeat0;

impl Precedence for WaiterFavoursSeat0 {
    fn before(one: Request, other: Request) -> bool {
        one.seat == 0 || (other.seat != 0 && one.number < other.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::table::{TryLock, Waiter};

    fn smoke<T: Table>() {
        let table = T::with_seats(2);
        let mut meals = 0;
        for seat in 0..table.seats() {
            table.dine(seat, &mut || meals += 1);
        }
        assert_eq!(meals, 2);
    }

    #[test]
    fn left_first_smoke() {
        smoke::<LeftFirst>();
    }

    #[test]
    fn unlock_early_smoke() {
        smoke::<UnlockEarly>();
    }

    #[test]
    fn polite_smoke() {
        smoke::<TryLock<Polite>>();
    }

    #[test]
    fn waiter_favours_seat_0_smoke() {
        smoke::<Waiter<WaiterFavoursSeat0>>();
    }
}
