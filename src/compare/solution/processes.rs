//! A pool of processes. At the table each worker is a process, and the forks lie in memory that all of them map.

use super::{eat_at_seats, tasks};
use crate::compare::hand::Share;
use crate::compare::work::{Kind, Work};
use crate::model::processes::executor::process_pool::ProcessPoolExecutor;
use crate::model::processes::queue::simple::{Sender, simple};
use crate::model::processes::table::ordered::Ordered;
use crate::port::Table;
use crate::sync::process;

pub(super) fn solve(work: &Work, workers: usize) -> Result<Vec<Share>, String> {
    if work.kind == Kind::Dining {
        return dine(work, workers).map_err(|error| error.to_string());
    }
    Ok(tasks::solve(&<ProcessPoolExecutor>::new(workers).expect("there are workers"), work))
}

type Seat = (Ordered, Work, usize, usize, Sender<Share>);

fn dine(work: &Work, workers: usize) -> std::io::Result<Vec<Share>> {
    let table = <Ordered>::with_seats(work.seats);
    let (sender, mut receiver) = simple()?;
    let philosopher = |(table, work, worker, workers, mut sender): Seat| {
        sender.put(&eat_at_seats(&table, &work, worker, workers)).expect("somebody waits for it");
    };
    let start = |worker| {
        process::spawn(philosopher, (table.clone(), work.clone(), worker, workers, sender.try_clone()?))
    };
    let processes: Vec<_> = (0..workers).map(start).collect::<Result<_, _>>()?;
    drop(sender);
    let shares = std::iter::from_fn(|| receiver.get().ok()).collect();
    for process in processes {
        let _ = process.wait()?;
    }
    Ok(shares)
}
