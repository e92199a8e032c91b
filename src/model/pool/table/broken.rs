//! Twins of the table whose philosophers are tasks.

use crate::model::pool::executor::crew::Crew;
use crate::model::pool::table::state_machines::{Place, in_order, workers};
use crate::port::Table;
use crate::sync::{Arc, Condvar, Mutex};

/// A task that finds a fork held waits for it, and keeps its worker.
///
/// Twin of [`StateMachines`](crate::model::pool::table::state_machines::StateMachines). The task that would put the fork down is in the
/// queue, and all workers wait for forks: the circle of waiting goes through the queue. Forks are taken in the order
/// of their numbers, as they should be; that does not help. Source: the "thread starvation deadlock" of Brian Goetz
/// et al., "Java Concurrency in Practice", 2006, section 8.1.1.
#[derive(Debug)]
pub struct BlockingTasks {
    crew: Crew,
    hall: Arc<Hall>,
}

#[derive(Debug)]
struct Hall {
    held: Mutex<Vec<bool>>,
    put_down: Vec<Condvar>,
    places: Vec<Place>,
}

impl Table for BlockingTasks {
    fn with_seats(seats: usize) -> Self {
        let put_down = |i| Condvar::new().named(format_args!("fork {i} put down by a task"));
        let hall = Hall {
            held: Mutex::new(vec![false; seats]).named(format_args!("forks")),
            put_down: (0..seats).map(put_down).collect(),
            places: Place::lay(seats),
        };
        Self { crew: Crew::new(workers(seats)), hall: Arc::new(hall) }
    }

    fn seats(&self) -> usize {
        self.hall.places.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        self.add(move |hall| hall.take_forks(seat));
        self.hall.places[seat].wait();
        eat();
        self.add(move |hall| hall.put_down_forks(seat));
    }
}

impl BlockingTasks {
    /// Puts in a task that knows the table.
    fn add(&self, step: impl FnOnce(&Hall) + Send + 'static) {
        let hall = Arc::clone(&self.hall);
        self.crew.tasks().add(move |_| step(&hall));
    }
}

impl Hall {
    fn take_forks(&self, seat: usize) {
        let mut held = self.held.lock().unwrap();
        for number in in_order(seat, self.places.len()) {
            // Woken by the task that puts the fork down, if there is a worker for it.
            held = self.put_down[number].wait_while(held, |held| held[number]).unwrap();
            held[number] = true;
        }
        self.places[seat].serve();
    }

    fn put_down_forks(&self, seat: usize) {
        let mut held = self.held.lock().unwrap();
        for number in in_order(seat, self.places.len()) {
            held[number] = false;
            self.put_down[number].notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A twin has to work as long as nobody comes between: its bug is one of concurrency.

    #[test]
    fn blocking_tasks_smoke() {
        let table = BlockingTasks::with_seats(3);
        let mut meals = 0;
        for seat in 0..table.seats() {
            table.dine(seat, &mut || meals += 1);
        }
        assert_eq!(meals, 3);
    }
}
