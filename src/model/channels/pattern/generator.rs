//! A channel from an iterator.

use super::{Group, Rules};
use crate::model::channels::queue::Channel;
use std::sync::Arc;

/// Sends the items in their order, each when somebody receives it.
///
/// Source: Rob Pike, "Go Concurrency Patterns", 2012.
///
/// ```
/// use refectory::model::channels::pattern::{Group, generator};
///
/// let mut group = <Group>::new();
/// let letters = generator(&mut group, ['a', 'b']);
/// assert_eq!(letters.iter().collect::<String>(), "ab");
/// group.join();
/// ```
pub fn generator<I, R: Rules>(group: &mut Group<R>, items: I) -> Arc<Channel<I::Item>>
where
    I: IntoIterator<Item: Send + 'static> + Send + 'static,
{
    let (output, channel) = group.output();
    let mut items = Some(items);
    group.go("generator", move || {
        items.take().into_iter().flatten().all(|item| output.send(item));
    });
    channel
}
