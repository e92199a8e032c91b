//! A counting semaphore in a region, whose permits come back when their holders are killed.
//!
//! Each permit is a [`Robust`] word, which has the number of its holder. So the kernel takes it from the dead, nothing is counted,
//! and nothing has to be put right. Who finds no permit goes to the door, a [robust lock](super::robust). One at a time stands
//! there, and sleeps at the word of the first permit: it puts [`WAITERS`] there, and looks at all permits once more. Who gives a permit
//! back looks for the mark then, and if it is there puts [`OWNER_DIED`] beside it before it wakes, so that the word is not the one
//! any more for which the other wanted to sleep. Where the holder of the first permit is killed the kernel does the same.
//!
//! Invariant: a permit is free exactly where its word has nobody's number. `WAITERS` is there as long as somebody sleeps, from holder to
//! holder, and who sleeps has seen all permits taken since it put the mark there.
//!
//! What it does not do: wake the one at the door at once where somebody is killed who has *another* permit than the first, or has given
//! that other one back and not yet looked for the mark. A futex is waited for at one word, and the dead wake at theirs. The
//! permit is free, and whoever comes takes it; the one at the door does when the next permit is given back, or when the holder of the
//! first one ends. So nobody waits for ever as long as each body comes to an end. A permit is given back by its holder alone.
//!
//! Who comes may take a permit before the one at the door, but not for ever: where [`PATIENCE`](Rules::PATIENCE) permits were given
//! back beside that one, who comes goes to the door as well, where [each of several](super::robust) has its turn.
//! [`try_acquire`](Semaphore::try_acquire) waits for nobody's turn.
//!
//! Sources: Edsger W. Dijkstra, "Cooperating sequential processes", 1965; Ulrich Drepper, "Robust mutexes", 2006. A permit that
//! comes back by itself is `SEM_UNDO` of semop(2).

use super::robust::{Impatient, Kept, Locked, NotRecoverable, RobustLock, Rules};
use crate::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};
use crate::sync::process::point;
use crate::sync::region::Shared;
use crate::sync::region::robust::{OWNER, OWNER_DIED, Robust, WAITERS};
use crate::sync::time::Deadline;
use std::fmt;
use std::time::Duration;

/// What a semaphore owes to those who wait.
pub trait Waiting: Rules {
    /// Whether the one at the door looks at all permits before it leaves its mark.
    const LOOKS_FIRST: bool = false;
    /// Whether the kernel looks away when a permit is given back, before somebody was woken.
    const WAKES_LATER: bool = false;
}

impl Waiting for Kept {}

impl<const AT_MOST: u64> Waiting for Impatient<AT_MOST> {}

/// So many permits, for a [`Region`](crate::sync::region::Region). Each has a number.
///
/// ```
/// use refectory::model::processes::lock::semaphore::Semaphore;
/// use std::time::Duration;
///
/// let seats = <Semaphore<2>>::new();
/// seats.acquire(|first| {
///     let second = seats.acquire(|second| {
///         assert_eq!(seats.try_acquire(|_| ()), None);
///         assert_eq!(seats.acquire_timeout(Duration::from_millis(1), |_| ()), None);
///         second
///     });
///     assert_ne!(first, second);
///     assert_eq!(seats.try_acquire(|seat| seat), Some(second));
/// });
/// ```
#[repr(C)]
pub struct Semaphore<const PERMITS: usize, R = Kept> {
    door: RobustLock<R>,
    /// How many permits were given back since one at the door got one, while somebody stood there.
    passed: AtomicU64,
    permits: [Robust; PERMITS],
}

// SAFETY: all fields are shared.
unsafe impl<const PERMITS: usize, R: Rules> Shared for Semaphore<PERMITS, R> {}

impl<const PERMITS: usize, R: Waiting> Semaphore<PERMITS, R> {
    const IS_POSSIBLE: () = assert!(PERMITS > 0);

    /// All permits are free.
    #[track_caller]
    pub fn new() -> Self {
        let () = Self::IS_POSSIBLE;
        Self {
            door: RobustLock::new().named(format_args!("door")),
            passed: AtomicU64::new(0).named(format_args!("passed")),
            permits: std::array::from_fn(|i| Robust::new().named(format_args!("permit {i}"))),
        }
    }

    /// Waits for a permit, and holds it while `body` runs, which gets its number.
    pub fn acquire<T>(&self, body: impl FnOnce(usize) -> T) -> T {
        let sleep = |word: &Robust, seen| {
            word.wait(seen);
            true
        };
        let permit = self.try_take_in_turn().or_else(|| {
            self.door.lock(|found| self.at_the_door(found, sleep)).unwrap_or_else(|lost| unrepaired(lost))
        });
        self.held(permit.expect("one that waits without end gets it"), body)
    }

    /// The same, if a permit is free. `None` where none is.
    pub fn try_acquire<T>(&self, body: impl FnOnce(usize) -> T) -> Option<T> {
        self.try_take().map(|permit| self.held(permit, body))
    }

    /// The same, but waits no longer than this. `None` where its time ran out.
    pub fn acquire_timeout<T>(&self, patience: Duration, body: impl FnOnce(usize) -> T) -> Option<T> {
        let deadline = Deadline::after(patience);
        let left = || deadline.left().unwrap_or_default();
        let sleep = |word: &Robust, seen| word.wait_timeout(seen, left());
        let permit = self.try_take_in_turn().or_else(|| {
            let waited = self.door.lock_timeout(left(), |found| self.at_the_door(found, sleep));
            waited.unwrap_or_else(|lost| unrepaired(lost)).flatten()
        });
        permit.map(|permit| self.held(permit, body))
    }

    /// How many permits were given back while somebody stood at the door, since one got a permit there: [`PATIENCE`](Rules::PATIENCE)
    /// and as many as there are other threads, at most.
    #[must_use]
    pub fn passed(&self) -> u64 {
        // Ordering: Relaxed. It decides who is the next one, and nothing else.
        self.passed.load(Relaxed)
    }

    /// Takes any permit that is free, unless it is the turn of the one at the door.
    #[inline]
    fn try_take_in_turn(&self) -> Option<usize> {
        if self.passed() < R::PATIENCE { self.try_take() } else { None }
    }

    /// Takes any permit that is free.
    #[inline]
    fn try_take(&self) -> Option<usize> {
        (0..PERMITS).find(|permit| self.take(&self.permits[*permit]))
    }

    #[inline]
    fn take(&self, permit: &Robust) -> bool {
        let take = || {
            point("a permit to be taken");
            let mut expected = 0;
            while expected & OWNER == 0 {
                let mine = Robust::me() | expected & WAITERS;
                // Ordering: Acquire, of the Release in `give_back`, and of the kernel's exchange: what was done with the permit is visible.
                match permit.compare_exchange(expected, mine, Acquire, Relaxed) {
                    Ok(_) => return true,
                    Err(seen) => expected = seen,
                }
            }
            false
        };
        // SAFETY: the number comes in place of nobody's. The semaphore is borrowed by `Held`, a local, which gives the permit back.
        unsafe { R::take(permit, take) }
    }

    /// Waits until a permit is free, and takes it, or until `sleep` gives up. Woken by `wake`, and by the kernel.
    #[cold]
    fn at_the_door(&self, found: Locked<'_>, sleep: impl Fn(&Robust, u32) -> bool) -> Option<usize> {
        if let Locked::OwnerDied(left) = found {
            // All that the one before can have left is its mark.
            left.consistent();
        }
        point("one at the door");
        let mut goes_on = true;
        loop {
            let looked = if R::LOOKS_FIRST { self.try_take() } else { None };
            let seen = self.mark();
            let permit = if R::LOOKS_FIRST { looked } else { self.try_take() };
            if permit.is_some() {
                // Ordering: Relaxed, as in `passed`.
                self.passed.store(0, Relaxed);
            }
            if permit.is_some() || !goes_on {
                // Ordering: Relaxed. The mark is of the one at the door alone.
                self.permits[0].fetch_and(!WAITERS, Relaxed);
                return permit;
            }
            point("one who is about to sleep");
            goes_on = sleep(&self.permits[0], seen);
        }
    }

    /// Marks the first permit; gives the word that it has then.
    fn mark(&self) -> u32 {
        let mark = |word: u32| word & OWNER | WAITERS;
        // Ordering: Relaxed. The fence is what counts.
        let marked = self.permits[0].fetch_update(Relaxed, Relaxed, |word| Some(mark(word))).map_or(0, mark);
        // Ordering: SeqCst, with the fence in `wake`. One of the two sees what the other has done before its fence: this one the
        // permit, or that one the mark.
        fence(SeqCst);
        marked
    }

    fn held<T>(&self, permit: usize, body: impl FnOnce(usize) -> T) -> T {
        let _held = Held { semaphore: self, permit };
        point("a permit in hand");
        body(permit)
    }

    #[inline]
    fn give_back(&self, permit: &Robust) {
        R::give(permit, || {
            point("a permit to be given back");
            // Ordering: Release, for the Acquire of the next holder.
            permit.fetch_and(WAITERS, Release);
            point("a permit that was given back");
            if !R::WAKES_LATER {
                self.wake();
            }
        });
        if R::WAKES_LATER {
            self.wake();
        }
    }

    #[inline]
    fn wake(&self) {
        // Ordering: SeqCst, with the fence in `mark`.
        fence(SeqCst);
        if self.permits[0].load(Relaxed) & WAITERS != 0 {
            // Ordering: Relaxed, as in `passed`.
            self.passed.fetch_add(1, Relaxed);
            // Ordering: Relaxed. What the other one looks for are the permits.
            self.permits[0].fetch_or(OWNER_DIED, Relaxed);
            point("one at the door who is to be woken");
            self.permits[0].wake_one();
        }
    }
}

/// Who comes to the door repairs it first.
fn unrepaired(lost: NotRecoverable) -> ! {
    unreachable!("{lost}")
}

/// Holds a permit until it is dropped, also by a panic.
struct Held<'a, const PERMITS: usize, R: Waiting> {
    semaphore: &'a Semaphore<PERMITS, R>,
    permit: usize,
}

impl<const PERMITS: usize, R: Waiting> Drop for Held<'_, PERMITS, R> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.give_back(&self.semaphore.permits[self.permit]);
    }
}

impl<const PERMITS: usize, R: Waiting> Default for Semaphore<PERMITS, R> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<const PERMITS: usize, R> fmt::Debug for Semaphore<PERMITS, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("permits", &self.permits).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::thread;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    #[test]
    fn never_more_than_there_are_hold_one() {
        let shared =
            Arc::new((<Semaphore<2>>::new(), [(); 2].map(|()| std::sync::atomic::AtomicU32::new(0))));
        let threads = [(); 4].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for _ in 0..1_000 {
                    shared.0.acquire(|permit| {
                        assert_eq!(shared.1[permit].fetch_add(1, Relaxed), 0);
                        thread::yield_now();
                        shared.1[permit].fetch_sub(1, Relaxed);
                    });
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(shared.0.permits.iter().all(|permit| permit.load(Relaxed) & OWNER == 0));
    }

    #[test]
    fn a_body_that_panics_gives_its_permit_back() {
        let semaphore = <Semaphore<1>>::new();
        let dies = || semaphore.acquire(|_| panic!("in the middle of something"));
        assert!(catch_unwind(AssertUnwindSafe(dies)).is_err());
        assert_eq!(semaphore.acquire_timeout(Duration::ZERO, |permit| permit), Some(0));
    }
}
