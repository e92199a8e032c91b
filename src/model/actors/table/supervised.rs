//! Philosophers who are actors, and may die with forks in hand.
//!
//! A philosopher is a child of a supervisor. Where it panics while it eats, nobody puts its forks down, and its neighbours wait. Its next life
//! begins with that: the supervisor has waited for the end of the one before, so nobody else has these forks.
//!
//! Invariant: that of [`Hygienic`], and a seat's forks are in the hands of one life.
//!
//! What it does not do: a philosopher whose supervisor has spent its budget keeps its forks.
//!
//! Source: forks after K. Mani Chandy and Jayadev Misra, "The drinking philosophers problem", 1984; that a successor puts things right which
//! its predecessor has left, Joe Armstrong, "Making reliable distributed systems in the presence of software errors", 2003.

use super::Hygienic;
use crate::model::actors::actor::supervisor::Supervisor;
use crate::model::actors::actor::{Actor, Address, DeadLetters, Failed};
use crate::port::Table;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What a life begins with: the twin in [`broken`](super::broken) differs in this.
pub trait Care: Send + Sync + 'static {
    /// Whether the forks of the life before are put down.
    const CLEARS: bool = true;
}

/// The right one.
#[derive(Clone, Copy, Debug)]
pub struct Correct;

impl Care for Correct {}

/// A table whose philosophers may die.
///
/// ```
/// use refectory::model::actors::actor::DeadLetters;
/// use refectory::model::actors::actor::supervisor::{Strategy, Supervisor};
/// use refectory::model::actors::table::Supervised;
/// use refectory::port::Table;
///
/// let (table, dead) = (<Supervised>::with_seats(2), DeadLetters::new());
/// let mut supervisor = Supervisor::new(Strategy::OneForOne, 1);
/// let eat = |dish: &&str| assert_ne!(*dish, "fish", "a bone");
/// let philosopher = table.seat(0, &mut supervisor, &dead, eat);
/// ["fish", "soup"].into_iter().for_each(|dish| philosopher.send(dish).unwrap());
/// philosopher.drain();
/// supervisor.start().join().unwrap();
/// table.dine(1, &mut || println!("eating"));
/// assert_eq!(dead.take(), ["fish"]);
/// ```
#[derive(Debug)]
pub struct Supervised<C: Care = Correct> {
    table: Arc<Hygienic>,
    care: PhantomData<C>,
}

/// A life of a philosopher.
struct Life<D, E> {
    table: Arc<Hygienic>,
    seat: usize,
    eat: E,
    dish: PhantomData<fn(D)>,
}

impl<D: fmt::Debug + Send + 'static, E: FnMut(&D) + Send + 'static> Actor for Life<D, E> {
    type Message = D;

    fn handle(&mut self, dish: &mut D, _me: &Address<D>) -> Result<(), Failed> {
        self.table.dine(self.seat, &mut || (self.eat)(dish));
        Ok(())
    }
}

impl<C: Care> Supervised<C> {
    /// Adds the philosopher of a seat to the children of a supervisor. It eats each dish that is sent to it.
    pub fn seat<D: fmt::Debug + Send + 'static>(
        &self,
        seat: usize,
        supervisor: &mut Supervisor,
        dead: &DeadLetters<D>,
        eat: impl FnMut(&D) + Clone + Send + 'static,
    ) -> Address<D> {
        let table = self.table.clone();
        supervisor.add(&format!("philosopher {seat}"), None, dead, move || {
            if C::CLEARS {
                table.clear(seat);
            }
            Life { table: table.clone(), seat, eat: eat.clone(), dish: PhantomData }
        })
    }

    /// The table itself.
    pub fn table(&self) -> &Hygienic {
        &self.table
    }
}

impl<C: Care> Table for Supervised<C> {
    fn with_seats(seats: usize) -> Self {
        Self { table: Arc::new(Hygienic::with_seats(seats)), care: PhantomData }
    }

    fn seats(&self) -> usize {
        self.table.seats()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        self.table.dine(seat, eat);
    }
}
