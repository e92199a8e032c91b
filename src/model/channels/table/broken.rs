//! Twins of the [tables](crate::model::channels::table).

use super::{Admission, Reach, Token, lay_forks, put_down, take};
use crate::model::channels::queue::Channel;
use crate::model::channels::queue::select::{Receiving, select};
use crate::port::{Table, forks_of};

/// Everybody takes the left fork first.
///
/// Twin of [`Ordered`](super::Ordered). When all have their left fork, each waits for a token that the neighbour holds: Go's
/// runtime calls it "all goroutines are asleep".
#[derive(Debug)]
pub struct LeftFirst;

impl Reach for LeftFirst {
    fn first_and_second(left: usize, right: usize) -> (usize, usize) {
        (left, right)
    }
}

/// Everybody takes whichever fork can be had first, by a select, and then waits for the other one.
///
/// Twin of [`Ordered`](super::Ordered). A select waits for neither of two and so seems to need no order; but it takes one, and holds
/// it while it waits for the other, as its neighbours do.
#[derive(Debug)]
pub struct EitherFirst {
    forks: Vec<Channel<Token>>,
}

impl Table for EitherFirst {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats) }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let forks = [&self.forks[left], &self.forks[right]];
        let [mut one, mut other] = forks.map(Receiving::new);
        let first = select(&mut [&mut one, &mut other]);
        let token = one.received().or(other.received()).expect("nobody closes a fork");
        let second = take(forks[1 - first]);
        eat();
        put_down(forks[1 - first], second);
        put_down(forks[first], token);
    }
}

/// The waiter has a chair for everybody.
///
/// Twin of [`Waiter`](super::Waiter). All can sit down and hold their left fork, and nobody is left who would find a second one.
#[derive(Debug)]
pub struct AdmitsAll;

impl Admission for AdmitsAll {
    fn chairs(philosophers: usize) -> usize {
        philosophers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::channels::table::{Ordered, Waiter};

    fn smoke<T: Table>() {
        let table = T::with_seats(2);
        let mut meals = 0;
        (0..2).for_each(|seat| table.dine(seat, &mut || meals += 1));
        assert_eq!(meals, 2);
    }

    #[test]
    fn twins_feed_who_sits_alone() {
        smoke::<Ordered<LeftFirst>>();
        smoke::<EitherFirst>();
        smoke::<Waiter<AdmitsAll>>();
    }
}
