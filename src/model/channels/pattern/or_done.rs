//! A channel that others may leave open.

use super::{Group, Rules};
use crate::model::channels::queue::select::Receiving;
use crate::model::channels::queue::{Channel, select};
use std::sync::Arc;

/// Passes the items on until the input is closed, or the group should end: who receives them need not look at `done`.
///
/// Source: Katherine Cox-Buday, "Concurrency in Go", 2017, "The or-done-channel".
///
/// ```
/// use refectory::model::channels::pattern::{Group, or_done};
/// use refectory::model::channels::queue::Channel;
/// use std::sync::Arc;
///
/// let mut group = <Group>::new();
/// // Nobody closes it.
/// let news = Arc::new(Channel::new(1));
/// news.send("now").unwrap();
/// let until_done = or_done(&mut group, news);
/// assert_eq!(until_done.receive(), Some("now"));
/// group.stop();
/// assert_eq!(until_done.receive(), None);
/// group.join();
/// ```
pub fn or_done<T: Send + 'static, R: Rules>(group: &mut Group<R>, input: Arc<Channel<T>>) -> Arc<Channel<T>> {
    let (output, channel) = group.output();
    group.go("or-done", move || {
        let next = || {
            let mut get = Receiving::new(&input);
            select(&mut [&mut get, &mut *output.stop()]);
            get.received()
        };
        std::iter::from_fn(next).all(|item| output.send(item));
    });
    channel
}
