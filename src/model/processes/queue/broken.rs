//! Twins of the queues of processes.

use crate::model::processes::lock::broken;
use crate::model::processes::lock::robust::Kept;
use crate::model::processes::queue::feeder::Care;
use crate::model::processes::queue::joinable::Bookkeeping;
use crate::model::processes::queue::mpmc::Recovery;
use crate::model::processes::queue::ring::Passage;
use crate::model::processes::queue::simple::Policy;

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

/// The lock of those who receive from a [`simple`](crate::model::processes::queue::simple) queue is not robust.
///
/// Twin of [`Sound`](crate::model::processes::queue::simple::Sound). A receiver that is killed while it waits for a message holds the
/// lock for ever, and the others starve: that of CPython's `multiprocessing` does so.
#[derive(Debug)]
pub struct ReaderStarvesOthers;

impl Policy for ReaderStarvesOthers {
    type Reading = broken::NotRobust;
}

/// A receiver from a [`simple`](crate::model::processes::queue::simple) queue takes what comes next for the rest of its message.
///
/// Twin of [`Sound`](crate::model::processes::queue::simple::Sound). Where a sender is killed in the middle of a message it is made up of
/// two: CPython's connections know of a length alone.
#[derive(Debug)]
pub struct TornIsWhole;

impl Policy for TornIsWhole {
    type Reading = Kept;
    const LOOKS_AT_MARKS: bool = false;
}

/// The thread of a [`Feeder`](crate::model::processes::queue::feeder::Feeder) ends with the first thing that it cannot send.
///
/// Twin of [`Careful`](crate::model::processes::queue::feeder::Careful). What was put after it never arrives: bpo-30414 of CPython.
#[derive(Debug)]
pub struct DiesOfIt;

impl Care for DiesOfIt {
    const GOES_ON: bool = false;
}

/// The process of a [`Feeder`](crate::model::processes::queue::feeder::Feeder) does not wait for its thread.
///
/// Twin of [`Careful`](crate::model::processes::queue::feeder::Careful). What is in the buffer when the process ends is lost, which is what
/// `cancel_join_thread` of CPython does.
#[derive(Debug)]
pub struct LeavesItBehind;

impl Care for LeavesItBehind {
    const IS_WAITED_FOR: bool = false;
}

/// Who joins a [`JoinableQueue`](crate::model::processes::queue::joinable::JoinableQueue) looks how many tasks were put, and then how many
/// have ended.
///
/// Twin of [`Exact`](crate::model::processes::queue::joinable::Exact). What was put meanwhile, and has ended, stands for what has
/// not: `join` returns too early.
#[derive(Debug)]
pub struct LooksAtPutFirst;

impl Bookkeeping for LooksAtPutFirst {
    const SUMS_FIRST: bool = false;
}

/// Who joins a [`JoinableQueue`](crate::model::processes::queue::joinable::JoinableQueue) does not ask who has died.
///
/// Twin of [`Exact`](crate::model::processes::queue::joinable::Exact). It waits for ever for a task that a dead worker had in hand, as
/// `multiprocessing.JoinableQueue` of CPython does.
#[derive(Debug)]
pub struct ForgetsTheDead;

impl Bookkeeping for ForgetsTheDead {
    const SETTLES: bool = false;
}

/// Who settles the account of a dead worker of a [`JoinableQueue`](crate::model::processes::queue::joinable::JoinableQueue) counts what is
/// lost, and writes down then that it has ended.
///
/// Twin of [`Exact`](crate::model::processes::queue::joinable::Exact). Where it is killed in between the next one counts the same
/// tasks once more.
#[derive(Debug)]
pub struct CountsTwice;

impl Bookkeeping for CountsTwice {
    const COUNTS_FIRST: bool = true;
}
