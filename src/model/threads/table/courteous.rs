//! No second helping while a neighbour is hungry.

use super::{LOOKS, neighbours_of};
use crate::port::{Table, forks_of};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, hint};
use std::fmt::Debug;
use std::marker::PhantomData;

/// Everybody takes the fork with the lower number first, but who ate last lets a hungry neighbour go first.
///
/// Invariant: who eats holds the mutexes of both forks. Before a philosopher reaches for them it waits for
/// each neighbour who is hungry and has not eaten since the philosopher itself did. In a circle of such waits
/// everybody would have eaten later than the next one, so there is none, and who waits so holds no fork: the
/// order of the forks does the rest.
///
/// Becoming hungry is the doorway: one step, in which nobody waits. From there on each neighbour begins at
/// most one more meal: for a second one it would have to be past its courtesy, which sees the philosopher
/// hungry, and unfed since the first one. So a philosopher is overtaken at most twice, and nobody starves.
///
/// No object is for all: only neighbours ever order each other. That makes it the fair table which is
/// cheapest to search exhaustively.
///
/// What it does not do: a philosopher that has just eaten waits for a hungry neighbour also where that one
/// itself has to wait for somebody else.
///
/// Source: who did not eat last has precedence, K. Mani Chandy and Jayadev Misra, "The drinking philosophers
/// problem", 1984, there with messages; the order of forks is [`Ordered`](super::Ordered)'s.
///
/// ```
/// use refectory::model::threads::table::Courteous;
/// use refectory::port::Table;
///
/// <Courteous>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Courteous<M: Manners = FedFirst> {
    forks: Vec<Mutex<Eaten>>,
    seats: Vec<Seat>,
    manners: PhantomData<M>,
}

/// Whether a philosopher waits for a neighbour.
pub trait Manners: Debug + Send + Sync + 'static {
    /// The neighbour has not eaten since the philosopher did, as long as it is so hungry; 0 where it has.
    fn gives_way(unfed: usize) -> bool;
}

/// For one that has not eaten since.
#[derive(Debug)]
pub struct FedFirst;

impl Manners for FedFirst {
    fn gives_way(unfed: usize) -> bool {
        unfed > 0
    }
}

/// How many meals were eaten with a fork, by the philosopher to whose left it lies and by the one to whose
/// right.
#[derive(Clone, Copy, Debug, Default)]
struct Eaten {
    as_left: usize,
    as_right: usize,
}

#[derive(Debug)]
struct Seat {
    /// Odd while the philosopher is hungry: twice the meals that it has eaten, and one.
    hunger: AtomicUsize,
    /// What the left and the right neighbour's hunger is while they have not eaten since this philosopher did.
    /// Nobody else looks at it.
    unfed: [AtomicUsize; 2],
}

/// The hunger of somebody who wants its next meal after so many.
const fn hungry_after(meals: usize) -> usize {
    2 * meals + 1
}

impl Seat {
    fn laid(number: usize) -> Self {
        // Nobody is so hungry: before the first meal there is no courtesy.
        let unfed = |side| AtomicUsize::new(0).named(format_args!("{side} neighbour of {number} unfed"));
        Self {
            hunger: AtomicUsize::new(0).named(format_args!("hunger {number}")),
            unfed: [unfed("left"), unfed("right")],
        }
    }

    // Ordering: Relaxed suffices for all of it. Meals are ordered by the forks' mutexes, and hunger says
    // nothing but itself: from when on somebody can be seen to be hungry, or to be fed.

    fn turn(&self) {
        self.hunger.fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers how many meals the neighbours have had when this philosopher eats.
    fn remember(&self, meals: [usize; 2]) {
        for (unfed, meals) in self.unfed.iter().zip(meals) {
            unfed.store(hungry_after(meals), Ordering::Relaxed);
        }
    }
}

impl<M: Manners> Courteous<M> {
    /// Waits for the neighbours who are hungry and have not eaten since. They wake nobody: it is seen that they
    /// have eaten.
    fn give_way(&self, seat: usize) {
        let seats = self.seats.len();
        for (unfed, neighbour) in self.seats[seat].unfed.iter().zip(neighbours_of(seat, seats)) {
            let unfed = unfed.load(Ordering::Relaxed);
            if M::gives_way(unfed) {
                hint::spin_until(LOOKS, || self.seats[neighbour].hunger.load(Ordering::Relaxed) != unfed);
            }
        }
    }
}

impl<M: Manners> Table for Courteous<M> {
    const OVERTAKEN_AT_MOST: Option<usize> = Some(2);

    fn with_seats(seats: usize) -> Self {
        let fork = |i| Mutex::new(Eaten::default()).named(format_args!("fork {i}"));
        let forks = (0..seats).map(fork).collect();
        Self { forks, seats: (0..seats).map(Seat::laid).collect(), manners: PhantomData }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        self.seats[seat].turn();
        self.give_way(seat);
        let mut lower = self.forks[left.min(right)].lock().unwrap();
        let mut higher = self.forks[left.max(right)].lock().unwrap();
        eat();
        let (left, right) = if left < right { (&mut lower, &mut higher) } else { (&mut higher, &mut lower) };
        left.as_left += 1;
        right.as_right += 1;
        self.seats[seat].remember([left.as_right, right.as_left]);
        self.seats[seat].turn();
    }
}
