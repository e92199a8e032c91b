//! The waiter, whom one asks before one reaches for the forks.

use super::{Dining, lay_forks};
use crate::model::coroutines::lock::Lock;
use crate::port::forks_of;
use crate::sync::future::yield_now;
use std::marker::PhantomData;

/// For how long the waiter attends to a philosopher: [`UntilFirstFork`](super::broken::UntilFirstFork) is too short.
pub trait Waits: Send + Sync + 'static {
    /// Whether until both forks are in hand.
    const FOR_BOTH: bool;
}

/// Until both forks are in hand.
#[derive(Debug)]
pub struct UntilServed;

impl Waits for UntilServed {
    const FOR_BOTH: bool = true;
}

/// A waiter attends to one philosopher at a time, until that one has both forks.
///
/// Of those who hold a fork and wait for another there is one at most, so waiting cannot go in a circle.
///
/// ```
/// use refectory::model::coroutines::table::{Dining, Waiter};
/// use refectory::sync::future::block_on;
///
/// let table: Waiter = Waiter::with_seats(3);
/// block_on(table.dine(0, &mut || println!("eating")));
/// ```
#[derive(Debug)]
pub struct Waiter<W = UntilServed> {
    waiter: Lock,
    forks: Vec<Lock>,
    waits: PhantomData<W>,
}

impl<W: Waits> Dining for Waiter<W> {
    fn with_seats(seats: usize) -> Self {
        let waiter = Lock::new().named(format_args!("waiter"));
        Self { waiter, forks: lay_forks(seats), waits: PhantomData }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    async fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        let mut attended = Some(self.waiter.lock().await);
        let _left = self.forks[left].lock().await;
        if !W::FOR_BOTH {
            attended = None;
        }
        yield_now().await;
        let _right = self.forks[right].lock().await;
        drop(attended);
        eat();
    }
}
