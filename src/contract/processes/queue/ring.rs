//! Rows of the ring.
//!
//! | promise | row |
//! |---|---|
//! | of a sender that is killed all arrives that it has sent, and nothing of what it was sending | [`a_torn_message_is_not_seen`] |
//! | what a receiver is killed with the next one gets again | [`a_message_is_read_again`] |
//! | who finds no room, or nothing, waits for the other side | [`a_full_ring_holds_its_sender`] |

use crate::contract::processes::lock::{has_ended, start};
use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::processes::queue::ring::{Passage, Ring, Sender};
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::region::Region;

/// Room for two messages of a few bytes.
type Belt<P> = Region<Ring<4, P>>;

fn belt<P: Passage>() -> Belt<P> {
    Region::new(Ring::new()).expect("a region of a few bytes")
}

fn send_two<P: Passage>(belt: Belt<P>) {
    let send = |mut sender: Sender<'_, 4, P>| {
        [1, 2].iter().for_each(|dish| sender.send(&[*dish; 2]).expect("it is short"));
    };
    belt.sender(send).expect("nobody else sends");
}

/// What is there, as far as `most`.
fn received<P: Passage>(belt: &Belt<P>, most: usize) -> Vec<Vec<u8>> {
    let all = belt.receiver(|mut receiver| {
        let next = || receiver.try_receive(<[u8]>::to_vec);
        std::iter::from_fn(next).take(most).collect()
    });
    all.expect("nobody else receives")
}

/// A sender of two that may be killed, beside a receiver that looks, and looks once more when that has ended.
pub fn a_torn_message_is_not_seen<P: Passage>() -> Outcome {
    let belt = belt::<P>();
    let sender = start(send_two::<P>, belt.clone());
    let mut all = received(&belt, 1);
    let sent = has_ended(sender);
    all.extend(received(&belt, 2));
    ensure(
        [[1; 2], [2; 2]].starts_with(&all.iter().map(|m| [m[0], m[m.len() - 1]]).collect::<Vec<_>>()),
        "whole",
        || format!("{all:?}"),
    )?;
    ensure(!sent || all.len() == 2, "durable", || format!("{all:?} of two"))?;
    Ok(format!("{} arrived", all.len()))
}

/// Which dish was eaten.
pub(super) fn eaten() -> Region<AtomicU32> {
    Region::new(AtomicU32::new(0).named(format_args!("eaten"))).expect("a region of a few bytes")
}

fn eat_one<P: Passage>((belt, eaten): (Belt<P>, Region<AtomicU32>)) {
    let eat = |dish: &[u8]| eaten.store(dish[0].into(), Relaxed);
    belt.receiver(|mut receiver| receiver.try_receive(eat)).expect("nobody else receives");
}

/// Two messages, and a receiver of one that may be killed: what it has not read the next one reads.
pub fn a_message_is_read_again<P: Passage>() -> Outcome {
    let (belt, eaten) = (belt::<P>(), eaten());
    send_two(belt.clone());
    let ended = has_ended(start(eat_one::<P>, (belt.clone(), eaten.clone())));
    let first = eaten.load(Relaxed) == 1;
    let rest = received(&belt, 2);
    ensure(first || rest.len() == 2, "nothing_lost", || format!("{rest:?} are left, and nothing was read"))?;
    ensure(!ended || first && rest == [[2; 2]], "once", || format!("{rest:?} are left"))?;
    Ok(format!("{} left", rest.len()))
}

/// A sender of two, room for one, and a receiver: both arrive, in their order.
pub fn a_full_ring_holds_its_sender<P: Passage>() -> Outcome {
    let belt: Region<Ring<2, P>> = Region::new(Ring::new()).expect("a region of a few bytes");
    let sender = spawn("sender", {
        let belt = belt.clone();
        move || {
            let send = |mut sender: Sender<'_, 2, P>| {
                (0..2).for_each(|dish| sender.send(&[dish]).expect("it is short"));
            };
            belt.sender(send).expect("nobody else sends");
        }
    });
    let all = belt.receiver(|mut receiver| [(); 2].map(|()| receiver.receive(|dish| dish[0])));
    join(sender);
    ensure(all == Ok([0, 1]), "in_order", || format!("{all:?}"))?;
    Ok(String::new())
}
