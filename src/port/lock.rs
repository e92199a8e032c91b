//! Locks.
//!
//! | property                         |                                                |
//! |----------------------------------|------------------------------------------------|
//! | `critical_sections_never_overlap` | one thread at a time is inside                |
//! | `everybody_enters`               | each thread enters as often as it asks for     |
//!
//! On real cores the first one is judged twice: by who is inside, and by the times.
//!
//! Outcome: the threads in the order in which they entered, which under a lock for n threads and m sections of each
//! is any of (nm)!/(m!)ⁿ.

use super::exchange::draw_length;
use super::holdings::{self, Log};
use super::{Harness, Port, Size};
use crate::check::exclusion::Holding;
use crate::engine::{ExecutionResult, Outcome, Violation};
use crate::scenario::{
    Observer, Performer, Role, Scenario, SplitMix64, Step, Verb, Watch, run, time_together,
};
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
    draw,
};

/// Passes through a critical section.
pub const ENTER: Verb = Verb("enter");

/// Passes through a critical section, if nobody is in it.
pub const TRY_ENTER: Verb = Verb("try_enter");

/// Many threads or few, who wait; in every other round some of them try as well. Half of the rounds are short: a wake-up that is lost shows
/// only where nobody comes later.
fn draw(random: &mut SplitMix64) -> Scenario {
    let threads = random.between(1, 12);
    let most = draw_length(1_000, random);
    let mut scenario = locking(threads, random.between(1, most));
    if random.between(0, 1) == 0 {
        let steps = scenario.roles.iter_mut().flat_map(|role| &mut role.steps);
        steps.filter(|_| random.between(0, 3) == 0).for_each(|step| *step = TRY_ENTER.step());
    }
    scenario
}

/// Every thread enters its critical section so often.
pub fn locking(threads: usize, rounds: usize) -> Scenario {
    let role = |i| Role { name: format!("thread {i}"), steps: vec![ENTER.step(); rounds] };
    Scenario::new(threads, (0..threads).map(role).collect())
}

/// Plays on this lock.
pub const fn harness<L: RawLock>() -> Harness {
    Harness::new(&PORT, play::<L>).timed(race::<L>)
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
pub fn play<L: RawLock>(scenario: &Arc<Scenario>, observer: &Arc<dyn Observer>) -> ExecutionResult {
    let room = Arc::new(Room { lock: L::new(), floor: Floor::default() });
    let performer: Arc<dyn Performer<Account = Account>> = room.clone();
    let accounts = run(&performer, scenario, observer);
    judge(&room.floor, scenario, accounts, &**observer).into()
}

const ONE_AT_A_TIME: &str = "critical_sections_never_overlap";

fn judge(floor: &Floor, scenario: &Scenario, accounts: Vec<Account>, observer: &dyn Observer) -> Outcome {
    let asked: Vec<usize> = accounts.iter().map(|account| account.asked).collect();
    let held = accounts.into_iter().flat_map(|account| account.held).collect();
    holdings::judge(ONE_AT_A_TIME, vec![held], |_| "by the times".to_owned(), observer)?;
    let entered = floor.entered();
    if floor.shared.load(Ordering::Relaxed) {
        let detail = format!("two threads were in it at once, of those who entered: {entered:?}");
        return Err(Violation::new(ONE_AT_A_TIME, detail));
    }
    for (i, (role, asked)) in scenario.roles.iter().zip(asked).enumerate() {
        let times = entered.iter().filter(|&&who| who == i).count();
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
    type Account = Account;

    fn perform(&self, steps: &[Step], watch: Watch<'_>) -> Account {
        let mut log = Log::with_room(watch.role, steps.len());
        let mut asked = steps.len();
        watch.ready();
        for (k, &step) in steps.iter().enumerate() {
            watch.step(k, || {
                log.asks();
                if !self.enter(step) {
                    asked -= 1;
                    return log.gives_up();
                }
                log.has();
                self.floor.cross(watch.role, || watch.eats(k));
                log.leaves();
                self.lock.unlock();
            });
        }
        Account { asked, held: log.into_holdings() }
    }
}

impl<L: RawLock> Room<L> {
    /// Whether the lock was taken.
    fn enter(&self, step: Step) -> bool {
        match step.verb {
            ENTER => {
                self.lock.lock();
                true
            }
            TRY_ENTER => self.lock.try_lock(),
            _ => panic!("a lock cannot {step}"),
        }
    }
}

/// What one role brings home.
struct Account {
    /// How often it was to enter: whenever it waited for that, or was let in.
    asked: usize,
    held: Vec<Holding>,
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
    /// `stay` is what it does inside.
    fn cross(&self, who: usize, stay: impl FnOnce()) {
        if self.inside.fetch_add(1, Ordering::Relaxed) > 0 {
            self.shared.store(true, Ordering::Relaxed);
        }
        if sync::is_modelled() {
            // SAFETY: the pointer is valid for the call, in which the engine runs no other thread.
            self.dust.0.with_mut(|dust| unsafe { *dust += 1 });
        }
        self.entered.lock().unwrap().push(who);
        stay();
        self.inside.fetch_sub(1, Ordering::Relaxed);
    }

    fn entered(&self) -> Vec<usize> {
        self.entered.lock().unwrap().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Recorded, Unobserved};

    fn played<L: RawLock>() -> Outcome {
        let observer: Arc<dyn Observer> = Arc::new(Unobserved);
        harness::<L>().play(&Arc::new(locking(2, 100)), &observer).outcome
    }

    /// A lock in name.
    struct Open;

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
        floor.cross(0, || {});
        assert!(floor.shared.load(Ordering::Relaxed));
    }

    #[test]
    fn a_try_that_fails_does_not_enter() {
        let role = |steps| Role { name: "thread".to_owned(), steps };
        let steps = vec![TRY_ENTER.step(), ENTER.step(), TRY_ENTER.step()];
        let outcome = harness::<Shut>().program(Scenario::new(1, vec![role(steps)])).run();
        assert_eq!(outcome.unwrap(), "[0]");
    }

    /// Whoever is inside waits for the other one, and each has its turn in the log.
    #[test]
    fn rejects_two_who_hold_it_at_the_same_time() {
        let company = Arc::new(Company::default());
        let observer: Arc<dyn Observer> = company.clone();
        let violation = harness::<Open>().play(&Arc::new(locking(2, 1)), &observer).outcome.unwrap_err();
        assert_eq!(violation.property, ONE_AT_A_TIME);
        assert!(violation.detail.contains("held the lock from"), "{}", violation.detail);
        let history = company.history.lock().unwrap().take().unwrap();
        let Recorded::Locks(locks) = &history else { panic!("{history:?}") };
        assert_eq!(locks[0].iter().map(|held| held.process).collect::<Vec<_>>(), [0, 1]);
        assert!(history.most_overtaken().is_some());
    }

    /// A lock that nobody gets who does not wait.
    struct Shut;

    impl RawLock for Shut {
        fn new() -> Self {
            Self
        }

        fn lock(&self) {}

        fn try_lock(&self) -> bool {
            false
        }

        fn unlock(&self) {}
    }

    /// Keeps whoever is inside until the other one is too, and remembers what was recorded.
    #[derive(Default)]
    struct Company {
        inside: AtomicUsize,
        history: History,
    }

    #[expect(clippy::disallowed_types, reason = "a test double, never modelled")]
    type History = std::sync::Mutex<Option<Recorded>>;

    impl Observer for Company {
        fn eats(&self, _role: usize, _step: usize) {
            self.inside.fetch_add(1, Ordering::Relaxed);
            while self.inside.load(Ordering::Relaxed) < 2 {
                sync::thread::yield_now();
            }
        }

        fn judged(&self, history: Recorded, _decision: &crate::check::Decision) {
            *self.history.lock().unwrap() = Some(history);
        }
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
