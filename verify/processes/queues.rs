//! Queues over pipes between real processes, some of which are killed.

use crate::common::{PATIENCE, Tested, apart, at_each_point, end, ensure_eq, state, until};
use refectory::model::processes::queue::broken::ReaderStarvesOthers;
use refectory::model::processes::queue::feeder::Feeder;
use refectory::model::processes::queue::simple::{GetError, Policy, Receiver, Sender, Sound, over, simple};
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::pipe;
use refectory::sync::process::{self, Exit};
use refectory::sync::region::{Region, shared};
use std::time::{Duration, Instant};

const SENDERS: usize = 2;
const MESSAGES: u32 = 4;

/// Who has sent it, which one it is, and bytes to make it long.
type Message = (u32, u32, Vec<u8>);

shared! {
    struct Post {
        sent: [AtomicU32; SENDERS],
        /// How often the n-th message of each was received.
        received: [[AtomicU32; 4]; SENDERS],
    }
}

fn send_all((mut sender, post, who): (Sender<Message>, Region<Post>, u32)) {
    for n in 0..MESSAGES {
        // Every other one is longer than what is written in one piece.
        sender.put(&(who, n, vec![7; 3 * pipe::ATOMIC / 2 * (n as usize % 2)])).unwrap();
        post.sent[who as usize].store(n + 1, SeqCst);
    }
}

fn receive_all<P: Policy>((mut receiver, post): (Receiver<Message, P>, Region<Post>)) {
    while let Ok((who, n, bytes)) = receiver.get() {
        assert!(bytes.iter().all(|byte| *byte == 7));
        post.received[who as usize][n as usize].fetch_add(1, SeqCst);
    }
}

/// Two send and two receive, one of whom may be killed. How many were.
pub(crate) fn post<P: Policy>() -> u32 {
    let (sender, receiver) = over::<_, P>(pipe::pipe().unwrap()).unwrap();
    let zero = |_| AtomicU32::new(0);
    let received = std::array::from_fn(|_| std::array::from_fn(zero));
    let post = Region::new(Post { sent: std::array::from_fn(zero), received }).unwrap();
    let senders =
        [0, 1].map(|who| process::spawn(send_all, (sender.try_clone().unwrap(), post.clone(), who)).unwrap());
    let receivers = [(); 2]
        .map(|()| process::spawn(receive_all::<P>, (receiver.try_clone().unwrap(), post.clone())).unwrap());
    drop((sender, receiver));
    let ends = |processes: [_; 2]| processes.map(|process| end(process).unwrap() != Exit::Code(0));
    let (dead_senders, dead_receivers) = (ends(senders), ends(receivers));
    let mut missing = 0;
    for (sent, received) in post.sent.iter().zip(&post.received) {
        let counts = received.iter().map(|count| count.load(SeqCst)).collect::<Vec<_>>();
        assert!(counts.iter().all(|count| *count <= 1), "{counts:?}");
        missing += counts[..sent.load(SeqCst) as usize].iter().filter(|count| **count == 0).count();
    }
    // That which a receiver was killed with.
    let in_flight = usize::from(dead_receivers.contains(&true));
    assert!(missing <= in_flight, "{missing} are missing");
    dead_senders.into_iter().chain(dead_receivers).map(u32::from).sum()
}

pub(crate) fn a_queue_survives_death_at_each_point() -> Tested {
    apart(|()| at_each_point(post::<Sound>))
}

/// Whether somebody else receives where one was killed who waited.
fn receives_after_a_death<P: Policy>() -> bool {
    let (mut sender, mut receiver) = over::<u32, P>(pipe::pipe().unwrap()).unwrap();
    let waits = |mut receiver: Receiver<u32, P>| _ = receiver.get();
    let mut other = process::spawn(waits, receiver.try_clone().unwrap()).unwrap();
    until("one who waits", || (state(other.id()) == Some('S')).then_some(()));
    // It holds the lock by then: whoever has slept before was at the beginning of its life.
    until("the lock of one who waits", || {
        (receiver.get_timeout(Duration::from_millis(20)) == Err(GetError::Empty)).then_some(())
    });
    other.kill().unwrap();
    assert_eq!(end(other).unwrap(), Exit::Killed(9));
    sender.put(&1).unwrap();
    receiver.get_timeout(Duration::from_secs(1)) == Ok(1)
}

pub(crate) fn a_killed_receiver_starves_nobody() -> Tested {
    ensure_eq(receives_after_a_death::<Sound>(), true)
}

pub(crate) fn a_lock_that_is_not_robust_starves_the_others() -> Tested {
    // A receiver that is killed before it has the lock starves nobody.
    ensure_eq((0..50).any(|_| !receives_after_a_death::<ReaderStarvesOthers>()), true)
}

pub(crate) fn a_torn_message_ends_with_its_time() -> Tested {
    let (mut sender, mut receiver) = simple::<Vec<u8>>()?;
    let sends = |mut sender: Sender<Vec<u8>>| sender.put(&vec![7; 1 << 20]).unwrap();
    let mut killed = process::spawn(sends, sender.try_clone()?)?;
    // It waits for room.
    until("one who waits", || (state(killed.id()) == Some('S')).then_some(()));
    killed.kill()?;
    ensure_eq(end(killed)?, Exit::Killed(9))?;
    let start = Instant::now();
    ensure_eq(receiver.get_timeout(Duration::from_millis(100)), Err(GetError::Empty))?;
    ensure_eq(start.elapsed() < PATIENCE, true)?;
    ensure_eq(receiver.lost() <= 1, true)?;
    sender.put(&vec![1])?;
    ensure_eq(receiver.get()?, vec![1])
}

/// Of a process that puts four, and may be killed, the beginning arrives. How many were killed.
pub(crate) fn feed() -> u32 {
    let (sender, mut receiver) = simple().unwrap();
    let puts = |sender: Sender<Message>| {
        let feeder = <Feeder<_>>::start(sender);
        (0..MESSAGES).for_each(|n| feeder.put((0, n, vec![7; 3 * pipe::ATOMIC / 2 * (n as usize % 2)])));
        assert!(feeder.close().is_empty());
    };
    let process = process::spawn(puts, sender).unwrap();
    let got = std::iter::from_fn(|| receiver.get().ok()).map(|(_, n, _)| n).collect::<Vec<_>>();
    assert_eq!(got, (0..got.len() as u32).collect::<Vec<_>>());
    let killed = end(process).unwrap() != Exit::Code(0);
    assert!(killed || got.len() == MESSAGES as usize);
    u32::from(killed)
}

pub(crate) fn the_beginning_arrives_of_a_process_that_dies() -> Tested {
    apart(|()| at_each_point(feed))
}
