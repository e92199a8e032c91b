//! Rows of locks whose operations are futures.
//!
//! The promises are those of CPython's `asyncio.locks`, by the ids that they have in the list of its semantics. To be cancelled is
//! to be dropped at a wait.

use crate::contract::{Note, ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::coroutines::lock::{Barrier, Condition, Event, Lock, Protocol, Semaphore};
use crate::model::threads::lock::barrier::BrokenBarrier;
use crate::model::threads::lock::semaphore::OverRelease;
use crate::sync::future::{block_on, cancellable};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// Polls a future once, for nobody.
fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// What the name of a cancelled wait is in an outcome.
const fn cancelled<T, E>(result: &Result<T, E>) -> &'static str {
    if result.is_err() { "cancelled" } else { "served" }
}

/// Three wait, and permits come one by one: each goes to who has waited longest, and a newcomer takes none of them.
pub fn a16_who_has_waited_longest_is_first<P: Protocol>() -> Outcome {
    let semaphore = Semaphore::<P>::new(0);
    let (mut first, mut second) = (pin!(semaphore.acquire()), pin!(semaphore.acquire()));
    let waited = poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending();
    let released = semaphore.release().is_ok();
    let stolen = semaphore.try_acquire().is_some();
    ensure(waited && released && !stolen, "no_barging", || format!("waited {waited}, stolen {stolen}"))?;
    let overtaken = poll(second.as_mut()).is_ready();
    let served = match poll(first.as_mut()) {
        Poll::Ready(permit) => {
            permit.forget();
            true
        }
        Poll::Pending => false,
    };
    ensure(served && !overtaken, "in_order", || format!("first {served}, second {overtaken}"))?;
    Ok(String::new())
}

/// One permit for two who wait, take it and give it back; one of them may be cancelled, before it was woken or after.
pub fn a17_a_cancelled_wait_loses_no_permit<P: Protocol>() -> Outcome {
    let semaphore = Arc::new(Semaphore::<P>::new(0));
    let impatient = spawn("impatient", {
        let semaphore = semaphore.clone();
        move || cancelled(&block_on(cancellable(semaphore.acquire())).map(drop))
    });
    let waiter = spawn("waiter", {
        let semaphore = semaphore.clone();
        move || drop(block_on(semaphore.acquire()))
    });
    let releaser = spawn("releaser", {
        let semaphore = semaphore.clone();
        move || semaphore.release()
    });
    let released = join(releaser);
    join(waiter);
    let end = join(impatient);
    let free = semaphore.free();
    ensure((released, free) == (Ok(()), 1), "no_permit_more_or_less", || {
        format!("{released:?}, {free} free")
    })?;
    Ok(end.to_owned())
}

/// A bounded semaphore has never more permits than at first.
pub fn a18_a_bounded_one_refuses_a_release_too_many<P: Protocol>() -> Outcome {
    let semaphore = Arc::new(Semaphore::<P>::bounded(1));
    let taker = spawn("taker", {
        let semaphore = semaphore.clone();
        move || drop(block_on(semaphore.acquire()))
    });
    let releaser = spawn("releaser", {
        let semaphore = semaphore.clone();
        move || semaphore.release()
    });
    let released = join(releaser);
    join(taker);
    let free = semaphore.free();
    ensure(free == 1, "no_permit_more_or_less", || format!("{free} free"))?;
    let refused = semaphore.release();
    ensure(refused == Err(OverRelease), "refused", || format!("{refused:?}"))?;
    Ok(if released.is_ok() { "between" } else { "refused" }.to_owned())
}

/// Two lock, and either may be cancelled while the other one releases: one is inside at a time, and the lock is free in the end.
pub fn a11_a_cancelled_wait_meets_a_release<P: Protocol>() -> Outcome {
    let (lock, note) = (Arc::new(Lock::<P>::new()), Note::new());
    let threads = [0, 1].map(|i| {
        let (lock, note) = (lock.clone(), note.clone());
        spawn(&format!("task {i}"), move || {
            let held = block_on(cancellable(lock.lock()));
            held.is_ok().then(|| note.add());
            cancelled(&held)
        })
    });
    let ends = threads.map(join);
    ensure(lock.try_lock().is_some(), "free_in_the_end", || format!("{ends:?}"))?;
    let inside = ends.iter().filter(|end| **end == "served").count() as u32;
    ensure(note.read() == inside, "one_at_a_time", || format!("{} of {inside}", note.read()))?;
    Ok(ends.join(", "))
}

/// One is notified of two who wait, and may be cancelled then: it had no use for it, so the other one goes on.
pub fn a14_a_notification_is_passed_on<P: Protocol>() -> Outcome {
    struct Shared<P: Protocol> {
        lock: Lock<P>,
        changed: Condition<P>,
        items: Arc<Note>,
    }
    let shared = Shared::<P> { lock: Lock::new(), changed: Condition::new(), items: Note::new() };
    let shared = Arc::new(shared);
    let impatient = spawn("impatient", {
        let shared = shared.clone();
        move || {
            let held = block_on(shared.lock.lock());
            let waited = block_on(cancellable(shared.changed.wait_for(held, || shared.items.read() > 0)));
            // The item stays for the other one.
            waited.iter().for_each(|held| shared.changed.notify(1, held));
            cancelled(&waited)
        }
    });
    let waiter = spawn("waiter", {
        let shared = shared.clone();
        move || {
            let held = block_on(shared.lock.lock());
            let held = block_on(shared.changed.wait_for(held, || shared.items.read() > 0));
            shared.changed.notify(1, &held);
        }
    });
    let notifier = spawn("notifier", {
        let shared = shared.clone();
        move || {
            let held = block_on(shared.lock.lock());
            shared.items.add();
            shared.changed.notify(1, &held);
        }
    });
    join(notifier);
    join(waiter);
    let end = join(impatient);
    ensure(shared.lock.try_lock().is_some(), "free_in_the_end", || end.to_owned())?;
    Ok(end.to_owned())
}

/// Two wait when it is set, and cleared at once: both go on.
pub fn a12_set_and_clear_let_all_go_who_wait<P: Protocol>() -> Outcome {
    let event = Arc::new(Event::<P>::new());
    let waiters = [0, 1].map(|i| {
        let event = event.clone();
        spawn(&format!("waiter {i}"), move || block_on(event.wait()))
    });
    let setter = spawn("setter", {
        let event = event.clone();
        move || {
            event.set();
            while event.waiting() > 0 {
                crate::sync::thread::yield_now();
            }
        }
    });
    join(setter);
    waiters.into_iter().for_each(join);
    event.clear();
    ensure(!event.is_set() && event.waiting() == 0, "nobody_waits", || event.waiting().to_string())?;
    Ok(String::new())
}

/// A wait that is dropped leaves nothing behind.
pub fn a12_a_cancelled_wait_is_gone<P: Protocol>() -> Outcome {
    let event = Event::<P>::new();
    let waited = poll(pin!(event.wait()).as_mut()).is_pending();
    ensure(waited && event.waiting() == 0, "nobody_waits", || format!("{} wait", event.waiting()))?;
    Ok(String::new())
}

/// One of three is dropped while it waits: the second one has to wait for the third.
pub fn a19_a_cancelled_wait_does_not_count<P: Protocol>() -> Outcome {
    let barrier = Barrier::<P>::new(TWO);
    let dropped = poll(pin!(barrier.wait()).as_mut()).is_pending();
    let (mut first, mut second) = (pin!(barrier.wait()), pin!(barrier.wait()));
    let passed = [poll(first.as_mut()), poll(second.as_mut()), poll(first.as_mut())];
    let expected = [Poll::Pending, Poll::Ready(Ok(true)), Poll::Ready(Ok(false))];
    ensure(dropped && passed == expected, "two_of_them", || format!("{passed:?}"))?;
    Ok(String::new())
}

/// Nobody passes before all have come, and one of them is the last.
pub fn a19_nobody_passes_alone<P: Protocol>() -> Outcome {
    let barrier = Arc::new(Barrier::<P>::new(TWO));
    let notes = [(); 2].map(|()| Note::new());
    let tasks = [0, 1].map(|i| {
        let (barrier, notes) = (barrier.clone(), notes.clone());
        spawn(&format!("task {i}"), move || {
            notes[i].add();
            (block_on(barrier.wait()), notes[1 - i].read())
        })
    });
    let seen = tasks.map(join);
    let last = seen.iter().filter(|(passed, _)| *passed == Ok(true)).count();
    let all_seen = seen.iter().all(|(passed, seen)| passed.is_ok() && *seen == 1);
    ensure(all_seen && last == 1, "in_step", || format!("{seen:?}"))?;
    Ok(String::new())
}

/// One waits, and another one breaks the barrier: it is sent away, or finds it broken.
pub fn a19_abort_sends_away_who_waits<P: Protocol>() -> Outcome {
    let barrier = Arc::new(Barrier::<P>::new(TWO));
    let waiter = spawn("waiter", {
        let barrier = barrier.clone();
        move || block_on(barrier.wait())
    });
    let breaker = spawn("breaker", {
        let barrier = barrier.clone();
        move || barrier.abort()
    });
    join(breaker);
    let passed = join(waiter);
    ensure(passed == Err(BrokenBarrier), "sent_away", || format!("{passed:?}"))?;
    barrier.reset();
    ensure(barrier.waiting() == 0, "whole_again", || format!("{} wait", barrier.waiting()))?;
    Ok(String::new())
}
