//! Twins of the [tables](crate::model::threads::table).

use super::{Admission, Calling, Handedness, Manners, News, Precedence, Reach, Request, lay_forks};
use crate::port::{Table, forks_of};
use crate::sync::Mutex;

/// Everybody takes the left fork first: the naive table.
///
/// Twin of [`Ordered`](crate::model::threads::table::Ordered). When all have their left fork, each waits for the one
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
/// Twin of [`Ordered`](crate::model::threads::table::Ordered). The neighbour at the lower fork takes it and eats at the
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

/// Everybody takes the right fork first.
///
/// Twin of [`OddAndEven`](super::OddAndEven). Nobody reaches in the other direction, so that all can hold their right fork
/// and wait for the left one. The right-left algorithm of Nancy A. Lynch, 1981, needs a seat of each kind.
#[derive(Debug)]
pub struct OneHanded;

impl Handedness for OneHanded {
    fn is_left_handed(_seat: usize) -> bool {
        false
    }
}

/// As many sit down at once as there are philosophers.
///
/// Twin of [`AllButOne`](super::AllButOne), in [`Footman`](super::Footman) and in [`Chairs`](super::Chairs): the bound is off by one.
/// All can hold their left fork, and nobody is left who would find a second one.
#[derive(Debug)]
pub struct AdmitsAll;

impl Admission for AdmitsAll {
    fn admitted(philosophers: usize) -> usize {
        philosophers
    }
}

/// Who puts its forks down tells the left neighbour alone.
///
/// Twin of [`ToBoth`](super::ToBoth). The right neighbour, where it is hungry, waits until the one behind it puts its forks down, and
/// for ever where that one has eaten its fill. At a table for two both neighbours are the same.
#[derive(Debug)]
pub struct TellsOne;

impl News for TellsOne {
    fn told(neighbours: &[usize; 2]) -> &[usize] {
        &neighbours[..1]
    }
}

/// The next number is called before the forks are taken.
///
/// Twin of [`ForksFirst`](super::ForksFirst). The line no longer keeps anybody from the forks, of which everybody takes the left
/// one first: the naive table, with a line before it.
#[derive(Debug)]
pub struct CallsFirst;

impl Calling for CallsFirst {
    fn take_and_call<F>(take: impl FnOnce() -> F, call: impl FnOnce()) -> F {
        call();
        take()
    }
}

/// Nobody gives way.
///
/// Twin of [`FedFirst`](super::FedFirst). Who has eaten is as fast to the forks as a neighbour that is still hungry, and comes first
/// again and again. It takes a third philosopher to hold the other fork, and second meals.
#[derive(Debug)]
pub struct Greedy;

impl Manners for Greedy {
    fn gives_way(_unfed: usize) -> bool {
        false
    }
}

/// Everybody takes the left fork first, tries the right one, and puts the left one down where that fails.
///
/// Twin of [`LowerFirst`](crate::model::threads::table::LowerFirst). Nobody waits with a fork in hand, so it does
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
/// Twin of [`FirstCome`](crate::model::threads::table::FirstCome). Seat 0 comes back from a meal and eats again while a
/// neighbour waits that asked before: because its request reaches the waiter first, or because the neighbour
/// still waits for its other neighbour. It takes a third philosopher to wait for, and second meals.
#[derive(Debug)]
pub struct FavoursSeat0;

impl Precedence for FavoursSeat0 {
    fn before(one: Request, other: Request) -> bool {
        one.seat == 0 || (other.seat != 0 && one.number < other.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::table::{
        Asymmetric, Chairs, Courteous, Footman, Monitor, Ticket, TryLock, Waiter,
    };

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
    fn one_handed_smoke() {
        smoke::<Asymmetric<OneHanded>>();
    }

    #[test]
    fn admits_all_smoke() {
        smoke::<Footman<AdmitsAll>>();
        smoke::<Chairs<AdmitsAll>>();
    }

    #[test]
    fn tells_one_smoke() {
        smoke::<Monitor<TellsOne>>();
    }

    #[test]
    fn calls_first_smoke() {
        smoke::<Ticket<CallsFirst>>();
    }

    #[test]
    fn greedy_smoke() {
        smoke::<Courteous<Greedy>>();
    }

    #[test]
    fn polite_smoke() {
        smoke::<TryLock<Polite>>();
    }

    #[test]
    fn favours_seat_0_smoke() {
        smoke::<Waiter<FavoursSeat0>>();
    }
}
