//! A pool of threads. At the table the philosophers are tasks that never wait for a fork.

use super::{dine, tasks};
use crate::compare::hand::Share;
use crate::compare::work::{Kind, Work};
use crate::model::pool::executor::thread_pool::ThreadPoolExecutor;
use crate::model::pool::table::state_machines::StateMachines;
use crate::port::Table;

pub(super) fn solve(work: &Work, workers: usize) -> Vec<Share> {
    if work.kind == Kind::Dining {
        return dine(&StateMachines::with_seats(work.seats), work, workers);
    }
    tasks::solve(&<ThreadPoolExecutor>::new(workers).expect("there are workers"), work)
}
