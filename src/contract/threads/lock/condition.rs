//! Rows of [`Condition`].

use super::{Bare, SHORT, ensure_eq};
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::threads::lock::condition::{Condition, Patience};
use crate::model::threads::lock::futex::{Lock, LockGuard};
use crate::model::threads::lock::recursive::RLock;
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
            move || monitor.with(|monitor, held| monitor.changed.wait_timeout(held, SHORT).expect("held"))
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
