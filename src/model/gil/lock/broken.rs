//! Twins of the interpreter lock.

use crate::model::gil::lock::cpython::Policy;

/// Who drops the lock on request does not wait for the switch.
///
/// Twin of [`Cpython`](super::cpython::Cpython). It runs on, is first to the mutex, and takes the lock again before the waiter that it woke has come: the
/// convoy that forced switching is for. Source: David Beazley, "Understanding the Python GIL", PyCon 2010.
#[derive(Debug)]
pub struct NoForcedSwitch;

impl Policy for NoForcedSwitch {
    const FORCES_SWITCHES: bool = false;
}

/// Who drops the lock finds that it has to wait for the switch, and begins to wait a moment later.
///
/// Twin of [`Cpython`](super::cpython::Cpython). In between the waiter takes the lock and signals the switch to nobody: the dropper waits for a signal that
/// has passed. It is what a note in `drop_gil` warns of.
#[derive(Debug)]
pub struct WaitsLate;

impl Policy for WaitsLate {
    const WAITS_AT_ONCE: bool = false;
}

/// A waiter asks whenever its interval is over, though the lock went to somebody else in the meantime.
///
/// Twin of [`Cpython`](super::cpython::Cpython). The new holder is asked to drop the lock that it has only just taken: the more waiters, the shorter the turns.
#[derive(Debug)]
pub struct AsksNewHolders;

impl Policy for AsksNewHolders {
    const GRANTS_AN_INTERVAL: bool = false;
}

/// A waiter gives up, and its request stays.
///
/// Twin of [`Cpython`](super::cpython::Cpython). Who drops the lock next waits for a switch to a thread that is gone. Source: python/cpython#96387.
#[derive(Debug)]
pub struct RequestLeftBehind;

impl Policy for RequestLeftBehind {
    const WITHDRAWS: bool = false;
}

/// Who drops the lock for the last time looks afterwards whether it was asked for.
///
/// Twin of [`Cpython`](super::cpython::Cpython). By then another thread may have ended the interpreter, to which the request belongs. Source:
/// python/cpython#104341.
#[derive(Debug)]
pub struct TouchedAfterRelease;

impl Policy for TouchedAfterRelease {
    const LEAVES_AT_ONCE: bool = false;
}
