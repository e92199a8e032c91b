//! Rows of [`Lock`] and [`RLock`], and of an iterator under a lock.

use super::{Bare, SHORT, ensure_eq};
use crate::contract::{a_while, ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::threads::lock::futex::{Handoff, Lock, NotHeld};
use crate::model::threads::lock::guarded::Guarded;
use crate::model::threads::lock::recursive::{Nesting, RLock};
use crate::port::RawLock;
use crate::sync::atomic::AtomicUsize;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::{hint, is_modelled};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// A lock, and what it guards.
struct Shared<L> {
    lock: L,
    bare: Bare,
}

fn shared<L>(lock: L) -> Arc<Shared<L>> {
    Arc::new(Shared { lock, bare: Bare::new(format_args!("value")) })
}

/// While one thread holds the lock, an attempt of another fails; where it succeeds, it sees what was done.
pub fn l01_a_held_lock_is_refused<L: RawLock>() -> Outcome {
    let shared = shared(L::new());
    let mut seen = Vec::new();
    for round in rounds(2) {
        let holder = spawn("holder", {
            let shared = shared.clone();
            move || {
                shared.lock.lock();
                shared.bare.add_one();
                shared.lock.unlock();
            }
        });
        let other = spawn("other", {
            let shared = shared.clone();
            move || {
                let taken = shared.lock.try_lock();
                let value = taken.then(|| shared.bare.get());
                if taken {
                    shared.lock.unlock();
                }
                value
            }
        });
        join(holder);
        let value = join(other);
        let known = value.is_none_or(|value| (round..=round + 1).contains(&(value as usize)));
        ensure(known, "a_holder_sees_the_past", || format!("{value:?} in round {round}"))?;
        seen.push(value);
    }
    let free = shared.lock.try_lock();
    ensure(free, "everybody_has_released", || "the lock is held at the end".to_owned())?;
    Ok(format!("{seen:?}"))
}

/// On real cores, spins as long as it takes the one who waits for the lock to go to sleep, and releases the lock: about then, and sooner or
/// later by up to half a microsecond. How long that is the releases tell: to wake somebody takes a system call.
fn release_when_the_other_one_falls_asleep<L: RawLock>(lock: &L) {
    static NANOS: AtomicU64 = AtomicU64::new(0);
    const WAKES: Duration = Duration::from_nanos(800);
    if is_modelled() {
        return lock.unlock();
    }
    // Ordering: Relaxed. A guess.
    let nanos = NANOS.load(Relaxed);
    let start = Instant::now();
    while start.elapsed() < Duration::from_nanos(nanos) {
        hint::spin_loop();
    }
    let released = Instant::now();
    lock.unlock();
    let step = u64::from(a_while().subsec_micros()) * 5;
    let next = if released.elapsed() > WAKES { nanos.saturating_sub(step) } else { nanos + step };
    NANOS.store(next, Relaxed);
}

/// One waits for a lock that the other one releases for the last time.
pub fn l01_the_last_release_wakes<L: RawLock>() -> Outcome {
    let (lock, turn) = (Arc::new(L::new()), Arc::new(AtomicUsize::new(0).named(format_args!("turn"))));
    let meetings = if is_modelled() { 1 } else { 100 };
    // Ordering: Acquire and Release, so that meetings do not overlap.
    let holder = spawn("holder", {
        let (lock, turn) = (lock.clone(), turn.clone());
        move || {
            for meeting in 0..meetings {
                hint::spin_until(100, || turn.load(Acquire) == 2 * meeting);
                lock.lock();
                turn.store(2 * meeting + 1, Release);
                release_when_the_other_one_falls_asleep(&*lock);
            }
        }
    });
    let waiter = spawn("waiter", move || {
        for meeting in 0..meetings {
            hint::spin_until(100, || turn.load(Acquire) == 2 * meeting + 1);
            lock.lock();
            lock.unlock();
            turn.store(2 * meeting + 2, Release);
        }
    });
    [holder, waiter].into_iter().for_each(join);
    Ok(String::new())
}

/// Two threads count under the lock, on real cores often enough to meet: one is inside at a time, and no
/// count is lost.
pub fn l01_one_is_inside_at_a_time<H: Handoff>() -> Outcome {
    let times = if is_modelled() { 1 } else { 5_000 };
    let shared = shared(Lock::<H>::new());
    let threads = [0, 1].map(|i| {
        let shared = shared.clone();
        spawn(&format!("thread {i}"), move || {
            (0..times).all(|_| {
                shared.lock.acquire();
                shared.bare.add_one();
                shared.lock.release().is_ok()
            })
        })
    });
    ensure_eq(threads.map(join), [true; 2], "held_until_released")?;
    ensure_eq(shared.bare.get(), 2 * times, "no_count_is_lost")?;
    Ok("counted".to_owned())
}

/// One waits as long as it takes, another not; whether or not its time runs out, the first one gets the lock.
pub fn l03_a_time_out_leaves_the_lock_intact<H: Handoff>() -> Outcome {
    let shared = shared(Lock::<H>::new());
    let mut taken = Vec::new();
    for _ in rounds(1) {
        shared.lock.acquire();
        let releaser = spawn("releaser", {
            let shared = shared.clone();
            move || shared.lock.release()
        });
        let waiter = spawn("waiter", {
            let shared = shared.clone();
            move || {
                shared.lock.acquire();
                shared.bare.add_one();
                shared.lock.release()
            }
        });
        let hasty = spawn("hasty", {
            let shared = shared.clone();
            move || {
                let taken = shared.lock.acquire_timeout(SHORT);
                if taken {
                    shared.bare.add_one();
                }
                taken && shared.lock.release().is_ok()
            }
        });
        ensure_eq(join(releaser), Ok(()), "held_until_released")?;
        ensure_eq(join(waiter), Ok(()), "held_until_released")?;
        taken.push(join(hasty));
    }
    ensure(!shared.lock.is_locked(), "free_at_the_end", || "somebody holds the lock".to_owned())?;
    Ok(format!("{taken:?}"))
}

/// Who acquires a held lock waits until another thread releases it, even where the holder is itself the one.
/// Until then the lock says that it is locked, whether or not somebody waits.
pub fn l04_another_thread_releases<H: Handoff>() -> Outcome {
    let shared = shared(Lock::<H>::new());
    for round in rounds(2) {
        shared.lock.acquire();
        let waiter = spawn("waiter", {
            let shared = shared.clone();
            move || {
                shared.lock.acquire();
                let seen = shared.bare.get();
                (seen, shared.lock.release())
            }
        });
        let releaser = spawn("releaser", {
            let shared = shared.clone();
            move || {
                shared.bare.add_one();
                (shared.lock.is_locked(), shared.lock.release())
            }
        });
        ensure_eq(join(releaser), (true, Ok(())), "anybody_releases")?;
        ensure_eq(join(waiter), (round as u32 + 1, Ok(())), "waits_for_the_release")?;
    }
    Ok("released".to_owned())
}

/// Two threads release a lock that is held once: one of them is told.
pub fn l04_a_free_lock_cannot_be_released<H: Handoff>() -> Outcome {
    let lock = Arc::new(Lock::<H>::new());
    let mut answers = Vec::new();
    for _ in rounds(2) {
        lock.acquire();
        let threads = [0, 1].map(|i| {
            let lock = lock.clone();
            spawn(&format!("releaser {i}"), move || lock.release())
        });
        let both = threads.map(join);
        let refused = both.iter().filter(|&&answer| answer == Err(NotHeld)).count();
        ensure(refused == 1, "released_once", || format!("{both:?}"))?;
        ensure(lock.try_acquire(), "free_at_the_end", || "the lock is held".to_owned())?;
        ensure_eq(lock.release(), Ok(()), "held_until_released")?;
        answers.push(both[0].is_ok());
    }
    Ok(format!("{answers:?}"))
}

/// A panic in the critical section releases the lock on its way out.
pub fn l05_a_panic_releases<H: Handoff>() -> Outcome {
    struct Spilt;
    let shared = shared(Lock::<H>::new());
    for round in rounds(2) {
        let clumsy = spawn("clumsy", {
            let shared = shared.clone();
            move || {
                let panicked = catch_unwind(AssertUnwindSafe(|| {
                    let _held = shared.lock.lock();
                    shared.bare.add_one();
                    resume_unwind(Box::new(Spilt))
                }));
                panicked.map_or_else(|panic| panic.is::<Spilt>(), |()| false)
            }
        });
        let other = spawn("other", {
            let shared = shared.clone();
            move || {
                let _held = shared.lock.lock();
                shared.bare.add_one();
            }
        });
        join(other);
        ensure(join(clumsy), "panics_go_through", || "the panic was lost".to_owned())?;
        ensure_eq(shared.bare.get(), 2 * (round as u32 + 1), "both_were_inside")?;
    }
    Ok("released".to_owned())
}

/// The holder acquires the lock once more, and nobody else gets in before the last release.
pub fn r01_every_acquisition_is_released<N: Nesting>() -> Outcome {
    let shared = shared(<RLock<N>>::free());
    let mut seen = Vec::new();
    for round in rounds(1) {
        let holder = spawn("holder", {
            let shared = shared.clone();
            move || {
                shared.lock.acquire();
                shared.lock.acquire();
                shared.bare.add_one();
                let inner = shared.lock.release();
                shared.bare.add_one();
                [inner, shared.lock.release()]
            }
        });
        let other = spawn("other", {
            let shared = shared.clone();
            move || {
                shared.lock.acquire();
                let value = shared.bare.get();
                (value, shared.lock.release())
            }
        });
        ensure_eq(join(holder), [Ok(()); 2], "the_owner_releases")?;
        let (value, released) = join(other);
        ensure_eq(released, Ok(()), "the_owner_releases")?;
        let before = 2 * round as u32;
        ensure([before, before + 2].contains(&value), "nobody_gets_in_between", || format!("{value}"))?;
        seen.push(value - before);
    }
    Ok(format!("{seen:?}"))
}

/// One holds the lock twice, another releases what it does not hold. It is told so, and the owner does not notice.
pub fn r01_only_the_owner_releases() -> Outcome {
    let lock = Arc::new(RLock::new());
    let mut taken = Vec::new();
    for _ in rounds(1) {
        let owner = spawn("owner", {
            let lock = lock.clone();
            move || {
                lock.acquire();
                lock.acquire();
                (lock.depth(), [lock.release(), lock.release(), lock.release()])
            }
        });
        let other = spawn("other", {
            let lock = lock.clone();
            move || {
                let before = (lock.release(), lock.depth(), lock.is_owned());
                let taken = lock.try_acquire();
                (before, taken, lock.depth(), lock.release().is_ok())
            }
        });
        let released = [Ok(()), Ok(()), Err(NotHeld)];
        ensure_eq(join(owner), (2, released), "the_depth_is_the_owners")?;
        let (before, took, depth, released) = join(other);
        ensure_eq(before, (Err(NotHeld), 0, false), "the_lock_is_the_owners")?;
        ensure_eq((depth, released), (usize::from(took), took), "the_lock_is_the_owners")?;
        ensure(!lock.is_locked(), "free_at_the_end", || "the lock is held".to_owned())?;
        taken.push(took);
    }
    Ok(format!("{taken:?}"))
}

/// The owner comes in again by a try, and by a wait for a short time: each counts, and until the last release
/// another thread sees that the lock is held, and not by itself.
pub fn r01_every_way_in_counts() -> Outcome {
    let lock = Arc::new(RLock::new());
    for _ in rounds(1) {
        lock.acquire();
        ensure(lock.try_acquire() && lock.acquire_timeout(SHORT), "the_owner_gets_in", || {
            "the owner was refused".to_owned()
        })?;
        ensure_eq([lock.release(), lock.release()], [Ok(()); 2], "the_owner_releases")?;
        let other = spawn("other", {
            let lock = lock.clone();
            move || (lock.is_locked(), lock.is_owned(), lock.try_acquire())
        });
        ensure_eq(join(other), (true, false, false), "held_until_the_last_release")?;
        ensure_eq([lock.release(), lock.release()], [Ok(()), Err(NotHeld)], "the_owner_releases")?;
    }
    Ok("counted".to_owned())
}

/// Who holds the lock, and acquires it as after a wait, is told so by a panic: it would wait for itself. It
/// holds the lock as before.
pub fn r03_who_holds_it_cannot_acquire_it_again() -> Outcome {
    let lock = RLock::new();
    lock.acquire();
    let again = catch_unwind(AssertUnwindSafe(|| lock.acquire_again(NonZeroUsize::MIN)));
    ensure(again.is_err(), "nobody_waits_for_itself", || "it was acquired again".to_owned())?;
    ensure_eq([lock.release(), lock.release()], [Ok(()), Err(NotHeld)], "the_depth_is_the_owners")?;
    Ok("refused".to_owned())
}

/// Two threads ask one iterator for its values: each goes to one of them, in order.
pub fn t04_each_value_goes_to_one_thread() -> Outcome {
    let numbers = Arc::new(Guarded::new(0..3, format_args!("iterator")));
    let threads = [0, 1].map(|i| {
        let numbers = numbers.clone();
        spawn(&format!("reader {i}"), move || [(); 2].map(|()| numbers.with(Iterator::next)))
    });
    let read = threads.map(join);
    let in_order = read.iter().all(|[first, second]| second.is_none() || first < second);
    ensure(in_order, "values_come_in_order", || format!("{read:?}"))?;
    let mut values: Vec<_> = read.iter().flatten().flatten().copied().collect();
    values.sort_unstable();
    ensure_eq(values, vec![0, 1, 2], "each_value_once")?;
    Ok(format!("{read:?}"))
}
