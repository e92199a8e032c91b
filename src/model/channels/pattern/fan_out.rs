//! Several stages share one input.

use super::{Group, Rules, stage};
use crate::model::channels::queue::Channel;
use std::sync::Arc;

/// So many stages receive from one channel, and each sends to an output of its own: each item goes to one of them.
///
/// Source: Sameer Ajmani, "Go Concurrency Patterns: Pipelines and cancellation", 2014.
///
/// ```
/// use refectory::model::channels::pattern::{Group, fan_in, fan_out, generator};
///
/// let mut group = <Group>::new();
/// let numbers = generator(&mut group, 0..6);
/// let squares = fan_out(&mut group, &numbers, 2, |n| n * n);
/// let squares = fan_in(&mut group, squares);
/// assert_eq!(squares.iter().sum::<i32>(), 55);
/// group.join();
/// ```
pub fn fan_out<T, U, R: Rules>(
    group: &mut Group<R>,
    input: &Arc<Channel<T>>,
    stages: usize,
    each: impl FnMut(T) -> U + Clone + Send + 'static,
) -> Vec<Arc<Channel<U>>>
where
    T: Send + 'static,
    U: Send + 'static,
{
    (0..stages).map(|_| stage(group, Arc::clone(input), each.clone())).collect()
}
