//! Twins of the tables of processes.

use crate::model::processes::table::arbiter::{LEFT, RIGHT, Ruling};
use crate::model::processes::table::ordered::Manners;

/// Everybody takes the left fork of an [`Ordered`](crate::model::processes::table::ordered::Ordered) table first.
///
/// Twin of [`Correct`](crate::model::processes::table::ordered::Correct). All hold their left forks, and wait for the right ones.
#[derive(Debug)]
pub struct LeftFirst;

impl Manners for LeftFirst {
    fn order(left: usize, right: usize) -> [usize; 2] {
        [left, right]
    }
}

/// Who takes a fork of an [`Ordered`](crate::model::processes::table::ordered::Ordered) table from the dead says that all is well.
///
/// Twin of [`Correct`](crate::model::processes::table::ordered::Correct). The fork stays in the hand of the dead. So it is where
/// `pthread_mutex_consistent` is called because the next lock fails without it.
#[derive(Debug)]
pub struct ForgetsRepair;

impl Manners for ForgetsRepair {
    const REPAIRS: bool = false;
}

/// Who takes a fork of an [`Ordered`](crate::model::processes::table::ordered::Ordered) table from the dead takes it out of their hand,
/// and notes then who they were.
///
/// Twin of [`Correct`](crate::model::processes::table::ordered::Correct). Where it is killed in between nobody knows of the first one: a
/// repair that was broken off does not do the same the second time.
#[derive(Debug)]
pub struct FreesFirst;

impl Manners for FreesFirst {
    const FREES_FIRST: bool = true;
}

/// The philosophers of an [`Arbiter`](crate::model::processes::table::arbiter::Arbiter) ask for the left fork, and for the right one then.
///
/// Twin of [`Just`](crate::model::processes::table::arbiter::Just). All are granted their left forks, and wait for the right ones: an
/// arbiter alone is no order.
#[derive(Debug)]
pub struct ForkByFork;

impl Ruling for ForkByFork {
    const REQUESTS: &[u8] = &[LEFT, RIGHT];
}

/// An [`Arbiter`](crate::model::processes::table::arbiter::Arbiter) does not wait until a fork is returned before it grants it to the next.
///
/// Twin of [`Just`](crate::model::processes::table::arbiter::Just). Neighbours eat together.
#[derive(Debug)]
pub struct GrantsTooEarly;

impl Ruling for GrantsTooEarly {
    const WAITS_FOR_RETURN: bool = false;
}

/// An [`Arbiter`](crate::model::processes::table::arbiter::Arbiter) notes who has died, and leaves the forks where they are.
///
/// Twin of [`Just`](crate::model::processes::table::arbiter::Just). The neighbours of the dead wait for ever, as they do for a lease
/// that nobody ends.
#[derive(Debug)]
pub struct KeepsForks;

impl Ruling for KeepsForks {
    const TAKES_BACK: bool = false;
}
