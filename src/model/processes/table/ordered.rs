//! The order of the forks, between processes: who is killed with forks in hand gives them back.
//!
//! Each fork lies in a region of its own, behind a [robust lock](crate::model::processes::lock::robust), and has written on it who
//! holds it, and how many meals were begun and ended with it. Who takes a fork from the dead is told, and repairs it: it notes
//! who has died and whether over a meal, takes the fork out of the dead one's hand, and takes the meal back. Then it dines.
//!
//! Invariant: who holds a fork waits only for one with a higher number. A fork whose lock is free, and whose last holder was not
//! killed, is nobody's, and each meal that was begun with it has ended. A repair may be broken off at any step: each of its steps
//! says the same the second time, and the holder's name, from which all the others follow, goes after the notes were made.
//!
//! What it does not do: notice a philosopher who is killed after it took a lock and before it has written its name. Nothing is to be
//! repaired then. A note is a bit for each seat, so that who takes the seat of the dead, and dies in its turn, is the same one.
//!
//! Sources: Edsger W. Dijkstra, "Hierarchical ordering of sequential processes", 1971; POSIX.1-2024,
//! `pthread_mutex_consistent`, for what the next one owes to the dead.

use crate::model::processes::lock::robust::{Locked, RobustLock};
use crate::port::{Table, forks_of};
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::process::point;
use crate::sync::region::{Region, shared};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// What philosophers owe to each other.
pub trait Manners: fmt::Debug + Send + Sync + 'static {
    /// Whether who takes a fork from the dead repairs it.
    const REPAIRS: bool = true;
    /// Whether the fork is free again before it was noted who has died.
    const FREES_FIRST: bool = false;

    /// Which of the two forks is taken first, and which one then.
    fn order(left: usize, right: usize) -> [usize; 2] {
        [left.min(right), left.max(right)]
    }
}

/// All of it.
#[derive(Debug)]
pub struct Correct;

impl Manners for Correct {}

/// Nobody's number. A seat's is one more than the seat.
const NOBODY: u32 = 0;

shared! {
    /// A fork. All that is written on it is read and written under its lock.
    struct Fork {
        lock: RobustLock,
        /// The number of the seat that holds it.
        holder: AtomicU32,
        begun: AtomicU32,
        ended: AtomicU32,
        /// Seats that died with it in hand, a bit for each.
        dead: AtomicU32,
        /// Those of them that died over a meal.
        over_meals: AtomicU32,
    }
}

impl Fork {
    fn new(number: usize) -> Self {
        let zero = |what| AtomicU32::new(0).named(format_args!("{what} {number}"));
        Self {
            lock: RobustLock::new().named(format_args!("fork {number}")),
            holder: zero("holder of"),
            begun: zero("meals begun with"),
            ended: zero("meals ended with"),
            dead: zero("dead with"),
            over_meals: zero("dead over a meal with"),
        }
    }

    /// Ordering: Relaxed, here and below. All is done under the lock.
    fn is_over_a_meal(&self) -> bool {
        self.begun.load(Relaxed) != self.ended.load(Relaxed)
    }

    /// Puts right what the holder before has left, if that was killed.
    fn repair<M: Manners>(&self, found: Locked<'_>) {
        let Locked::OwnerDied(left) = found else { return };
        if M::REPAIRS {
            let dead = self.holder.load(Relaxed);
            let was_over_a_meal = self.is_over_a_meal();
            if M::FREES_FIRST {
                self.free();
            }
            if dead != NOBODY {
                self.note(1 << (dead - 1), was_over_a_meal);
            }
            self.free();
        }
        left.consistent();
    }

    fn note(&self, seat: u32, was_over_a_meal: bool) {
        if was_over_a_meal {
            self.over_meals.store(self.over_meals.load(Relaxed) | seat, Relaxed);
            point("a fork of which is known that there was a meal");
        }
        self.dead.store(self.dead.load(Relaxed) | seat, Relaxed);
        point("a fork of which is known who has died");
    }

    /// It is nobody's, and the meal that was begun is taken back.
    fn free(&self) {
        self.holder.store(NOBODY, Relaxed);
        point("a fork that is nobody's");
        self.begun.store(self.ended.load(Relaxed), Relaxed);
    }

    fn begin(&self) {
        self.begun.store(self.begun.load(Relaxed) + 1, Relaxed);
    }

    fn end(&self) {
        self.ended.store(self.ended.load(Relaxed) + 1, Relaxed);
    }
}

/// Everybody takes the fork with the lower number first.
///
/// ```
/// use refectory::model::processes::table::ordered::Ordered;
/// use refectory::port::Table;
///
/// # if !cfg!(target_os = "linux") { return }
/// let table = <Ordered>::with_seats(5);
/// table.dine(4, &mut || println!("eating"));
/// assert!(table.report().is_empty());
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Ordered<M = Correct> {
    forks: Vec<Region<Fork>>,
    manners: PhantomData<fn() -> M>,
}

/// A philosopher that died with a fork in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Death {
    /// Where it sat.
    pub seat: usize,
    /// What it had in hand.
    pub fork: usize,
    /// Whether it had begun a meal with it.
    pub over_a_meal: bool,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seat, fork, over_a_meal } = self;
        let meal = if *over_a_meal { ", over a meal" } else { "" };
        write!(f, "philosopher {seat} died with fork {fork} in hand{meal}")
    }
}

impl<M: Manners> Ordered<M> {
    /// Holds a fork while `body` runs.
    ///
    /// # Panics
    /// If somebody else has it in hand.
    fn with_fork<T>(&self, fork: usize, seat: usize, body: impl FnOnce(&Fork) -> T) -> T {
        let fork = &*self.forks[fork];
        let held = fork.lock.lock(|found| {
            fork.repair::<M>(found);
            let before = fork.holder.swap(seat as u32 + 1, Relaxed);
            assert_eq!(before, NOBODY, "a fork that is taken is nobody's");
            point("a fork in hand");
            let done = body(fork);
            fork.holder.store(NOBODY, Relaxed);
            done
        });
        held.expect("who takes a fork of the dead repairs it")
    }

    /// Who died with what in hand, as far as it was noted or can be now. Waits for each fork.
    #[must_use]
    pub fn report(&self) -> Vec<Death> {
        let of = |(fork, of): (usize, &Region<Fork>)| {
            let noted = of.lock.lock(|found| {
                of.repair::<M>(found);
                (of.dead.load(Relaxed), of.over_meals.load(Relaxed))
            });
            let (dead, over_meals) = noted.expect("who takes a fork of the dead repairs it");
            let has = |seats: u32, seat: usize| seats >> seat & 1 == 1;
            let dead = (0..self.forks.len()).filter(move |seat| has(dead, *seat));
            dead.map(move |seat| Death { seat, fork, over_a_meal: has(over_meals, seat) })
        };
        let mut all: Vec<_> = self.forks.iter().enumerate().flat_map(of).collect();
        all.sort_unstable();
        all
    }
}

impl<M: Manners> Table for Ordered<M> {
    /// # Panics
    /// If there are more than 32 seats, or the system has no room for the forks.
    fn with_seats(seats: usize) -> Self {
        assert!(seats <= 32, "a note has a bit for each seat");
        let lay = |fork| Region::new(Fork::new(fork)).expect("a region of a few bytes");
        Self { forks: (0..seats).map(lay).collect(), manners: PhantomData }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let [first, second] = M::order(left, right);
        self.with_fork(first, seat, |first| {
            self.with_fork(second, seat, |second| {
                let forks = [first, second];
                forks.iter().for_each(|fork| fork.begin());
                point("a meal that was begun");
                eat();
                forks.iter().for_each(|fork| fork.end());
                point("a meal that has ended");
            });
        });
    }
}

impl<M> Clone for Ordered<M> {
    fn clone(&self) -> Self {
        Self { forks: self.forks.clone(), manners: PhantomData }
    }
}

impl<M> fmt::Debug for Ordered<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ordered").field("seats", &self.forks.len()).finish_non_exhaustive()
    }
}
