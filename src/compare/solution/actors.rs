//! Actors: a foreman sends an item to each worker that says it is ready. At the table philosophers send forks to each other.

use super::dine;
use crate::compare::hand::{Hand, Share};
use crate::compare::work::{Kind, Work};
use crate::model::actors::actor::{Actor, Address, DeadLetters, Failed, spawn};
use crate::model::actors::table::Hygienic;
use crate::port::Table;
use std::ops::Range;

pub(super) fn solve(work: &Work, workers: usize) -> Vec<Share> {
    if work.kind == Kind::Dining {
        return dine(&<Hygienic>::with_seats(work.seats), work, workers);
    }
    let foreman =
        spawn("foreman", Foreman { items: 0..work.items, left: workers }, None, &DeadLetters::new());
    let hire = |number| {
        let worker = Worker { hand: Hand::new(work, number), foreman: foreman.address().clone() };
        let worker = spawn("worker", worker, None, &DeadLetters::new());
        foreman.address().send(Ready(worker.address().clone())).expect("the foreman is there");
        worker
    };
    let workers: Vec<_> = (0..workers).map(hire).collect();
    let shares = workers.into_iter().map(|worker| worker.join().expect("it does not fail").hand.finish());
    let shares = shares.collect();
    foreman.join().expect("it does not fail");
    shares
}

/// A worker has nothing to do.
#[derive(Debug)]
struct Ready(Address<u32>);

struct Foreman {
    items: Range<u32>,
    left: usize,
}

impl Actor for Foreman {
    type Message = Ready;

    fn handle(&mut self, Ready(worker): &mut Ready, me: &Address<Ready>) -> Result<(), Failed> {
        if let Some(item) = self.items.next() {
            return worker.send(item).map_err(|_| Failed);
        }
        worker.drain();
        self.left -= 1;
        if self.left == 0 {
            me.drain();
        }
        Ok(())
    }
}

struct Worker {
    hand: Hand,
    foreman: Address<Ready>,
}

impl Actor for Worker {
    type Message = u32;

    fn handle(&mut self, item: &mut u32, me: &Address<u32>) -> Result<(), Failed> {
        self.hand.item(*item);
        self.foreman.send(Ready(me.clone())).map_err(|_| Failed)
    }
}
