//! Twins of the queues of processes.

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

/// The receiver of a [`Ring`](crate::model::processes::queue::ring::Ring) gives the room of a message back, and copies it then.
///
/// Twin of [`Whole`](crate::model::processes::queue::ring::Whole). The sender writes over what is being read; and where the receiver is
/// killed in between the message is lost.
#[derive(Debug)]
pub struct HeadFirst;

impl Passage for HeadFirst {
    const HEAD_FIRST: bool = true;
}
