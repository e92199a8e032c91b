//! Threads under an interpreter lock: one computes at a time, and whoever waits does so without the lock. A number that is tried is a
//! bytecode. At the table one eats without the lock, as a library does that gives it back.

use super::dine;
use crate::compare::hand::{Hand, Share};
use crate::compare::work::{Kind, Work, is_prime};
use crate::model::gil::interpreter::cpython::Interpreter;
use crate::model::gil::table::Ordered;
use crate::port::Table;
use std::thread;

pub(super) fn solve(work: &Work, workers: usize) -> Vec<Share> {
    if work.kind == Kind::Dining {
        return dine(&<Ordered>::with_seats(work.seats), work, workers);
    }
    let interpreter = <Interpreter<_>>::new(0..work.items);
    let worker = |number| {
        let mut hand = Hand::new(work, number);
        let mut thread = interpreter.attach();
        while let Some(item) = thread.step(Iterator::next) {
            hand.timed(|hand| {
                let answer = if work.kind.asks() { thread.unlocked(|| hand.ask(item))? } else { 0 };
                let prime = |number| u64::from(thread.step(|_| is_prime(number)));
                Ok(answer + work.numbers(item).map(prime).sum::<u64>())
            });
        }
        drop(thread);
        hand.finish()
    };
    thread::scope(|scope| {
        let worker = &worker;
        let threads: Vec<_> = (0..workers).map(|number| scope.spawn(move || worker(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a worker does not panic")).collect()
    })
}
