//! A network between actors, which delivers in the order that its rules leave open.
//!
//! A message that was sent is in flight until its receiver takes it. Of those that nothing holds back the receiver takes any:
//! an engine explores every delivery that the rules allow.
//!
//! | rule | a message is held back by one in flight to the same receiver that |
//! |---|---|
//! | [`PerPair`] | the same sender has sent before |
//! | [`Causal`] | it follows from: its sender had sent or received it before, or something that follows from it |
//! | [`AnyOrder`] | nothing |
//!
//! What it does not do: messages are not lost, and not delivered twice. To the explorer two sends commute ([`Mailbox`]), so that its executions are the deliveries.
//!
//! Source: Kenneth P. Birman and Thomas A. Joseph, "Reliable communication in the presence of failures", 1987, for causal delivery; the order among the
//! three is that of Bernadette Charron-Bost, Friedemann Mattern, Gerard Tel, "Synchronous, asynchronous, and causally ordered communication", 1996.

use crate::sync::{Mailbox, Number, note};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Who has sent a message to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Header {
    from: usize,
    to: usize,
}

/// The rule of a network.
pub trait Delivery: Send + Sync + 'static {
    /// Whether a message that the sender of a later one knows of, in flight to the same receiver, holds that one back.
    fn holds_back(earlier: &Header, later: &Header) -> bool;
}

/// What one actor sends to another one arrives in that order, as in Erlang and in Akka.
#[derive(Clone, Copy, Debug)]
pub struct PerPair;

impl Delivery for PerPair {
    fn holds_back(earlier: &Header, later: &Header) -> bool {
        earlier.from == later.from
    }
}

/// No message arrives before one that it follows from.
#[derive(Clone, Copy, Debug)]
pub struct Causal;

impl Delivery for Causal {
    fn holds_back(_earlier: &Header, _later: &Header) -> bool {
        true
    }
}

/// Messages arrive in any order, as datagrams do.
#[derive(Clone, Copy, Debug)]
pub struct AnyOrder;

impl Delivery for AnyOrder {
    fn holds_back(_earlier: &Header, _later: &Header) -> bool {
        false
    }
}

/// An actor's end of a network.
///
/// ```
/// use refectory::model::actors::queue::network::{Endpoint, PerPair, network};
///
/// let [one, other]: [Endpoint<_, PerPair>; 2] = network();
/// one.send(1, 'a');
/// one.send(1, 'b');
/// assert_eq!([other.receive(), other.receive()], ['a', 'b']);
/// ```
pub struct Endpoint<M, D: Delivery> {
    me: usize,
    /// The messages that the actor knows of: those that it has sent, and all that those follow from that it has received.
    past: RefCell<Past>,
    mailboxes: Arc<[Mailbox<Letter<M>>]>,
    delivery: PhantomData<fn() -> D>,
}

/// Messages, each with its number in the mailbox of its receiver.
type Past = BTreeSet<(Header, Number)>;

struct Letter<M> {
    /// What its sender knew of.
    past: Past,
    message: M,
}

/// A network of so many actors, each of which knows the others by their place in the array.
pub fn network<M: Send, D: Delivery, const N: usize>() -> [Endpoint<M, D>; N] {
    let mailboxes: Arc<[_]> = (0..N).map(|me| Mailbox::new().named(format_args!("mail of {me}"))).collect();
    let endpoint = |me| Endpoint {
        me,
        past: RefCell::default(),
        mailboxes: Arc::clone(&mailboxes),
        delivery: PhantomData,
    };
    std::array::from_fn(endpoint)
}

impl<M: Send + fmt::Debug, D: Delivery> Endpoint<M, D> {
    /// Sends a message, and does not wait.
    ///
    /// # Panics
    /// If there is no such actor.
    #[track_caller]
    pub fn send(&self, to: usize, message: M) {
        note(format_args!("send {message:?} → {to}"));
        let mut past = self.past.borrow_mut();
        let header = Header { from: self.me, to };
        let held_back_by =
            |(earlier, _): &&(Header, Number)| earlier.to == to && D::holds_back(earlier, &header);
        let behind: Vec<Number> = past.iter().filter(held_back_by).map(|(_, number)| *number).collect();
        let letter = Letter { past: past.clone(), message };
        past.insert((header, self.mailboxes[to].send(letter, behind)));
    }

    /// Waits for a message, and takes one of those that may arrive now.
    #[track_caller]
    pub fn receive(&self) -> M {
        let (_, letter) = self.mailboxes[self.me].receive();
        self.opened(letter)
    }

    /// The same, if one has arrived.
    #[track_caller]
    pub fn try_receive(&self) -> Option<M> {
        self.mailboxes[self.me].try_receive().map(|(_, letter)| self.opened(letter))
    }

    #[track_caller]
    fn opened(&self, Letter { past, message }: Letter<M>) -> M {
        note(format_args!("receive {message:?}"));
        self.past.borrow_mut().extend(past);
        message
    }
}

impl<M, D: Delivery> fmt::Debug for Endpoint<M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("me", &self.me).finish_non_exhaustive()
    }
}
