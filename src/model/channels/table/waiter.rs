//! A thread that gives out the permission to sit down.

use super::{Token, dine, lay_forks};
use crate::model::channels::queue::select::{Case, Never, Receiving};
use crate::model::channels::queue::{Channel, select};
use crate::port::{Table, forks_of};
use crate::sync::thread::{Builder, JoinHandle};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Everybody asks the waiter, a thread that keeps one philosopher from the table, and takes the left fork first.
///
/// A request is a send at a rendezvous, granted by being received, so that it needs no answer. The waiter selects between those who
/// come, while there is a free chair, and those who go. With one chair less than seats somebody always finds a second fork, so
/// nothing can deadlock. The waiter ends when the table is dropped.
///
/// Source: C. A. R. Hoare, "Communicating sequential processes", 1978, section 5.3: the room is a process with guarded commands, and an
/// exercise after Dijkstra is to keep a philosopher out.
///
/// ```
/// use refectory::model::channels::table::Waiter;
/// use refectory::port::Table;
///
/// <Waiter>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
pub struct Waiter<A: Admission = AllButOne> {
    forks: Vec<Channel<Token>>,
    room: Arc<Room>,
    thread: Option<JoinHandle<()>>,
    admission: PhantomData<A>,
}

/// How many may sit at the table at once.
pub trait Admission: Send + Sync + 'static {
    /// Of so many philosophers.
    fn chairs(philosophers: usize) -> usize;
}

/// One of them stays outside.
#[derive(Debug)]
pub struct AllButOne;

impl Admission for AllButOne {
    fn chairs(philosophers: usize) -> usize {
        philosophers - 1
    }
}

/// The ways to the waiter.
#[derive(Debug)]
struct Room {
    enter: Channel<()>,
    exit: Channel<()>,
}

impl Room {
    /// The waiter's work, until the exit is closed.
    fn serve(&self, chairs: usize) {
        let mut seated = 0;
        loop {
            let (mut comes, mut goes) = (Receiving::new(&self.enter), Receiving::new(&self.exit));
            let comes: &mut dyn Case<'_> = if seated < chairs { &mut comes } else { &mut Never };
            match (select(&mut [comes, &mut goes]), goes.received()) {
                (0, _) => seated += 1,
                (_, Some(())) => seated -= 1,
                (_, None) => return,
            }
        }
    }
}

impl<A: Admission> Table for Waiter<A> {
    fn with_seats(seats: usize) -> Self {
        let room = Arc::new(Room { enter: Channel::new(0), exit: Channel::new(seats) });
        let serve = {
            let room = Arc::clone(&room);
            move || room.serve(A::chairs(seats))
        };
        let waiter = Builder::new().name("waiter".to_owned()).spawn(serve);
        Self {
            forks: lay_forks(seats),
            room,
            thread: Some(waiter.expect("a thread can be started")),
            admission: PhantomData,
        }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (left, right) = forks_of(seat, self.seats());
        self.room.enter.send(()).expect("nobody closes it");
        dine(&self.forks[left], &self.forks[right], eat);
        self.room.exit.send(()).expect("the table is open");
    }
}

impl<A: Admission> Drop for Waiter<A> {
    fn drop(&mut self) {
        self.room.exit.close();
        // The waiter does not panic.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

impl<A: Admission> fmt::Debug for Waiter<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").field("room", &self.room).finish_non_exhaustive()
    }
}
