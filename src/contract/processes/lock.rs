//! Rows of locks between processes, which may be killed.
//!
//! | promise | row |
//! |---|---|
//! | a killed holder gives the lock back, and the next one is told; what it wrote under the lock is wholly there after a repair | [`a_killed_holder_is_told_of`] |
//! | where nobody repairs, the lock is lost to all | [`what_nobody_repairs_is_lost`] |
//! | everybody else gets it, whoever is killed where | [`everybody_else_gets_it`] |
//! | who sleeps is not passed for ever by one that comes back at once, whoever is killed where | [`who_sleeps_is_not_passed_for_ever`] |
//! | nor is any of several who sleep, where nobody is killed | [`each_who_sleeps_has_its_turn`] |
//! | a killed holder of a permit gives it back, and no permit has two holders | [`a_killed_holder_gives_its_permit_back`] |
//! | whoever gives a permit back wakes one who waits, whichever permit it is | [`any_permit_wakes`] |
//! | everybody else gets a permit, whoever is killed where | [`everybody_else_gets_a_permit`] |
//! | nor is one who waits for a permit passed for ever | [`who_waits_is_not_passed_for_ever`] |
//!
//! On real cores nobody is killed here: that is the nemesis's part (`verify/processes/lock.rs`).

use crate::contract::ensure;
use crate::engine::Outcome;
use crate::model::processes::lock::robust::{Locked, NotRecoverable, RobustLock, Rules};
use crate::model::processes::lock::semaphore::{Semaphore, Waiting};
use crate::sync::UnsafeCell;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::process::{Exit, Process, spawn};
use crate::sync::region::{Region, shared};
use crate::sync::{hint, thread};

shared! {
    /// Two numbers that are the same, unless somebody is writing them.
    struct Meals {
        begun: AtomicU32,
        ended: AtomicU32,
    }
}

type Table<R> = (Region<RobustLock<R>>, Region<Meals>);

fn table<R: Rules>() -> Table<R> {
    let meals = Meals {
        begun: AtomicU32::new(0).named(format_args!("begun")),
        ended: AtomicU32::new(0).named(format_args!("ended")),
    };
    let region = "a region of a few bytes";
    (
        Region::new(RobustLock::new().named(format_args!("fork"))).expect(region),
        Region::new(meals).expect(region),
    )
}

pub(in crate::contract) fn start<A>(entry: impl FnOnce(A) + Copy + Send + 'static, argument: A) -> Process
where
    A: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    spawn(entry, argument).expect("there is room for a process")
}

/// Whether the process has come to its end. If it has not, it was killed.
///
/// # Panics
/// If it has ended in another way.
pub(in crate::contract) fn has_ended(process: Process) -> bool {
    match process.wait().expect("it began") {
        Exit::Code(0) => true,
        Exit::Killed(_) => false,
        exit @ Exit::Code(_) => panic!("a process has ended with {exit}"),
    }
}

/// A meal that was begun and not ended is taken back.
fn repair(meals: &Meals, found: Locked<'_>) {
    if let Locked::OwnerDied(left) = found {
        // Ordering: Relaxed, here and below; all is under the lock.
        meals.begun.store(meals.ended.load(Relaxed), Relaxed);
        left.consistent();
    }
}

fn dine<R: Rules>((lock, meals): Table<R>) {
    let dined = lock.lock(|found| {
        repair(&meals, found);
        let meal = meals.ended.load(Relaxed) + 1;
        meals.begun.store(meal, Relaxed);
        meals.ended.store(meal, Relaxed);
    });
    dined.expect("who finds something broken repairs it");
}

/// Two dine, and either may be killed: whoever comes then repairs, every meal that was told of is there, and none is half there.
pub fn a_killed_holder_is_told_of<R: Rules>() -> Outcome {
    let (lock, meals) = table::<R>();
    let philosophers = [(); 2].map(|()| start(dine::<R>, (lock.clone(), meals.clone())));
    let fed = philosophers.map(has_ended).into_iter().filter(|fed| *fed).count() as u32;
    let seen = lock.lock(|found| {
        repair(&meals, found);
        (meals.begun.load(Relaxed), meals.ended.load(Relaxed))
    });
    let (begun, ended) = seen.expect("who finds something broken repairs it");
    ensure(begun == ended, "whole", || format!("{begun} begun, {ended} ended"))?;
    ensure((fed..=2).contains(&ended), "durable", || format!("{fed} are fed, {ended} meals"))?;
    Ok(format!("{fed} fed, {ended} meals"))
}

fn look_away<R: Rules>((lock, meals): Table<R>) {
    let told = lock.lock(|found| matches!(found, Locked::OwnerDied(_)));
    meals.begun.store(u32::from(told == Ok(true)), Relaxed);
}

/// One holds the lock and may be killed, and who comes next does not say that all is well: then nobody else gets it.
pub fn what_nobody_repairs_is_lost<R: Rules>() -> Outcome {
    let (lock, meals) = table::<R>();
    let hold = |lock: Region<RobustLock<R>>| lock.lock(|_| ()).expect("nobody has died before");
    let holder = start(hold, lock.clone());
    let holds = has_ended(holder);
    let looked = has_ended(start(look_away::<R>, (lock.clone(), meals.clone())));
    let told = meals.begun.load(Relaxed) == 1;
    let found = [(); 2].map(|()| lock.lock(|found| repair(&meals, found)));
    ensure(!told || found == [Err(NotRecoverable); 2], "lost", || format!("{found:?} after a dead holder"))?;
    ensure(!holds || !looked || found == [Ok(()); 2], "kept", || format!("{found:?}, and nobody died"))?;
    Ok(if told { "lost" } else { "kept" }.to_owned())
}

fn pass<R: Rules>(lock: Region<RobustLock<R>>) {
    let passed = lock.lock(|found| match found {
        Locked::OwnerDied(left) => left.consistent(),
        Locked::Consistent => (),
    });
    passed.expect("who finds something broken repairs it");
}

/// Three want the lock, and whoever is killed where: the others get it.
pub fn everybody_else_gets_it<R: Rules>() -> Outcome {
    let (lock, _) = table::<R>();
    let processes = [(); 3].map(|()| start(pass::<R>, lock.clone()));
    let passed = processes.map(has_ended).into_iter().filter(|passed| *passed).count();
    Ok(format!("{passed} passed"))
}

/// One holds the lock while another one comes, which may be killed, and wants it again at once. How often the other one is passed is
/// looked after by the rules.
pub fn who_sleeps_is_not_passed_for_ever<R: Rules>() -> Outcome {
    let (lock, _) = table::<R>();
    let sleeper = lock.lock(|_| start(pass::<R>, lock.clone())).expect("nobody has died before");
    pass(lock.clone());
    Ok(if has_ended(sleeper) { "passed" } else { "killed" }.to_owned())
}

/// Two sleep when one gives the lock back, which wants it again at once: it gets it after both. They are threads, so that nobody is killed.
pub fn each_who_sleeps_has_its_turn<R: Rules>() -> Outcome {
    let (lock, meals) = table::<R>();
    let come = |_: Locked<'_>| {
        [1, 2].map(|sleepers| {
            let table = (lock.clone(), meals.clone());
            let sleeper = thread::spawn(move || eat_in_turn(&table));
            hint::spin_until(1, || lock.sleepers() == sleepers);
            sleeper
        })
    };
    let sleepers = lock.lock(come).expect("nobody dies");
    let own = eat_in_turn(&(lock, meals));
    let theirs = sleepers.map(|sleeper| sleeper.join().expect("nobody panics"));
    ensure(own == 2, "each_in_turn", || {
        format!("who came later ate as number {own}, sleepers as {theirs:?}")
    })?;
    Ok(format!("{theirs:?}"))
}

/// How many have eaten before.
fn eat_in_turn<R: Rules>((lock, meals): &Table<R>) -> u32 {
    lock.lock(|_| meals.begun.fetch_add(1, Relaxed)).expect("nobody dies")
}

type Seats<const PERMITS: usize, R> = Region<Semaphore<PERMITS, R>>;

fn seats<const PERMITS: usize, R: Waiting>() -> Seats<PERMITS, R> {
    Region::new(Semaphore::new()).expect("a region of a few bytes")
}

shared! {
    /// What is on a seat, which nothing guards but the permit.
    struct Soup {
        eaten: UnsafeCell<u32>,
    }
}

// SAFETY: that its accesses are ordered is what the row is about; the engine looks whether they are.
unsafe impl Sync for Soup {}

fn sit<R: Waiting>((seats, soup): (Seats<1, R>, Region<Soup>)) {
    // SAFETY: the pointer is valid for the call; see above.
    seats.acquire(|_| soup.eaten.with_mut(|eaten| unsafe { *eaten += 1 }));
}

/// Two want the only permit, and may be killed wherever they are: who lives gets it, and whoever comes then.
pub fn a_killed_holder_gives_its_permit_back<R: Waiting>() -> Outcome {
    let (seats, soup) = (seats::<1, R>(), Soup { eaten: UnsafeCell::new(0).named(format_args!("soup")) });
    let soup = Region::new(soup).expect("a region of a few bytes");
    let processes = [(); 2].map(|()| start(sit::<R>, (seats.clone(), soup.clone())));
    let sat = processes.map(has_ended).into_iter().filter(|sat| *sat).count();
    let free = seats.try_acquire(|_| seats.try_acquire(|_| ()));
    ensure(free == Some(None), "one_permit", || format!("{free:?} in the end"))?;
    Ok(format!("{sat} sat"))
}

fn take_one<const PERMITS: usize, R: Waiting>(seats: Seats<PERMITS, R>) {
    seats.acquire(|_| ());
}

/// Somebody waits while this one has all permits, and gives one of them back and then the other; or it is killed.
pub fn any_permit_wakes<R: Waiting>() -> Outcome {
    let seats = seats::<2, R>();
    let (first, waiter) = seats.acquire(|first| {
        let waiter = seats.acquire(|_| start(take_one::<2, R>, seats.clone()));
        // This one still has the permit at which the other one sleeps.
        (first, has_ended(waiter))
    });
    let free = seats.try_acquire(|_| seats.try_acquire(|_| ()));
    ensure(first == 0 && free == Some(Some(())), "all_permits", || format!("{free:?} in the end"))?;
    Ok(if waiter { "woken" } else { "killed" }.to_owned())
}

/// Three want one of two permits, and whoever is killed where: the others get one.
pub fn everybody_else_gets_a_permit<R: Waiting>() -> Outcome {
    let seats = seats::<2, R>();
    let processes = [(); 3].map(|()| start(take_one::<2, R>, seats.clone()));
    let passed = processes.map(has_ended).into_iter().filter(|passed| *passed).count();
    let free = seats.try_acquire(|_| seats.try_acquire(|_| ()));
    ensure(free == Some(Some(())), "all_permits", || format!("{free:?} in the end"))?;
    Ok(format!("{passed} passed"))
}

/// So often one may be passed that waits.
const AT_MOST: u64 = 1;

/// One holds the only permit while another one comes, which may be killed, and wants it again at once.
pub fn who_waits_is_not_passed_for_ever<R: Waiting>() -> Outcome {
    let seats = seats::<1, R>();
    let waiter = seats.acquire(|_| start(take_one::<1, R>, seats.clone()));
    let passed = seats.passed();
    seats.acquire(|_| ());
    let passed = passed.max(seats.passed());
    let ended = has_ended(waiter);
    ensure(!ended || passed <= AT_MOST, "in_turn", || format!("one that waited was passed {passed} times"))?;
    Ok(format!("passed {passed} times{}", if ended { "" } else { ", killed" }))
}
