//! A queue over a pipe without a feeder: who sends writes the message itself, and who receives reads it, each under a robust lock.
//!
//! A message is serialized before anything is sent: where that fails nothing is. Its bytes, with their number before them, are cut into
//! cells of one length, and each cell begins with a mark: whether it is the first one of a message. A write is of whole cells, and of no
//! more than the system writes in one piece; a read is of one cell. So whoever is killed wherever it is, there are whole cells in the
//! pipe. Where a sender is killed in the middle of a message the first cell of another one follows, or none while nobody
//! holds the lock of the senders: the receiver drops the message and [counts](Receiver::lost) it. Where a receiver is killed in the
//! middle of one the next one finds cells without a first one, and drops them. A message that cannot be decoded is an error of the one
//! who has received it, and the next one is received as ever.
//!
//! Invariant: what is received is whole, and of one sender in its order; whoever holds neither lock has nothing of others in its hands.
//!
//! What it does not do: give a message again that a receiver was killed with. Nor say that a long message has arrived before it is all
//! read: a receiver waits for the rest as long as its sender lives.
//!
//! Sources: CPython's `multiprocessing.SimpleQueue`, whose locks are lost with their dead holder, and whose messages are torn by it;
//! the marks are those of fragments in RFC 6455, "The WebSocket Protocol", 2011.

use crate::model::processes::lock::robust::{Kept, Locked, RobustLock, Rules};
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::pipe::{self, Reader, Writer};
use crate::sync::process::point;
use crate::sync::region::{Region, shared};
use crate::sync::time::Deadline;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::marker::PhantomData;
use std::time::Duration;

/// Bytes of a cell. A small message with its length fits into one.
pub const CELL: usize = 32;

/// Bytes of a message's length.
const LENGTH: usize = 4;

/// The mark of a cell with which a message begins, and of one with which it goes on.
const FIRST: u8 = 1;
const NEXT: u8 = 0;

/// A receiver in the middle of a message looks so often whether its sender is alive.
const ROUND: Duration = Duration::from_millis(10);

/// What a queue owes to those who are killed.
pub trait Policy: fmt::Debug + Send + Sync + 'static {
    /// What the lock of the receivers owes.
    type Reading: Rules;
    /// Whether a receiver looks at the mark of a cell in the middle of a message.
    const LOOKS_AT_MARKS: bool = true;
}

/// All of it.
#[derive(Debug)]
pub struct Sound;

impl Policy for Sound {
    type Reading = Kept;
}

shared! {
    /// What all have in common.
    #[derive(Debug)]
    struct Common {
        /// Whoever writes.
        writing: RobustLock,
        /// Messages that nobody has got to their end.
        lost: AtomicU32,
    }
}

/// A new queue, and the two ends of it.
///
/// ```
/// use refectory::model::processes::queue::simple::{GetError, simple};
///
/// # if !cfg!(target_os = "linux") { return }
/// let (mut sender, mut receiver) = simple::<String>().unwrap();
/// sender.put(&"soup".to_owned()).unwrap();
/// assert_eq!(receiver.get().unwrap(), "soup");
/// drop(sender);
/// assert_eq!(receiver.get(), Err(GetError::Closed));
/// ```
///
/// # Errors
/// As [`pipe::pipe`] and [`Region::new`].
#[track_caller]
pub fn simple<T>() -> io::Result<(Sender<T>, Receiver<T>)> {
    over(pipe::pipe()?)
}

/// The same over this pipe, with this policy.
///
/// # Errors
/// As [`Region::new`].
#[track_caller]
pub fn over<T, P: Policy>((writer, reader): (Writer, Reader)) -> io::Result<(Sender<T>, Receiver<T, P>)> {
    let common = Region::new(Common {
        writing: RobustLock::new().named(format_args!("writing")),
        lost: AtomicU32::new(0).named(format_args!("lost")),
    })?;
    let reading = Region::new(RobustLock::new().named(format_args!("reading")))?;
    let sender = Sender { pipe: writer.named(format_args!("pipe")), common: common.clone(), of: PhantomData };
    Ok((sender, Receiver { pipe: reader, reading, common, of: PhantomData }))
}

/// A message was not sent, and nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutError {
    /// It cannot be serialized, or is longer than 4 GiB.
    Unserializable,
    /// All receivers are gone.
    Closed,
}

/// There is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// None has come in time.
    Empty,
    /// There are none, and all senders are gone.
    Closed,
    /// It is none of this type. It was taken all the same.
    Undecodable,
}

impl fmt::Display for PutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unserializable => "the message cannot be serialized",
            Self::Closed => "nobody is left to receive the message",
        })
    }
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "no message has come in time",
            Self::Closed => "there is no message, and nobody is left to send one",
            Self::Undecodable => "the message is none of the type that is received",
        })
    }
}

impl Error for PutError {}
impl Error for GetError {}

/// Whoever sends. It travels in the argument of a [process](crate::sync::process::spawn).
#[derive(Debug, Deserialize, Serialize)]
#[serde(bound = "")]
pub struct Sender<T> {
    pipe: Writer,
    common: Region<Common>,
    of: PhantomData<fn(T)>,
}

impl<T> Sender<T> {
    /// Another sender to the same queue.
    ///
    /// # Errors
    /// As [`Writer::try_clone`].
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { pipe: self.pipe.try_clone()?, common: self.common.clone(), of: PhantomData })
    }
}

impl<T: Serialize> Sender<T> {
    /// Sends a message, and waits for room.
    ///
    /// # Errors
    /// It cannot be serialized, or nobody is left to receive it.
    ///
    /// # Panics
    /// If the system lets nobody write for another reason.
    pub fn put(&mut self, message: &T) -> Result<(), PutError> {
        let bytes = postcard::to_allocvec(message).map_err(|_| PutError::Unserializable)?;
        let length = u32::try_from(bytes.len()).map_err(|_| PutError::Unserializable)?;
        let cells = cut(&length.to_le_bytes(), &bytes);
        // As many cells as are written in one piece.
        let piece = (self.pipe.atomic() / CELL).max(1) * CELL;
        let pipe = &mut self.pipe;
        let written = self.common.writing.lock(|found| {
            // What a dead sender has left is for the receiver: there is a first cell after it.
            agree(found);
            cells.chunks(piece).try_for_each(|piece| {
                point("a part of a message to be written");
                pipe.write_all(piece)
            })
        });
        match written.expect("nobody leaves the lock inconsistent") {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(PutError::Closed),
            written => {
                written.expect("a pipe is written to");
                Ok(())
            }
        }
    }
}

/// The cells of a message.
fn cut(length: &[u8], bytes: &[u8]) -> Vec<u8> {
    let all = [length, bytes].concat();
    let mut mark = FIRST;
    let mut cells = Vec::new();
    for part in all.chunks(CELL - 1) {
        cells.push(mark);
        cells.extend(part);
        mark = NEXT;
    }
    cells.resize(cells.len().next_multiple_of(CELL), 0);
    cells
}

/// What a holder that was killed has left is as good as anything.
fn agree(found: Locked<'_>) {
    if let Locked::OwnerDied(left) = found {
        left.consistent();
    }
}

/// Whoever receives. It travels in the argument of a [process](crate::sync::process::spawn).
#[derive(Debug, Deserialize, Serialize)]
#[serde(bound = "")]
pub struct Receiver<T, P: Policy = Sound> {
    pipe: Reader,
    reading: Region<RobustLock<P::Reading>>,
    common: Region<Common>,
    of: PhantomData<fn() -> (T, P)>,
}

impl<T, P: Policy> Receiver<T, P> {
    /// Another receiver of the same queue.
    ///
    /// # Errors
    /// As [`Reader::try_clone`].
    pub fn try_clone(&self) -> io::Result<Self> {
        let (reading, common) = (self.reading.clone(), self.common.clone());
        Ok(Self { pipe: self.pipe.try_clone()?, reading, common, of: PhantomData })
    }

    /// Messages so far in the middle of which somebody was killed, and of which a part was dropped here.
    #[must_use]
    pub fn lost(&self) -> u32 {
        // Ordering: Relaxed. A count.
        self.common.lost.load(Relaxed)
    }
}

impl<T: DeserializeOwned, P: Policy> Receiver<T, P> {
    /// Receives a message, and waits for one.
    ///
    /// # Errors
    /// There is none and all senders are gone, or it is not a `T`.
    pub fn get(&mut self) -> Result<T, GetError> {
        let (mut inside, reading) = self.inside(None);
        let received = reading.lock(|found| {
            agree(found);
            inside.message()
        });
        decode(&received.expect("nobody leaves the lock inconsistent")?)
    }

    /// The same, but waits no longer than this for a message to begin. With no time at all it looks what is there.
    ///
    /// # Errors
    /// None has come in time; or as [`get`](Self::get).
    pub fn get_timeout(&mut self, patience: Duration) -> Result<T, GetError> {
        let deadline = Deadline::after(patience);
        let left = deadline.left().unwrap_or_default();
        let (mut inside, reading) = self.inside(Some(&deadline));
        let received = reading.lock_timeout(left, |found| {
            agree(found);
            inside.message()
        });
        decode(&received.expect("nobody leaves the lock inconsistent").ok_or(GetError::Empty)??)
    }

    fn inside<'a>(
        &'a mut self,
        deadline: Option<&'a Deadline>,
    ) -> (Inside<'a, P>, &'a RobustLock<P::Reading>) {
        let inside = Inside { pipe: &mut self.pipe, common: &self.common, deadline, of: PhantomData };
        (inside, &self.reading)
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, GetError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        _ => Err(GetError::Undecodable),
    }
}

/// Whoever holds the lock of the receivers.
struct Inside<'a, P> {
    pipe: &'a mut Reader,
    common: &'a Common,
    deadline: Option<&'a Deadline>,
    of: PhantomData<fn() -> P>,
}

impl<P: Policy> Inside<'_, P> {
    /// The next message that is whole.
    fn message(&mut self) -> Result<Vec<u8>, GetError> {
        let mut cell = self.first()?;
        'begin: loop {
            let mut bytes = cell[1 + LENGTH..].to_vec();
            let length = u32::from_le_bytes(std::array::from_fn(|i| cell[1 + i])) as usize;
            while bytes.len() < length {
                match self.next()? {
                    Some(next) if next[0] == FIRST && P::LOOKS_AT_MARKS => {
                        self.lose();
                        cell = next;
                        continue 'begin;
                    }
                    Some(next) => bytes.extend(&next[1..]),
                    None => {
                        self.lose();
                        cell = self.first()?;
                        continue 'begin;
                    }
                }
                point("a part of a message that was read");
            }
            bytes.truncate(length);
            return Ok(bytes);
        }
    }

    /// A message is not there to its end.
    fn lose(&self) {
        // Ordering: Relaxed. A count.
        self.common.lost.fetch_add(1, Relaxed);
    }

    /// The next cell with which a message begins. Those before it are of a message that a receiver was killed with.
    fn first(&mut self) -> Result<[u8; CELL], GetError> {
        let mut dropped = false;
        loop {
            let left = self.deadline.map(|deadline| deadline.left().unwrap_or_default());
            match self.cell(left)?.ok_or(GetError::Empty)? {
                cell if cell[0] == FIRST => return Ok(cell),
                _ if !dropped => self.lose(),
                _ => {}
            }
            dropped = true;
        }
    }

    /// The next cell in the middle of a message; `None` if there is none any more, because its sender was killed.
    fn next(&mut self) -> Result<Option<[u8; CELL]>, GetError> {
        loop {
            let cell = self.cell(Some(ROUND)).inspect_err(|_| self.lose())?;
            if cell.is_some() {
                return Ok(cell);
            }
            // Who gets the lock of the senders knows that the one of this message is not there any more.
            let is_over = self.common.writing.try_lock(agree).expect("nobody leaves the lock inconsistent");
            if is_over.is_some() {
                return self.cell(Some(Duration::ZERO));
            }
        }
    }

    /// The next cell, whatever it is, if there is one in time.
    fn cell(&mut self, patience: Option<Duration>) -> Result<Option<[u8; CELL]>, GetError> {
        let mut cell = [0; CELL];
        let read = match patience {
            None => self.pipe.read(&mut cell),
            Some(patience) => self.pipe.read_timeout(&mut cell, patience),
        };
        match read {
            Ok(0) => Err(GetError::Closed),
            Ok(read) => {
                debug_assert_eq!(read, CELL, "there are whole cells in the pipe");
                Ok(Some(cell))
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => Ok(None),
            Err(error) => panic!("a pipe is read: {error}"),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::sync::thread;

    #[test]
    fn messages_of_any_length_arrive() {
        let (mut sender, mut receiver) = simple::<Vec<u8>>().unwrap();
        let lengths = || (0..4 * CELL).chain([pipe::ATOMIC - CELL, pipe::ATOMIC, 200_000]);
        let sends = thread::spawn(move || {
            lengths().for_each(|length| sender.put(&vec![7; length]).unwrap());
        });
        lengths().for_each(|length| assert_eq!(receiver.get().unwrap(), vec![7; length]));
        assert_eq!((receiver.get(), receiver.lost()), (Err(GetError::Closed), 0));
        sends.join().unwrap();
    }

    #[test]
    fn fifo_per_producer() {
        let (sender, mut receiver) = simple::<(u8, u32)>().unwrap();
        let threads = [0, 1].map(|who| {
            let mut sender = sender.try_clone().unwrap();
            thread::spawn(move || (0..1_000).for_each(|i| sender.put(&(who, i)).unwrap()))
        });
        drop(sender);
        let mut next = [0; 2];
        while let Ok((who, i)) = receiver.get() {
            assert_eq!(i, next[usize::from(who)]);
            next[usize::from(who)] += 1;
        }
        assert_eq!(next, [1_000; 2]);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }

    #[test]
    fn a_torn_message_is_dropped_and_counted() {
        let (mut sender, mut receiver) = simple::<Vec<u8>>().unwrap();
        let torn = &cut(&90_u32.to_le_bytes(), &[7; 90])[..CELL];
        sender.pipe.write_all(torn).unwrap();
        assert_eq!(receiver.get_timeout(Duration::from_millis(1)), Err(GetError::Empty));
        assert_eq!(receiver.lost(), 1);
        sender.pipe.write_all(torn).unwrap();
        sender.put(&vec![1]).unwrap();
        assert_eq!((receiver.get(), receiver.lost()), (Ok(vec![1]), 2));
        // The rest of one that a receiver was killed with.
        sender.pipe.write_all(&[NEXT; 2 * CELL]).unwrap();
        sender.put(&vec![2]).unwrap();
        assert_eq!((receiver.get(), receiver.lost()), (Ok(vec![2]), 3));
    }
}
