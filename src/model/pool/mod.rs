//! A pool of threads that run tasks.

pub mod deque;
pub mod executor;
pub mod future;
mod glance;
pub mod rules;
pub mod table;

use crate::sync::thread::{self, JoinHandle};
use std::panic::resume_unwind;

/// Joins a worker, and says how it has ended. A panic comes back as a value, for the worker to tidy up outside of any unwinding.
type WorkerHandle = JoinHandle<thread::Result<()>>;

/// Waits until all workers have gone, then passes on the panic that took one down, if one did.
fn join_all(workers: impl Iterator<Item = WorkerHandle>) {
    let panics = workers.filter_map(|worker| worker.join().and_then(|ended| ended).err());
    if let Some(panic) = panics.reduce(|first, _| first)
        && !thread::panicking()
    {
        resume_unwind(panic);
    }
}
