//! Rows of the queue over a pipe without a feeder.
//!
//! | promise | row |
//! |---|---|
//! | of a sender that is killed a message arrives whole, or not at all; the others' arrive | [`a_torn_message_is_dropped`] |
//! | so it does where no other one is sent (P12: CPython's `get` hangs beyond its time) | [`a_torn_message_ends_with_its_time`] |
//! | a receiver that is killed takes one message along at most (P10: in CPython the others starve) | [`a_killed_receiver_starves_nobody`] |
//! | what cannot be serialized is not sent; what cannot be decoded is an error, and the queue lives on (P02) | [`the_queue_outlives_what_it_cannot_carry`] |

use crate::contract::ensure;
use crate::contract::processes::lock::{has_ended, start};
use crate::engine::Outcome;
use crate::model::processes::queue::simple::{CELL, GetError, Policy, PutError, Receiver, Sender, over};
use crate::sync::{is_modelled, pipe};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;

/// It has more than one piece.
type Long = Vec<u8>;

/// A queue whose pipe holds so many cells.
pub(super) fn queue<T, P: Policy>(cells: usize) -> (Sender<T>, Receiver<T, P>) {
    let room = if is_modelled() { cells * CELL } else { 4 * IN_ONE_PIECE };
    let pipe = pipe::with_capacity(room);
    over(pipe.expect("there is room for a pipe")).expect("a region of a few bytes")
}

/// So many bytes Linux takes whole, if at all.
const IN_ONE_PIECE: usize = 4096;

/// A message that has two cells under an engine, and two pieces natively.
fn long(dish: u8) -> Long {
    vec![dish; if is_modelled() { CELL - 5 } else { IN_ONE_PIECE }]
}

fn send_long((mut sender, dish): (Sender<Long>, u8)) {
    sender.put(&long(dish)).expect("somebody receives");
}

/// A sender of a long message that may be killed, and another one after it, whose message arrives.
pub fn a_torn_message_is_dropped<P: Policy>() -> Outcome {
    let (mut sender, mut receiver) = queue::<Long, P>(4);
    let first = start(send_long, (sender.try_clone().expect("it is open"), 1));
    let sent = has_ended(first);
    sender.put(&long(2)).expect("somebody receives");
    drop(sender);
    let mut all = Vec::new();
    while let Ok(message) = receiver.get() {
        ensure(message == long(message[0]), "whole", || format!("{message:?}"))?;
        all.push(message[0]);
    }
    ensure(all == [1, 2] || !sent && all == [2], "durable", || format!("{all:?}"))?;
    Ok(format!("{all:?}, {} lost", receiver.lost()))
}

/// A sender of a long message that may be killed, and a receiver that waits for a time: it does not wait for what never comes.
pub fn a_torn_message_ends_with_its_time<P: Policy>() -> Outcome {
    let (sender, mut receiver) = queue::<Long, P>(4);
    let sends = start(send_long, (sender.try_clone().expect("it is open"), 1));
    let first = receiver.get_timeout(Duration::from_millis(50));
    let sent = has_ended(sends);
    let second = receiver.get_timeout(Duration::ZERO);
    let arrived = [&first, &second].iter().filter(|message| message.is_ok()).count();
    ensure(arrived <= 1 && (arrived == 1 || !sent), "durable", || format!("{first:?}, {second:?}"))?;
    Ok(format!("{arrived} arrived, {} lost", receiver.lost()))
}

fn eat<P: Policy>(mut receiver: Receiver<u8, P>) {
    receiver.get().expect("there is one for each");
}

/// Two wait for two messages, and one of them may be killed: the other one gets one.
pub fn a_killed_receiver_starves_nobody<P: Policy>() -> Outcome {
    let (mut sender, receiver) = queue::<u8, P>(8);
    let eaters = [(); 2].map(|()| start(eat::<P>, receiver.try_clone().expect("it is open")));
    [1, 2].iter().for_each(|dish| sender.put(dish).expect("there is room, and a receiver"));
    let fed = eaters.map(has_ended).into_iter().filter(|fed| *fed).count();
    drop(receiver);
    Ok(format!("{fed} fed"))
}

/// 13 cannot be sent, and 0 not be received.
#[derive(Debug, PartialEq)]
pub(super) struct Dish(pub(super) u8);

impl Serialize for Dish {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            13 => Err(serde::ser::Error::custom("bad luck")),
            dish => dish.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Dish {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            0 => Err(serde::de::Error::custom("an empty plate")),
            dish => Ok(Self(dish)),
        }
    }
}

/// One that cannot be sent, one that cannot be received, and one after them.
pub fn the_queue_outlives_what_it_cannot_carry<P: Policy>() -> Outcome {
    let (mut sender, mut receiver) = queue::<Dish, P>(8);
    let put = [13, 0, 1].map(|dish| sender.put(&Dish(dish)));
    ensure(put == [Err(PutError::Unserializable), Ok(()), Ok(())], "put", || format!("{put:?}"))?;
    drop(sender);
    let got = [(); 3].map(|()| receiver.get());
    let expected = [Err(GetError::Undecodable), Ok(Dish(1)), Err(GetError::Closed)];
    ensure(got == expected, "get", || format!("{got:?}"))?;
    Ok(String::new())
}
