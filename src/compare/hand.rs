//! A worker's hand: does items, and notes when, and how long each took.

use super::usage;
use super::work::{REQUEST, Work, sum};
use crate::sync::thread;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::net::TcpStream;

/// What a worker has done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Share {
    /// Its process, as the system knows it.
    pub(super) process: u32,
    /// A number that no other worker of the process has.
    pub(super) worker: usize,
    /// When the first item was begun, in nanoseconds of the machine's clock.
    pub(super) began: u64,
    /// When the last one was done.
    pub(super) ended: u64,
    /// How many items.
    pub(super) items: u64,
    /// The sum of what came of them.
    pub(super) sum: u64,
    /// How long each took, in nanoseconds.
    pub(super) latencies: Vec<u64>,
    /// The most memory that its process had by then, in bytes.
    #[serde(default)]
    pub(super) memory: u64,
    /// What went wrong first.
    #[serde(default)]
    pub(super) trouble: Option<String>,
}

impl Share {
    /// Adds what else the same worker has done.
    fn add(&mut self, other: Self) {
        if self.items == 0 {
            self.began = other.began;
        }
        self.began = self.began.min(other.began);
        self.ended = self.ended.max(other.ended);
        self.items += other.items;
        self.sum += other.sum;
        self.latencies.extend(other.latencies);
        self.memory = self.memory.max(other.memory);
        self.trouble = self.trouble.take().or(other.trouble);
    }

    const fn is_of_same_worker(&self, other: &Self) -> bool {
        self.process == other.process && self.worker == other.worker
    }

    /// One share for each worker.
    #[must_use]
    pub(super) fn by_worker(parts: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut shares: Vec<Self> = Vec::new();
        for part in parts {
            match shares.iter_mut().find(|share| share.is_of_same_worker(&part)) {
                Some(share) => share.add(part),
                None => shares.push(part),
            }
        }
        shares
    }
}

/// Does items of a work, one after the other.
///
/// What goes wrong is noted in the share, and then nothing more is done.
#[derive(Debug)]
pub(super) struct Hand {
    work: Work,
    connection: Option<TcpStream>,
    share: Share,
}

impl Hand {
    /// A hand for this worker.
    #[must_use]
    pub(super) fn new(work: &Work, worker: usize) -> Self {
        Self { work: work.clone(), connection: None, share: nothing_yet(worker) }
    }

    /// Does an item.
    pub(super) fn item(&mut self, item: u32) {
        self.timed(|hand| {
            let answer = if hand.work.kind.asks() { hand.ask(item)? } else { 0 };
            Ok(answer + hand.work.primes(item))
        });
    }

    /// Notes how long this takes, and what comes of it: an item is done in a way of its own.
    pub(super) fn timed(&mut self, item: impl FnOnce(&mut Self) -> io::Result<u64>) {
        if self.share.trouble.is_none() {
            let began = usage::clock();
            let result = item(self);
            self.note(began, result);
        }
    }

    /// Notes an item that was begun at this moment of [`usage::clock`].
    pub(super) fn note(&mut self, began: u64, result: io::Result<u64>) {
        let ended = usage::clock();
        let part = Share { began, ended, items: 1, latencies: vec![ended - began], ..Share::default() };
        self.share.add(match result {
            Ok(sum) => Share { sum, ..part },
            Err(error) => Share { trouble: Some(error.to_string()), ..part },
        });
    }

    /// Asks the server, and waits for its answer.
    ///
    /// # Errors
    /// The file cannot be read, or the server cannot be reached.
    pub(super) fn ask(&mut self, item: u32) -> io::Result<u64> {
        let request = self.work.request(item)?;
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(connect(&self.work)?),
        };
        connection.write_all(&request)?;
        let mut answer = [0; REQUEST];
        connection.read_exact(&mut answer)?;
        Ok(sum(&answer))
    }

    /// What was done.
    #[must_use]
    pub(super) fn finish(self) -> Share {
        Share { memory: usage::peak_memory(), ..self.share }
    }
}

fn connect(work: &Work) -> io::Result<TcpStream> {
    let connection = TcpStream::connect(work.server)?;
    connection.set_nodelay(true)?;
    Ok(connection)
}

/// Does an item with the hand of this thread, which stays for the next one, and gives what was done.
///
/// So a task of a pool finds the connection of its worker.
#[must_use]
pub(super) fn with_hand_of_this_thread(work: &Work, item: u32) -> Share {
    thread_local! { static MINE: RefCell<Option<Hand>> = const { RefCell::new(None) } }
    MINE.with_borrow_mut(|mine| {
        let is_first = mine.is_none();
        let hand = mine.get_or_insert_with(|| Hand::new(work, thread::place()));
        hand.item(item);
        let fresh = nothing_yet(hand.share.worker);
        let share = std::mem::replace(&mut hand.share, fresh);
        // To ask for it costs as much as a small item.
        let memory = if is_first { usage::peak_memory() } else { 0 };
        Share { memory, ..share }
    })
}

/// The share of a worker of this process, before it has done anything.
fn nothing_yet(worker: usize) -> Share {
    Share { process: std::process::id(), worker, ..Share::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_one_worker_are_one() {
        let part = |worker, began, ended| Share {
            worker,
            began,
            ended,
            items: 1,
            sum: 2,
            latencies: vec![ended - began],
            ..Share::default()
        };
        let shares = Share::by_worker([part(1, 10, 12), part(2, 11, 15), part(1, 12, 13)]);
        let first = Share {
            worker: 1,
            began: 10,
            ended: 13,
            items: 2,
            sum: 4,
            latencies: vec![2, 1],
            ..Share::default()
        };
        assert_eq!(shares, [first, part(2, 11, 15)]);
    }

    #[test]
    fn what_goes_wrong_is_noted_once() {
        let server = ([127, 0, 0, 1], 1).into();
        let kind = crate::compare::Kind::Io;
        let work = Work { kind, items: 2, seats: 2, files: "no such directory".into(), server };
        let mut hand = Hand::new(&work, 3);
        hand.item(0);
        hand.item(1);
        let share = hand.finish();
        assert_eq!((share.worker, share.items), (3, 1));
        assert!(share.trouble.is_some());
    }
}
