//! Rows of [`Event`] and [`Barrier`].

use super::{Bare, SHORT, ensure_eq};
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::threads::lock::barrier::{Barrier, BrokenBarrier};
use crate::model::threads::lock::broken::NoGeneration;
use crate::model::threads::lock::event::{Event, Wakefulness};
use crate::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, Release},
};
use crate::sync::hint;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();
const THREE: NonZeroUsize = NonZeroUsize::new(3).unwrap();

/// So often a thread looks on real cores whether others have come, before it gives the processor up.
const LOOKS: u32 = 100;

/// Three wait for the flag, which has been set and cleared before, and see what was done before it was set.
/// Set once more it stays set, and is then cleared at once.
pub fn e01_set_wakes_all<W: Wakefulness>() -> Outcome {
    let event = Arc::new(Event::<W>::new());
    let soup = Arc::new(Bare::new(format_args!("soup")));
    event.set();
    event.clear();
    for round in rounds(1) {
        let waiters = [0, 1, 2].map(|i| {
            let (event, soup) = (event.clone(), soup.clone());
            spawn(&format!("waiter {i}"), move || {
                event.wait();
                soup.get()
            })
        });
        let setter = spawn("setter", {
            let (event, soup) = (event.clone(), soup.clone());
            move || {
                soup.add_one();
                event.set();
            }
        });
        join(setter);
        ensure_eq(waiters.map(join), [round as u32 + 1; 3], "waits_for_the_flag")?;
        event.set();
        ensure(event.is_set(), "stays_set", || "the flag is clear".to_owned())?;
        event.clear();
        ensure(!event.is_set(), "cleared", || "the flag is set".to_owned())?;
    }
    Ok("all were woken".to_owned())
}

/// The flag is set, and the cook sets it once more for what it has done. Who clears it after that sees what
/// was done.
pub fn e01_who_clears_sees_what_was_done<W: Wakefulness>() -> Outcome {
    let event = Arc::new(Event::<W>::new());
    let soup = Arc::new(Bare::new(format_args!("soup")));
    let mut cleared = Vec::new();
    for round in rounds(1) {
        event.set();
        let served = Arc::new(AtomicU32::new(0).named(format_args!("served")));
        let cook = spawn("cook", {
            let (event, soup, served) = (event.clone(), soup.clone(), served.clone());
            move || {
                soup.add_one();
                event.set();
                // Ordering: Release, so that it comes after the flag; nobody acquires it.
                served.store(1, Release);
            }
        });
        let guest = spawn("guest", {
            let (event, soup) = (event.clone(), soup.clone());
            move || {
                // Ordering: Relaxed, because it is the flag that says what was done.
                (served.load(Relaxed) == 1).then(|| {
                    event.clear();
                    soup.get()
                })
            }
        });
        join(cook);
        let found = join(guest);
        ensure(found.is_none_or(|found| found == round as u32 + 1), "sees_what_was_done", || {
            format!("{found:?}")
        })?;
        event.clear();
        cleared.push(found.is_some());
    }
    Ok(format!("{cleared:?}"))
}

/// Two wait already; the flag is set and cleared at once, and both go on.
pub fn e02_set_and_clear_release_who_waits<W: Wakefulness>() -> Outcome {
    let event = Arc::new(Event::<W>::new());
    for _ in rounds(1) {
        let before = event.mark();
        let waiters = [0, 1].map(|i| {
            let event = event.clone();
            spawn(&format!("waiter {i}"), move || event.wait_since(before))
        });
        let setter = spawn("setter", {
            let event = event.clone();
            move || {
                event.set();
                event.clear();
            }
        });
        waiters.into_iter().for_each(join);
        join(setter);
        ensure(!event.is_set(), "cleared", || "the flag is set".to_owned())?;
    }
    Ok("both went on".to_owned())
}

/// Where threads wait for each other.
pub trait Meeting: Send + Sync + 'static {
    /// For so many threads.
    fn of(parties: u32) -> Self;

    /// Waits until all have come; the number of the thread.
    fn meet(&self) -> usize;
}

impl Meeting for Barrier {
    fn of(parties: u32) -> Self {
        Self::new(NonZeroUsize::new(parties as usize).expect("somebody comes"))
    }

    fn meet(&self) -> usize {
        self.wait().expect("nobody breaks it")
    }
}

impl Meeting for NoGeneration {
    fn of(parties: u32) -> Self {
        Self::new(parties)
    }

    fn meet(&self) -> usize {
        self.wait()
    }
}

/// Two threads meet twice. What one did before a meeting, the other sees after it; their numbers differ.
pub fn b01_rounds_are_in_step<M: Meeting>() -> Outcome {
    let meeting = Arc::new(M::of(2));
    let mut places = Vec::new();
    for _ in rounds(1) {
        let marks = Arc::new(
            [0, 1]
                .map(|round| [0, 1].map(|i| Bare::new(format_args!("mark of thread {i} in round {round}")))),
        );
        let threads = [0, 1].map(|i| {
            let (meeting, marks) = (meeting.clone(), marks.clone());
            spawn(&format!("thread {i}"), move || {
                [0, 1].map(|round: usize| {
                    marks[round][i].set(1);
                    let place = meeting.meet();
                    (place, marks[round][1 - i].get())
                })
            })
        });
        let [mine, yours] = threads.map(join);
        for ((here, seen), (there, known)) in mine.into_iter().zip(yours) {
            ensure_eq([seen, known], [1, 1], "nobody_goes_ahead")?;
            ensure_eq(here + there, 1, "each_place_once")?;
            places.push(here);
        }
    }
    Ok(format!("{places:?}"))
}

/// The action takes place once in each round, before anybody goes on.
pub fn b01_the_action_comes_first() -> Outcome {
    let served = Arc::new(Bare::new(format_args!("served")));
    let serve = served.clone();
    let barrier = Arc::new(Barrier::new(TWO).with_action(move || serve.add_one()));
    for round in rounds(1) {
        let threads = [0, 1].map(|i| {
            let (barrier, served) = (barrier.clone(), served.clone());
            spawn(&format!("thread {i}"), move || barrier.wait().map(|_| served.get()))
        });
        ensure_eq(threads.map(join), [Ok(round as u32 + 1); 2], "one_action_a_round")?;
    }
    Ok("served".to_owned())
}

/// Of three each comes when the barrier says that those before it wait: their places are in that order, and
/// the last lets all go on.
pub fn b01_as_many_wait_as_have_come() -> Outcome {
    let barrier = Arc::new(Barrier::new(THREE));
    for _ in rounds(1) {
        let last = spawn("last", {
            let barrier = barrier.clone();
            move || {
                let [first, second] = [1, 2].map(|count| {
                    let thread = spawn(&format!("thread {count}"), {
                        let barrier = barrier.clone();
                        move || barrier.wait()
                    });
                    hint::spin_until(LOOKS, || barrier.waiting() == count);
                    thread
                });
                let last = barrier.wait();
                [join(first), join(second), last]
            }
        });
        ensure_eq(join(last), [Ok(0), Ok(1), Ok(2)], "each_place_once")?;
    }
    Ok("all went on".to_owned())
}

/// One waits, or comes too late: the other breaks the barrier, which stays so, and at which nobody waits.
pub fn b02_an_abort_frees_who_waits() -> Outcome {
    let barrier = Arc::new(Barrier::new(TWO));
    for _ in rounds(2) {
        let waiter = spawn("waiter", {
            let barrier = barrier.clone();
            move || barrier.wait()
        });
        let breaker = spawn("breaker", {
            let barrier = barrier.clone();
            move || {
                barrier.abort();
                barrier.wait()
            }
        });
        ensure_eq([join(waiter), join(breaker)], [Err(BrokenBarrier); 2], "broken_for_all")?;
        ensure(barrier.is_broken(), "stays_broken", || "it mended itself".to_owned())?;
        ensure_eq(barrier.waiting(), 0, "nobody_waits")?;
        barrier.reset();
    }
    Ok("broken".to_owned())
}

/// One waits, and the barrier is reset: it is sent away, and the barrier is as new.
pub fn b02_a_reset_sends_away_who_waits() -> Outcome {
    let barrier = Arc::new(Barrier::new(TWO));
    for _ in rounds(1) {
        let waiter = spawn("waiter", {
            let barrier = barrier.clone();
            move || barrier.wait()
        });
        let resetter = spawn("resetter", {
            let barrier = barrier.clone();
            move || {
                hint::spin_until(LOOKS, || barrier.waiting() == 1);
                barrier.reset();
            }
        });
        ensure_eq(join(waiter), Err(BrokenBarrier), "sent_away")?;
        join(resetter);
        ensure_eq((barrier.waiting(), barrier.is_broken()), (0, false), "as_new")?;
    }
    Ok("sent away".to_owned())
}

/// The action panics, in the thread that comes last: the other is sent away, and the barrier stays broken.
pub fn b02_a_panic_of_the_action_frees_who_waits() -> Outcome {
    struct Spilt;
    let barrier = Arc::new(Barrier::new(TWO).with_action(|| resume_unwind(Box::new(Spilt))));
    for _ in rounds(1) {
        let threads = [0, 1].map(|i| {
            let barrier = barrier.clone();
            spawn(&format!("thread {i}"), move || {
                let waited = catch_unwind(AssertUnwindSafe(|| barrier.wait()));
                waited.map_err(|panic| panic.is::<Spilt>())
            })
        });
        let answers = threads.map(join);
        ensure(
            [Err(true), Ok(Err(BrokenBarrier))].iter().all(|answer| answers.contains(answer)),
            "broken_for_all",
            || format!("{answers:?}"),
        )?;
        ensure(barrier.is_broken(), "stays_broken", || "it mended itself".to_owned())?;
        barrier.reset();
    }
    Ok("broken".to_owned())
}

/// One waits, and comes back when it is sent away; the other resets the barrier and comes, too.
pub fn b02_after_a_reset_it_works() -> Outcome {
    let barrier = Arc::new(Barrier::new(TWO));
    let mut sent_away = Vec::new();
    for _ in rounds(1) {
        let stubborn = spawn("stubborn", {
            let barrier = barrier.clone();
            move || {
                let first = barrier.wait();
                (first.is_err(), first.or_else(|BrokenBarrier| barrier.wait()))
            }
        });
        let resetter = spawn("resetter", {
            let barrier = barrier.clone();
            move || {
                barrier.reset();
                barrier.wait()
            }
        });
        let (away, stubborn) = join(stubborn);
        let places = [stubborn, join(resetter)];
        ensure(places == [Ok(0), Ok(1)] || places == [Ok(1), Ok(0)], "each_place_once", || {
            format!("{places:?}")
        })?;
        sent_away.push(away);
    }
    Ok(format!("sent away: {sent_away:?}"))
}

/// Two of three come, and one of them waits no longer: both are sent away.
pub fn b03_a_time_out_breaks_it_for_all() -> Outcome {
    let barrier = Arc::new(Barrier::new(THREE));
    for _ in rounds(1) {
        let patient = spawn("patient", {
            let barrier = barrier.clone();
            move || barrier.wait()
        });
        let hasty = spawn("hasty", {
            let barrier = barrier.clone();
            move || barrier.wait_timeout(SHORT)
        });
        ensure_eq([join(patient), join(hasty)], [Err(BrokenBarrier); 2], "broken_for_all")?;
        ensure(barrier.is_broken(), "stays_broken", || "it mended itself".to_owned())?;
        barrier.reset();
    }
    Ok("broken".to_owned())
}

/// Two meet, and one of them waits no longer: both have passed, or both are sent away and the barrier is
/// broken.
pub fn b03_a_time_out_breaks_its_own_round() -> Outcome {
    let barrier = Arc::new(Barrier::new(TWO));
    let mut passed = Vec::new();
    for _ in rounds(1) {
        let patient = spawn("patient", {
            let barrier = barrier.clone();
            move || barrier.wait()
        });
        let hasty = spawn("hasty", {
            let barrier = barrier.clone();
            move || barrier.wait_timeout(SHORT)
        });
        let [one, other] = [join(patient), join(hasty)].map(|place| place.is_ok());
        ensure_eq(one, other, "all_or_nobody_passes")?;
        ensure_eq(barrier.is_broken(), !one, "broken_with_its_round")?;
        barrier.reset();
        passed.push(one);
    }
    Ok(format!("passed: {passed:?}"))
}

/// Nobody else comes, and the barrier has a patience of its own.
pub fn b03_a_barrier_has_its_own_patience() -> Outcome {
    let barrier = Barrier::new(TWO).with_patience(SHORT);
    ensure_eq(barrier.wait(), Err(BrokenBarrier), "does_not_wait_for_ever")?;
    ensure(barrier.is_broken(), "stays_broken", || "it mended itself".to_owned())?;
    Ok("broken".to_owned())
}
