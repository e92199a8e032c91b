//! Tables whose forks are mutexes.
//!
//! Invariant of all of them: who eats holds the mutexes of both forks of the seat, so neighbours, who
//! share a fork, never eat together. They differ in how they break the circle of waiting that makes
//! the naive table, [`LeftFirst`](super::broken::LeftFirst), deadlock.
//!
//! None of them is fair: a philosopher may be overtaken by a neighbour any number of times.

use super::semaphore::Semaphore;
use crate::port::{Table, forks_of};
use crate::sync::Mutex;

/// Forks for so many seats, all on the table.
pub(super) fn lay_forks(seats: usize) -> Vec<Mutex<()>> {
    (0..seats).map(|i| Mutex::new(()).named(format_args!("fork {i}"))).collect()
}

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
/// ```
/// use refectory::model::threads::table::Footman;
/// use refectory::port::Table;
///
/// Footman::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Footman {
    forks: Vec<Mutex<()>>,
    footman: Semaphore,
}

impl Table for Footman {
    fn with_seats(seats: usize) -> Self {
        Self { forks: lay_forks(seats), footman: Semaphore::new(seats - 1) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Rig, Scenario};

    fn smoke<T: Table>() {
        let table = T::with_seats(3);
        let mut meals = [0; 3];
        for (seat, eaten) in meals.iter_mut().enumerate() {
            table.dine(seat, &mut || *eaten += 1);
        }
        assert_eq!(meals, [1; 3]);
    }

    fn neighbours_never_eat_together<T: Table>() {
        for seats in [2, 3, 5, 8] {
            Rig::table::<T>().program(Scenario::dining(seats, 50)).run().unwrap();
        }
    }

    mod ordered {
        use super::*;

        #[test]
        fn smoke() {
            super::smoke::<Ordered>();
        }

        #[test]
        fn neighbours_never_eat_together() {
            super::neighbours_never_eat_together::<Ordered>();
        }
    }

    mod footman {
        use super::*;

        #[test]
        fn smoke() {
            super::smoke::<Footman>();
        }

        #[test]
        fn neighbours_never_eat_together() {
            super::neighbours_never_eat_together::<Footman>();
        }
    }
}
