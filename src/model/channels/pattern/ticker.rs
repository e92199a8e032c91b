//! Ticks, and a stage that goes by them.

use super::{Group, Rules, stage};
use crate::model::channels::queue::select::Receiving;
use crate::model::channels::queue::{Channel, select_timeout};
use std::sync::Arc;
use std::time::Duration;

/// Sends a tick after each period. There is room for one: who comes late finds it, and ticks that nobody has taken by the next
/// one are dropped. So the k-th tick is received k periods after the start, or later.
///
/// What it does not do: it does not keep pace. A period begins when the last one was over, however late that was seen.
///
/// Source: Go's `time.Ticker`, 2009.
///
/// ```
/// use refectory::model::channels::pattern::{Group, ticker};
/// use std::time::{Duration, Instant};
///
/// let (mut group, start) = (<Group>::new(), Instant::now());
/// let ticks = ticker(&mut group, Duration::from_millis(1));
/// assert_eq!(ticks.iter().take(3).count(), 3);
/// assert!(start.elapsed() >= Duration::from_millis(3));
/// group.stop();
/// group.join();
/// ```
pub fn ticker<R: Rules>(group: &mut Group<R>, period: Duration) -> Arc<Channel<()>> {
    let (output, channel) = group.output_to(Arc::new(Channel::new(1)));
    group.go("ticker", move || {
        while select_timeout(&mut [&mut Receiving::new(output.done())], period).is_none() {
            if R::DROPS_TICKS {
                // Where there is no room, the last tick is still there.
                let _ = output.channel().try_send(());
            } else if output.channel().send(()).is_err() {
                return;
            }
        }
    });
    channel
}

/// Passes an item on for each tick: a rate limiter, where the ticks are those of a [`ticker`].
///
/// Source: "Rate Limiting", Go Wiki.
///
/// ```
/// use refectory::model::channels::pattern::{Group, generator, limited, ticker};
/// use std::time::Duration;
///
/// let mut group = <Group>::new();
/// let ticks = ticker(&mut group, Duration::from_millis(1));
/// let requests = generator(&mut group, 0..3);
/// let requests = limited(&mut group, requests, ticks);
/// assert_eq!(requests.iter().collect::<Vec<_>>(), [0, 1, 2]);
/// group.stop();
/// group.join();
/// ```
pub fn limited<T: Send + 'static, R: Rules>(
    group: &mut Group<R>,
    input: Arc<Channel<T>>,
    ticks: Arc<Channel<()>>,
) -> Arc<Channel<T>> {
    stage(group, input, move |item| {
        // No tick comes any more where the group should end, and then the item is not sent either.
        ticks.receive();
        item
    })
}
