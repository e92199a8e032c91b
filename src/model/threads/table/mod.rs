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
pub mod broken;
mod chairs;
mod courteous;
mod footman;
mod monitor;
mod ordered;
pub mod seats;
#[cfg(test)]
mod tests;
mod ticket;
mod try_lock;
mod waiter;

pub use asymmetric::{Asymmetric, Handedness, OddAndEven};
pub use chairs::Chairs;
pub use courteous::{Courteous, FedFirst, Manners};
pub use footman::{Admission, AllButOne, Footman};
pub use monitor::{Monitor, News, ToBoth};
pub use ordered::Ordered;
pub use ticket::{Calling, ForksFirst, Ticket};
pub use try_lock::{LowerFirst, Reach, TryLock};
pub use waiter::{FirstCome, Precedence, Request, Waiter};

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
