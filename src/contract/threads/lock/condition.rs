//! Rows of [`Condition`].

use super::{Bare, SHORT, ensure_eq};
use crate::contract::{a_while, ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::threads::lock::condition::{Condition, Held, Patience};
use crate::model::threads::lock::futex::{Lock, LockGuard, NotHeld};
use crate::model::threads::lock::recursive::RLock;
use crate::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release},
};
use crate::sync::hint;
use std::sync::Arc;

/// A lock, two conditions that share it, and what it guards.
struct Monitor<P> {
    lock: Arc<Lock>,
    changed: Condition<Lock, P>,
    ready: Condition<Lock, P>,
    value: Bare,
    count: Bare,
}

impl<P: Patience> Monitor<P> {
    fn new() -> Arc<Self> {
        let lock = Arc::new(Lock::new());
        Arc::new(Self {
            changed: Condition::new(lock.clone()),
            ready: Condition::new(lock.clone()),
            lock,
            value: Bare::new(format_args!("value")),
            count: Bare::new(format_args!("count")),
        })
    }

    /// Does this under the lock.
    fn with<R>(&self, body: impl FnOnce(&Self, &mut LockGuard<'_>) -> R) -> R {
        let mut held = self.lock.lock();
        body(self, &mut held)
    }
}

/// So often a thread looks on real cores whether others wait, before it gives the processor up.
const LOOKS: u32 = 100;

/// In the place of a lock, where it does not matter who holds it: counts who has begun to wait.
struct Turnstile {
    waits: AtomicU32,
}

/// Has come through the turnstile.
struct Through(Arc<Turnstile>);

impl Held for Through {
    type Lock = Turnstile;
    type Depth = ();

    fn whose(&self) -> &Turnstile {
        &self.0
    }

    fn release_fully(&mut self) -> Result<(), NotHeld> {
        // Ordering: Release, for the Acquire of who waits until so many wait.
        self.0.waits.fetch_add(1, Release);
        Ok(())
    }

    fn acquire_again(&mut self, (): ()) {}
}

/// The guard of another lock is refused, and so is one whose lock somebody has released. Who was refused does
/// not wait: no notification goes to it.
pub fn c01_only_the_holder_waits_and_notifies<P: Patience>() -> Outcome {
    let monitor = Monitor::<P>::new();
    let other: Lock = Lock::new();
    let mut foreign = other.lock();
    ensure_eq(monitor.changed.notify(&mut foreign, 1), Err(NotHeld), "needs_the_guard_of_its_lock")?;
    ensure_eq(monitor.changed.wait(&mut foreign), Err(NotHeld), "needs_the_guard_of_its_lock")?;
    let mut stale = monitor.lock.lock();
    ensure_eq(monitor.lock.release(), Ok(()), "anybody_releases")?;
    ensure_eq(monitor.changed.wait(&mut stale), Err(NotHeld), "needs_a_lock_that_is_held")?;
    let woken = monitor.with(|monitor, held| monitor.changed.notify(held, 1));
    ensure_eq(woken, Ok(0), "wakes_who_waits")?;
    Ok("refused".to_owned())
}

/// Two wait, first one, then the other; each notification of one wakes the one who came first.
pub fn c02_the_first_to_come_is_woken_first<P: Patience>() -> Outcome {
    let monitor = Monitor::<P>::new();
    for _ in rounds(1) {
        monitor.value.set(0);
        monitor.count.set(0);
        let waiters = [0, 1].map(|i| {
            let monitor = monitor.clone();
            spawn(&format!("waiter {i}"), move || {
                monitor.with(|monitor, held| {
                    let came = monitor.count.get();
                    monitor.count.set(came + 1);
                    monitor.ready.notify_all(held).expect("held");
                    monitor.changed.wait(held).expect("held");
                    let woken = monitor.value.get();
                    monitor.value.set(woken + 1);
                    monitor.ready.notify_all(held).expect("held");
                    (came, woken)
                })
            })
        });
        let waker = spawn("waker", {
            let monitor = monitor.clone();
            move || {
                monitor.with(|monitor, held| {
                    monitor.ready.wait_for(held, || monitor.count.get() == 2).expect("held");
                    let first = monitor.changed.notify(held, 1).expect("held");
                    monitor.ready.wait_for(held, || monitor.value.get() == 1).expect("held");
                    [first, monitor.changed.notify(held, 2).expect("held")]
                })
            }
        });
        ensure_eq(join(waker), [1, 1], "wakes_at_most_so_many")?;
        for (came, woken) in waiters.map(join) {
            ensure_eq(woken, came, "first_in_first_out")?;
        }
    }
    Ok("in order".to_owned())
}

/// Two wait, and a notification of all wakes both.
pub fn c02_a_notification_of_all_wakes_all<P: Patience>() -> Outcome {
    let monitor = Monitor::<P>::new();
    for _ in rounds(1) {
        monitor.value.set(0);
        let waiters = [0, 1].map(|i| {
            let monitor = monitor.clone();
            spawn(&format!("waiter {i}"), move || {
                monitor.with(|monitor, held| monitor.changed.wait_for(held, || monitor.value.get() == 1))
            })
        });
        let waker = spawn("waker", {
            let monitor = monitor.clone();
            move || {
                monitor.with(|monitor, held| {
                    monitor.value.set(1);
                    monitor.changed.notify_all(held)
                })
            }
        });
        ensure(join(waker).is_ok_and(|woken| woken <= 2), "wakes_who_waits", String::new)?;
        ensure_eq(waiters.map(join), [Ok(()); 2], "all_are_woken")?;
    }
    Ok("all were woken".to_owned())
}

/// Three wait, one after the other, and a notification of all wakes the three.
pub fn c02_all_of_three_are_woken<P: Patience>() -> Outcome {
    let turnstile = Arc::new(Turnstile { waits: AtomicU32::new(0).named(format_args!("waits")) });
    let changed = Arc::new(Condition::<Turnstile, P>::new(turnstile.clone()));
    for round in rounds(1) {
        let waker = spawn("waker", {
            let (turnstile, changed) = (turnstile.clone(), changed.clone());
            move || {
                let waiters = [1, 2, 3].map(|count| {
                    let waiter = spawn(&format!("waiter {count}"), {
                        let (turnstile, changed) = (turnstile.clone(), changed.clone());
                        move || changed.wait(&mut Through(turnstile))
                    });
                    let waits = 3 * round as u32 + count;
                    // Ordering: Acquire, of the Release in `release_fully`: the waiter is in the queue.
                    hint::spin_until(LOOKS, || turnstile.waits.load(Acquire) == waits);
                    waiter
                });
                let woken = changed.notify_all(&mut Through(turnstile));
                (woken, waiters.map(join))
            }
        });
        ensure_eq(join(waker), (Ok(3), [Ok(()); 3]), "all_are_woken")?;
    }
    Ok("all were woken".to_owned())
}

/// One waits for the value, but not as long as it takes; another sets it, and notifies nobody. The answer is the
/// predicate's.
pub fn c04_the_predicate_has_the_last_word<P: Patience>() -> Outcome {
    let monitor = Monitor::<P>::new();
    let mut answers = Vec::new();
    for _ in rounds(1) {
        monitor.value.set(0);
        let waiter = spawn("waiter", {
            let monitor = monitor.clone();
            move || {
                monitor.with(|monitor, held| {
                    let answer = monitor.changed.wait_for_timeout(held, SHORT, || monitor.value.get() == 1);
                    (answer, monitor.value.get() == 1)
                })
            }
        });
        let setter = spawn("setter", {
            let monitor = monitor.clone();
            move || monitor.with(|monitor, _| monitor.value.set(1))
        });
        join(setter);
        let (answer, holds) = join(waiter);
        ensure_eq(answer, Ok(holds), "the_predicate_has_the_last_word")?;
        answers.push(holds);
    }
    Ok(format!("{answers:?}"))
}

/// The signal may come before the wait: who looks first does not wait for it.
pub fn c04_a_signal_before_the_wait_counts<P: Patience>() -> Outcome {
    let monitor = Monitor::<P>::new();
    for _ in rounds(1) {
        monitor.value.set(0);
        let waiter = spawn("waiter", {
            let monitor = monitor.clone();
            move || {
                monitor.with(|monitor, held| {
                    let waited = monitor.changed.wait_for(held, || monitor.value.get() == 1);
                    (waited, monitor.value.get())
                })
            }
        });
        let setter = spawn("setter", {
            let monitor = monitor.clone();
            move || {
                monitor.with(|monitor, held| {
                    monitor.value.set(1);
                    monitor.changed.notify(held, 1).is_ok()
                })
            }
        });
        ensure(join(setter), "notified_under_the_lock", String::new)?;
        ensure_eq(join(waiter), (Ok(()), 1), "waits_for_the_predicate")?;
    }
    Ok("the signal was seen".to_owned())
}

/// A producer and a consumer with room for one item, each with a condition of its own.
pub fn c05_conditions_share_a_lock<P: Patience>() -> Outcome {
    let monitor = Monitor::<P>::new();
    for _ in rounds(1) {
        let producer = spawn("producer", {
            let monitor = monitor.clone();
            move || {
                for item in 1..=2 {
                    monitor.with(|monitor, held| {
                        monitor.ready.wait_for(held, || monitor.value.get() == 0).expect("held");
                        monitor.value.set(item);
                        monitor.changed.notify(held, 1).expect("held");
                    });
                }
            }
        });
        let consumer = spawn("consumer", {
            let monitor = monitor.clone();
            move || {
                [(); 2].map(|()| {
                    monitor.with(|monitor, held| {
                        monitor.changed.wait_for(held, || monitor.value.get() != 0).expect("held");
                        let item = monitor.value.get();
                        monitor.value.set(0);
                        monitor.ready.notify(held, 1).expect("held");
                        item
                    })
                })
            }
        });
        join(producer);
        ensure_eq(join(consumer), [1, 2], "nothing_lost_or_duplicated")?;
    }
    Ok("both items".to_owned())
}

/// One waits, not as long as it takes, and one is notified if there is one: as many say so as were.
pub fn c06_no_notification_is_lost<P: Patience>() -> Outcome {
    let monitor = Monitor::<P>::new();
    let mut answers = Vec::new();
    for _ in rounds(1) {
        let waiter = spawn("waiter", {
            let monitor = monitor.clone();
            move || monitor.with(|monitor, held| monitor.changed.wait_timeout(held, a_while()).expect("held"))
        });
        let waker = spawn("waker", {
            let monitor = monitor.clone();
            move || monitor.with(|monitor, held| monitor.changed.notify(held, 1).expect("held"))
        });
        let sent = join(waker);
        let notified = join(waiter);
        ensure(usize::from(notified) == sent, "no_notification_is_lost", || {
            format!("{sent} sent, and the waiter says {notified}")
        })?;
        answers.push(notified);
    }
    Ok(format!("{answers:?}"))
}

/// A thread waits with a lock that it holds twice: it lets others in, and holds it twice again afterwards.
pub fn r03_a_wait_releases_every_level<P: Patience>() -> Outcome {
    let lock = Arc::new(RLock::new());
    let changed = Arc::new(Condition::<RLock, P>::new(lock.clone()));
    let value = Arc::new(Bare::new(format_args!("value")));
    for _ in rounds(1) {
        value.set(0);
        let waiter = spawn("waiter", {
            let (lock, changed, value) = (lock.clone(), changed.clone(), value.clone());
            move || {
                let _outer = lock.lock();
                let mut inner = lock.lock();
                changed.wait_for(&mut inner, || value.get() == 1).map(|()| lock.depth())
            }
        });
        let setter = spawn("setter", {
            let (lock, changed, value) = (lock.clone(), changed.clone(), value.clone());
            move || {
                let mut held = lock.lock();
                value.set(1);
                changed.notify(&mut held, 1).is_ok()
            }
        });
        ensure(join(setter), "notified_under_the_lock", String::new)?;
        ensure_eq(join(waiter), Ok(2), "the_depth_is_restored")?;
        ensure(!lock.is_locked(), "free_at_the_end", || "the lock is held".to_owned())?;
    }
    Ok("restored".to_owned())
}
