//! Odd and even seats reach in opposite directions.

use super::lay_forks;
use crate::port::{Table, forks_of};
use crate::sync::Mutex;
use std::fmt::Debug;
use std::marker::PhantomData;

/// Odd seats take the left fork first, even seats the right one.
///
/// Invariant: who eats holds the mutexes of both forks. Between an even seat and the odd one to its right
/// lies a fork that both take first, between an odd seat and the even one to its right one that both take
/// second, so who holds a second fork already eats, and who waits for one waits for a meal to end. Where
/// the number of seats is odd, seats n−1 and 0 are both even, and fork 0, between them, is the first of one
/// and the second of the other; that only makes the longest chain of waiting longer by one. It never closes
/// to a circle, for forks are taken in the order: odd ones, fork 0, the other even ones.
///
/// What is better than in [`Ordered`](super::Ordered): a chain of waiting has at most three links, however
/// large the table. What it does not do: it is not fair.
///
/// Source: the right-left algorithm of Nancy A. Lynch, "Upper bounds for static resource allocation in a
/// distributed system", 1981.
///
/// ```
/// use refectory::model::threads::table::Asymmetric;
/// use refectory::port::Table;
///
/// <Asymmetric>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Asymmetric<H: Handedness = OddAndEven> {
    forks: Vec<Mutex<()>>,
    handedness: PhantomData<H>,
}

/// Which fork a philosopher takes first.
pub trait Handedness: Debug + Send + Sync + 'static {
    /// Whether it is the left one.
    fn is_left_handed(seat: usize) -> bool;
}

/// Odd seats are left-handed.
#[derive(Debug)]
pub struct OddAndEven;

impl Handedness for OddAndEven {
    fn is_left_handed(seat: usize) -> bool {
        seat % 2 == 1
    }
}

impl<H: Handedness> Table for Asymmetric<H> {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats), handedness: PhantomData }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let (first, second) = if H::is_left_handed(seat) { (left, right) } else { (right, left) };
        let _first = self.forks[first].lock().unwrap();
        let _second = self.forks[second].lock().unwrap();
        eat();
    }
}
