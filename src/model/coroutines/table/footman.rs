//! The semaphore at the door.

use super::{Dining, lay_forks, take_and_eat};
use crate::model::coroutines::lock::{Lock, Semaphore};
use crate::port::forks_of;
use std::marker::PhantomData;

/// How many the footman lets in: [`Everybody`](super::broken::Everybody) are too many.
pub trait Invites: Send + Sync + 'static {
    /// How many may sit at a table with so many seats.
    fn guests(seats: usize) -> usize;
}

/// One less than there are seats.
#[derive(Debug)]
pub struct OneLess;

impl Invites for OneLess {
    fn guests(seats: usize) -> usize {
        seats - 1
    }
}

/// A semaphore lets in one philosopher less than there are seats, so that one of them has both forks.
///
/// Source: C. A. R. Hoare, "Communicating sequential processes", 1978, section 5.3; as a semaphore, Allen B. Downey, "The Little
/// Book of Semaphores", 2016, section 4.4.
///
/// ```
/// use refectory::model::coroutines::table::{Dining, Footman};
/// use refectory::sync::future::block_on;
///
/// let table: Footman = Footman::with_seats(3);
/// block_on(table.dine(2, &mut || println!("eating")));
/// ```
#[derive(Debug)]
pub struct Footman<I = OneLess> {
    door: Semaphore,
    forks: Vec<Lock>,
    invites: PhantomData<I>,
}

impl<I: Invites> Dining for Footman<I> {
    fn with_seats(seats: usize) -> Self {
        let door = Semaphore::new(I::guests(seats)).named(format_args!("door"));
        Self { door, forks: lay_forks(seats), invites: PhantomData }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    async fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let _inside = self.door.acquire().await;
        take_and_eat(&self.forks[left], &self.forks[right], eat).await;
    }
}
