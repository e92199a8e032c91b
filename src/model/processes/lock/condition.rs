//! A condition between processes, which waits for nobody's answer: who is killed while it waits holds nobody up.
//!
//! Data in a region, a [robust lock](super::robust) around it, and a word that counts changes. Who waits reads the word under the lock,
//! looks at the data, gives the lock back and sleeps until the word is another one. Who changes the data says so *before*: under the lock it
//! counts, wakes all, and only then begins. Those who wake find the lock held, and wait there until the change is made, or whoever
//! was making it has been killed, which the lock tells them.
//!
//! Invariant: who sleeps has seen the data as they are. Nobody changes them without having woken all who sleep, so there is no instant at
//! which one can be killed whose change is made, or begun, and not told of.
//!
//! What it does not do: wake one alone. A wake-up that goes to one who is killed then would have to be found and passed on. Nor may the data
//! be changed while one looks whether it has come.
//!
//! Sources: C. A. R. Hoare, "Towards a theory of parallel programming", 1972, for a critical region that begins when its condition holds; CPython's
//! `multiprocessing.Condition`, whose `notify` waits for an answer of those whom it has woken, and for ever where one of them is dead.

use crate::model::processes::lock::robust::{Kept, Locked, NotRecoverable, RobustLock, Rules};
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::process::point;
use crate::sync::region::Futex;
use crate::sync::region::Shared;
use crate::sync::time::Deadline;
use std::time::Duration;

/// When a condition tells of a change.
pub trait Telling: Rules {
    /// Whether before it is made, and not when the lock has been given back.
    const BEFORE: bool = true;
}

impl Telling for Kept {}

/// A lock with which processes wait for each other's changes, for a [`Region`](crate::sync::region::Region).
///
/// ```
/// use refectory::model::processes::lock::condition::Condition;
/// use std::cell::Cell;
/// use std::time::Duration;
///
/// let (dishes, condition) = (Cell::new(1), <Condition>::new());
/// let serve = || condition.when_timeout(Duration::ZERO, |_| dishes.get() > 0, || dishes.set(dishes.get() - 1));
/// assert_eq!(serve(), Ok(Some(())));
/// assert_eq!(serve(), Ok(None));
/// condition.when(|_| true, || dishes.set(1)).unwrap();
/// assert_eq!(serve(), Ok(Some(())));
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct Condition<R = Kept> {
    lock: RobustLock<R>,
    /// How many changes were told of.
    changes: Futex,
}

// SAFETY: all fields are shared.
unsafe impl<R: Telling> Shared for Condition<R> {}

impl<R: Telling> Condition<R> {
    /// A free lock, and no change yet.
    #[track_caller]
    pub fn new() -> Self {
        Self {
            lock: RobustLock::new().named(format_args!("condition")),
            changes: Futex::new(0).named(format_args!("changes")),
        }
    }

    /// Looks at the data under the lock, and changes nothing but to repair.
    ///
    /// # Errors
    /// The lock is lost; `body` does not run.
    pub fn look<T>(&self, body: impl FnOnce(Locked<'_>) -> T) -> Result<T, NotRecoverable> {
        self.lock.lock(body)
    }

    /// Waits until `ready` says so under the lock. Like `look`, it changes nothing but to repair. It runs
    /// again after each change of others.
    ///
    /// # Errors
    /// The lock is lost.
    pub fn until(&self, mut ready: impl FnMut(Locked<'_>) -> bool) -> Result<(), NotRecoverable> {
        self.enter(|found| if ready(found) { Ok(()) } else { Err(self.seen()) })
    }

    /// Waits until `ready` says so, as [`until`](Self::until), and runs `change` before it gives the lock back.
    ///
    /// # Errors
    /// The lock is lost; `change` does not run.
    pub fn when<T>(
        &self,
        mut ready: impl FnMut(Locked<'_>) -> bool,
        change: impl FnOnce() -> T,
    ) -> Result<T, NotRecoverable> {
        let mut change = Some(change);
        let changed = self.enter(|found| self.attempt(ready(found), &mut change))?;
        self.tell(!R::BEFORE);
        Ok(changed)
    }

    /// The same, but waits no longer than this. `None` where its time ran out.
    ///
    /// # Errors
    /// As [`when`](Self::when).
    pub fn when_timeout<T>(
        &self,
        patience: Duration,
        mut ready: impl FnMut(Locked<'_>) -> bool,
        change: impl FnOnce() -> T,
    ) -> Result<Option<T>, NotRecoverable> {
        let deadline = Deadline::after(patience);
        let mut change = Some(change);
        loop {
            let left = deadline.left();
            let attempt = |found: Locked<'_>| self.attempt(ready(found), &mut change);
            match (self.lock.lock_timeout(left.unwrap_or_default(), attempt)?, left) {
                (Some(Ok(changed)), _) => {
                    self.tell(!R::BEFORE);
                    return Ok(Some(changed));
                }
                (Some(Err(seen)), Some(left)) => {
                    self.changes.wait_timeout(seen, left);
                }
                (None, _) | (_, None) => return Ok(None),
            }
        }
    }

    /// Makes attempts under the lock, until one succeeds, and waits after one that has seen so many changes.
    fn enter<T>(&self, mut attempt: impl FnMut(Locked<'_>) -> Result<T, u32>) -> Result<T, NotRecoverable> {
        loop {
            match self.lock.lock(&mut attempt)? {
                Ok(entered) => return Ok(entered),
                Err(seen) => {
                    point("a change to be waited for");
                    self.changes.wait(seen);
                }
            }
        }
    }

    /// Under the lock: makes the change if it is time to, or says how many changes there were.
    fn attempt<T>(&self, ready: bool, change: &mut Option<impl FnOnce() -> T>) -> Result<T, u32> {
        if !ready {
            return Err(self.seen());
        }
        self.tell(R::BEFORE);
        point("a change to be made");
        Ok(change.take().expect("it is made once")())
    }

    fn seen(&self) -> u32 {
        // Ordering: Relaxed. Whoever counts does so under the lock.
        self.changes.load(Relaxed)
    }

    fn tell(&self, now: bool) {
        if now {
            // Ordering: Relaxed. Who wakes looks under the lock.
            self.changes.fetch_add(1, Relaxed);
            self.changes.wake_all();
        }
    }
}

impl<R: Telling> Default for Condition<R> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}
