//! Twins of actors and supervisors: each breaks one step of their protocol.

use super::{Protocol, ask};
use crate::sync::Futex;

/// Who asks looks whether there is an answer when the time is over, and then gives up.
///
/// Twin of [`Reply`](super::Reply). An answer that comes between the two is given and not received: it is lost, and who gave it
/// does not learn that.
#[derive(Clone, Copy, Debug)]
pub struct LooksThenGivesUp;

impl Protocol for LooksThenGivesUp {
    fn give_up(word: &Futex) -> bool {
        ask::look_then_give_up(word)
    }
}

/// The mail that an actor leaves when it is stopped is dropped.
///
/// Twin of [`Address`](super::Address). Who has sent it was told that it was accepted, and nobody learns that it was not handled.
#[derive(Clone, Copy, Debug)]
pub struct DropsMailLeft;

impl Protocol for DropsMailLeft {
    const KEEPS_MAIL_LEFT: bool = false;
}

/// A restart forgets the message in hand.
///
/// Twin of [`Supervisor`](super::supervisor::Supervisor). The message that has killed the actor is neither handled nor in the dead letters: so
/// it is in Erlang/OTP, where whoever wants to know of it has to ask for an answer.
#[derive(Clone, Copy, Debug)]
pub struct ForgetsMailInHand;

impl Protocol for ForgetsMailInHand {
    const KEEPS_MAIL_IN_HAND: bool = false;
}

/// Each mailbox has room for one message.
///
/// Twin of [`Address`](super::Address). Two actors that send to each other wait in a circle: each is in the middle of a message, and waits for
/// room in the mailbox of the other one, who takes nothing out before it has handled its own.
#[derive(Clone, Copy, Debug)]
pub struct MutuallyFull;

impl Protocol for MutuallyFull {
    fn room(_asked: Option<usize>) -> Option<usize> {
        Some(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::actors::actor::tests::Sum;
    use crate::model::actors::actor::{Correct, DeadLetters, spawn};

    fn smoke<P: Protocol>() {
        let sum = spawn::<Sum, P>("sum", Sum(0), Some(4), &DeadLetters::new());
        [3, 4].iter().for_each(|&number| sum.address().send(number).unwrap());
        sum.address().drain();
        assert_eq!(sum.join().unwrap().0, 7);
    }

    #[test]
    fn twins_handle_mail_where_nothing_goes_wrong() {
        smoke::<Correct>();
        smoke::<LooksThenGivesUp>();
        smoke::<DropsMailLeft>();
        smoke::<ForgetsMailInHand>();
        smoke::<MutuallyFull>();
    }
}
