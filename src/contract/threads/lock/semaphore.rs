//! Rows of [`Semaphore`].

use super::{SHORT, ensure_eq};
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::threads::lock::semaphore::{OverRelease, Returning, Semaphore};
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::num::NonZeroU32;
use std::sync::Arc;

const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();
const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// One permit for two who wait, one of them not as long as it takes: the other one gets it in the end.
pub fn m01_a_time_out_loses_no_permit<R: Returning>() -> Outcome {
    let semaphore = Arc::new(Semaphore::<R>::new(0));
    let mut taken = Vec::new();
    for _ in rounds(1) {
        let hasty = spawn("hasty", {
            let semaphore = semaphore.clone();
            move || semaphore.acquire_timeout(SHORT) && semaphore.release_one().is_ok()
        });
        let waiter = spawn("waiter", {
            let semaphore = semaphore.clone();
            move || semaphore.acquire()
        });
        let releaser = spawn("releaser", {
            let semaphore = semaphore.clone();
            move || semaphore.release_one()
        });
        ensure_eq(join(releaser), Ok(()), "released")?;
        taken.push(join(hasty));
        join(waiter);
        ensure_eq(semaphore.free(), 0, "no_permit_more_or_less")?;
    }
    Ok(format!("{taken:?}"))
}

/// Three threads and two permits: two are inside together, and never three.
pub fn m02_as_many_enter_as_there_are_permits<R: Returning>() -> Outcome {
    let semaphore = Arc::new(Semaphore::<R>::bounded(2));
    // Of the facade, so that an engine can let another thread come in between.
    let inside = Arc::new(AtomicU32::new(0).named(format_args!("inside")));
    let threads = [0, 1, 2].map(|i| {
        let (semaphore, inside) = (semaphore.clone(), inside.clone());
        spawn(&format!("thread {i}"), move || {
            semaphore.acquire();
            let found = inside.fetch_add(1, Relaxed);
            inside.fetch_sub(1, Relaxed);
            (found, semaphore.release_one())
        })
    });
    let found = threads.map(join);
    ensure(found.iter().all(|(_, released)| released.is_ok()), "released", || format!("{found:?}"))?;
    let most = found.iter().map(|&(found, _)| found + 1).max().unwrap_or(0);
    ensure(most <= 2, "no_more_than_permits", || format!("{most} were inside"))?;
    ensure_eq(semaphore.free(), 2, "no_permit_more_or_less")?;
    Ok(format!("at most {most}"))
}

/// Two who wait, and two permits at once: both go on.
pub fn m02_a_release_of_two_wakes_two<R: Returning>() -> Outcome {
    let semaphore = Arc::new(Semaphore::<R>::new(0));
    for _ in rounds(1) {
        let waiters = [0, 1].map(|i| {
            let semaphore = semaphore.clone();
            spawn(&format!("waiter {i}"), move || semaphore.acquire())
        });
        let releaser = spawn("releaser", {
            let semaphore = semaphore.clone();
            move || semaphore.release(TWO)
        });
        waiters.into_iter().for_each(join);
        ensure_eq(join(releaser), Ok(()), "released")?;
    }
    ensure_eq(semaphore.free(), 0, "no_permit_more_or_less")?;
    Ok("both went on".to_owned())
}

/// Three who wait, and three permits at once: all go on.
pub fn m02_a_release_of_three_wakes_three<R: Returning>() -> Outcome {
    let semaphore = Arc::new(Semaphore::<R>::new(0));
    for _ in rounds(1) {
        let waiters = [0, 1, 2].map(|i| {
            let semaphore = semaphore.clone();
            spawn(&format!("waiter {i}"), move || semaphore.acquire())
        });
        let releaser = spawn("releaser", {
            let semaphore = semaphore.clone();
            move || semaphore.release(THREE)
        });
        waiters.into_iter().for_each(join);
        ensure_eq(join(releaser), Ok(()), "released")?;
    }
    ensure_eq(semaphore.free(), 0, "no_permit_more_or_less")?;
    Ok("all went on".to_owned())
}

/// One permit is out, and two threads give one back: one of them is refused. So is who gives back more than
/// can be counted.
pub fn m03_a_bounded_semaphore_refuses_a_release_too_many<R: Returning>() -> Outcome {
    let full = Semaphore::<R>::new(u32::MAX);
    ensure_eq((full.release_one(), full.free()), (Err(OverRelease), u32::MAX), "never_above_the_limit")?;
    let semaphore = Arc::new(Semaphore::<R>::bounded(2));
    let mut answers = Vec::new();
    for _ in rounds(2) {
        semaphore.acquire();
        let threads = [0, 1].map(|i| {
            let semaphore = semaphore.clone();
            spawn(&format!("releaser {i}"), move || semaphore.release_one())
        });
        let both = threads.map(join);
        let refused = both.iter().filter(|&&answer| answer == Err(OverRelease)).count();
        ensure(refused == 1, "never_above_the_limit", || format!("{both:?}"))?;
        ensure_eq(semaphore.release(TWO), Err(OverRelease), "all_or_none")?;
        ensure_eq(semaphore.free(), 2, "no_permit_more_or_less")?;
        answers.push(both[0].is_ok());
    }
    Ok(format!("{answers:?}"))
}
