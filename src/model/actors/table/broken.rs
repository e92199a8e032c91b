//! Twins of the [tables](crate::model::actors::table).

use super::hygienic::Manners;
use super::supervised::Care;

/// Who is hungry keeps every fork that it has, clean or not.
///
/// Twin of [`Hygienic`](super::Hygienic). Nobody precedes anybody any more: each has one fork, and waits for the other one, which the neighbour
/// keeps as well.
#[derive(Clone, Copy, Debug)]
pub struct Naive;

impl Manners for Naive {
    const GIVES_WHILE_HUNGRY: bool = false;
}

/// A new life does not put down the forks of the one before.
///
/// Twin of [`Supervised`](super::Supervised). The neighbours wait for a fork that is in the hands of the dead.
#[derive(Clone, Copy, Debug)]
pub struct LeavesForksInHand;

impl Care for LeavesForksInHand {
    const CLEARS: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::actors::table::{Hygienic, Supervised};
    use crate::port::Table;

    fn smoke<T: Table>() {
        let table = T::with_seats(2);
        let mut meals = 0;
        (0..2).for_each(|seat| table.dine(seat, &mut || meals += 1));
        assert_eq!(meals, 2);
    }

    #[test]
    fn twins_feed_who_sits_alone() {
        smoke::<Hygienic<Naive>>();
        smoke::<Supervised<LeavesForksInHand>>();
    }
}
