//! Tables whose philosophers are tasks, and whose forks are locks that one awaits.
//!
//! A philosopher gives way between its two forks, so that neighbours come in between even where all tasks share one
//! thread. One that is dropped, wherever it waits, puts down what it holds: a fork goes with the future that holds it.

pub mod broken;
mod footman;
mod ordered;
mod waiter;

pub use self::footman::{Footman, Invites, OneLess};
pub use self::ordered::{LowestFirst, Ordered, Reaches};
pub use self::waiter::{UntilServed, Waiter, Waits};

use crate::model::coroutines::lock::Lock;
use crate::port::Table;
use crate::sync::future::{block_on, cancellable, yield_now};

/// A table at which to dine is a future.
pub trait Dining: Send + Sync + 'static {
    /// A table with so many seats, at least 2.
    fn with_seats(seats: usize) -> Self;

    /// The number of seats.
    fn seats(&self) -> usize;

    /// Waits for both forks of the seat, eats, puts them down.
    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) -> impl Future<Output = ()>;
}

/// Each philosopher is a task with a thread of its own, so that any two steps of two tasks can take place in any order: what
/// holds then holds on every executor.
#[derive(Debug)]
pub struct Tasks<D>(D);

/// Each philosopher's dinner may be [cancelled](cancellable) at any of its waits; it begins again.
#[derive(Debug)]
pub struct Impatient<D>(D);

impl<D: Dining> Table for Tasks<D> {
    fn with_seats(seats: usize) -> Self {
        Self(D::with_seats(seats))
    }

    fn seats(&self) -> usize {
        self.0.seats()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        block_on(self.0.dine(seat, eat));
    }
}

impl<D: Dining> Table for Impatient<D> {
    fn with_seats(seats: usize) -> Self {
        Self(D::with_seats(seats))
    }

    fn seats(&self) -> usize {
        self.0.seats()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        while block_on(cancellable(self.0.dine(seat, eat))).is_err() {}
    }
}

fn lay_forks(seats: usize) -> Vec<Lock> {
    (0..seats).map(|seat| Lock::new().named(format_args!("fork {seat}"))).collect()
}

/// Takes the one fork, then the other, and eats.
async fn take_and_eat(first: &Lock, second: &Lock, eat: &mut dyn FnMut()) {
    let _first = first.lock().await;
    yield_now().await;
    let _second = second.lock().await;
    eat();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port;

    /// Ten thousand meals on real cores.
    fn dinners<T: Table>() {
        for (seats, meals) in [(2, 2_000), (3, 1_000), (5, 600)] {
            port::table::harness::<T>().program(port::table::dining(seats, meals)).run().unwrap();
        }
    }

    #[test]
    fn neighbours_never_eat_together() {
        dinners::<Tasks<Ordered>>();
        dinners::<Tasks<Footman>>();
        dinners::<Tasks<Waiter>>();
    }

    #[test]
    fn a_dinner_that_is_cancelled_begins_again() {
        dinners::<Impatient<Ordered>>();
        dinners::<Impatient<Waiter>>();
    }
}
