//! Threads that share nothing but channels: one sends the items, the others receive them.

use super::dine;
use crate::compare::hand::{Hand, Share};
use crate::compare::work::{Kind, Work};
use crate::model::channels::pattern::{Group, generator};
use crate::model::channels::queue::Channel;
use crate::model::channels::table::Ordered;
use crate::port::Table;
use std::sync::Arc;

pub(super) fn solve(work: &Work, workers: usize) -> Vec<Share> {
    if work.kind == Kind::Dining {
        return dine(&<Ordered>::with_seats(work.seats), work, workers);
    }
    let mut group = <Group>::new().with_room(workers);
    let items = generator(&mut group, 0..work.items);
    let shares = Arc::new(<Channel<_>>::new(workers));
    for number in 0..workers {
        let (work, items, shares) = (work.clone(), Arc::clone(&items), Arc::clone(&shares));
        group.go("worker", move || {
            let mut hand = Hand::new(&work, number);
            items.iter().for_each(|item| hand.item(item));
            shares.send(hand.finish()).expect("the channel is open");
        });
    }
    group.join();
    shares.close();
    shares.iter().collect()
}
