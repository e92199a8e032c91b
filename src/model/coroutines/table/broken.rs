//! Twins of the [tables](crate::model::coroutines::table).

use super::footman::Invites;
use super::ordered::Reaches;
use super::waiter::Waits;

/// Everybody takes the left fork first.
///
/// Twin of [`LowestFirst`](super::LowestFirst). All have their left fork, and each awaits the right one: a deadlock across awaits, also where
/// there is only one thread.
#[derive(Debug)]
pub struct LeftFirst;

impl Reaches for LeftFirst {
    fn in_order(left: usize, right: usize) -> (usize, usize) {
        (left, right)
    }
}

/// The footman lets everybody in.
///
/// Twin of [`OneLess`](super::OneLess). A semaphore with as many permits as there are seats stops nobody.
#[derive(Debug)]
pub struct Everybody;

impl Invites for Everybody {
    fn guests(seats: usize) -> usize {
        seats
    }
}

/// The waiter goes on to the next as soon as a philosopher has one fork.
///
/// Twin of [`UntilServed`](super::UntilServed). Then all of them may have one.
#[derive(Debug)]
pub struct UntilFirstFork;

impl Waits for UntilFirstFork {
    const FOR_BOTH: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::coroutines::table::{Dining, Footman, Ordered, Waiter};
    use crate::sync::future::block_on;

    fn smoke<D: Dining>() {
        let table = D::with_seats(2);
        let mut meals = 0;
        (0..2).for_each(|seat| block_on(table.dine(seat, &mut || meals += 1)));
        assert_eq!(meals, 2);
    }

    #[test]
    fn twins_feed_who_sits_alone() {
        smoke::<Ordered<LeftFirst>>();
        smoke::<Footman<Everybody>>();
        smoke::<Waiter<UntilFirstFork>>();
    }
}
