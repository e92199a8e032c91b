//! Rows of the table with an arbiter between processes.
//!
//! | promise | row |
//! |---|---|
//! | neighbours never eat together, and both are fed | [`neighbours_never_eat_together`] |
//! | of a dead philosopher the forks come back, and its neighbour dines | [`a_dead_philosopher_gives_its_forks_back`] |
//! | the same where the neighbour comes afterwards | [`who_comes_after_the_dead_is_fed`] |
//! | the same with three at the table | [`everybody_else_dines`] |
//! | where the arbiter is dead nobody waits for ever | [`a_dead_arbiter_holds_nobody`] |
//! | the same where others may be killed as well | [`whoever_dies_holds_nobody`] |
//! | it is known who died, and at what | [`the_report_says_who_died_at_what`] |

use super::lock::{has_ended, start};
use crate::contract::ensure;
use crate::engine::Outcome;
use crate::model::processes::table::arbiter::{Arbiter, Death, Doing, Report, Ruling, Seat, table};
use crate::port::forks_of;
use crate::sync::UnsafeCell;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::pipe::{self, Writer};
use crate::sync::region::{Region, Shared};
use crate::sync::thread;
use std::io::{Read, Write};

/// How many meals were eaten with each fork, which nobody else has meanwhile.
struct Forks<const SEATS: usize>([UnsafeCell<u32>; SEATS]);

// SAFETY: its field is shared.
unsafe impl<const SEATS: usize> Shared for Forks<SEATS> {}
// SAFETY: who eats has both forks, which is what is to be shown.
unsafe impl<const SEATS: usize> Sync for Forks<SEATS> {}

type Meals<const SEATS: usize> = Region<Forks<SEATS>>;

fn serve<R: Ruling>(arbiter: Arbiter<R>) {
    arbiter.serve();
}

/// Dines once, and leaves; nothing happens where the arbiter is gone.
fn dine<R: Ruling, const SEATS: usize>((mut at, meals, seat): (Seat<R>, Meals<SEATS>, usize)) {
    let (left, right) = forks_of(seat, SEATS);
    let _ = at.dine(|| {
        for fork in [left, right] {
            // SAFETY: whoever eats has the fork.
            meals.0[fork].with_mut(|meals| unsafe { *meals += 1 });
        }
    });
    at.leave();
}

/// A table, and that no meals were eaten at it.
fn set<R: Ruling, const SEATS: usize>() -> (Arbiter<R>, [Seat<R>; SEATS], Meals<SEATS>, Report) {
    let (arbiter, seats, report) = table::<R>(SEATS).expect("there is room for a few pipes");
    let meals = Forks(std::array::from_fn(|_| UnsafeCell::new(0)));
    let meals = Region::new(meals).expect("a region of a few bytes");
    (arbiter, seats.try_into().expect("so many were asked for"), meals, report)
}

/// How many meals there were with each fork, when all have ended.
fn eaten<const SEATS: usize>(meals: &Meals<SEATS>) -> [u32; SEATS] {
    // SAFETY: nobody else is there.
    std::array::from_fn(|fork| meals.0[fork].with(|meals| unsafe { *meals }))
}

/// A meal at this place, without a farewell.
fn eat_once<R: Ruling>((mut at, meals): (Seat<R>, Meals<2>)) {
    let fed = at.dine(|| {
        // SAFETY: whoever eats has both forks.
        meals.0[0].with_mut(|meals| unsafe { *meals += 1 });
    });
    fed.expect("the arbiter is there");
}

/// Two neighbours dine in threads, and nobody dies before it has eaten.
pub fn neighbours_never_eat_together<R: Ruling>() -> Outcome {
    let (arbiter, [first, second], meals, _report) = set::<R, 2>();
    let arbiter = thread::spawn(|| arbiter.serve());
    let theirs = meals.clone();
    let neighbour = thread::spawn(|| eat_once((first, theirs)));
    eat_once((second, meals.clone()));
    neighbour.join().expect("it is fed");
    arbiter.join().expect("it has served");
    let [meals, _] = eaten(&meals);
    ensure(meals == 2, "fed", || format!("{meals} meals"))?;
    Ok(String::new())
}

fn eat_and_tell<R: Ruling>((mut at, meals, mut news): (Seat<R>, Meals<2>, Writer)) {
    let fed = at.dine(|| {
        news.write_all(&[1]).expect("somebody reads it");
        // SAFETY: whoever eats has both forks.
        meals.0[0].with_mut(|meals| unsafe { *meals += 1 });
    });
    fed.expect("the arbiter is there");
}

/// A philosopher eats in a process, which may be killed wherever it is; and when it has begun, or is dead, its neighbour is hungry
/// here, and is fed.
pub fn a_dead_philosopher_gives_its_forks_back<R: Ruling>() -> Outcome {
    let (arbiter, [first, second], meals, _report) = set::<R, 2>();
    let arbiter = thread::spawn(|| arbiter.serve());
    let (news, mut told) = pipe::pipe().expect("there is room for a pipe");
    let neighbour = start(eat_and_tell::<R>, (first, meals.clone(), news));
    // Nothing is read where it died before it ate.
    let has_begun = told.read(&mut [0]).expect("a pipe is read") == 1;
    eat_once((second, meals.clone()));
    arbiter.join().expect("it has served");
    let fed = has_ended(neighbour);
    let [meals, _] = eaten(&meals);
    ensure(meals > u32::from(fed) && (has_begun || !fed), "fed", || format!("{meals} meals"))?;
    Ok(format!("{meals} meals"))
}

/// A philosopher dines in a process, which may be killed wherever it is. When that has ended its neighbour comes, and is fed, whatever of it
/// the arbiter has heard by then.
pub fn who_comes_after_the_dead_is_fed<R: Ruling>() -> Outcome {
    let (arbiter, [first, second], meals, _report) = set::<R, 2>();
    let arbiter = thread::spawn(|| arbiter.serve());
    let fed = has_ended(start(eat_once::<R>, (first, meals.clone())));
    eat_once((second, meals.clone()));
    arbiter.join().expect("it has served");
    let [meals, _] = eaten(&meals);
    ensure(meals > u32::from(fed), "fed", || format!("{meals} meals"))?;
    Ok(format!("{meals} meals"))
}

/// Three dine, and one of them may be killed. The others are fed, and the report names nobody else.
pub fn everybody_else_dines<R: Ruling>() -> Outcome {
    const SEATS: usize = 3;
    let (arbiter, seats, meals, report) = set::<R, SEATS>();
    let mut places = 0..SEATS;
    let philosophers = seats.map(|at| {
        let seat = places.next().expect("there are so many");
        start(dine::<R, SEATS>, (at, meals.clone(), seat))
    });
    arbiter.serve();
    let fed = philosophers.map(has_ended);
    let report: Vec<Death> = report.collect();
    let meals = eaten(&meals);
    for fork in 0..SEATS {
        // The philosophers at it are those of its own seat, and of the one before.
        let living = [fork, (fork + SEATS - 1) % SEATS].iter().filter(|seat| fed[**seat]).count();
        ensure(meals[fork] as usize >= living, "all_but_one", || format!("{meals:?} meals"))?;
    }
    let died = |death: &Death| !fed[death.seat];
    ensure(report.iter().all(died), "who_is_fed_lives", || format!("{report:?}"))?;
    Ok(format!("{meals:?} meals, {} dead", report.len()))
}

/// The arbiter of one seat may be killed wherever it is. Who sits there is fed, or told.
pub fn a_dead_arbiter_holds_nobody<R: Ruling>() -> Outcome {
    let (arbiter, [mut seat], ..) = set::<R, 1>();
    let arbiter = start(serve::<R>, arbiter);
    let fed = seat.dine(|| ()).is_ok();
    seat.leave();
    let served = has_ended(arbiter);
    ensure(fed || !served, "fed", || "nobody died".to_owned())?;
    Ok(format!("fed: {fed}"))
}

/// Two dine, one of them in a process, as the arbiter is; and one of these two may be killed.
pub fn whoever_dies_holds_nobody<R: Ruling>() -> Outcome {
    let (arbiter, [first, second], meals, report) = set::<R, 2>();
    let arbiter = start(serve::<R>, arbiter);
    let neighbour = start(dine::<R, 2>, (first, meals.clone(), 0));
    dine((second, meals.clone(), 1));
    let [fed, served] = [neighbour, arbiter].map(has_ended);
    let deaths = report.count();
    let [meals, _] = eaten(&meals);
    ensure(meals >= u32::from(served) + u32::from(served && fed), "fed", || format!("{meals} meals"))?;
    ensure(deaths == 0 || !fed, "who_is_fed_lives", || format!("{deaths} deaths"))?;
    Ok(format!("{meals} meals"))
}

/// How far the meal has come.
const EATS: u32 = 1;
const HAS_EATEN: u32 = 2;

fn dine_and_tell<R: Ruling>((mut at, meal): (Seat<R>, Region<AtomicU32>)) {
    let _ = at.dine(|| {
        meal.store(EATS, Relaxed);
        meal.store(HAS_EATEN, Relaxed);
    });
    at.leave();
}

/// A philosopher dines alone, and may be killed: who died over its meal had forks in hand, and who has left has not died.
pub fn the_report_says_who_died_at_what<R: Ruling>() -> Outcome {
    let (arbiter, [seat], _, report) = set::<R, 1>();
    let meal = Region::new(AtomicU32::new(0).named(format_args!("meal"))).expect("a region of a few bytes");
    let philosopher = start(dine_and_tell::<R>, (seat, meal.clone()));
    arbiter.serve();
    let fed = has_ended(philosopher);
    let report: Vec<Doing> = report.map(|death| death.doing).collect();
    // Ordering: Relaxed. The process has ended.
    let possible: &[&[Doing]] = match meal.load(Relaxed) {
        _ if fed => &[&[]],
        0 => &[&[Doing::Idle], &[Doing::Waiting], &[Doing::Eating]],
        EATS => &[&[Doing::Eating]],
        _ => &[&[Doing::Eating], &[Doing::Idle], &[]],
    };
    ensure(possible.contains(&&report[..]), "as_it_was", || format!("{report:?}"))?;
    Ok(format!("{report:?}"))
}
