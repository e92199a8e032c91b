//! A ring on real cores, whose sender or receiver dies.

use crate::common::{PATIENCE, Tested, apart, at_each_point, end, ensure_eq, sleep_for_ever, state, until};
use refectory::model::processes::queue::broken::{HeadFirst, TailFirst};
use refectory::model::processes::queue::ring::{Occupied, Passage, Ring, Whole};
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::pipe::{self, Writer};
use refectory::sync::process::{self, Exit, Nemesis, Process};
use refectory::sync::region::{Region, shared};
use refectory::sync::thread;
use std::io::{self, Write};
use std::time::Instant;

const MESSAGES: u32 = 10;

shared! {
    /// What was sent for certain, and what was received.
    struct Log {
        sent: AtomicU32,
        received: AtomicU32,
        numbers: [AtomicU32; 2 * MESSAGES as usize],
    }
}

/// Messages of any length; four words hold two of the shortest.
fn message(number: u32) -> Vec<u8> {
    number.to_ne_bytes().repeat(1 + number as usize % 5)
}

/// The exit code of who receives what nobody has sent.
const NOT_SENT: i32 = 3;

type Post<P> = (Region<Ring<4, P>>, Region<Log>);

fn send_all<P: Passage>((ring, log): Post<P>) {
    let sends = ring.sender(|mut sender| {
        for number in log.sent.load(SeqCst)..MESSAGES {
            sender.send(&message(number)).unwrap();
            process::point("a message to be counted");
            log.sent.fetch_add(1, SeqCst);
        }
    });
    assert_eq!(sends, Ok(()));
}

fn receive_all<P: Passage>((ring, log): Post<P>) {
    let last = || log.numbers[log.received.load(SeqCst).wrapping_sub(1) as usize].load(SeqCst);
    let receives = ring.receiver(|mut receiver| {
        while log.received.load(SeqCst) == 0 || last() != MESSAGES - 1 {
            let read = |bytes: &[u8]| {
                let number = bytes.first_chunk().map(|number| u32::from_ne_bytes(*number));
                let Some(number) = number.filter(|number| bytes == message(*number)) else {
                    std::process::exit(NOT_SENT)
                };
                log.numbers[log.received.load(SeqCst) as usize].store(number, SeqCst);
                process::point("a message to be logged");
                log.received.fetch_add(1, SeqCst);
            };
            receiver.receive(read);
        }
    });
    assert_eq!(receives, Ok(()));
}

/// Sends all messages; who is killed is replaced. How many were; and if it went wrong, how.
pub(crate) fn post<P: Passage>() -> Result<u32, String> {
    let zero = || AtomicU32::new(0);
    let log = Log { sent: zero(), received: zero(), numbers: std::array::from_fn(|_| zero()) };
    let (ring, log) = (Region::new(Ring::<4, P>::new()).unwrap(), Region::new(log).unwrap());
    let start = |entry: fn(Post<P>) -> io::Result<Process>| entry((ring.clone(), log.clone())).unwrap();
    let entries: [fn(Post<P>) -> io::Result<Process>; 2] =
        [|post| process::spawn(send_all::<P>, post), |post| process::spawn(receive_all::<P>, post)];
    let mut both = entries.map(|entry| (entry, start(entry)));
    let (mut ended, mut dead) = (0, 0);
    let started = Instant::now();
    while ended < 2 {
        ended = 0;
        for (entry, process) in &mut both {
            match process.try_wait().unwrap() {
                None => {}
                Some(Exit::Code(0)) => ended += 1,
                Some(Exit::Killed(9)) => {
                    dead += 1;
                    *process = start(*entry);
                }
                Some(exit) => return Err(exit.to_string()),
            }
        }
        if started.elapsed() > PATIENCE {
            return Err("a side waits for ever".into());
        }
        thread::yield_now();
    }
    let mut numbers: Vec<_> = log.numbers.iter().map(|number| number.load(SeqCst)).collect();
    numbers.truncate(log.received.load(SeqCst) as usize);
    let all = numbers.len();
    numbers.dedup();
    let is_right = numbers.iter().copied().eq(0..MESSAGES) && all - numbers.len() <= dead as usize;
    if is_right { Ok(dead) } else { Err(format!("{all} messages, {numbers:?}, {dead} dead")) }
}

/// One more is received at most: that with which the one who died was busy.
pub(crate) fn messages_survive_death_at_each_point() -> Tested {
    apart(|()| at_each_point(|| post::<Whole>().unwrap()))
}

pub(crate) fn twins_lose_messages_at_some_point() -> Tested {
    apart(|()| {
        let fails = |post: fn() -> Result<u32, String>| {
            (1..200).any(|n| {
                Nemesis::at(n).unwrap().set_on_children();
                post().is_err()
            })
        };
        assert!(fails(post::<TailFirst>));
        assert!(fails(post::<HeadFirst>));
    })
}

pub(crate) fn an_end_is_free_when_its_owner_is_dead() -> Tested {
    let ring = Region::new(<Ring<8>>::new())?;
    let (writer, mut reader) = pipe::pipe()?;
    let sends = |(ring, mut news): (Region<Ring<8>>, Writer)| {
        let _ = ring.sender(|mut sender| {
            sender.send(b"soup").unwrap();
            news.write_all(b"sent").unwrap();
            sleep_for_ever()
        });
    };
    let mut sender = process::spawn(sends, (ring.clone(), writer))?;
    reader.read_timeout(&mut [0; 8], PATIENCE)?;
    ensure_eq(ring.sender(|_| ()), Err(Occupied))?;
    sender.kill()?;
    ensure_eq(end(sender)?, Exit::Killed(9))?;
    ensure_eq(ring.sender(|mut sender| sender.send(b"bread")), Ok(Ok(())))?;
    let all = ring.receiver(|mut receiver| [(); 2].map(|()| receiver.receive(<[u8]>::to_vec)))?;
    ensure_eq(all, [b"soup".to_vec(), b"bread".to_vec()])
}

pub(crate) fn a_receiver_is_woken_where_the_sender_dies() -> Tested {
    apart(|()| {
        let ring = Region::new(<Ring<8>>::new()).unwrap();
        let receives = |ring: Region<Ring<8>>| {
            let soup = ring.receiver(|mut receiver| receiver.receive(<[u8]>::to_vec));
            assert_eq!(soup, Ok(b"soup".to_vec()));
        };
        let receiver = process::spawn(receives, ring.clone()).unwrap();
        until("one who waits", || (state(receiver.id()) == Some('S')).then_some(()));
        // It has published the message, and wakes nobody.
        let nemesis = Nemesis::at(4).unwrap();
        nemesis.set_on_children();
        let sends = |ring: Region<Ring<8>>| ring.sender(|mut sender| sender.send(b"soup")).unwrap().unwrap();
        let sender = process::spawn(sends, ring).unwrap();
        assert_eq!(end(sender).unwrap(), Exit::Killed(9));
        assert_eq!(nemesis.victim().unwrap().point, "a position that has moved");
        assert_eq!(end(receiver).unwrap(), Exit::Code(0));
    })
}
