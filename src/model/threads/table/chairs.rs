//! The footman's rule without a footman.

use super::{Admission, AllButOne, lay_forks};
use crate::port::{Table, forks_of};
use crate::sync::Mutex;
use std::marker::PhantomData;

/// Everybody takes the left fork first, but there are only n−1 chairs for n philosophers.
///
/// Everybody has a chair of their own, except that philosophers 0 and n−1 share one. So at most n−1 sit down
/// at once, which is [`Footman`](super::Footman)'s reason why nobody deadlocks, and no semaphore counts them:
/// only two philosophers ever meet at a chair, and they share a fork anyhow. Where the footman puts all
/// comings and goings into one order, the chairs order nothing that the forks do not order.
///
/// Invariant: who eats holds the mutexes of both forks, and of a chair. What it does not do: it is not fair,
/// and philosophers 0 and n−1 wait for each other also while neither holds the fork between them.
///
/// Source: a semaphore of n−1 permits as in C. A. R. Hoare, "Communicating Sequential Processes", 1978,
/// with each permit given to a fixed group; two neighbours are the smallest group that has to share.
///
/// ```
/// use refectory::model::threads::table::Chairs;
/// use refectory::port::Table;
///
/// <Chairs>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Chairs<A: Admission = AllButOne> {
    forks: Vec<Mutex<()>>,
    /// One fewer than seats.
    chairs: Vec<Mutex<()>>,
    admission: PhantomData<A>,
}

impl<A: Admission> Table for Chairs<A> {
    fn with_seats(seats: usize) -> Self {
        let chair = |i| Mutex::new(()).named(format_args!("chair {i}"));
        let chairs = (0..A::admitted(seats)).map(chair).collect();
        Self { forks: lay_forks(seats), chairs, admission: PhantomData }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let _chair = self.chairs[seat % self.chairs.len()].lock().unwrap();
        let _left = self.forks[left].lock().unwrap();
        let _right = self.forks[right].lock().unwrap();
        eat();
    }
}
