//! Twins of the locks and of what is built on them.

use crate::model::threads::lock::barging;
use crate::model::threads::lock::condition::Patience;
use crate::model::threads::lock::event::{Wakefulness, is_set};
use crate::model::threads::lock::futex::{Handoff, ThreeState};
use crate::model::threads::lock::recursive::Nesting;
use crate::model::threads::lock::semaphore::{OverRelease, Returning};
use crate::sync::Futex;
use crate::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};

/// The holder of a [`Lock`](crate::model::threads::lock::futex::Lock) releases it and wakes nobody.
///
/// Twin of [`ThreeState`]. Who waits, waits for ever.
#[derive(Debug)]
pub struct NeverWakes;

impl Handoff for NeverWakes {
    const RELEASE: Ordering = Release;

    fn wakes(_: u32) -> bool {
        false
    }
}

/// The holder of a [`Lock`](crate::model::threads::lock::futex::Lock) wakes where the lock was merely held, and not where somebody waits.
///
/// Twin of [`ThreeState`]: two states are confused, and the test for the one that matters is the other's.
#[derive(Debug)]
pub struct WakesForHeld;

impl Handoff for WakesForHeld {
    const RELEASE: Ordering = Release;

    fn wakes(stood: u32) -> bool {
        stood == 1
    }
}

/// The holder of a [`Lock`](crate::model::threads::lock::futex::Lock) releases it by a Relaxed swap.
///
/// Twin of [`ThreeState`]. The next holder may not see what was done under the lock: RUSTSEC-2019-0013, where a
/// readers-writer lock did so. No x86 processor shows it, a compiler or an Arm processor may.
#[derive(Debug)]
pub struct RelaxedRelease;

impl Handoff for RelaxedRelease {
    const RELEASE: Ordering = Relaxed;

    fn wakes(stood: u32) -> bool {
        ThreeState::wakes(stood)
    }
}

/// A thread that was woken takes the [`Lock`](crate::model::threads::lock::futex::Lock) as if nobody else waited.
///
/// Twin of [`ThreeState`]. Its release wakes nobody, and the others who wait are forgotten. It takes two of them.
#[derive(Debug)]
pub struct ForgetsWaiters;

impl Handoff for ForgetsWaiters {
    const RELEASE: Ordering = Release;
    const FORGETS_WAITERS: bool = true;

    fn wakes(stood: u32) -> bool {
        ThreeState::wakes(stood)
    }
}

/// A permit is given back to a [`Semaphore`](crate::model::threads::lock::semaphore::Semaphore) in two steps: is there room, then add.
///
/// Twin of [`AtOnce`](crate::model::threads::lock::semaphore::AtOnce). Two who give back one permit too many both find room.
#[derive(Debug)]
pub struct ChecksThenReturns;

impl Returning for ChecksThenReturns {
    fn give_back(free: &Futex, permits: u32, limit: u32) -> Result<(), OverRelease> {
        // Ordering: as in the subject.
        free.load(Relaxed).checked_add(permits).filter(|&more| more <= limit).ok_or(OverRelease)?;
        free.fetch_add(permits, Release);
        Ok(())
    }
}

/// A waiter of a [`Condition`](crate::model::threads::lock::condition::Condition) whose time ran out says so, even where it was
/// notified before it had the lock again.
///
/// Twin of [`Correct`](crate::model::threads::lock::condition::Correct). The notification is lost: nobody says that he was
/// notified, and nobody else is woken. So does CPython up to 3.13 at least.
#[derive(Debug)]
pub struct TimedOutTakesNotification;

impl Patience for TimedOutTakesNotification {
    fn was_notified(_queued: bool) -> bool {
        false
    }
}

/// A waiter of a [`Condition`](crate::model::threads::lock::condition::Condition) looks at the clock, and only then at what it waits for.
///
/// Twin of [`Correct`](crate::model::threads::lock::condition::Correct). Its time has run out, what it waits for has come, and it
/// says that it has not.
#[derive(Debug)]
pub struct LooksAtTheClockFirst;

impl Patience for LooksAtTheClockFirst {
    const LOOKS_BEFORE_LEAVING: bool = false;
}

/// A waiter of a [`Condition`](crate::model::threads::lock::condition::Condition) waits before it has looked at what it waits for.
///
/// Twin of [`Correct`](crate::model::threads::lock::condition::Correct). The signal may have come before the wait.
#[derive(Debug)]
pub struct WaitsBeforeLooking;

impl Patience for WaitsBeforeLooking {
    const LOOKS_BEFORE_WAITING: bool = false;
}

/// A waiter of an [`Event`](crate::model::threads::lock::event::Event) looks whether the flag is set, and not whether it was.
///
/// Twin of [`Correct`](crate::model::threads::lock::event::Correct), gh-57711. Set and cleared at once, the flag releases nobody.
#[derive(Debug)]
pub struct LooksWhetherSet;

impl Wakefulness for LooksWhetherSet {
    fn released(_at_first: u32, now: u32) -> bool {
        is_set(now)
    }
}

/// Each release of an [`RLock`](super::recursive::RLock) lets others in.
///
/// Twin of [`Counted`](super::recursive::Counted). Who has acquired the lock twice has released it once, and believes to hold it while
/// another thread does.
#[derive(Debug)]
pub struct ReleasesAll;

impl Nesting for ReleasesAll {
    fn is_last(_depth: usize) -> bool {
        true
    }
}

/// A barrier that counts who has come, and forgets which round it is.
///
/// Twin of [`Barrier`](crate::model::threads::lock::barrier::Barrier), which has a word for each round. The last to arrive sets the
/// count to 0, and the others wait for that; but a fast thread comes back and counts itself before they have looked, and
/// they wait with it for a round that is over.
#[derive(Debug)]
pub struct NoGeneration {
    parties: u32,
    arrived: Futex,
}

impl NoGeneration {
    /// A barrier for so many threads.
    #[track_caller]
    pub fn new(parties: u32) -> Self {
        Self { parties, arrived: Futex::new(0).named(format_args!("arrived")) }
    }

    /// Waits until all have come; gives each of them another number below that of the parties. Woken by the last.
    pub fn wait(&self) -> usize {
        // Ordering: Acquire and Release, so that each who arrives sees those before it.
        let place = self.arrived.fetch_add(1, AcqRel);
        if place + 1 == self.parties {
            // Ordering: Release, for the Acquire below.
            self.arrived.store(0, Release);
            self.arrived.wake_all();
        }
        // Ordering: Acquire, of the Release above.
        let mut now = if place + 1 == self.parties { 0 } else { self.arrived.load(Acquire) };
        while now != 0 {
            self.arrived.wait(now);
            now = self.arrived.load(Acquire);
        }
        place as usize
    }
}

/// The holder of a [barging lock](barging::Lock) says that it is free, and does not look whether somebody sleeps.
///
/// Twin of [`barging::Correct`]. Who sleeps, sleeps for ever.
#[derive(Debug)]
pub struct NeverLooks;

impl barging::Handoff for NeverLooks {
    const LOOKS_FOR_SLEEPERS: bool = false;
}

/// Who goes to sleep says so, and looks at the lock without a fence in between.
///
/// Twin of [`barging::Correct`]. It finds the lock as it was before its holder released it, and the holder finds nobody who sleeps: each has read before
/// the other's write reached it. It takes a machine that exchanges a store and a load, as all do. The same mistake was in the JVM's
/// `Parker` (David Dice, "A race in LockSupport park() arising from weak memory models", 2009).
#[derive(Debug)]
pub struct NoFence;

impl barging::Handoff for NoFence {
    const FENCES: bool = false;
}

/// Who was woken and has the lock does not say that others may sleep.
///
/// Twin of [`barging::Correct`]. Two sleep; the release wakes one and takes back what both had said, and the other one sleeps for ever.
#[derive(Debug)]
pub struct ForgetsSleepers;

impl barging::Handoff for ForgetsSleepers {
    const PASSES_ON: bool = false;
}

/// A release that orders nothing.
///
/// Twin of [`barging::Correct`]. The next holder need not see what was done under the lock.
#[derive(Debug)]
pub struct UnorderedRelease;

impl barging::Handoff for UnorderedRelease {
    const RELEASE: Ordering = Relaxed;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::lock::condition::Condition;
    use crate::model::threads::lock::event::Event;
    use crate::model::threads::lock::futex::Lock;
    use crate::model::threads::lock::futex::NotHeld;
    use crate::model::threads::lock::recursive::RLock;
    use crate::model::threads::lock::semaphore::Semaphore;
    use std::sync::Arc;
    use std::time::Duration;

    fn lock_smoke<H: Handoff>() {
        let lock: Lock<H> = Lock::new();
        for _ in 0..2 {
            lock.acquire();
            assert!(!lock.try_acquire());
            lock.release().unwrap();
        }
    }

    #[test]
    fn never_wakes_smoke() {
        lock_smoke::<NeverWakes>();
    }

    #[test]
    fn wakes_for_held_smoke() {
        lock_smoke::<WakesForHeld>();
    }

    #[test]
    fn relaxed_release_smoke() {
        lock_smoke::<RelaxedRelease>();
    }

    #[test]
    fn forgets_waiters_smoke() {
        lock_smoke::<ForgetsWaiters>();
    }

    #[test]
    fn checks_then_returns_smoke() {
        let semaphore: Semaphore<ChecksThenReturns> = Semaphore::bounded(1);
        semaphore.acquire();
        assert_eq!([semaphore.release_one(), semaphore.release_one()], [Ok(()), Err(OverRelease)]);
    }

    #[test]
    fn releases_all_smoke() {
        let lock = <RLock<ReleasesAll>>::free();
        lock.acquire();
        assert_eq!([lock.release(), lock.release()], [Ok(()), Err(NotHeld)]);
    }

    fn condition_smoke<P: Patience>() {
        let lock: Arc<Lock> = Arc::default();
        let condition: Condition<Lock, P> = Condition::new(lock.clone());
        let mut held = lock.lock();
        assert_eq!(condition.wait_timeout(&mut held, Duration::ZERO), Ok(false));
        assert_eq!(condition.wait_for_timeout(&mut held, Duration::ZERO, || true), Ok(true));
        assert_eq!(condition.notify_all(&mut held), Ok(0));
    }

    #[test]
    fn timed_out_takes_notification_smoke() {
        condition_smoke::<TimedOutTakesNotification>();
    }

    #[test]
    fn looks_at_the_clock_first_smoke() {
        condition_smoke::<LooksAtTheClockFirst>();
    }

    #[test]
    fn waits_before_looking_smoke() {
        condition_smoke::<WaitsBeforeLooking>();
    }

    #[test]
    fn looks_whether_set_smoke() {
        let event: Event<LooksWhetherSet> = Event::new();
        event.set();
        event.wait();
        event.clear();
        assert!(!event.is_set());
    }

    #[test]
    fn no_generation_smoke() {
        let barrier = NoGeneration::new(1);
        assert_eq!([barrier.wait(), barrier.wait()], [0, 0]);
    }
}
