//! Rows of tables whose philosophers send each other messages.
//!
//! | promise | row |
//! |---|---|
//! | no circle of philosophers precede each other | [`precedence_stays_acyclic`] |
//! | who does not dine gives its forks away | [`who_does_not_dine_answers`] |
//! | the forks of the dead are put down | [`the_forks_of_the_dead_are_put_down`] |

use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::actors::actor::DeadLetters;
use crate::model::actors::actor::supervisor::{Strategy, Supervisor};
use crate::model::actors::table::hygienic::{Hygienic, Manners};
use crate::model::actors::table::supervised::{Care, Supervised};
use crate::port::Table;
use std::sync::Arc;

/// Two of three dine, in each order, and then there is no circle; so it is before the third one does, and after.
pub fn precedence_stays_acyclic<M: Manners>() -> Outcome {
    let table = Arc::new(Hygienic::<M>::with_seats(3));
    let acyclic = |table: &Hygienic<M>| {
        let precedence = table.precedence();
        ensure(table.is_acyclic(), "acyclic", || format!("{precedence:?}"))?;
        Ok(precedence)
    };
    acyclic(&table)?;
    let diners = [0, 1].map(|seat| {
        let table = table.clone();
        spawn(&format!("philosopher {seat}"), move || table.dine(seat, &mut || ()))
    });
    diners.into_iter().for_each(join);
    let after = acyclic(&table)?;
    table.dine(2, &mut || ());
    let last = acyclic(&table)?;
    ensure(!last[2] && last[0], "who_has_eaten_comes_last", || format!("{last:?}"))?;
    Ok(format!("{after:?}"))
}

/// One of three dines, twice: its neighbours have no thread.
pub fn who_does_not_dine_answers<M: Manners>() -> Outcome {
    let table = Arc::new(Hygienic::<M>::with_seats(3));
    let diner = spawn("philosopher 2", {
        let table = table.clone();
        move || {
            let mut meals = 0;
            (0..2).for_each(|_| table.dine(2, &mut || meals += 1));
            meals
        }
    });
    let meals = join(diner);
    ensure(meals == 2, "fed", || format!("{meals} meals"))?;
    Ok(String::new())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dish {
    Soup,
    Fish,
}

/// A philosopher dies of a fish bone, and its neighbour has soup with both forks.
pub fn the_forks_of_the_dead_are_put_down<C: Care>() -> Outcome {
    let (table, dead) = (Arc::new(Supervised::<C>::with_seats(2)), DeadLetters::new());
    let mut supervisor = Supervisor::new(Strategy::OneForOne, 1);
    let eat = |&dish: &Dish| assert_ne!(dish, Dish::Fish, "a bone");
    let philosopher = table.seat(0, &mut supervisor, &dead, eat);
    let sent = philosopher.send(Dish::Fish);
    philosopher.drain();
    let neighbour = spawn("neighbour", {
        let table = table.clone();
        move || table.dine(1, &mut || eat(&Dish::Soup))
    });
    let ended = supervisor.start().join();
    join(neighbour);
    let (dead, precedence) = (dead.take(), table.table().precedence());
    ensure(sent == Ok(()) && ended == Ok(()), "within_the_budget", || format!("{sent:?}, {ended:?}"))?;
    ensure(dead == [Dish::Fish], "dead_letters", || format!("{dead:?}"))?;
    ensure(table.table().is_acyclic(), "acyclic", || format!("{precedence:?}"))?;
    Ok(format!("{precedence:?}"))
}
