//! A condition on real cores, those who wait at which are killed.

use crate::common::{PATIENCE, Tested, apart, at_each_point, end, ensure_eq, sleep_for_ever, state, until};
use refectory::model::processes::lock::broken::AwaitsAnswers;
use refectory::model::processes::lock::condition::Condition;
use refectory::model::processes::lock::robust::Locked;
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::pipe::{self, Writer};
use refectory::sync::process::{self, Exit, Process};
use refectory::sync::region::{Region, shared};
use std::io::{self, Write};
use std::time::Duration;

shared! {
    struct Counter {
        dishes: AtomicU32,
        /// How often somebody saw that there is none.
        looks: AtomicU32,
    }
}

impl Counter {
    fn is_laden(&self, found: Locked<'_>) -> bool {
        whole(found);
        let is_laden = self.dishes.load(SeqCst) > 0;
        self.looks.fetch_add(u32::from(!is_laden), SeqCst);
        is_laden
    }
}

/// What is changed here is one word, so that there is never anything to repair.
fn whole(found: Locked<'_>) {
    if let Locked::OwnerDied(left) = found {
        left.consistent();
    }
}

type Kitchen<C = Condition> = (Region<C>, Region<Counter>);

fn kitchen() -> io::Result<Kitchen> {
    let counter = Counter { dishes: AtomicU32::new(0), looks: AtomicU32::new(0) };
    Ok((Region::new(<Condition>::new())?, Region::new(counter)?))
}

fn eat((condition, counter): Kitchen) {
    let takes = || counter.dishes.fetch_sub(1, SeqCst);
    condition.when(|found| counter.is_laden(found), takes).unwrap();
}

fn wait((condition, counter): Kitchen) {
    condition.until(|found| counter.is_laden(found)).unwrap();
}

fn cook((condition, counter): Kitchen) {
    let now = |found: Locked<'_>| {
        whole(found);
        true
    };
    condition.when(now, || counter.dishes.fetch_add(1, SeqCst)).unwrap();
}

/// Two wait for a dish each, and one of them may be killed. Two dishes come; what nobody has taken is left. How many were killed.
pub(crate) fn eat_together() -> u32 {
    let kitchen = kitchen().unwrap();
    let eaters = [(); 2].map(|()| process::spawn(eat, kitchen.clone()).unwrap());
    until("one who waits", || (kitchen.1.looks.load(SeqCst) > 0).then_some(()));
    (0..2).for_each(|_| cook(kitchen.clone()));
    let ends = eaters.map(|eater| end(eater).unwrap());
    let served = ends.iter().filter(|exit| **exit == Exit::Code(0)).count() as u32;
    let dead = ends.iter().filter(|exit| **exit == Exit::Killed(9)).count() as u32;
    assert_eq!(served + dead, 2, "{ends:?}");
    let taken = 2 - kitchen.1.dishes.load(SeqCst);
    assert!((served..=2).contains(&taken), "{served} served, {taken} taken");
    dead
}

pub(crate) fn who_waits_is_served_at_each_point() -> Tested {
    apart(|()| at_each_point(eat_together))
}

/// Until as many as that have seen that there is no dish, and this one sleeps.
fn sleeps(process: &Process, counter: &Counter, looks: u32) {
    until("one who sleeps", || {
        (counter.looks.load(SeqCst) == looks && state(process.id()) == Some('S')).then_some(())
    });
}

/// CPython's row P11, where a notifier waits for the answer of the one whom it has woken.
pub(crate) fn a_killed_waiter_holds_nobody_up() -> Tested {
    let kitchen = kitchen()?;
    let mut killed = process::spawn(wait, kitchen.clone())?;
    sleeps(&killed, &kitchen.1, 1);
    let other = process::spawn(wait, kitchen.clone())?;
    sleeps(&other, &kitchen.1, 2);
    killed.kill()?;
    ensure_eq(end(killed)?, Exit::Killed(9))?;
    ensure_eq(end(process::spawn(cook, kitchen)?)?, Exit::Code(0))?;
    ensure_eq(end(other)?, Exit::Code(0))
}

pub(crate) fn a_change_is_told_to_all() -> Tested {
    let kitchen = kitchen()?;
    let start = |looks| {
        let waiter = process::spawn(wait, kitchen.clone())?;
        sleeps(&waiter, &kitchen.1, looks);
        io::Result::Ok(waiter)
    };
    let waiters = [start(1)?, start(2)?, start(3)?];
    cook(kitchen.clone());
    waiters.into_iter().try_for_each(|waiter| ensure_eq(end(waiter)?, Exit::Code(0)))
}

/// The row P11 with the twin: whoever makes the next change sleeps on when it is made.
pub(crate) fn a_condition_that_awaits_answers_waits_for_the_dead() -> Tested {
    type Twin = Kitchen<AwaitsAnswers>;
    let kitchen: Twin = (Region::new(AwaitsAnswers::new())?, kitchen()?.1);
    let waits = |(condition, counter): Twin| condition.until(|found| counter.is_laden(found)).unwrap();
    let cooks = |(condition, counter): Twin| {
        condition.change(|_| counter.dishes.fetch_add(1, SeqCst)).unwrap();
    };
    let mut killed = process::spawn(waits, kitchen.clone())?;
    sleeps(&killed, &kitchen.1, 1);
    killed.kill()?;
    ensure_eq(end(killed)?, Exit::Killed(9))?;
    let mut cook = process::spawn(cooks, kitchen.clone())?;
    until("a dish", || (kitchen.1.dishes.load(SeqCst) == 1).then_some(()));
    sleeps(&cook, &kitchen.1, 1);
    cook.kill()?;
    ensure_eq(end(cook)?, Exit::Killed(9))
}

/// A process that holds the lock.
fn holder(kitchen: &Kitchen) -> io::Result<Process> {
    let (writer, mut reader) = pipe::pipe()?;
    let holds = |((condition, _), mut news): (Kitchen, Writer)| {
        let _ = condition.look(|_| {
            news.write_all(b"held").unwrap();
            sleep_for_ever()
        });
    };
    let holder = process::spawn(holds, (kitchen.clone(), writer))?;
    reader.read_timeout(&mut [0; 8], PATIENCE)?;
    Ok(holder)
}

/// Wherever it waits: for a change, or for the lock.
pub(crate) fn a_timed_wait_runs_out() -> Tested {
    let kitchen = kitchen()?;
    let (condition, counter) = &kitchen;
    let eats = |patience| {
        condition.when_timeout(
            patience,
            |found| counter.is_laden(found),
            || counter.dishes.fetch_sub(1, SeqCst),
        )
    };
    for patience in [Duration::ZERO, Duration::from_millis(10)] {
        ensure_eq(eats(patience), Ok(None))?;
    }
    cook(kitchen.clone());
    let mut holder = holder(&kitchen)?;
    for patience in [Duration::ZERO, Duration::from_millis(10)] {
        ensure_eq(eats(patience), Ok(None))?;
    }
    holder.kill()?;
    ensure_eq(end(holder)?, Exit::Killed(9))?;
    ensure_eq(eats(PATIENCE), Ok(Some(1)))?;
    ensure_eq(counter.dishes.load(SeqCst), 0)
}

/// One that does not run out is served by another process.
pub(crate) fn a_timed_wait_is_served() -> Tested {
    let kitchen = kitchen()?;
    let eats = |(condition, counter): Kitchen| {
        let takes = || counter.dishes.fetch_sub(1, SeqCst);
        assert_eq!(condition.when_timeout(PATIENCE, |found| counter.is_laden(found), takes), Ok(Some(1)));
    };
    let eater = process::spawn(eats, kitchen.clone())?;
    sleeps(&eater, &kitchen.1, 1);
    cook(kitchen);
    ensure_eq(end(eater)?, Exit::Code(0))
}
