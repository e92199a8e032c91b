//! Rows of the ring for many.
//!
//! | promise | row |
//! |---|---|
//! | of many senders one is killed: its message has arrived whole, or is counted as lost; all others arrive once | [`all_others_arrive_once`] |
//! | a message that was lost is counted once, even if who counts it is killed | [`a_lost_message_is_counted_once`] |
//! | of many receivers one is killed: what it has not read another one reads | [`another_receiver_reads_it`] |
//! | a receiver that is killed while it waits keeps nobody from the message | [`a_killed_receiver_holds_nobody`] |

use super::ring::eaten;
use crate::contract::ensure;
use crate::contract::processes::lock::{has_ended, start};
use crate::engine::Outcome;
use crate::model::processes::queue::mpmc::{Mpmc, Recovery};
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::region::Region;

/// Room for two messages of a few bytes, for all.
type Hatch<P> = Region<Mpmc<4, P>>;

fn hatch<P: Recovery>() -> Hatch<P> {
    Region::new(Mpmc::new()).expect("a region of a few bytes")
}

fn send_one<P: Recovery>((hatch, dish): (Hatch<P>, u8)) {
    hatch.send(&[dish; 2]).expect("it is short");
}

/// All that is there, in the order of their first bytes.
fn all<P: Recovery>(hatch: &Hatch<P>) -> Vec<Vec<u8>> {
    let mut all: Vec<_> = std::iter::from_fn(|| hatch.try_receive(<[u8]>::to_vec)).take(4).collect();
    all.sort();
    all
}

/// Two send one message each, and one of them may be killed: then the message is there, or was lost, or was not begun.
pub fn all_others_arrive_once<P: Recovery>() -> Outcome {
    let hatch = hatch::<P>();
    let senders = [1, 2].map(|dish| start(send_one::<P>, (hatch.clone(), dish)));
    let sent = senders.map(has_ended);
    let (lost, all) = (hatch.lost(), all(&hatch));
    for (dish, sent) in (1..).zip(sent) {
        let there = all.iter().filter(|message| **message == [dish; 2]).count();
        ensure(there == 1 || !sent && there == 0, "once", || format!("{all:?}, and {sent:?} were sent"))?;
    }
    let dead = sent.iter().filter(|sent| !**sent).count();
    ensure(all.len() + lost as usize <= 2, "whole", || format!("{all:?}, and {lost} are lost"))?;
    ensure(lost as usize <= dead, "lost_by_the_dead", || format!("{lost} lost, {dead} dead"))?;
    Ok(format!("{} arrived, {lost} lost", all.len()))
}

fn ask<P: Recovery>(hatch: Hatch<P>) {
    let _ = hatch.lost();
}

/// One sends, and another one asks then what was lost. Both may be killed, the second over what the first has left.
pub fn a_lost_message_is_counted_once<P: Recovery>() -> Outcome {
    let hatch = hatch::<P>();
    let sent = has_ended(start(send_one::<P>, (hatch.clone(), 1)));
    has_ended(start(ask::<P>, hatch.clone()));
    let (lost, all) = (hatch.lost(), all(&hatch));
    ensure(all.len() + lost as usize <= 1, "once", || format!("{all:?}, and {lost} are lost"))?;
    ensure(!sent || all == [[1; 2]], "durable", || format!("{all:?}, and one was sent"))?;
    Ok(format!("{} arrived, {lost} lost", all.len()))
}

fn read_one<P: Recovery>((hatch, read): (Hatch<P>, Region<[AtomicU32; 2]>)) {
    hatch.try_receive(|dish| read[usize::from(dish[0] - 1)].fetch_add(1, Relaxed));
}

/// Two messages, and two receivers that look, one of which may be killed. Each message is read once, or is still there; only that
/// with which somebody was killed is read again.
pub fn another_receiver_reads_it<P: Recovery>() -> Outcome {
    let hatch = hatch::<P>();
    [1, 2].iter().for_each(|dish| send_one((hatch.clone(), *dish)));
    let read = Region::new([1, 2].map(|dish| AtomicU32::new(0).named(format_args!("read of {dish}"))));
    let read = read.expect("a region of a few bytes");
    let receivers = [(); 2].map(|()| start(read_one::<P>, (hatch.clone(), read.clone())));
    let dead = receivers.map(has_ended).into_iter().filter(|ended| !*ended).count();
    let left = all(&hatch);
    let mut again = 0;
    for dish in [1, 2] {
        let times = read[usize::from(dish) - 1].load(Relaxed)
            + left.iter().filter(|it| **it == [dish; 2]).count() as u32;
        ensure(times >= 1, "nothing_lost", || format!("dish {dish} is gone, {left:?} are left"))?;
        again += times as usize - 1;
    }
    ensure(again <= dead, "once", || format!("{again} were read again, {dead} dead"))?;
    Ok(format!("{} left, {again} again", left.len()))
}

fn wait_for_one<P: Recovery>((hatch, eaten): (Hatch<P>, Region<AtomicU32>)) {
    hatch.receive(|dish| eaten.store(dish[0].into(), Relaxed));
}

/// A receiver waits, a message is sent, and the receiver may be killed wherever it is. Then the next one reads the message.
pub fn a_killed_receiver_holds_nobody<P: Recovery>() -> Outcome {
    let (hatch, eaten) = (hatch::<P>(), eaten());
    let receiver = start(wait_for_one::<P>, (hatch.clone(), eaten.clone()));
    send_one((hatch.clone(), 1));
    let got = has_ended(receiver);
    let left = all(&hatch);
    let eaten = eaten.load(Relaxed) == 1;
    ensure(eaten || left == [[1; 2]], "nothing_lost", || format!("{left:?} are left, and nothing was read"))?;
    ensure(!got || eaten && left.is_empty(), "once", || format!("{left:?} are left, and one was read"))?;
    Ok(format!("{} left", left.len()))
}
