//! Programs of the rounds that are no rows: a pipe whose reader goes, and named memory where there is too little room.

use super::household::files_of;
use crate::common::{descriptors, end};
use refectory::engine::{Outcome, Violation};
use refectory::model::processes::queue::simple::{GetError, Policy, PutError, Sender, over, simple};
use refectory::scenario::SplitMix64;
use refectory::sync::atomic::{AtomicU8, AtomicU32, Ordering::SeqCst};
use refectory::sync::pipe;
use refectory::sync::process::{self, Exit};
use refectory::sync::region::Region;
use refectory::sync::region::named::{self, Memory};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io::ErrorKind;

/// That nobody has panicked, and how many were killed.
pub(super) fn ended(exit: Exit) -> Outcome {
    match exit {
        Exit::Code(0) => Ok("0 dead".to_owned()),
        Exit::Killed(9) => Ok("1 dead".to_owned()),
        exit => Err(Violation::new("ends_well", exit.to_string())),
    }
}

const PUT: u32 = 8;

/// Some receive, and then nobody does any more. The sender may be killed.
pub(super) fn a_queue_hangs_up(random: &mut SplitMix64) -> Outcome {
    let (sender, mut receiver) = simple::<Vec<u8>>().unwrap();
    let accepted = Region::new(AtomicU32::new(0)).unwrap();
    let puts = |(mut sender, accepted, length): (Sender<Vec<u8>>, Region<AtomicU32>, usize)| {
        for _ in 0..PUT {
            match sender.put(&vec![7; length]) {
                Ok(()) => accepted.fetch_add(1, SeqCst),
                Err(PutError::Closed) => return,
                Err(PutError::Unserializable) => unreachable!(),
            };
        }
    };
    // Of the longest the pipe holds less than two.
    let length = random.between(0, 10 * pipe::ATOMIC);
    let sender = process::spawn(puts, (sender, accepted.clone(), length)).unwrap();
    let wanted = random.between(0, PUT as usize);
    let got: Vec<_> =
        (0..wanted).map(|_| receiver.get()).take_while(|got| *got != Err(GetError::Closed)).collect();
    drop(receiver);
    let exit = end(sender).unwrap();
    assert!(got.iter().all(|message| *message == Ok(vec![7; length])), "a message that nobody has put");
    assert!(got.len() == wanted || exit != Exit::Code(0), "{} of {wanted} from one who lives", got.len());
    // One that is killed may have put one more than it has counted.
    let accepted = accepted.load(SeqCst) as usize;
    assert!(
        accepted + usize::from(exit != Exit::Code(0)) >= got.len(),
        "{accepted} put, {} received",
        got.len()
    );
    ended(exit)
}

/// A sender of a message in several pieces may be killed, and another message is sent after it.
pub(super) fn a_torn_message_is_dropped<P: Policy>(random: &mut SplitMix64) -> Outcome {
    let (mut sender, mut receiver) = over::<Vec<u8>, P>(pipe::pipe().unwrap()).unwrap();
    let length = random.between(pipe::ATOMIC, 5 * pipe::ATOMIC);
    let puts = |(mut sender, length): (Sender<Vec<u8>>, usize)| sender.put(&vec![1; length]).unwrap();
    let exit = end(process::spawn(puts, (sender.try_clone().unwrap(), length)).unwrap()).unwrap();
    sender.put(&vec![2; length]).unwrap();
    drop(sender);
    let got: Vec<_> =
        std::iter::from_fn(|| Some(receiver.get()).filter(|got| *got != Err(GetError::Closed))).collect();
    let [first, second] = [1, 2].map(|byte| Ok(vec![byte; length]));
    assert!(got == [first, second.clone()] || exit != Exit::Code(0) && got == [second], "a message of two");
    ended(exit)
}

/// What a region holds that fits or does not.
type Large = [AtomicU8; 1 << 10];

/// Makes named memory of this size where files may have so many bytes at most, and more than the disk has.
fn make((size, room): (usize, u64)) {
    let nothing_is_left = || files_of(std::process::id()).is_empty();
    let disk = rustix::fs::statvfs("/dev/shm").unwrap();
    // One that says nothing of its size has no end.
    if disk.f_blocks > 0 {
        let all = (disk.f_blocks * disk.f_frsize) as usize;
        assert_eq!(Memory::create("all", all + 1).unwrap_err().kind(), ErrorKind::StorageFull);
        assert!(nothing_is_left());
    }
    // SAFETY: it is to be ignored; no function of ours is called.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    setrlimit(Resource::Fsize, Rlimit { current: Some(room), maximum: None }).unwrap();
    let before = descriptors();
    match Memory::create("some", size) {
        Ok(memory) => {
            assert!(size as u64 <= room);
            process::point("memory that has a name");
            memory.write(size - 1, &[7]).unwrap();
            process::point("memory that was written to");
            drop(memory);
        }
        Err(error) => {
            assert!(size as u64 > room);
            assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        }
    }
    process::point("memory that is gone");
    assert!(nothing_is_left());
    let region: Result<Region<Large>, _> = Region::new(std::array::from_fn(|_| AtomicU8::new(0)));
    // What says of which type it is comes before.
    assert_eq!(region.is_ok(), size_of::<Large>() as u64 + 8 <= room, "{room}");
    drop(region);
    assert_eq!(descriptors(), before);
}

/// One makes named memory, for which there may be no room, and may be killed. A sweep leaves nothing of it.
pub(super) fn named_memory_is_swept(random: &mut SplitMix64) -> Outcome {
    let (size, room) = (1 << random.between(0, 20), 1 << random.between(10, 20));
    let process = process::spawn(make, (size, room)).unwrap();
    let owner = process.id();
    let exit = end(process).unwrap();
    let left = files_of(owner);
    assert!(left.is_empty() || exit != Exit::Code(0), "{left:?} of one who lives");
    named::sweep().unwrap();
    assert_eq!(files_of(owner), [].into());
    ended(exit)
}
