//! Rows of the lock on a file.
//!
//! | promise | row |
//! |---|---|
//! | of all who want it one has it at a time, and everybody else gets it, whoever is killed where | [`one_has_it_at_a_time`] |
//! | who gets it from the dead is told, and what was written under it is wholly there after a repair | [`who_gets_it_from_the_dead_is_told`] |

use super::lock::{has_ended, start};
use crate::contract::ensure;
use crate::engine::Outcome;
use crate::model::processes::lock::file::{Care, FileLock, Found};
use crate::sync::UnsafeCell;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::process::point;
use crate::sync::region::{Region, shared};

shared! {
    /// What the lock guards, and nothing else.
    struct Soup {
        eaten: UnsafeCell<u32>,
    }
}

// SAFETY: that its accesses are ordered is what the row is about; the engine looks whether they are.
unsafe impl Sync for Soup {}

const REGION: &str = "a region of a few bytes";

fn lock<C: Care>() -> FileLock<C> {
    FileLock::new().expect("there is room for a file and a region")
}

fn eat<C: Care>((mut lock, soup): (FileLock<C>, Region<Soup>)) {
    // SAFETY: the pointer is valid for the call; see above.
    lock.lock(|_| soup.eaten.with_mut(|eaten| unsafe { *eaten += 1 }));
}

/// Two want the lock, and may be killed wherever they are: who lives gets it, and whoever comes then.
pub fn one_has_it_at_a_time<C: Care>() -> Outcome {
    let mut lock = lock::<C>();
    let soup = Soup { eaten: UnsafeCell::new(0).named(format_args!("soup")) };
    let soup = Region::new(soup).expect(REGION);
    let mine = || lock.try_clone().expect("it is there");
    let eaters = [(); 2].map(|()| start(eat::<C>, (mine(), soup.clone())));
    let fed = eaters.map(has_ended).into_iter().filter(|fed| *fed).count() as u32;
    // SAFETY: as above.
    let eaten = lock.try_lock(|_| soup.eaten.with(|eaten| unsafe { *eaten }));
    ensure(eaten.is_some_and(|eaten| (fed..=2).contains(&eaten)), "durable", || {
        format!("{eaten:?} eaten, {fed} are fed")
    })?;
    Ok(format!("{fed} fed"))
}

shared! {
    /// Two numbers that are the same, unless somebody is writing them.
    struct Meals {
        begun: AtomicU32,
        ended: AtomicU32,
    }
}

/// Ordering: Relaxed throughout. All is under the lock.
impl Meals {
    /// A meal that was begun and not ended is taken back.
    fn repair(&self, found: Found) {
        if found == Found::HolderDied {
            self.begun.store(self.ended.load(Relaxed), Relaxed);
        }
    }

    fn now(&self) -> (u32, u32) {
        (self.begun.load(Relaxed), self.ended.load(Relaxed))
    }
}

fn dine<C: Care>((mut lock, meals): (FileLock<C>, Region<Meals>)) {
    lock.lock(|found| {
        meals.repair(found);
        let meal = meals.ended.load(Relaxed) + 1;
        meals.begun.store(meal, Relaxed);
        point("a meal that was begun");
        meals.ended.store(meal, Relaxed);
    });
}

/// Two dine one after the other, and both may be killed, the second over what the first has left: whoever comes then repairs, every meal
/// that was told of is there, and none is half there.
pub fn who_gets_it_from_the_dead_is_told<C: Care>() -> Outcome {
    let mut lock = lock::<C>();
    let meals = Meals {
        begun: AtomicU32::new(0).named(format_args!("begun")),
        ended: AtomicU32::new(0).named(format_args!("ended")),
    };
    let meals = Region::new(meals).expect(REGION);
    let mine = || lock.try_clone().expect("it is there");
    let dines = |()| has_ended(start(dine::<C>, (mine(), meals.clone())));
    let fed = [(); 2].map(dines).into_iter().filter(|fed| *fed).count() as u32;
    let (begun, ended) = lock.lock(|found| {
        meals.repair(found);
        meals.now()
    });
    ensure(begun == ended, "whole", || format!("{begun} begun, {ended} ended"))?;
    ensure((fed..=2).contains(&ended), "durable", || format!("{fed} are fed, {ended} meals"))?;
    Ok(format!("{fed} fed, {ended} meals"))
}
