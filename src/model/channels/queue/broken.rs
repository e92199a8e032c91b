//! Twins of the channel: each breaks one step of its protocol.

use super::channel::Protocol;
use crate::sync::Futex;
use crate::sync::atomic::Ordering::{Relaxed, Release};

/// Who makes room in a full buffer leaves the senders that wait for it asleep.
///
/// Twin of [`Channel`](super::Channel). The next receiver finds the buffer empty, and waits for a sender that waits for it.
#[derive(Clone, Copy, Debug)]
pub struct NoRefill;

impl Protocol for NoRefill {
    const REFILLS: bool = false;
}

/// A wait is claimed in two steps: a look, and a store.
///
/// Twin of [`select`](super::select()). Two senders serve one select, at two of its channels; it goes on with the one item,
/// and the other one is lost.
#[derive(Clone, Copy, Debug)]
pub struct ClaimsInTwoSteps;

impl Protocol for ClaimsInTwoSteps {
    fn claim(word: &Futex, open: u32, taken: u32) -> bool {
        let is_open = word.load(Relaxed) == open;
        if is_open {
            word.store(taken, Relaxed);
        }
        is_open
    }
}

/// The thread is woken before the word says that its wait is over.
///
/// Twin of [`Channel`](super::Channel). It looks, finds that it still waits, and nobody will wake it again.
#[derive(Clone, Copy, Debug)]
pub struct WakesFirst;

impl Protocol for WakesFirst {
    fn tell(word: &Futex, over: u32) {
        word.wake_one();
        word.store(over, Release);
    }
}

/// That a wait is over is told by a relaxed store.
///
/// Twin of [`Channel`](super::Channel). The receiver looks into the slot before the item is there. It breaks what Go's memory
/// model promises: a send comes before the completion of its receive.
#[derive(Clone, Copy, Debug)]
pub struct TellsRelaxed;

impl Protocol for TellsRelaxed {
    fn tell(word: &Futex, over: u32) {
        word.store(over, Relaxed);
        word.wake_one();
    }
}

/// A close sends the receivers away and forgets the senders.
///
/// Twin of [`Channel`](super::Channel). Who waits for room in a channel that is closed waits for ever.
#[derive(Clone, Copy, Debug)]
pub struct ForgetsSenders;

impl Protocol for ForgetsSenders {
    const TELLS_SENDERS: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::channels::queue::Channel;
    use crate::model::channels::queue::channel::Correct;

    fn smoke<P: Protocol>() {
        let channel = Channel::<_, P>::new(1);
        channel.send(7).unwrap();
        channel.close();
        assert_eq!([channel.receive(), channel.receive()], [Some(7), None]);
    }

    #[test]
    fn twins_work_where_nobody_waits() {
        smoke::<Correct>();
        smoke::<NoRefill>();
        smoke::<ClaimsInTwoSteps>();
        smoke::<WakesFirst>();
        smoke::<TellsRelaxed>();
        smoke::<ForgetsSenders>();
    }
}
