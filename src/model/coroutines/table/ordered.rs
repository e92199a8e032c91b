//! The order of the forks.

use super::{Dining, lay_forks, take_and_eat};
use crate::model::coroutines::lock::Lock;
use crate::port::forks_of;
use std::marker::PhantomData;

/// Which fork is taken first: [`LeftFirst`](super::broken::LeftFirst) does it otherwise.
pub trait Reaches: Send + Sync + 'static {
    /// The first fork and the second one, of these.
    fn in_order(left: usize, right: usize) -> (usize, usize);
}

/// The one with the lower number.
#[derive(Debug)]
pub struct LowestFirst;

impl Reaches for LowestFirst {
    fn in_order(left: usize, right: usize) -> (usize, usize) {
        (left.min(right), left.max(right))
    }
}

/// Everybody takes the fork with the lower number first.
///
/// Whoever holds a fork waits only for one with a higher number, so waiting cannot go in a circle.
///
/// Source: the resource hierarchy of Edsger W. Dijkstra, "Hierarchical ordering of sequential processes", 1971.
///
/// ```
/// use refectory::model::coroutines::table::{Dining, Ordered};
/// use refectory::sync::future::block_on;
///
/// let table: Ordered = Ordered::with_seats(5);
/// block_on(table.dine(4, &mut || println!("eating")));
/// ```
#[derive(Debug)]
pub struct Ordered<R = LowestFirst> {
    forks: Vec<Lock>,
    reaches: PhantomData<R>,
}

impl<R: Reaches> Dining for Ordered<R> {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats), reaches: PhantomData }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    async fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let (first, second) = R::in_order(left, right);
        take_and_eat(&self.forks[first], &self.forks[second], eat).await;
    }
}
