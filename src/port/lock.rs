//! Locks.
//!
//! | property                         |                                                |
//! |----------------------------------|------------------------------------------------|
//! | `critical_sections_never_overlap` | one thread at a time is inside                |
//! | `everybody_enters`               | each thread enters as often as it asks for     |
//!
//! Outcome: the threads in the order in which they entered, which under a lock for n threads and m sections of each
//! is any of (nm)!/(m!)ⁿ.

use super::{Harness, Port, Size};
use crate::engine::{Outcome, Violation};
use crate::scenario::{Observer, Performer, Role, Scenario, Step, Verb, Watch, run, time_together};
use crate::sync;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// A lock for one thread at a time.
///
/// - Two critical sections never overlap, and each sees what those before it have done.
/// - Whoever waits gets the lock, as long as every critical section ends and others do not take it for ever.
pub trait RawLock: Send + Sync + 'static {
    /// A free lock.
    fn new() -> Self
    where
        Self: Sized;

    /// Waits for the lock and takes it.
    fn lock(&self);

    /// Takes the lock if it is free, without waiting; whether it did.
    fn try_lock(&self) -> bool;

    /// Releases the lock. The calling thread holds it.
    fn unlock(&self);
}

/// Threads, and critical sections of each.
pub static PORT: Port = Port {
    name: "lock",
    sizes: &[Size(2, 1), Size(2, 2), Size(3, 1)],
    larger: &[Size(3, 2), Size(4, 1)],
    scenario: |Size(threads, rounds)| locking(threads, rounds),
    draw: |random| locking(random.between(1, 12), random.between(1, 1_000)),
};

/// Passes through a critical section.
pub const ENTER: Verb = Verb("enter");

/// Every thread enters its critical section so often.
pub fn locking(threads: usize, rounds: usize) -> Scenario {
    let role = |i| Role { name: format!("thread {i}"), steps: vec![ENTER.step(); rounds] };
    Scenario::new(threads, (0..threads).map(role).collect())
}

/// Plays on this lock.
pub const fn harness<L: RawLock>() -> Harness {
    Harness::new(&PORT, |scenario, observer| play::<L>(scenario, observer).into()).timed(race::<L>)
}

/// The time in which every thread enters its critical section so often.
fn race<L: RawLock>(Size(threads, _): Size, rounds: u64) -> Duration {
    let lock = &L::new();
    let enter = |_| {
        move || {
            (0..rounds).for_each(|round| {
                lock.lock();
                black_box(round);
                lock.unlock();
            })
        }
    };
    time_together((0..threads).map(enter))
}

/// Plays the scenario on a lock.
fn play<L: RawLock>(scenario: &Arc<Scenario>, observer: &Arc<dyn Observer>) -> Outcome {
    let room = Arc::new(Room { lock: L::new(), floor: Floor::default() });
    run(&room, scenario, observer);
    let entered = room.floor.entered();
    if room.floor.shared.load(Ordering::Relaxed) {
        let detail = format!("two threads were in it at once, of those who entered: {entered:?}");
        return Err(Violation::new("critical_sections_never_overlap", detail));
    }
    for (i, role) in scenario.roles.iter().enumerate() {
        let (times, asked) = (entered.iter().filter(|&&who| who == i).count(), role.steps.len());
        if times != asked {
            let detail = format!("{} entered {times} times and asked {asked} times", role.name);
            return Err(Violation::new("everybody_enters", detail));
        }
    }
    Ok(format!("{entered:?}"))
}

/// A lock, and what it guards.
struct Room<L> {
    lock: L,
    floor: Floor,
}

// SAFETY: all but the floor's dust is `Sync`, and the dust is touched only where an engine runs one thread at a
// time, and reports an overlap as a data race.
unsafe impl<L: RawLock> Sync for Room<L> {}

impl<L: RawLock> Performer for Room<L> {
    type Account = ();

    fn perform(&self, steps: &[Step], watch: Watch<'_>) {
        watch.ready();
        for (k, &step) in steps.iter().enumerate() {
            let Step { verb: ENTER, .. } = step else { panic!("a lock cannot {step}") };
            watch.step(k, || {
                self.lock.lock();
                self.floor.cross(watch.role);
                self.lock.unlock();
            });
        }
    }
}

/// The witness that one thread at a time is inside.
#[derive(Default)]
struct Floor {
    /// Written by whoever is inside, guarded by nothing but the lock: under a model checker, two who are inside
    /// together are a data race, and so are two whom the lock does not order.
    dust: Dust,
    /// Who is inside now. Real threads are judged by this count, as that race would be undefined behaviour; it is
    /// relaxed, so that the witness orders nothing.
    inside: AtomicUsize,
    shared: AtomicBool,
    entered: Entered,
}

#[expect(clippy::disallowed_types, reason = "a record on the facade would order the threads that it watches")]
type Entered = std::sync::Mutex<Vec<usize>>;

struct Dust(sync::UnsafeCell<usize>);

impl Default for Dust {
    fn default() -> Self {
        Self(sync::UnsafeCell::new(0).named(format_args!("floor")))
    }
}

impl Floor {
    fn cross(&self, who: usize) {
        if self.inside.fetch_add(1, Ordering::Relaxed) > 0 {
            self.shared.store(true, Ordering::Relaxed);
        }
        if sync::is_modelled() {
            // SAFETY: the pointer is valid for the call, in which the engine runs no other thread.
            self.dust.0.with_mut(|dust| unsafe { *dust += 1 });
        }
        self.entered.lock().unwrap().push(who);
        self.inside.fetch_sub(1, Ordering::Relaxed);
    }

    fn entered(&self) -> Vec<usize> {
        self.entered.lock().unwrap().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Unobserved;

    fn played<L: RawLock>() -> Outcome {
        let observer: Arc<dyn Observer> = Arc::new(Unobserved);
        harness::<L>().play(&Arc::new(locking(2, 100)), &observer).outcome
    }

    /// A lock in name.
    #[cfg(feature = "dpor")]
    struct Open;

    #[cfg(feature = "dpor")]
    impl RawLock for Open {
        fn new() -> Self {
            Self
        }

        fn lock(&self) {}

        fn try_lock(&self) -> bool {
            true
        }

        fn unlock(&self) {}
    }

    #[test]
    fn accepts_a_lock() {
        use crate::model::threads::lock::futex::{Lock, ThreeState};
        played::<Lock<ThreeState>>().unwrap();
    }

    #[test]
    fn rejects_an_overlap() {
        let floor = Floor::default();
        floor.inside.store(1, Ordering::Relaxed);
        floor.cross(0);
        assert!(floor.shared.load(Ordering::Relaxed));
    }

    #[cfg(feature = "dpor")]
    #[test]
    fn rejects_an_open_door() {
        use crate::engine::{Budget, Engine, FailureKind, explore};
        let program = harness::<Open>().program(locking(2, 1));
        let explored = explore(Engine::Dpor, &program, &Budget::default());
        assert_eq!(explored.failure.unwrap().kind, FailureKind::DataRace);
    }
}
