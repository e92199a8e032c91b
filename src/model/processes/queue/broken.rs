//! Twins of the queues of processes.

use crate::model::processes::lock::broken;
use crate::model::processes::lock::robust::Kept;
use crate::model::processes::queue::mpmc::Recovery;
use crate::model::processes::queue::ring::Passage;

/// The sender of a [`Ring`](crate::model::processes::queue::ring::Ring) publishes a message, and writes it then.
///
/// Twin of [`Whole`](crate::model::processes::queue::ring::Whole). The receiver reads what is not there yet; and where the sender is
/// killed in between it never will be.
#[derive(Debug)]
pub struct TailFirst;

impl Passage for TailFirst {
    const TAIL_FIRST: bool = true;
}

impl Recovery for TailFirst {
    type Locks = Kept;
}

/// The receiver of a [`Ring`](crate::model::processes::queue::ring::Ring) gives the room of a message back, and copies it then.
///
/// Twin of [`Whole`](crate::model::processes::queue::ring::Whole). The sender writes over what is being read; and where the receiver is
/// killed in between the message is lost.
#[derive(Debug)]
pub struct HeadFirst;

impl Passage for HeadFirst {
    const HEAD_FIRST: bool = true;
}

impl Recovery for HeadFirst {
    type Locks = Kept;
}

/// Who comes after a dead sender of an [`Mpmc`](crate::model::processes::queue::mpmc::Mpmc) counts its message as lost, and writes down then
/// that nobody sends it any more.
///
/// Twin of [`Whole`](crate::model::processes::queue::ring::Whole). Where it is killed in between the next one counts the same
/// message once more.
#[derive(Debug)]
pub struct CountsFirst;

impl Passage for CountsFirst {}

impl Recovery for CountsFirst {
    type Locks = Kept;
    const COUNTS_FIRST: bool = true;
}

/// The kernel is told nothing of the locks of an [`Mpmc`](crate::model::processes::queue::mpmc::Mpmc).
///
/// Twin of [`Whole`](crate::model::processes::queue::ring::Whole). A process that is killed while it waits for a message has the
/// receivers' lock for ever, and the others find nothing, although it is there; so it is with CPython's `multiprocessing.Queue`. Of
/// one that is killed while it sends, the others wait for ever.
#[derive(Debug)]
pub struct NotRobust;

impl Passage for NotRobust {}

impl Recovery for NotRobust {
    type Locks = broken::NotRobust;
}
