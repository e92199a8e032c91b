//! One arbiter for the whole table.

use super::neighbours_of;
use crate::port::Table;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Condvar, Mutex};
use std::fmt;
use std::marker::PhantomData;

/// A philosopher who asks for its forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The seat.
    pub seat: usize,
    /// How many requests, of any seat, were made before.
    pub number: usize,
}

/// Which of two neighbours who both ask is served first.
///
/// It has a name of its own so that the twin
/// [`WaiterFavoursSeat0`](crate::model::threads::table::broken::WaiterFavoursSeat0) can differ in just that.
pub trait Precedence: Send + Sync + 'static {
    /// Whether `one` goes before `other`. It must be a total order, or they wait for each other.
    fn before(one: Request, other: Request) -> bool;
}

/// The right one: first come, first served.
#[derive(Debug)]
pub struct FirstCome;

impl Precedence for FirstCome {
    fn before(one: Request, other: Request) -> bool {
        one.number < other.number
    }
}

/// Everybody asks the waiter, who gives out both forks of a seat at once, and serves neighbours in the order
/// in which they asked.
///
/// The waiter is a mutex: who holds it does the waiter's work. Invariant: the mutex guards the waiter's book
/// of who is away, asks, or eats, and nobody eats beside somebody who eats. Who asks is woken by the neighbour
/// that leaves, or by the request that was still missing. Whoever asked first of all waits for nobody but
/// neighbours who eat, so nothing can deadlock.
///
/// Drawing a number is the doorway: one step, in which nobody waits. The way from there to the waiter may be
/// long, for mutexes are not fair; so he serves a request only when all earlier ones have reached him. Then
/// a neighbour can begin a meal while a philosopher waits only where it had drawn its number before, and that
/// is once: a philosopher is overtaken at most twice, once from each side. Nobody starves.
///
/// What it does not do: a philosopher waits behind a neighbour who asked first also while that neighbour
/// itself has to wait, and its own forks lie idle.
///
/// Source: the doorway, and first come first served from there on, Leslie Lamport, "A new solution of
/// Dijkstra's concurrent programming problem", 1974; both forks at once as in [`Monitor`](super::Monitor).
///
/// ```
/// use refectory::model::threads::table::Waiter;
/// use refectory::port::Table;
///
/// <Waiter>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
pub struct Waiter<P: Precedence = FirstCome> {
    /// The number of the next request.
    next: AtomicUsize,
    book: Mutex<Book>,
    /// One a seat.
    served: Vec<Condvar>,
    precedence: PhantomData<P>,
}

#[derive(Debug)]
struct Book {
    places: Vec<Place>,
    /// Requests with smaller numbers have all been received.
    complete: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Away,
    Asks(Request),
    Eats,
}

impl<P: Precedence> Waiter<P> {
    fn ask(&self, seat: usize) {
        // Ordering: Relaxed, because the number says nothing but the order of asking; what the book
        // says is guarded by the mutex.
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut book = self.book.lock().unwrap();
        book.places[seat] = Place::Asks(Request { seat, number });
        while let Some(next) = book.received(book.complete) {
            book.complete += 1;
            self.serve(&mut book, next);
        }
        // Woken by whoever serves it.
        drop(self.served[seat].wait_while(book, |book| book.places[seat] != Place::Eats).unwrap());
    }

    fn leave(&self, seat: usize) {
        let mut book = self.book.lock().unwrap();
        book.places[seat] = Place::Away;
        for other in neighbours_of(seat, self.seats()) {
            self.serve(&mut book, other);
        }
    }

    /// Gives the seat its forks, if it asks and its turn has come.
    fn serve(&self, book: &mut Book, seat: usize) {
        if book.is_turn_of::<P>(seat) {
            book.places[seat] = Place::Eats;
            self.served[seat].notify_one();
        }
    }
}

impl Book {
    /// The seat whose request has this number, if it has been received and not yet been served.
    fn received(&self, number: usize) -> Option<usize> {
        self.places.iter().position(|place| matches!(place, Place::Asks(request) if request.number == number))
    }

    fn is_turn_of<P: Precedence>(&self, seat: usize) -> bool {
        let Place::Asks(request) = self.places[seat] else { return false };
        let gives_way = |other: usize| match self.places[other] {
            Place::Away => true,
            Place::Asks(theirs) => P::before(request, theirs),
            Place::Eats => false,
        };
        request.number < self.complete && neighbours_of(seat, self.places.len()).into_iter().all(gives_way)
    }
}

impl<P: Precedence> Table for Waiter<P> {
    const OVERTAKEN_AT_MOST: Option<usize> = Some(2);

    fn with_seats(seats: usize) -> Self {
        let book = Book { places: vec![Place::Away; seats], complete: 0 };
        Self {
            next: AtomicUsize::new(0).named(format_args!("next request")),
            book: Mutex::new(book).named(format_args!("waiter")),
            served: (0..seats).map(|i| Condvar::new().named(format_args!("{i} is served"))).collect(),
            precedence: PhantomData,
        }
    }

    fn seats(&self) -> usize {
        self.served.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        self.ask(seat);
        eat();
        self.leave(seat);
    }
}

impl<P: Precedence> fmt::Debug for Waiter<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { next, book, served, .. } = self;
        f.debug_struct("Waiter").field("next", next).field("book", book).field("served", served).finish()
    }
}
