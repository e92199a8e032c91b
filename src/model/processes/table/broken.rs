//! Twins of the tables of processes.

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
