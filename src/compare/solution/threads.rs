//! Threads that share memory: they take items from a queue.

use super::dine;
use crate::compare::hand::{Hand, Share};
use crate::compare::work::{Kind, Work};
use crate::model::threads::queue::Queue;
use crate::model::threads::table::Ordered;
use crate::port::Table;
use std::thread;

pub(super) fn solve(work: &Work, workers: usize) -> Vec<Share> {
    if work.kind == Kind::Dining {
        return dine(&<Ordered>::with_seats(work.seats), work, workers);
    }
    let queue: Queue<u32> = Queue::new(0);
    (0..work.items).for_each(|item| queue.put(item).expect("the queue is open"));
    queue.shutdown(false);
    let worker = |number| {
        let mut hand = Hand::new(work, number);
        while let Ok(item) = queue.get() {
            hand.item(item);
        }
        hand.finish()
    };
    thread::scope(|scope| {
        let worker = &worker;
        let threads: Vec<_> = (0..workers).map(|number| scope.spawn(move || worker(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a worker does not panic")).collect()
    })
}
