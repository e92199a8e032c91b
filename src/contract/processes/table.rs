//! Rows of tables whose philosophers are processes, which may be killed.
//!
//! | promise | row |
//! |---|---|
//! | of a dead philosopher the forks come back, and the others dine on | [`a_dead_philosopher_gives_its_forks_back`] |
//! | the same with three at the table | [`everybody_else_dines`] |
//! | it is known who died with what in hand, even if who repairs it dies as well | [`the_report_says_who_died`] |

use super::lock::{has_ended, start};
use crate::contract::ensure;
use crate::engine::Outcome;
use crate::model::processes::table::ordered::{Death, Manners, Ordered};
use crate::port::Table;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::process::{Process, point};
use crate::sync::region::Region;
use std::collections::BTreeSet;

fn dine<M: Manners>((table, seat): (Ordered<M>, usize)) {
    table.dine(seat, &mut || ());
}

/// So many dine, and may die: how many are fed.
fn fed<M: Manners>(table: &Ordered<M>) -> usize {
    let philosophers: Vec<Process> =
        (0..table.seats()).map(|seat| start(dine::<M>, (table.clone(), seat))).collect();
    philosophers.into_iter().map(has_ended).filter(|fed| *fed).count()
}

/// Two dine, and may be killed wherever they are. Who lives is fed, and whoever takes the seats then.
pub fn a_dead_philosopher_gives_its_forks_back<M: Manners>() -> Outcome {
    let table = Ordered::<M>::with_seats(2);
    let fed = fed(&table);
    dine((table.clone(), 0));
    let dead = table.report().len();
    ensure(fed < 2 || dead == 0, "nobody_died", || format!("{dead} forks of the dead"))?;
    Ok(format!("{fed} fed, {dead} forks of the dead"))
}

/// The same with three.
pub fn everybody_else_dines<M: Manners>() -> Outcome {
    let fed = fed(&Ordered::<M>::with_seats(3));
    Ok(format!("{fed} fed"))
}

/// How far the meals of both seats have come.
type Meals = Region<[AtomicU32; 2]>;

const EATS: u32 = 1;

fn dine_and_tell<M: Manners>((table, meals, seat): (Ordered<M>, Meals, usize)) {
    table.dine(seat, &mut || {
        meals[seat].store(EATS, Relaxed);
        point("in the middle of a meal");
        meals[seat].store(EATS + 1, Relaxed);
    });
}

/// One dines after the other, and both may be killed, the second over what the first has left. Who died over its meal is named, with
/// both forks; who was fed is not.
pub fn the_report_says_who_died<M: Manners>() -> Outcome {
    let table = Ordered::<M>::with_seats(2);
    let meals = [0, 1].map(|seat| AtomicU32::new(0).named(format_args!("meal of {seat}")));
    let meals = Region::new(meals).expect("a region of a few bytes");
    let fed = [0, 1].map(|seat| has_ended(start(dine_and_tell::<M>, (table.clone(), meals.clone(), seat))));
    let report = table.report();
    for seat in 0..2 {
        let of: Vec<&Death> = report.iter().filter(|death| death.seat == seat).collect();
        ensure(!fed[seat] || of.is_empty(), "who_is_fed_lives", || format!("{of:?} of philosopher {seat}"))?;
        let died_over_it = meals[seat].load(Relaxed) == EATS;
        let both = of.iter().filter(|death| death.over_a_meal).count() == 2;
        ensure(!died_over_it || both, "named", || {
            format!("{of:?} of philosopher {seat}, who died over its meal")
        })?;
    }
    let named: BTreeSet<usize> = report.iter().map(|death| death.seat).collect();
    Ok(format!("named: {named:?}"))
}
