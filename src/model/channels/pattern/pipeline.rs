//! A stage of a pipeline.

use super::{Group, Rules};
use crate::model::channels::queue::Channel;
use std::iter::once;
use std::sync::Arc;

/// Receives items, and sends what the function makes of each, in their order.
///
/// Source: Sameer Ajmani, "Go Concurrency Patterns: Pipelines and cancellation", 2014.
///
/// ```
/// use refectory::model::channels::pattern::{Group, generator, stage};
///
/// let mut group = <Group>::new();
/// let numbers = generator(&mut group, 0..3);
/// let doubled = stage(&mut group, numbers, |n| 2 * n);
/// let texts = stage(&mut group, doubled, |n| n.to_string());
/// assert_eq!(texts.iter().collect::<Vec<_>>(), ["0", "2", "4"]);
/// group.join();
/// ```
pub fn stage<T, U, R: Rules>(
    group: &mut Group<R>,
    input: Arc<Channel<T>>,
    each: impl FnMut(T) -> U + Send + 'static,
) -> Arc<Channel<U>>
where
    T: Send + 'static,
    U: Send + 'static,
{
    group.map("stage", once((input, each)))
}
