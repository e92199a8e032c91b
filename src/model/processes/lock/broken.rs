//! Twins of the locks of processes.

use crate::model::processes::lock::condition::Telling;
use crate::model::processes::lock::file::Care;
use crate::model::processes::lock::robust::{Locked, NotRecoverable, RobustLock, Rules};
use crate::model::processes::lock::semaphore::Waiting;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::lock_file::LockFile;
use crate::sync::region::Futex;
use crate::sync::region::robust::{OWNER_DIED, Robust, WAITERS};
use crate::sync::region::shared;
use std::time::Duration;

/// The kernel is told nothing of a [`RobustLock`].
///
/// Twin of [`Kept`](crate::model::processes::lock::robust::Kept). A holder that is killed holds it for ever: a lock of CPython's
/// `multiprocessing` does so, as do the permits of its semaphores, and every mutex whose `PTHREAD_MUTEX_ROBUST` was forgotten (nasa/osal#1573).
#[derive(Debug)]
pub struct NotRobust;

impl Rules for NotRobust {
    unsafe fn take(_: &Robust, take: impl FnOnce() -> bool) -> bool {
        take()
    }

    fn give(_: &Robust, give: impl FnOnce()) {
        give();
    }
}

impl Waiting for NotRobust {}

/// Who takes a [`RobustLock`] over from the dead forgets that others wait.
///
/// Twin of [`Kept`](crate::model::processes::lock::robust::Kept). Its release wakes nobody: the others who wait do so for ever.
#[derive(Debug)]
pub struct ForgetsWaiters;

impl Rules for ForgetsWaiters {
    fn taken(had: u32, _: bool) -> u32 {
        if had & OWNER_DIED == 0 { had & WAITERS } else { 0 }
    }
}

/// Who comes takes the lock, or a permit, however long others have waited.
///
/// Twin of [`Impatient`](crate::model::processes::lock::robust::Impatient). One that sleeps may be passed for ever by another that comes back
/// at once: so are waiters of mutexes of glibc, and of CPython's `multiprocessing`.
#[derive(Debug)]
pub struct Barges<const AT_MOST: u64>;

impl<const AT_MOST: u64> Rules for Barges<AT_MOST> {
    const PATIENCE: u64 = u64::MAX;
    const AT_MOST: Option<u64> = Some(AT_MOST);
}

impl<const AT_MOST: u64> Waiting for Barges<AT_MOST> {}

/// When it is the turn of those who sleep, it is that of one of them.
///
/// Twin of [`Trusting`](crate::model::processes::lock::robust::Trusting). Some sleeper gets the lock in time, but each of several
/// may be passed for ever by others who have slept for less long.
#[derive(Debug)]
pub struct OneOfAll;

impl Rules for OneOfAll {
    const PATIENCE: u64 = 1;
    const COURTESY: Option<Duration> = None;
    const OF_ALL: bool = false;
}

/// The release of a [`RobustLock`] takes the mark of those who wait away, and wakes one.
///
/// Twin of [`Kept`](crate::model::processes::lock::robust::Kept). Where that one is killed, or the releaser before it wakes anybody,
/// and somebody else has the lock by then, nobody knows of the others who wait. Mutexes of glibc do so: Linux passes the wake of the
/// dead on only where nobody has the lock ("futex: Prevent robust futex exit race", 2019).
#[derive(Debug)]
pub struct TakesTheMarkAway;

impl Rules for TakesTheMarkAway {
    const GIVEN: u32 = 0;

    /// Who has waited does not know whether it was the only one.
    fn taken(had: u32, waited: bool) -> u32 {
        if waited { WAITERS } else { had & WAITERS }
    }
}

/// Who waits for a permit of a [`Semaphore`](crate::model::processes::lock::semaphore::Semaphore) looks whether one is free, and says
/// then that it waits.
///
/// Twin of [`Kept`](crate::model::processes::lock::robust::Kept). A permit that is given back in between is seen by neither of the two.
#[derive(Debug)]
pub struct LooksFirst;

impl Rules for LooksFirst {}

impl Waiting for LooksFirst {
    const LOOKS_FIRST: bool = true;
}

/// Who gives a permit of a [`Semaphore`](crate::model::processes::lock::semaphore::Semaphore) back does so while the kernel looks, and
/// wakes when that looks no more.
///
/// Twin of [`Kept`](crate::model::processes::lock::robust::Kept). Where it is killed in between the permit is free, and nobody is
/// told: the robust list of Linux has a place for what is about to be given back for this reason ("The robust futex ABI", 2006).
#[derive(Debug)]
pub struct WakesLater;

impl Rules for WakesLater {}

impl Waiting for WakesLater {
    const WAKES_LATER: bool = true;
}

/// A [`Condition`](crate::model::processes::lock::condition::Condition) tells of a change when it is made, and the lock given back.
///
/// Twin of [`Kept`](crate::model::processes::lock::robust::Kept). Who is killed in between has made its change, and those who wait for it
/// sleep on.
#[derive(Debug)]
pub struct TellsLater;

impl Rules for TellsLater {}

impl Telling for TellsLater {
    const BEFORE: bool = false;
}

shared! {
    /// Who tells of a change waits until all whom it has woken have answered.
    ///
    /// Twin of [`Condition`](crate::model::processes::lock::condition::Condition). One that was killed in its sleep does not answer, and the next
    /// one who tells waits for it for ever, with the lock in hand: CPython's `multiprocessing.Condition.notify` does so.
    #[derive(Debug)]
    pub struct AwaitsAnswers {
        lock: RobustLock,
        /// How many sleep, and the dead among them.
        asleep: AtomicU32,
        changes: Futex,
        /// How many have answered.
        awake: Futex,
    }
}

impl AwaitsAnswers {
    /// A free lock, and nobody who sleeps.
    #[track_caller]
    pub fn new() -> Self {
        Self {
            lock: RobustLock::new().named(format_args!("condition")),
            asleep: AtomicU32::new(0).named(format_args!("asleep")),
            changes: Futex::new(0).named(format_args!("changes")),
            awake: Futex::new(0).named(format_args!("awake")),
        }
    }

    /// Waits until `ready` says so.
    pub fn until(&self, mut ready: impl FnMut(Locked<'_>) -> bool) -> Result<(), NotRecoverable> {
        let mut attempt = |found: Locked<'_>| {
            if ready(found) {
                return None;
            }
            self.asleep.fetch_add(1, Relaxed);
            Some(self.changes.load(Relaxed))
        };
        while let Some(seen) = self.lock.lock(&mut attempt)? {
            self.sleep(seen);
        }
        Ok(())
    }

    /// Makes the change.
    pub fn change<T>(&self, change: impl FnOnce(Locked<'_>) -> T) -> Result<T, NotRecoverable> {
        self.lock.lock(|found| {
            let changed = change(found);
            self.tell();
            changed
        })
    }

    fn sleep(&self, seen: u32) {
        while self.changes.load(Relaxed) == seen {
            self.changes.wait(seen);
        }
        self.awake.fetch_add(1, Relaxed);
        self.awake.wake_all();
    }

    fn tell(&self) {
        let asleep = self.asleep.swap(0, Relaxed);
        self.awake.store(0, Relaxed);
        self.changes.fetch_add(1, Relaxed);
        self.changes.wake_all();
        loop {
            match self.awake.load(Relaxed) {
                awake if awake == asleep => return,
                awake => self.awake.wait(awake),
            }
        }
    }
}

impl Default for AwaitsAnswers {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// The file of a [`FileLock`](crate::model::processes::lock::file::FileLock) is not opened once more by each process.
///
/// Twin of [`Careful`](crate::model::processes::lock::file::Careful). All of them have one description, as after fork(2), and so they have the lock
/// together: it keeps nobody out.
#[derive(Debug)]
pub struct OneDescription;

impl Care for OneDescription {
    fn travels(file: LockFile) -> LockFile {
        file.same_description()
    }
}

/// Who has a [`FileLock`](crate::model::processes::lock::file::FileLock) does not say that it is in the middle of something.
///
/// Twin of [`Careful`](crate::model::processes::lock::file::Careful). The kernel gives the lock of the dead to the next one and tells nobody, who takes
/// half of something for all of it.
#[derive(Debug)]
pub struct SaysNothing;

impl Care for SaysNothing {
    const SAYS: bool = false;
}
