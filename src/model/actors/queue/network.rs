//! A network between actors, which delivers in the order that its rules leave open.
//!
//! A message that was sent is in flight until its receiver takes it. Of those that nothing holds back the receiver takes any:
//! which one is [chosen](crate::sync::hint::choose), so an engine explores every delivery that the rules allow.
//!
//! | rule | a message is held back by one in flight to the same receiver that |
//! |---|---|
//! | [`PerPair`] | the same sender has sent before |
//! | [`Causal`] | it follows from: its sender had sent or received it before, or something that follows from it |
//! | [`AnyOrder`] | nothing |
//!
//! What it does not do: messages are not lost, and not delivered twice. Sends take a lock, so that engines tell apart also the orders in which they come to it.
//!
//! Source: Kenneth P. Birman and Thomas A. Joseph, "Reliable communication in the presence of failures", 1987, for causal delivery; the order among the
//! three is that of Bernadette Charron-Bost, Friedemann Mattern, Gerard Tel, "Synchronous, asynchronous, and causally ordered communication", 1996.

use crate::sync::hint::choose;
use crate::sync::{Condvar, Mutex};
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What is known of a message besides its content.
#[derive(Clone, Debug)]
pub struct Header {
    /// In the order in which messages were sent.
    number: u64,
    from: usize,
    to: usize,
    /// The messages that it follows from.
    past: BTreeSet<u64>,
}

/// The rule of a network.
pub trait Delivery: Send + Sync + 'static {
    /// Whether a message, in flight to the same receiver, holds back a later one.
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
    fn holds_back(earlier: &Header, later: &Header) -> bool {
        later.past.contains(&earlier.number)
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
    network: Arc<Network<M, D>>,
}

struct Network<M, D> {
    state: Mutex<State<M>>,
    /// One for each actor.
    arrived: Vec<Condvar>,
    delivery: PhantomData<fn() -> D>,
}

struct State<M> {
    sent: u64,
    in_flight: Vec<(Header, M)>,
    /// The messages that each actor has sent or received, and all that those follow from.
    pasts: Vec<BTreeSet<u64>>,
}

/// A network of so many actors, each of which knows the others by their place in the array.
pub fn network<M: Send, D: Delivery, const N: usize>() -> [Endpoint<M, D>; N] {
    let state = State { sent: 0, in_flight: Vec::new(), pasts: vec![BTreeSet::new(); N] };
    let arrived = |me| Condvar::new().named(format_args!("mail of {me}"));
    let network = Arc::new(Network {
        state: Mutex::new(state).named(format_args!("network")),
        arrived: (0..N).map(arrived).collect(),
        delivery: PhantomData,
    });
    std::array::from_fn(|me| Endpoint { me, network: Arc::clone(&network) })
}

impl<M: Send, D: Delivery> Endpoint<M, D> {
    /// Sends a message, and does not wait.
    ///
    /// # Panics
    /// If there is no such actor.
    pub fn send(&self, to: usize, message: M) {
        let Network { state, arrived, .. } = &*self.network;
        let mut state = state.lock().unwrap();
        let number = state.sent;
        state.sent += 1;
        let past = state.pasts[self.me].clone();
        state.pasts[self.me].insert(number);
        state.in_flight.push((Header { number, from: self.me, to, past }, message));
        drop(state);
        arrived[to].notify_one();
    }

    /// Waits for a message, and takes one of those that may arrive now.
    pub fn receive(&self) -> M {
        let Network { state, arrived, .. } = &*self.network;
        let none = |state: &mut State<M>| state.in_flight.iter().all(|(header, _)| header.to != self.me);
        // Woken by `send`.
        let mut state = arrived[self.me].wait_while(state.lock().unwrap(), none).unwrap();
        // The one that was sent first is held back by none, so there is one.
        let mut deliverable = state.deliverable::<D>(self.me);
        let chosen = deliverable.swap_remove(choose(deliverable.len()));
        let (Header { number, mut past, .. }, message) = state.in_flight.remove(chosen);
        past.insert(number);
        state.pasts[self.me].append(&mut past);
        message
    }
}

impl<M> State<M> {
    /// Those to this receiver that nothing holds back.
    fn deliverable<D: Delivery>(&self, to: usize) -> Vec<usize> {
        let mine = || self.in_flight.iter().enumerate().filter(|(_, (header, _))| header.to == to);
        let is_free = |&(place, (later, _)): &(usize, &(Header, M))| {
            !mine()
                .take_while(|(before, _)| *before < place)
                .any(|(_, (earlier, _))| D::holds_back(earlier, later))
        };
        mine().filter(is_free).map(|(place, _)| place).collect()
    }
}

impl<M, D: Delivery> fmt::Debug for Endpoint<M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("me", &self.me).finish_non_exhaustive()
    }
}
