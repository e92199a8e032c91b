//! The ring for many on real cores, one of whose senders or receivers dies.

use crate::common::{PATIENCE, Tested, apart, end, ensure_eq, state, until};
use refectory::model::processes::queue::mpmc::Mpmc;
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::process::{self, Exit, Nemesis};
use refectory::sync::region::Region;

const EACH: u32 = 4;
const ALL: usize = 2 * EACH as usize;

/// How often each message was read.
type Log = Region<[AtomicU32; ALL]>;
type Hatch = Region<Mpmc<8>>;

/// Messages of any length; eight words hold two of the longest.
fn message(number: u32) -> Vec<u8> {
    number.to_ne_bytes().repeat(1 + number as usize % 5)
}

fn send((hatch, first): (Hatch, u32)) {
    (first..first + EACH).for_each(|number| hatch.send(&message(number)).unwrap());
}

/// Notes a message; whether it is the one that says that there are no more.
fn note(log: &Log, bytes: &[u8]) -> bool {
    let Some(number) = bytes.first_chunk().map(|number| u32::from_ne_bytes(*number)) else { return true };
    assert_eq!(bytes, message(number));
    log[number as usize].fetch_add(1, SeqCst);
    false
}

fn receive((hatch, log): (Hatch, Log)) {
    while !hatch.receive(|bytes| note(&log, bytes)) {}
}

/// Two send and two receive, one of whom may be killed. All arrive that were sent; at most one message is lost, by a dead sender, and
/// counted; at most one is read again, after a dead receiver. How many senders were killed, and how many receivers; and what was lost.
pub(crate) fn deliver() -> (u32, u32, u32) {
    let (hatch, log) =
        (Hatch::new(Mpmc::new()).unwrap(), Log::new([(); ALL].map(|()| AtomicU32::new(0))).unwrap());
    let receivers = [(); 2].map(|()| process::spawn(receive, (hatch.clone(), log.clone())).unwrap());
    let senders = [0, EACH].map(|first| process::spawn(send, (hatch.clone(), first)).unwrap());
    let sent = senders.map(|sender| end(sender).unwrap() == Exit::Code(0));
    [(); 2].iter().for_each(|()| hatch.send(&[]).unwrap());
    let received = receivers.map(|receiver| end(receiver).unwrap() == Exit::Code(0));
    // What is left is what nobody was there to read.
    while hatch.try_receive(|bytes| note(&log, bytes)).is_some() {}
    let dead = |ended: [bool; 2]| ended.iter().filter(|ended| !**ended).count() as u32;
    let read: Vec<_> = log.iter().map(|times| times.load(SeqCst)).collect();
    for (first, sent) in [0, EACH as usize].into_iter().zip(sent) {
        let there = read[first..first + EACH as usize].iter().take_while(|times| **times > 0).count();
        assert!(!sent || there == EACH as usize, "{read:?}");
    }
    assert!(read.iter().filter(|times| **times > 1).count() as u32 <= dead(received), "{read:?}");
    assert!(hatch.lost() <= dead(sent), "{} are lost", hatch.lost());
    (dead(sent), dead(received), hatch.lost())
}

pub(crate) fn each_message_arrives_or_is_counted_at_each_point() -> Tested {
    apart(|()| {
        for n in 1.. {
            let nemesis = Nemesis::at(n).unwrap();
            nemesis.set_on_children();
            let ((senders, receivers, lost), victim) = (deliver(), nemesis.victim());
            assert_eq!(senders + receivers, u32::from(victim.is_some()), "{victim:?}");
            match victim {
                None => return,
                Some(victim) if victim.point == "a message that is written" => assert_eq!(lost, senders),
                Some(_) => {}
            }
        }
    })
}

/// As it is not with CPython's `multiprocessing.Queue`: who is killed while it waits for a message has the readers' lock.
pub(crate) fn a_killed_receiver_holds_nobody() -> Tested {
    let hatch = Hatch::new(Mpmc::new())?;
    let waits = |hatch: Hatch| hatch.receive(|_| ());
    let mut receiver = process::spawn(waits, hatch.clone())?;
    until("one who waits", || (state(receiver.id()) == Some('S')).then_some(()));
    receiver.kill()?;
    ensure_eq(end(receiver)?, Exit::Killed(9))?;
    hatch.send(b"soup")?;
    ensure_eq(hatch.receive_timeout(PATIENCE, <[u8]>::to_vec), Some(b"soup".to_vec()))
}
