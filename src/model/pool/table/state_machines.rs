//! The table whose forks are handled by tasks of a pool that is smaller than the table.
//!
//! A philosopher is a state machine that runs in the pool: hungry, with one fork, with both. It never waits there.
//! Where it finds a fork held, it leaves word at the fork and its task ends; whoever puts the fork down hands it over
//! to the first that has left word, and puts the philosopher's next step into the pool. Only the thread that called
//! `dine` waits, outside the pool, until its philosopher has both forks; it eats, and puts in a task that puts
//! them down.
//!
//! Invariant: a fork that is held is held by one philosopher; one that is not has nobody waiting for it. Forks
//! are taken in the order of their numbers, so waiting cannot go in a circle, and each fork goes to who waited
//! longest, so nobody waits for ever.
//!
//! What it must not do is to wait for a fork in a task: when all workers do, the tasks that would put forks down
//! stay in the queue. That is the twin [`BlockingTasks`](crate::model::pool::table::broken::BlockingTasks).

use crate::model::pool::executor::crew::{Crew, Tasks};
use crate::port::{Table, forks_of};
use crate::sync::{Arc, Condvar, Mutex};
use std::collections::VecDeque;

/// Philosophers as state machines in a pool.
///
/// ```
/// use refectory::model::pool::table::state_machines::StateMachines;
/// use refectory::port::Table;
///
/// StateMachines::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct StateMachines {
    crew: Crew,
    hall: Arc<Hall>,
}

#[derive(Debug)]
struct Hall {
    forks: Mutex<Vec<Fork>>,
    places: Vec<Place>,
}

#[derive(Clone, Debug, Default)]
struct Fork {
    held: bool,
    /// Who has left word, first come first: a neighbour, and its holder too if that is hungry again before the task
    /// that puts the fork down has run.
    waiting: VecDeque<Hungry>,
}

/// A philosopher who waits for one fork, and may have the other.
#[derive(Clone, Debug)]
struct Hungry {
    seat: usize,
    /// The forks in hand, 0 or 1.
    forks: usize,
}

/// The number of workers for so many seats: fewer.
pub(super) const fn workers(seats: usize) -> usize {
    seats / 2
}

impl Table for StateMachines {
    fn with_seats(seats: usize) -> Self {
        Self { crew: Crew::new(workers(seats)), hall: Arc::new(Hall::lay(seats)) }
    }

    fn seats(&self) -> usize {
        self.hall.places.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        self.add(move |hall, _| hall.take_forks(Hungry { seat, forks: 0 }));
        self.hall.places[seat].wait();
        eat();
        self.add(move |hall, tasks| Hall::put_down_forks(hall, tasks, seat));
    }
}

impl StateMachines {
    /// Puts in a task that knows the table.
    fn add(&self, step: impl FnOnce(&Arc<Hall>, &Tasks) + Send + 'static) {
        let hall = Arc::clone(&self.hall);
        self.crew.tasks().add(move |tasks| step(&hall, tasks));
    }
}

impl Hall {
    fn lay(seats: usize) -> Self {
        let forks = Mutex::new(vec![Fork::default(); seats]).named(format_args!("forks"));
        Self { forks, places: Place::lay(seats) }
    }

    /// Takes fork after fork, until one is held.
    fn take_forks(&self, mut hungry: Hungry) {
        let mut forks = self.forks.lock().unwrap();
        for number in in_order(hungry.seat, self.places.len()).into_iter().skip(hungry.forks) {
            let fork = &mut forks[number];
            if fork.held {
                // Goes on when the fork is put down.
                fork.waiting.push_back(hungry);
                return;
            }
            fork.held = true;
            hungry.forks += 1;
        }
        self.places[hungry.seat].serve();
    }

    /// Puts down both forks of a seat, or hands them over.
    fn put_down_forks(hall: &Arc<Self>, tasks: &Tasks, seat: usize) {
        let mut forks = hall.forks.lock().unwrap();
        for number in in_order(seat, hall.places.len()) {
            match forks[number].waiting.pop_front() {
                Some(Hungry { seat, forks }) => {
                    // It stays held: now it is theirs.
                    let hall = Arc::clone(hall);
                    tasks.add(move |_| hall.take_forks(Hungry { seat, forks: forks + 1 }));
                }
                None => forks[number].held = false,
            }
        }
    }
}

/// The forks of a seat, the one with the lower number first.
pub(super) fn in_order(seat: usize, seats: usize) -> [usize; 2] {
    let (left, right) = forks_of(seat, seats);
    [left.min(right), left.max(right)]
}

/// Where the thread of a philosopher waits for its forks.
#[derive(Debug)]
pub(super) struct Place {
    served: Mutex<bool>,
    changed: Condvar,
}

impl Place {
    /// Places for so many.
    pub(super) fn lay(seats: usize) -> Vec<Self> {
        let place = |seat| Self {
            served: Mutex::new(false).named(format_args!("place {seat}")),
            changed: Condvar::new().named(format_args!("seat {seat} served by a task")),
        };
        (0..seats).map(place).collect()
    }

    /// The forks are there.
    pub(super) fn serve(&self) {
        let mut served = self.served.lock().unwrap();
        *served = true;
        self.changed.notify_one();
    }

    /// Waits for the forks. Woken by the task that has taken the second one.
    pub(super) fn wait(&self) {
        let served = self.served.lock().unwrap();
        *self.changed.wait_while(served, |served| !*served).unwrap() = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Rig, Scenario};

    #[test]
    fn smoke() {
        let table = StateMachines::with_seats(3);
        let mut meals = [0; 3];
        for (seat, eaten) in meals.iter_mut().enumerate() {
            table.dine(seat, &mut || *eaten += 1);
        }
        assert_eq!(meals, [1; 3]);
    }

    #[test]
    fn a_fork_goes_to_who_has_waited_longest() {
        let (crew, hall) = (Crew::new(1), Arc::new(Hall::lay(2)));
        let waiting = || hall.forks.lock().unwrap()[0].waiting.iter().map(|it| it.seat).collect::<Vec<_>>();
        for seat in [0, 1, 0] {
            hall.take_forks(Hungry { seat, forks: 0 });
        }
        assert_eq!(waiting(), [1, 0]);
        Hall::put_down_forks(&hall, crew.tasks(), 0);
        hall.places[1].wait();
        assert_eq!(waiting(), [0]);
    }

    #[test]
    fn neighbours_never_eat_together() {
        for seats in [2, 3, 5, 8] {
            Rig::table::<StateMachines>().program(Scenario::dining(seats, 50)).run().unwrap();
        }
    }
}
