//! The order of the forks.

use super::{Token, dine, lay_forks};
use crate::model::channels::queue::Channel;
use crate::port::{Table, forks_of};
use std::fmt::Debug;
use std::marker::PhantomData;

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
/// <Ordered>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Ordered<R: Reach = LowerFirst> {
    forks: Vec<Channel<Token>>,
    reach: PhantomData<R>,
}

/// Which fork a philosopher takes first.
pub trait Reach: Debug + Send + Sync + 'static {
    /// The two forks of a seat, the one that is taken first before the other one.
    fn first_and_second(left: usize, right: usize) -> (usize, usize);
}

/// The one with the lower number.
#[derive(Debug)]
pub struct LowerFirst;

impl Reach for LowerFirst {
    fn first_and_second(left: usize, right: usize) -> (usize, usize) {
        (left.min(right), left.max(right))
    }
}

impl<R: Reach> Table for Ordered<R> {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats), reach: PhantomData }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let (first, second) = R::first_and_second(left, right);
        dine(&self.forks[first], &self.forks[second], eat);
    }
}
