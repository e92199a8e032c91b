//! Both forks in one step, under one mutex.

use super::neighbours_of;
use crate::port::Table;
use crate::sync::{Condvar, Mutex};
use std::fmt::Debug;
use std::marker::PhantomData;

/// Everybody takes both forks or none, as soon as neither neighbour eats.
///
/// Invariant: the mutex guards who thinks, is hungry, eats; nobody eats beside somebody who eats. A hungry
/// philosopher is woken by the neighbour that puts its forks down, by a condition variable of its own,
/// and already eats when it wakes: it is the neighbour who hands it the forks.
///
/// Nobody holds one fork and waits for another, so nothing can deadlock. What it does not do: the two
/// neighbours of a hungry philosopher can eat in turn, one always beginning before the other has ended, and
/// it starves.
///
/// Source: Andrew S. Tanenbaum, "Operating Systems: Design and Implementation", 1987, which solves it with
/// a semaphore for each philosopher; a state for each is already in Edsger W. Dijkstra's "Hierarchical
/// ordering of sequential processes", 1971.
///
/// ```
/// use refectory::model::threads::table::Monitor;
/// use refectory::port::Table;
///
/// <Monitor>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct Monitor<N: News = ToBoth> {
    states: Mutex<Vec<State>>,
    /// One a seat.
    eats: Vec<Condvar>,
    news: PhantomData<N>,
}

/// Who hears that forks were put down.
pub trait News: Debug + Send + Sync + 'static {
    /// Of these neighbours.
    fn told(neighbours: &[usize; 2]) -> &[usize];
}

/// Both neighbours.
#[derive(Debug)]
pub struct ToBoth;

impl News for ToBoth {
    fn told(neighbours: &[usize; 2]) -> &[usize] {
        neighbours
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Thinking,
    Hungry,
    Eating,
}

impl<N: News> Monitor<N> {
    /// A hungry philosopher eats, if it can now.
    fn test(&self, states: &mut [State], seat: usize) {
        let neighbours = neighbours_of(seat, states.len());
        if states[seat] == State::Hungry && neighbours.iter().all(|&other| states[other] != State::Eating) {
            states[seat] = State::Eating;
            self.eats[seat].notify_one();
        }
    }

    fn take_forks(&self, seat: usize) {
        let mut states = self.states.lock().unwrap();
        states[seat] = State::Hungry;
        self.test(&mut states, seat);
        // Woken by the neighbour that puts down the last fork it lacks.
        drop(self.eats[seat].wait_while(states, |states| states[seat] != State::Eating).unwrap());
    }

    fn put_forks(&self, seat: usize) {
        let mut states = self.states.lock().unwrap();
        states[seat] = State::Thinking;
        for &other in N::told(&neighbours_of(seat, states.len())) {
            self.test(&mut states, other);
        }
    }
}

impl<N: News> Table for Monitor<N> {
    fn with_seats(seats: usize) -> Self {
        Self {
            states: Mutex::new(vec![State::Thinking; seats]).named(format_args!("states")),
            eats: (0..seats).map(|i| Condvar::new().named(format_args!("{i} eats"))).collect(),
            news: PhantomData,
        }
    }

    fn seats(&self) -> usize {
        self.eats.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        self.take_forks(seat);
        eat();
        self.put_forks(seat);
    }
}
