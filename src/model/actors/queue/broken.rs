//! Twins of the mailbox: each breaks one step of its protocol.

use super::mailbox::Protocol;
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
