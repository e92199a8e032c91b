//! Rows of a condition between processes.
//!
//! | promise | row |
//! |---|---|
//! | who tells of a change waits for no answer of the dead | [`a_killed_waiter_answers_nobody`] |
//! | a change that was made is told of, wherever its maker was killed | [`a_change_that_was_made_is_told_of`] |
//! | each change is for one of those who wait for it | [`each_gets_one`] |

use crate::contract::ensure;
use crate::contract::processes::lock::{has_ended, start};
use crate::engine::Outcome;
use crate::model::processes::lock::broken::AwaitsAnswers;
use crate::model::processes::lock::condition::{Condition, Telling};
use crate::model::processes::lock::robust::{Locked, NotRecoverable};
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::region::{Region, Shared, shared};

/// What most rows need of a condition.
pub trait Conditional: Shared + Sync + Sized + 'static {
    /// One for which nobody waits.
    fn made() -> Self;

    /// See [`Condition::until`].
    fn until(&self, ready: impl FnMut(Locked<'_>) -> bool) -> Result<(), NotRecoverable>;

    /// See [`Condition::when`]; it is time to.
    fn change<T>(&self, change: impl FnOnce() -> T) -> Result<T, NotRecoverable>;
}

impl<R: Telling> Conditional for Condition<R> {
    fn made() -> Self {
        Self::new()
    }

    fn until(&self, ready: impl FnMut(Locked<'_>) -> bool) -> Result<(), NotRecoverable> {
        self.until(ready)
    }

    fn change<T>(&self, change: impl FnOnce() -> T) -> Result<T, NotRecoverable> {
        let now = |found: Locked<'_>| {
            whole(found);
            true
        };
        self.when(now, change)
    }
}

impl Conditional for AwaitsAnswers {
    fn made() -> Self {
        Self::new()
    }

    fn until(&self, ready: impl FnMut(Locked<'_>) -> bool) -> Result<(), NotRecoverable> {
        self.until(ready)
    }

    fn change<T>(&self, change: impl FnOnce() -> T) -> Result<T, NotRecoverable> {
        self.change(|found| {
            whole(found);
            change()
        })
    }
}

shared! {
    /// What stands on the counter. Ordering of all that is done to it: Relaxed, under the lock.
    struct Counter {
        dishes: AtomicU32,
    }
}

type Kitchen<C> = (Region<C>, Region<Counter>);

fn kitchen<C: Conditional>(dishes: u32) -> Kitchen<C> {
    let region = "a region of a few bytes";
    let dishes = AtomicU32::new(dishes).named(format_args!("dishes"));
    (Region::new(C::made()).expect(region), Region::new(Counter { dishes }).expect(region))
}

/// A change here is one store, so there is never anything to repair.
fn whole(found: Locked<'_>) {
    if let Locked::OwnerDied(left) = found {
        left.consistent();
    }
}

fn cook<C: Conditional>((condition, counter): Kitchen<C>) {
    condition.change(|| counter.dishes.store(1, Relaxed)).expect("all repair");
}

fn wait<C: Conditional>((condition, counter): Kitchen<C>) {
    let ready = |found: Locked<'_>| {
        whole(found);
        counter.dishes.load(Relaxed) > 0
    };
    condition.until(ready).expect("all repair");
}

/// One waits for a dish and may be killed; who cooks it is not held up.
pub fn a_killed_waiter_answers_nobody<C: Conditional>() -> Outcome {
    let kitchen = kitchen::<C>(0);
    let waiter = start(wait::<C>, kitchen.clone());
    cook(kitchen);
    Ok(if has_ended(waiter) { "served" } else { "killed" }.to_owned())
}

/// One waits for a dish, and another one cooks it; either may be killed. Where there is no dish then, another one is cooked.
pub fn a_change_that_was_made_is_told_of<C: Conditional>() -> Outcome {
    let kitchen = kitchen::<C>(0);
    let waiter = start(wait::<C>, kitchen.clone());
    let cooked = has_ended(start(cook::<C>, kitchen.clone()));
    let dishes = kitchen.1.dishes.load(Relaxed);
    ensure(!cooked || dishes == 1, "durable", || "no dish, and the cook said that there is".to_owned())?;
    if dishes == 0 {
        cook(kitchen);
    }
    let served = has_ended(waiter);
    Ok(format!("{} {}", if cooked { "cooked" } else { "killed" }, if served { "served" } else { "killed" }))
}

fn eat<R: Telling>((condition, counter): Kitchen<Condition<R>>) {
    let ready = |found: Locked<'_>| {
        whole(found);
        counter.dishes.load(Relaxed) > 0
    };
    let take = || counter.dishes.store(counter.dishes.load(Relaxed) - 1, Relaxed);
    condition.when(ready, take).expect("all repair");
}

/// There is one dish, and two want one; one of them may be killed. Then comes another dish.
pub fn each_gets_one<R: Telling>() -> Outcome {
    let kitchen = kitchen::<Condition<R>>(1);
    let guests = [(); 2].map(|()| start(eat::<R>, kitchen.clone()));
    let (condition, counter) = &kitchen;
    condition.change(|| counter.dishes.store(counter.dishes.load(Relaxed) + 1, Relaxed)).expect("all repair");
    let fed = guests.map(has_ended).into_iter().filter(|fed| *fed).count() as u32;
    let left = counter.dishes.load(Relaxed);
    ensure((fed..=2).contains(&(2 - left)), "one_each", || format!("{fed} fed, {left} left"))?;
    Ok(format!("{fed} fed, {left} left"))
}
