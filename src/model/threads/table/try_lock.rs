//! Trying instead of waiting with a fork in hand.

use super::LOOKS;
use crate::port::{Table, forks_of};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{hint, thread};
use std::fmt;
use std::marker::PhantomData;

/// Which fork a philosopher takes first, and which one it then tries.
///
/// It has a name of its own so that the twin [`Polite`](crate::model::threads::table::broken::Polite) can
/// differ in just that.
pub trait Reach: Send + Sync + 'static {
    /// The fork to wait for, and the one to try.
    fn forks(seat: usize, seats: usize) -> (usize, usize);
}

/// The right one: waits for the fork with the lower number, tries the one with the higher.
#[derive(Debug)]
pub struct LowerFirst;

impl Reach for LowerFirst {
    fn forks(seat: usize, seats: usize) -> (usize, usize) {
        let (left, right) = forks_of(seat, seats);
        (left.min(right), left.max(right))
    }
}

/// Who does not get the second fork puts the first one down, waits until the second one is free, and begins
/// again.
///
/// Invariant: who eats has taken both forks, and nobody waits with a fork in hand, so nothing can deadlock in
/// whatever order the forks are taken. The order matters all the same: with everybody's left fork first, all
/// can take one, find the other one taken, put theirs down, and so on in step for ever.
///
/// With the lower fork first that cannot be, however the threads are scheduled. Who begins again has seen
/// its higher fork taken and free again. Fork n−1 is the higher one of both its users: whoever takes it
/// eats, so it is taken no more often than there are meals. So only so often can somebody take fork n−2 as
/// its lower one, fail and begin again; or take it as its higher one, and eat. So it too is taken a limited
/// number of times, and likewise n−3, down to fork 0: every execution is finite.
///
/// Who waits is woken by nobody: it looks. What it does not do: it is not fair, and one philosopher may
/// fail any number of times while others eat.
///
/// Source: not to hold while one waits, James W. Havender, "Avoiding deadlock in multitasking systems", 1968;
/// that all can put down and try again in step, Andrew S. Tanenbaum, "Operating Systems: Design and
/// Implementation", 1987.
///
/// ```
/// use refectory::model::threads::table::TryLock;
/// use refectory::port::Table;
///
/// <TryLock>::with_seats(5).dine(4, &mut || println!("eating"));
/// ```
pub struct TryLock<R: Reach = LowerFirst> {
    forks: Vec<Fork>,
    reach: PhantomData<R>,
}

#[derive(Debug)]
struct Fork {
    taken: AtomicBool,
}

impl Fork {
    fn try_take(&self) -> bool {
        // Ordering: Acquire reads from the Release of `put_down`: the meal that was eaten with the fork is
        // visible to the one that takes it.
        self.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    fn is_free(&self) -> bool {
        // Ordering: Relaxed, because it is `try_take` that takes it.
        !self.taken.load(Ordering::Relaxed)
    }

    fn put_down(&self) {
        // Ordering: Release, for the Acquire of `try_take`.
        self.taken.store(false, Ordering::Release);
    }
}

impl<R: Reach> Table for TryLock<R> {
    fn with_seats(seats: usize) -> Self {
        let fork = |i| Fork { taken: AtomicBool::new(false).named(format_args!("fork {i}")) };
        Self { forks: (0..seats).map(fork).collect(), reach: PhantomData }
    }

    fn seats(&self) -> usize {
        self.forks.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        let (first, second) = R::forks(seat, self.seats());
        let (first, second) = (&self.forks[first], &self.forks[second]);
        loop {
            hint::spin_until(LOOKS, || first.try_take());
            if second.try_take() {
                break;
            }
            first.put_down();
            // The back-off proper: whoever the fork was put down for may go first.
            thread::yield_now();
            hint::spin_until(LOOKS, || second.is_free());
        }
        eat();
        second.put_down();
        first.put_down();
    }
}

impl<R: Reach> fmt::Debug for TryLock<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryLock").field("forks", &self.forks).finish()
    }
}
