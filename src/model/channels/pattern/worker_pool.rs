//! A fixed number of workers.

use super::{Group, Rules};
use crate::model::channels::queue::Channel;
use std::iter::repeat_n;
use std::sync::Arc;

/// So many workers take jobs, and send their results to one channel: one for each job, in any order.
///
/// Source: `MD5All` with bounded parallelism in Sameer Ajmani, "Go Concurrency Patterns: Pipelines and cancellation", 2014.
///
/// ```
/// use refectory::model::channels::pattern::{Group, generator, worker_pool};
///
/// let mut group = <Group>::new();
/// let jobs = generator(&mut group, ["a", "bc", "def"]);
/// let lengths = worker_pool(&mut group, jobs, 2, str::len);
/// assert_eq!(lengths.iter().sum::<usize>(), 6);
/// group.join();
/// ```
pub fn worker_pool<T, U, R: Rules>(
    group: &mut Group<R>,
    jobs: Arc<Channel<T>>,
    workers: usize,
    work: impl FnMut(T) -> U + Clone + Send + 'static,
) -> Arc<Channel<U>>
where
    T: Send + 'static,
    U: Send + 'static,
{
    group.map("worker", repeat_n((jobs, work), workers))
}
