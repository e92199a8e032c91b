//! A footman who keeps one philosopher from the table.

use super::lay_forks;
use super::seats::Seats;
use crate::port::{Table, forks_of};
use crate::sync::Mutex;
use std::fmt::Debug;
use std::marker::PhantomData;

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
/// <Footman>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Footman<A: Admission = AllButOne> {
    forks: Vec<Mutex<()>>,
    footman: Seats,
    admission: PhantomData<A>,
}

/// How many philosophers sit down at once.
pub trait Admission: Debug + Send + Sync + 'static {
    /// Of so many.
    fn admitted(philosophers: usize) -> usize;
}

/// All but one, so that one of those who sit finds a second fork.
#[derive(Debug)]
pub struct AllButOne;

impl Admission for AllButOne {
    fn admitted(philosophers: usize) -> usize {
        philosophers - 1
    }
}

impl<A: Admission> Table for Footman<A> {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats), footman: Seats::new(A::admitted(seats)), admission: PhantomData }
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
