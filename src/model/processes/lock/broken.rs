//! Twins of the locks of processes.

use crate::model::processes::lock::robust::Rules;
use crate::model::processes::lock::semaphore::Waiting;
use crate::sync::region::robust::{OWNER_DIED, Robust, WAITERS};

/// The kernel is told nothing of a [`RobustLock`](crate::model::processes::lock::robust::RobustLock).
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

/// Who takes a [`RobustLock`](crate::model::processes::lock::robust::RobustLock) over from the dead forgets that others wait.
///
/// Twin of [`Kept`](crate::model::processes::lock::robust::Kept). Its release wakes nobody: the others who wait do so for ever.
#[derive(Debug)]
pub struct ForgetsWaiters;

impl Rules for ForgetsWaiters {
    fn taken(had: u32, _: bool) -> u32 {
        if had & OWNER_DIED == 0 { had & WAITERS } else { 0 }
    }
}

/// The release of a [`RobustLock`](crate::model::processes::lock::robust::RobustLock) takes the mark of those who wait away, and wakes one.
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
