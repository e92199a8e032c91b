//! The solutions: how the work is done in each model. What is read here is what is run, shown on the page, and counted.

mod actors;
mod channels;
mod coroutines;
mod gil;
#[cfg(feature = "processes")]
mod pool;
#[cfg(feature = "processes")]
mod processes;
mod serial;
#[cfg(feature = "processes")]
mod tasks;
mod threads;

use super::hand::{Hand, Share};
use super::model::Model;
use super::work::Work;
use crate::port::Table;

/// Does the work with so many workers.
///
/// # Errors
/// This build has no solution in this model.
pub(super) fn solve(model: Model, work: &Work, workers: usize) -> Result<Vec<Share>, String> {
    Ok(match model {
        Model::Serial => serial::solve(work),
        Model::Threads => threads::solve(work, workers),
        Model::Gil => gil::solve(work, workers),
        #[cfg(feature = "processes")]
        Model::Pool => pool::solve(work, workers),
        #[cfg(feature = "processes")]
        Model::Processes => processes::solve(work, workers)?,
        Model::Coroutines => coroutines::solve(work, workers),
        Model::Channels => channels::solve(work, workers),
        Model::Actors => actors::solve(work, workers),
        _ => return Err(format!("this build has no solution in the model `{model}`")),
    })
}

/// The source of a solution: the name of each file, and its text.
pub(super) type Source = &'static [(&'static str, &'static str)];

macro_rules! source {
    ($($file:literal),+) => { &[$(($file, include_str!($file))),+] };
}

/// The source of a solution, in this language.
pub(super) const fn source(model: Model) -> Source {
    match model {
        Model::Serial => source!("serial.rs"),
        Model::Threads => source!("threads.rs"),
        Model::Gil => source!("gil.rs"),
        Model::Pool => source!("pool.rs", "tasks.rs"),
        Model::Processes => source!("processes.rs", "tasks.rs"),
        Model::Coroutines => source!("coroutines.rs"),
        Model::Channels => source!("channels.rs"),
        Model::Actors => source!("actors.rs"),
        _ => &[],
    }
}

/// Philosophers on threads: each worker plays the philosophers of some seats in turn.
fn dine(table: &impl Table, work: &Work, workers: usize) -> Vec<Share> {
    std::thread::scope(|scope| {
        let philosopher = |worker| move || eat_at_seats(table, work, worker, workers);
        let threads: Vec<_> = (0..workers).map(|worker| scope.spawn(philosopher(worker))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a philosopher does not panic")).collect()
    })
}

/// Eats all meals at every so many-th seat, from this one on.
fn eat_at_seats(table: &impl Table, work: &Work, first: usize, every: usize) -> Share {
    let mut hand = Hand::new(work, first);
    for meal in 0..work.meals() {
        for seat in (first..work.seats).step_by(every) {
            hand.timed(|_| {
                let mut primes = 0;
                table.dine(seat, &mut || primes = work.primes(work.meal(seat, meal)));
                Ok(primes)
            });
        }
    }
    hand.finish()
}
