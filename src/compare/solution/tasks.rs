//! Tasks and their futures. Whether they are run by threads or by processes is said where the pool is made.

use crate::compare::hand::{Share, with_hand_of_this_thread};
use crate::compare::work::Work;
use crate::model::processes::executor::PortableExecutor;

pub(super) fn solve(pool: &impl PortableExecutor, work: &Work) -> Vec<Share> {
    let submit =
        |item| pool.submit(|(work, item)| with_hand_of_this_thread(&work, item), (work.clone(), item));
    let futures: Vec<_> = (0..work.items).map(|item| submit(item).expect("the pool is open")).collect();
    let shares = futures.iter().map(|future| future.result().expect("a task does not fail"));
    let shares = Share::by_worker(shares);
    pool.shutdown(true, false);
    shares
}
