//! Twins of the mailbox and of the network: each breaks one step of its protocol.

use super::mailbox::Protocol;
use super::network::{Delivery, Header, PerPair};
use crate::sync::Futex;
use crate::sync::atomic::Ordering::{self, Relaxed};

/// The receiver says that it sleeps, and does not look whether the mailbox is still empty.
///
/// Twin of [`Receiver`](super::Receiver). A letter that came between "empty" and "sleep" wakes nobody, for its sender has
/// seen nobody asleep: it waits until another one comes, perhaps for ever.
#[derive(Clone, Copy, Debug)]
pub struct SleepsUnseen;

impl Protocol for SleepsUnseen {
    fn sleep(word: &Futex, _empty: u32, asleep: u32) {
        let now = word.fetch_or(asleep, Relaxed) | asleep;
        word.wait(now);
    }
}

/// The receiver follows a link with a relaxed load.
///
/// Twin of [`Receiver`](super::Receiver). The look into the node may take place before the load that found it, and so before
/// the letter is in.
#[derive(Clone, Copy, Debug)]
pub struct FollowsRelaxed;

impl Protocol for FollowsRelaxed {
    const FOLLOW: Ordering = Relaxed;
}

/// What was sent first may arrive last.
///
/// Twin of [`PerPair`]. An actor that relies on the order in which another one has sent to it sees the effect before the cause.
#[derive(Clone, Copy, Debug)]
pub struct Overtakes;

impl Delivery for Overtakes {
    fn holds_back(_earlier: &Header, _later: &Header) -> bool {
        false
    }
}

/// Each pair has an order of its own, and there is no other.
///
/// Twin of [`Causal`](super::network::Causal). An answer arrives before the question, when both come from different actors.
#[derive(Clone, Copy, Debug)]
pub struct EachPairAlone;

impl Delivery for EachPairAlone {
    fn holds_back(earlier: &Header, later: &Header) -> bool {
        PerPair::holds_back(earlier, later)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::actors::queue::Unbounded;
    use crate::model::actors::queue::mailbox::Correct;
    use crate::port::{BlockingQueue, Close};

    fn smoke<P: Protocol>() {
        let mailbox = Unbounded::<_, P>::with_capacity(1);
        mailbox.push(7).unwrap();
        mailbox.close();
        assert_eq!([mailbox.pop(), mailbox.pop()], [Some(7), None]);
    }

    #[test]
    fn twins_work_where_nobody_waits() {
        smoke::<Correct>();
        smoke::<SleepsUnseen>();
        smoke::<FollowsRelaxed>();
    }
}
