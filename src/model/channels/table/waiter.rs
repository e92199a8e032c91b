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
/// A request is a send at a rendezvous, one for each seat, so that it is granted when it is received, and needs no answer. The
/// waiter selects among the seats that may eat and those that leave. Nobody waits for a philosopher that does not eat, so nothing
/// can deadlock. It ends when the table is dropped.
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
    ways: Arc<Ways>,
    thread: Option<JoinHandle<()>>,
    permission: PhantomData<P>,
}

/// Whom the waiter lets eat.
pub trait Permission: Send + Sync + 'static {
    /// Whether this seat may eat, which does not, while those do.
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

/// The ways to the waiter.
#[derive(Debug)]
struct Ways {
    /// At each seat one sends its request.
    requests: Vec<Channel<()>>,
    /// Seats that have eaten. There is room for all, so nobody waits to leave.
    leaves: Channel<usize>,
}

impl Ways {
    /// The waiter's work, until the table is closed.
    fn serve<P: Permission>(&self) {
        let mut eating = vec![false; self.requests.len()];
        loop {
            let may_eat = |seat: &usize| !eating[*seat] && P::may_eat(*seat, &eating);
            let seats: Vec<usize> = (0..eating.len()).filter(may_eat).collect();
            let mut asking: Vec<_> = seats.iter().map(|&seat| Receiving::new(&self.requests[seat])).collect();
            let mut leaving = Receiving::new(&self.leaves);
            let mut cases: Vec<&mut dyn Case<'_>> = asking.iter_mut().map(|case| case as _).collect();
            cases.push(&mut leaving);
            let taken = select(&mut cases);
            match (seats.get(taken), leaving.received()) {
                (Some(&seat), _) => eating[seat] = true,
                (None, Some(seat)) => eating[seat] = false,
                (None, None) => return,
            }
        }
    }
}

impl<P: Permission> Table for Waiter<P> {
    /// # Panics
    /// If there are more than 63 seats, the most that a select has room for.
    fn with_seats(seats: usize) -> Self {
        assert!(seats < 64, "a waiter serves up to 63 seats, not {seats}");
        let requests = (0..seats).map(|_| Channel::new(0)).collect();
        let ways = Arc::new(Ways { requests, leaves: Channel::new(seats) });
        let serve = {
            let ways = Arc::clone(&ways);
            move || ways.serve::<P>()
        };
        let waiter = Builder::new().name("waiter".to_owned()).spawn(serve);
        Self { ways, thread: Some(waiter.expect("a thread can be started")), permission: PhantomData }
    }

    fn seats(&self) -> usize {
        self.ways.requests.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        self.ways.requests[seat].send(()).expect("nobody closes it");
        eat();
        self.ways.leaves.send(seat).expect("the table is open");
    }
}

impl<P: Permission> Drop for Waiter<P> {
    fn drop(&mut self) {
        self.ways.leaves.close();
        // The waiter does not panic.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

impl<P: Permission> fmt::Debug for Waiter<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").field("ways", &self.ways).finish_non_exhaustive()
    }
}
