//! Both forks in one step.

use crate::model::gil::interpreter::cpython::Interpreter;
use crate::model::gil::lock::cpython::Gil;
use crate::model::gil::lock::parking::ParkingLot;
use crate::model::gil::lock::plain::InterpreterLock;
use crate::port::{Table, forks_of};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::time::Duration;

/// Both forks in one bytecode, or none: what the interpreter lock does make safe.
///
/// The forks are entries of a list. A philosopher who finds one of them taken waits in the parking lot of the seat,
/// and holds nothing meanwhile; the neighbours, who put theirs down, wake it. Source: the monitor of C. A. R. Hoare,
/// "Monitors: an operating system structuring concept", 1974, with the interpreter lock for its mutex.
///
/// ```
/// use refectory::model::gil::table::AtOnce;
/// use refectory::port::Table;
///
/// <AtOnce>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
#[derive(Debug)]
pub struct AtOnce<L = Gil, W = Both> {
    interpreter: Interpreter<Seats, L>,
    seats: usize,
    waking: PhantomData<W>,
}

/// Who is woken when forks are put down.
pub trait Waking: Debug + Send + Sync + 'static {
    /// Of these neighbours.
    fn woken(neighbours: &[usize; 2]) -> &[usize];
}

/// Both neighbours.
#[derive(Debug)]
pub struct Both;

impl Waking for Both {
    fn woken(neighbours: &[usize; 2]) -> &[usize] {
        neighbours
    }
}

/// The heap: which forks are taken, and who waits at which seat.
#[derive(Debug)]
struct Seats {
    taken: Vec<bool>,
    waiting: Vec<ParkingLot>,
}

impl Seats {
    fn take_both(&mut self, seat: usize) -> Option<()> {
        let (left, right) = forks_of(seat, self.taken.len());
        let free = !self.taken[left] && !self.taken[right];
        free.then(|| self.put(seat, true))
    }

    fn put(&mut self, seat: usize, taken: bool) {
        let (left, right) = forks_of(seat, self.taken.len());
        (self.taken[left], self.taken[right]) = (taken, taken);
    }

    fn wake_neighbours<W: Waking>(&mut self, seat: usize) {
        let seats = self.waiting.len();
        for &neighbour in W::woken(&[(seat + 1) % seats, (seat + seats - 1) % seats]) {
            self.waiting[neighbour].wake_one();
        }
    }
}

impl<L: InterpreterLock, W: Waking> Table for AtOnce<L, W> {
    fn with_seats(seats: usize) -> Self {
        let waiting = (0..seats).map(|_| ParkingLot::default()).collect();
        let heap = Seats { taken: vec![false; seats], waiting };
        Self { interpreter: Interpreter::with_interval(heap, Duration::ZERO), seats, waking: PhantomData }
    }

    fn seats(&self) -> usize {
        self.seats
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let mut thread = self.interpreter.attach();
        thread.wait_until(|heap| &mut heap.waiting[seat], |heap| heap.take_both(seat));
        thread.unlocked(eat);
        thread.step(|heap| {
            heap.put(seat, false);
            heap.wake_neighbours::<W>(seat);
        });
    }
}
