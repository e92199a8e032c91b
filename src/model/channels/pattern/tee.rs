//! One channel becomes two.

use super::group::Output;
use super::{Group, Rules};
use crate::model::channels::queue::{Channel, select};
use std::sync::Arc;

/// Gives each item to both outputs, to whichever is ready first, and takes the next one when both have it.
///
/// Source: Katherine Cox-Buday, "Concurrency in Go", 2017, "The tee-channel".
///
/// ```
/// use refectory::model::channels::pattern::{Group, generator, tee};
///
/// let mut group = <Group>::new();
/// let numbers = generator(&mut group, 0..2);
/// let [left, right] = tee(&mut group, numbers);
/// let received = [left.receive(), right.receive(), right.receive(), left.receive()];
/// assert_eq!(received, [Some(0), Some(0), Some(1), Some(1)]);
/// group.join();
/// ```
pub fn tee<T: Clone + Send + 'static, R: Rules>(
    group: &mut Group<R>,
    input: Arc<Channel<T>>,
) -> [Arc<Channel<T>>; 2] {
    let [(left, to_left), (right, to_right)] = [(); 2].map(|()| group.output());
    group.go("tee", move || {
        input.iter().all(|item| send_to_both(&left, &right, item));
    });
    [to_left, to_right]
}

/// Whether both have it.
fn send_to_both<T: Clone + Send, R: Rules>(left: &Output<T, R>, right: &Output<T, R>, item: T) -> bool {
    let (mut to_left, mut to_right) = (left.sending(item.clone()), right.sending(item));
    let first = select(&mut [&mut to_left, &mut to_right, &mut *left.stop()]);
    let (taken, mut other) = match first {
        0 => (to_left, to_right),
        1 => (to_right, to_left),
        _ => return false,
    };
    if R::TEES_TO_BOTH {
        select(&mut [&mut other, &mut *left.stop()]);
    }
    taken.sent().is_ok() && (!R::TEES_TO_BOTH || other.sent().is_ok())
}
