//! A counting semaphore on a mutex and a condition variable.
//!
//! Invariant: permits that are free plus permits that are held is the number it was made with.
//!
//! It is not fair: a thread that comes later may take a permit before one that has been woken.
//!
//! Source: Edsger W. Dijkstra, "Cooperating sequential processes", 1965.

use crate::sync::{Condvar, Mutex};

/// Lets at most a fixed number of threads hold a permit at once.
///
/// ```
/// use refectory::model::threads::table::seats::Seats;
///
/// let seats = Seats::new(1);
/// let permit = seats.acquire();
/// drop(permit);
/// let _again = seats.acquire();
/// ```
#[derive(Debug)]
pub struct Seats {
    free: Mutex<usize>,
    released: Condvar,
}

impl Seats {
    /// Seats with this many free permits.
    pub fn new(permits: usize) -> Self {
        Self {
            free: Mutex::new(permits).named(format_args!("free permits")),
            released: Condvar::new().named(format_args!("released")),
        }
    }

    /// Waits for a free permit and takes it. Woken by the drop of a [`Permit`].
    pub fn acquire(&self) -> Permit<'_> {
        let mut free = self.released.wait_while(self.free.lock().unwrap(), |free| *free == 0).unwrap();
        *free -= 1;
        Permit { seats: self }
    }

    fn release(&self) {
        *self.free.lock().unwrap() += 1;
        // One permit serves one waiter, and all waiters wait for the same: any of them will do.
        self.released.notify_one();
    }
}

/// A permit that is held, and given back when it is dropped.
#[must_use = "a permit that is dropped is given back"]
#[derive(Debug)]
pub struct Permit<'a> {
    seats: &'a Seats,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.seats.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::thread;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn smoke() {
        let seats = Seats::new(2);
        let first = seats.acquire();
        let second = seats.acquire();
        drop(first);
        let third = seats.acquire();
        drop((second, third));
        assert_eq!(*seats.free.lock().unwrap(), 2);
    }

    #[test]
    fn at_most_n_hold_a_permit() {
        let seats = Arc::new(Seats::new(2));
        let holders = Arc::new(AtomicUsize::new(0));
        let work = |seats: Arc<Seats>, holders: Arc<AtomicUsize>| {
            for _ in 0..200 {
                let _permit = seats.acquire();
                assert!(holders.fetch_add(1, Ordering::Relaxed) < 2);
                holders.fetch_sub(1, Ordering::Relaxed);
            }
        };
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (seats, holders) = (seats.clone(), holders.clone());
                thread::spawn(move || work(seats, holders))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
