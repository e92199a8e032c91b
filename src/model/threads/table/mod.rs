//! Tables of philosophers: one problem, and the ways to solve it.
//!
//! Neighbours share a fork, so that they never eat together. What the tables differ in is how they break
//! the circle of waiting that makes the naive table,
//! [`LeftFirst`](super::broken::tables::LeftFirst), deadlock, and how long a neighbour can be favoured.
//!
//! | table          | how the circle is broken                         | overtaken at most |
//! |----------------|--------------------------------------------------|-------------------|
//! | [`Ordered`]    | forks are taken in the order of their numbers    | without bound     |
//! | [`Asymmetric`] | odd seats take the left fork first, even ones the right one | without bound |
//! | [`Footman`]    | one philosopher is always kept from the table    | without bound     |
//! | [`Chairs`]     | the same, by a chair that two have to share      | without bound     |
//! | [`TryLock`]    | who does not get the higher fork puts down the lower one | without bound |
//! | [`Monitor`]    | both forks are taken in one step                 | without bound     |
//! | [`Waiter`]     | the same, in the order of asking                 | once by each neighbour |
//! | [`Ticket`]     | one philosopher at a time takes forks, in the order of asking | once by each neighbour |
//! | [`Courteous`]  | as `Ordered`, and who ate last lets a hungry neighbour go first | once by each neighbour |
//!
//! Overtaking is counted from the first step of a `dine` that others can see. Without a bound does not mean
//! that somebody starves, only that the table does nothing against it.

mod asymmetric;
mod chairs;
mod courteous;
mod monitor;
#[cfg(test)]
mod tests;
mod ticket;
mod try_lock;
mod waiter;

pub use asymmetric::Asymmetric;
pub use chairs::Chairs;
pub use courteous::Courteous;
pub use monitor::Monitor;
pub use ticket::Ticket;
pub use try_lock::{LowerFirst, Reach, TryLock};
pub use waiter::{FirstCome, Precedence, Request, Waiter};

use super::seats::Seats;
use crate::port::{Table, forks_of};
use crate::sync::Mutex;

/// Forks for so many seats, all on the table.
pub(super) fn lay_forks(seats: usize) -> Vec<Mutex<()>> {
    (0..seats).map(|i| Mutex::new(()).named(format_args!("fork {i}"))).collect()
}

/// The seats to the left and to the right; the same one at a table for two.
const fn neighbours_of(seat: usize, seats: usize) -> [usize; 2] {
    [(seat + seats - 1) % seats, (seat + 1) % seats]
}

/// How often who waits by looking does so before it gives up the processor: about as long as a short meal
/// takes.
const LOOKS: u32 = 64;

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

/// Everybody takes the left fork first, but a footman lets only n−1 of n philosophers sit down at once.
///
/// Of n forks, n−1 seated philosophers can hold at most n−1 as their first, so one of them finds a
/// second. Source: C. A. R. Hoare, "Communicating Sequential Processes", 1978, section 5.3, and 1985,
/// section 2.5.3, where it is credited to Carel S. Scholten.
///
/// The footman puts all comings and goings into one order, also those of philosophers who share no fork. For
/// a search that explores every order this is what it costs: two events a meal on one object.
///
/// ```
/// use refectory::model::threads::table::Footman;
/// use refectory::port::Table;
///
/// Footman::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Footman {
    forks: Vec<Mutex<()>>,
    footman: Seats,
}

impl Table for Footman {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats), footman: Seats::new(seats - 1) }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let _seat = self.footman.acquire();
        let _left = self.forks[left].lock().unwrap();
        let _right = self.forks[right].lock().unwrap();
        eat();
    }
}
