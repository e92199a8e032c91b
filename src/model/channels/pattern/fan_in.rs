//! Several channels become one.

use super::{Group, Rules};
use crate::model::channels::queue::Channel;
use std::convert::identity;
use std::sync::Arc;

/// Sends the items of all inputs: each once, those of one input in their order. The output is closed when all inputs are.
///
/// Source: `merge` in Sameer Ajmani, "Go Concurrency Patterns: Pipelines and cancellation", 2014.
///
/// ```
/// use refectory::model::channels::pattern::{Group, fan_in, generator};
///
/// let mut group = <Group>::new();
/// let inputs = [0..3, 3..6].map(|numbers| generator(&mut group, numbers));
/// let numbers = fan_in(&mut group, inputs.into());
/// assert_eq!(numbers.iter().sum::<i32>(), 15);
/// group.join();
/// ```
pub fn fan_in<T: Send + 'static, R: Rules>(
    group: &mut Group<R>,
    inputs: Vec<Arc<Channel<T>>>,
) -> Arc<Channel<T>> {
    group.map("fan-in", inputs.into_iter().map(|input| (input, identity)))
}
