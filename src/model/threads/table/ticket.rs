//! A line before the forks.

use super::{LOOKS, lay_forks};
use crate::port::{Table, forks_of};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, hint};
use std::fmt::Debug;
use std::marker::PhantomData;

/// Everybody draws a ticket, and takes the forks when its number comes up; the next number comes up once
/// both forks are taken.
///
/// Invariant: who eats holds the mutexes of both forks, and only the philosopher whose number is up takes
/// any. So nobody who holds a fork waits for one but that one, and it waits only for meals to end: nothing
/// can deadlock.
///
/// Drawing the ticket is the doorway: one step, in which nobody waits. Meals begin in the order of the
/// tickets, so each neighbour begins at most one meal while a philosopher waits, the one for which it had
/// drawn before: it is overtaken at most twice. Nobody starves.
///
/// Each ticket has a place of its own to look at, so that a number that comes up is seen by one
/// philosopher alone. What it does not do: a philosopher whose forks are both free waits behind one whose
/// forks are not.
///
/// Source: tickets, David P. Reed and Rajendra K. Kanodia, "Synchronization with eventcounts and
/// sequencers", 1979; a place for each, Thomas E. Anderson, "The performance of spin lock alternatives for
/// shared-memory multiprocessors", 1990.
///
/// ```
/// use refectory::model::threads::table::Ticket;
/// use refectory::port::Table;
///
/// <Ticket>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Ticket<C: Calling = ForksFirst> {
    forks: Vec<Mutex<()>>,
    /// The next ticket to be drawn.
    next: AtomicUsize,
    /// Place `t mod seats` says `t` when number `t` is up. At most as many tickets as seats are in the line,
    /// so no two of them share a place.
    up: Vec<AtomicUsize>,
    calling: PhantomData<C>,
}

/// When the next number is called.
pub trait Calling: Debug + Send + Sync + 'static {
    /// Takes the forks, and calls.
    fn take_and_call<F>(take: impl FnOnce() -> F, call: impl FnOnce()) -> F;
}

/// Once both forks are taken.
#[derive(Debug)]
pub struct ForksFirst;

impl Calling for ForksFirst {
    fn take_and_call<F>(take: impl FnOnce() -> F, call: impl FnOnce()) -> F {
        let forks = take();
        call();
        forks
    }
}

impl<C: Calling> Ticket<C> {
    fn place(&self, ticket: usize) -> &AtomicUsize {
        &self.up[ticket % self.up.len()]
    }

    /// Ordering: Relaxed suffices for tickets and places, for it is the forks' mutexes that order meals.
    /// Who reads that its number is up locks a fork after the one before it in the line: were it the other
    /// way round, that lock would have come after this read, and its holder would have called the number
    /// only then.
    fn wait_in_line(&self, ticket: usize) {
        hint::spin_until(LOOKS, || self.place(ticket).load(Ordering::Relaxed) == ticket);
    }

    fn call(&self, ticket: usize) {
        self.place(ticket).store(ticket, Ordering::Relaxed);
    }
}

impl<C: Calling> Table for Ticket<C> {
    const OVERTAKEN_AT_MOST: Option<usize> = Some(2);

    fn with_seats(seats: usize) -> Self {
        // Number 0 is up, and place i does not say i yet.
        let place = |i| AtomicUsize::new(0).named(format_args!("place {i}"));
        Self {
            forks: lay_forks(seats),
            next: AtomicUsize::new(0).named(format_args!("next ticket")),
            up: (0..seats).map(place).collect(),
            calling: PhantomData,
        }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        self.wait_in_line(ticket);
        let take = || {
            let left = self.forks[left].lock().unwrap();
            let right = self.forks[right].lock().unwrap();
            (right, left)
        };
        let _forks = C::take_and_call(take, || self.call(ticket + 1));
        eat();
    }
}
