//! A thread that gives out the permission to eat.

use crate::model::channels::queue::select::{Case, Receiving};
use crate::model::channels::queue::{Channel, select};
use crate::port::Table;
use crate::sync::thread::{Builder, JoinHandle};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Everybody asks the waiter, a thread that receives a philosopher's request only while none of its neighbours eats.
///
/// There is a rendezvous at each seat. What comes from a seat that does not eat is a request, granted by being received, so that it
/// needs no answer; what comes from one that eats says that it has eaten. The waiter selects among the seats that eat or may eat.
/// Nobody waits for a philosopher that does not eat, so nothing can deadlock. The waiter ends when the table is dropped.
///
/// Source: the guarded commands of C. A. R. Hoare, "Communicating sequential processes", 1978, whose footman of section 5.3 is a
/// process of this kind.
///
/// ```
/// use refectory::model::channels::table::Waiter;
/// use refectory::port::Table;
///
/// <Waiter>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
pub struct Waiter<P: Permission = NeighboursAway> {
    seats: Arc<Vec<Channel<()>>>,
    thread: Option<JoinHandle<()>>,
    permission: PhantomData<P>,
}

/// Whom the waiter lets eat.
pub trait Permission: Send + Sync + 'static {
    /// Whether this seat may begin to eat while those eat.
    fn may_eat(seat: usize, eating: &[bool]) -> bool;
}

/// Whose neighbours do not eat.
#[derive(Debug)]
pub struct NeighboursAway;

impl Permission for NeighboursAway {
    fn may_eat(seat: usize, eating: &[bool]) -> bool {
        let seats = eating.len();
        !eating[(seat + 1) % seats] && !eating[(seat + seats - 1) % seats]
    }
}

/// The waiter's work, until the seats are closed.
fn serve<P: Permission>(seats: &[Channel<()>]) {
    let mut eating = vec![false; seats.len()];
    loop {
        let is_served = |seat: &usize| eating[*seat] || P::may_eat(*seat, &eating);
        let served: Vec<usize> = (0..seats.len()).filter(is_served).collect();
        let mut receiving: Vec<_> = served.iter().map(|&seat| Receiving::new(&seats[seat])).collect();
        let mut cases: Vec<&mut dyn Case<'_>> = receiving.iter_mut().map(|case| case as _).collect();
        let taken = select(&mut cases);
        if receiving.swap_remove(taken).received().is_none() {
            return;
        }
        eating[served[taken]] ^= true;
    }
}

impl<P: Permission> Table for Waiter<P> {
    /// # Panics
    /// If there are more than 64 seats, for how many a select has room.
    fn with_seats(seats: usize) -> Self {
        assert!(seats <= 64, "a waiter serves up to 64 seats, not {seats}");
        let seats: Arc<Vec<_>> = Arc::new((0..seats).map(|_| Channel::new(0)).collect());
        let serve = {
            let seats = Arc::clone(&seats);
            move || serve::<P>(&seats)
        };
        let waiter = Builder::new().name("waiter".to_owned()).spawn(serve);
        Self { seats, thread: Some(waiter.expect("a thread can be started")), permission: PhantomData }
    }

    fn seats(&self) -> usize {
        self.seats.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let tell = || self.seats[seat].send(()).expect("the table is open");
        tell();
        eat();
        tell();
    }
}

impl<P: Permission> Drop for Waiter<P> {
    fn drop(&mut self) {
        self.seats.iter().for_each(Channel::close);
        // The waiter does not panic.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

impl<P: Permission> fmt::Debug for Waiter<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").field("seats", &self.seats.len()).finish_non_exhaustive()
    }
}
