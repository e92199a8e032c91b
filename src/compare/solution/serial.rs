//! One item after the other: what the models are measured against. At the table one eats alone, and there are no forks.

use crate::compare::hand::{Hand, Share};
use crate::compare::work::Work;

pub(super) fn solve(work: &Work) -> Vec<Share> {
    let mut hand = Hand::new(work, 0);
    (0..work.items).for_each(|item| hand.item(item));
    vec![hand.finish()]
}
