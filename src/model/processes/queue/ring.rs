//! A ring of bytes in a region: messages of any length, from one process to another, either of which may be killed.
//!
//! The ring is an array of words. Positions count up for ever; position `p` is word `p mod WORDS`. A message is its
//! length and its bytes, in whole words. `tail` is where the sender has written to, and `head` where the receiver has read to; each
//! moves by one store, when all of a message is done. So a sender that is killed in the middle of a message leaves nothing of it, and
//! of a receiver that is killed in the middle of one the next receiver gets it again, whole: *at least once*. A message is
//! done when the function that reads it has returned. What a sender has sent before it was killed arrives.
//!
//! Each end is a [`Robust`] word, which whoever is there owns: a second sender or receiver is refused, and takes the place when the
//! first one has gone, by whatever death. The other side waits at this word. It puts [`WAITERS`] there, takes [`OWNER_DIED`] away, looks
//! at the position once more, and sleeps. Whoever moves the position, or leaves, looks for the mark then, and if it is there
//! puts `OWNER_DIED` beside it before it wakes; where it is killed the kernel does the same. Nobody but the side that waits takes
//! it away again. So the word is not the one any more for which that side wanted to wait, whoever has come and gone meanwhile.
//!
//! Invariant: `head ≤ tail ≤ head + WORDS`, and from `head` to `tail` there are whole messages. Who sleeps has not missed a move, or
//! a wake is on its way.
//!
//! What it does not do: tell the one who waits that the other side was killed. It waits for the next one there. And a
//! message that a sender was killed with may have been sent.
//!
//! Sources: Leslie Lamport, "Specifying concurrent program modules", 1983, for the two counters; `Documentation/locking/robust-futexes.rst`
//! of Linux for the ends.

use crate::sync::asymmetric::between_processes::{heavy_fence, light_fence, prepare};
use crate::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::sync::process::point;
use crate::sync::region::robust::{OWNER, OWNER_DIED, Robust, WAITERS};
use crate::sync::region::{Shared, shared};
use crate::sync::time::Deadline;
use crate::sync::{UnsafeCell, hint};
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// So often a side looks at the other one's position before it sleeps: a few microseconds, as long as it takes to be woken.
const LOOKS: u32 = 500;

/// When a position moves.
pub trait Passage: fmt::Debug + Send + Sync + 'static {
    /// Whether `tail` moves before the message is written.
    const TAIL_FIRST: bool = false;
    /// Whether `head` moves before the message is read.
    const HEAD_FIRST: bool = false;
}

/// When all of the message is done.
#[derive(Debug)]
pub struct Whole;

impl Passage for Whole {}

/// Somebody is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupied;

impl fmt::Display for Occupied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this end of the ring has somebody who uses it")
    }
}

impl Error for Occupied {}

/// The ring has no room for the message, and never will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message is longer than the ring")
    }
}

impl Error for TooLong {}

/// A first-in first-out ring of `WORDS` words of 8 bytes, a power of two, for a [`Region`](crate::sync::region::Region).
///
/// ```
/// use refectory::model::processes::queue::ring::{Occupied, Ring, TooLong};
///
/// let ring = <Ring<4>>::new();
/// ring.sender(|mut sender| {
///     assert_eq!(ring.sender(|_| ()), Err(Occupied));
///     assert_eq!(sender.try_send(b"soup"), Ok(true));
///     assert_eq!(sender.try_send(b"leek and potato"), Ok(false), "three words, and there are two");
///     assert_eq!(sender.send(&[0; 25]), Err(TooLong));
/// })
/// .unwrap();
/// ring.receiver(|mut receiver| {
///     assert_eq!(receiver.receive(|message| message.to_vec()), b"soup");
///     assert_eq!(receiver.try_receive(|_| ()), None);
/// })
/// .unwrap();
/// ```
#[repr(C)]
pub struct Ring<const WORDS: usize, P = Whole> {
    tail: End,
    head: End,
    slots: [UnsafeCell<u64>; WORDS],
    passage: PhantomData<fn() -> P>,
}

shared! {
    /// Who is there, and how far it has come.
    #[repr(align(128))]
    struct End {
        here: Robust,
        position: Position,
    }
}

shared! {
    /// It has its cache lines for itself, which processors fetch in pairs: the other side looks at it all the time, and this
    /// one at what stands beside it after each move.
    #[repr(align(128))]
    struct Position {
        at: AtomicU32,
    }
}

// SAFETY: all fields are shared, and the passage has no value.
unsafe impl<const WORDS: usize, P: Passage> Shared for Ring<WORDS, P> {}
// SAFETY: a slot is touched only by the side to which the positions give it, and each side is one thread.
unsafe impl<const WORDS: usize, P: Passage> Sync for Ring<WORDS, P> {}

impl<const WORDS: usize, P: Passage> Ring<WORDS, P> {
    const IS_POSSIBLE: () = assert!(WORDS.is_power_of_two() && WORDS <= 1 << 31);

    /// An empty ring.
    #[track_caller]
    pub fn new() -> Self {
        Self::starting_at(0)
    }

    /// A ring whose first message gets this position.
    #[track_caller]
    fn starting_at(first: u32) -> Self {
        let () = Self::IS_POSSIBLE;
        let end = |name| End {
            here: Robust::new().named(format_args!("{name}'s owner")),
            position: Position { at: AtomicU32::new(first).named(format_args!("{name}")) },
        };
        Self {
            tail: end("tail"),
            head: end("head"),
            slots: std::array::from_fn(|i| UnsafeCell::new(0).named(format_args!("word {i}"))),
            passage: PhantomData,
        }
    }

    /// Is its sender while `body` runs.
    ///
    /// # Errors
    /// There is one.
    pub fn sender<T>(&self, body: impl FnOnce(Sender<'_, WORDS, P>) -> T) -> Result<T, Occupied> {
        self.tail.occupied(|| {
            // Ordering: Relaxed. The sender before has left, or died, before this one came.
            let tail = self.tail.position.at.load(Relaxed);
            body(Sender { ring: self, tail, head: self.head.position.at.load(Acquire) })
        })
    }

    /// Is its receiver while `body` runs.
    ///
    /// # Errors
    /// There is one.
    pub fn receiver<T>(&self, body: impl FnOnce(Receiver<'_, WORDS, P>) -> T) -> Result<T, Occupied> {
        self.head.occupied(|| {
            // Ordering: as in `sender`.
            let head = self.head.position.at.load(Relaxed);
            body(Receiver { ring: self, head, tail: self.tail.position.at.load(Acquire), read: Vec::new() })
        })
    }

    #[inline]
    fn slot(&self, position: u32) -> &UnsafeCell<u64> {
        &self.slots[position as usize & (WORDS - 1)]
    }
}

/// Words of a message of so many bytes.
#[inline]
fn words(length: usize) -> usize {
    1 + length.div_ceil(8)
}

impl End {
    /// Is there while `body` runs.
    fn occupied<T>(&self, body: impl FnOnce() -> T) -> Result<T, Occupied> {
        /// Leaves where it is dropped, also by a panic.
        struct Here<'a>(&'a End);
        impl Drop for Here<'_> {
            fn drop(&mut self) {
                self.0.here.give(|| self.0.leave());
            }
        }
        prepare();
        let come = || {
            let free = |seen| (seen & OWNER == 0).then_some(seen | Robust::me());
            // Ordering: Acquire, of the Release of the one before, and of the kernel's exchange where that was killed.
            self.here.fetch_update(Acquire, Relaxed, free).is_ok()
        };
        // SAFETY: nobody was there. The end is borrowed until `Here` is dropped, which is a local.
        let is_mine = unsafe { self.here.take(come) };
        let _here = is_mine.then(|| Here(self)).ok_or(Occupied)?;
        Ok(body())
    }

    /// As the kernel does it with the word of the dead.
    fn leave(&self) {
        let left = |here: u32| here & WAITERS | OWNER_DIED;
        // Ordering: Release, for the Acquire of the next one who comes.
        let here = self.here.fetch_update(Release, Relaxed, |here| Some(left(here))).unwrap_or(0);
        point("an end that was left");
        if here & WAITERS != 0 {
            self.here.wake_one();
        }
    }

    /// Moves the position, and wakes the other side if that may wait.
    #[inline]
    fn advance(&self, to: u32) {
        // Ordering: Release, for the Acquire in `wait_while`: the other side sees what was done with the slots before.
        self.position.at.store(to, Release);
        point("a position that has moved");
        // With the heavy fence in `wait_while`. One of the two sides sees what the other one has done before its fence: this
        // one the mark, or that one the position.
        light_fence();
        if self.here.load(Relaxed) & (WAITERS | OWNER_DIED) == WAITERS {
            self.call();
        }
    }

    #[cold]
    fn call(&self) {
        // Ordering: Relaxed. What the other side looks for is the position.
        self.here.fetch_or(OWNER_DIED, Relaxed);
        point("a side to be woken");
        self.here.wake_one();
    }

    /// Waits while the position is `seen`; gives the one it finds, unless the patience has ended. Woken by `advance`, and by the kernel
    /// where the other side is killed before it wakes.
    fn wait_while(&self, seen: u32, patience: &Patience) -> Option<u32> {
        // Ordering: Acquire, of the Release in `advance`.
        let look = || Some(self.position.at.load(Acquire)).filter(|found| *found != seen);
        if let Patience::None = patience {
            return look();
        }
        for _ in 0..hint::spins(LOOKS) {
            if let Some(found) = look() {
                return Some(found);
            }
            hint::spin_briefly();
        }
        loop {
            let mark = |here: u32| here & OWNER | WAITERS;
            // Ordering: Relaxed. The fence is what counts.
            let marked = self.here.fetch_update(Relaxed, Relaxed, |here| Some(mark(here))).map_or(0, mark);
            // With the light fence in `advance`: dear for who is about to sleep anyway.
            heavy_fence();
            let found = look();
            point("a side that waits");
            let goes_on = found.is_none() && patience.wait(&self.here, marked);
            // Ordering: Relaxed. The mark is of this side alone.
            self.here.fetch_and(!WAITERS, Relaxed);
            let found = found.or_else(look);
            if found.is_some() || !goes_on {
                return found;
            }
        }
    }
}

/// How long a side waits.
enum Patience {
    None,
    Until(Deadline),
    Endless,
}

impl Patience {
    /// Waits at the word as long as it is so; whether to look again.
    fn wait(&self, word: &Robust, expected: u32) -> bool {
        match self {
            Self::None => false,
            Self::Until(deadline) => deadline.left().is_some_and(|left| word.wait_timeout(expected, left)),
            Self::Endless => {
                word.wait(expected);
                true
            }
        }
    }
}

/// Whoever sends.
pub struct Sender<'a, const WORDS: usize, P = Whole> {
    ring: &'a Ring<WORDS, P>,
    tail: u32,
    /// What `head` was when we last looked.
    head: u32,
}

impl<const WORDS: usize, P: Passage> Sender<'_, WORDS, P> {
    /// Sends a message, and waits for room.
    ///
    /// # Errors
    /// It is longer than the ring.
    #[inline]
    pub fn send(&mut self, message: &[u8]) -> Result<(), TooLong> {
        self.send_with(message, &Patience::Endless).map(drop)
    }

    /// Sends a message if there is room; whether there was.
    ///
    /// # Errors
    /// It is longer than the ring.
    pub fn try_send(&mut self, message: &[u8]) -> Result<bool, TooLong> {
        self.send_with(message, &Patience::None)
    }

    /// Sends a message if there is room within this time; whether there was.
    ///
    /// # Errors
    /// It is longer than the ring.
    pub fn send_timeout(&mut self, message: &[u8], patience: Duration) -> Result<bool, TooLong> {
        self.send_with(message, &Patience::Until(Deadline::after(patience)))
    }

    /// Where its next message begins.
    pub(super) fn position(&self) -> u32 {
        self.tail
    }

    #[inline]
    fn send_with(&mut self, message: &[u8], patience: &Patience) -> Result<bool, TooLong> {
        let words = words(message.len());
        if words > WORDS {
            return Err(TooLong);
        }
        while WORDS - (self.tail.wrapping_sub(self.head) as usize) < words {
            match self.ring.head.wait_while(self.head, patience) {
                Some(head) => self.head = head,
                None => return Ok(false),
            }
        }
        let (start, end) = (self.tail, self.tail.wrapping_add(words as u32));
        if P::TAIL_FIRST {
            self.ring.tail.advance(end);
        }
        self.write(start, message);
        if !P::TAIL_FIRST {
            self.ring.tail.advance(end);
        }
        self.tail = end;
        Ok(true)
    }

    #[inline]
    fn write(&self, mut position: u32, message: &[u8]) {
        let mut put = |word| {
            // SAFETY: the pointer is valid for the call. The slot is the sender's: the receiver reads as far as the `tail` that is
            // published, and has read what was there before.
            self.ring.slot(position).with_mut(|slot| unsafe { *slot = word });
            position = position.wrapping_add(1);
        };
        point("a message to be written");
        put(message.len() as u64);
        point("a message of which there is the length");
        let (whole, rest) = message.as_chunks::<8>();
        whole.iter().for_each(|bytes| put(u64::from_ne_bytes(*bytes)));
        if !rest.is_empty() {
            let mut bytes = [0; 8];
            bytes[..rest.len()].copy_from_slice(rest);
            put(u64::from_ne_bytes(bytes));
        }
        point("a message that is written");
    }
}

/// Whoever receives.
pub struct Receiver<'a, const WORDS: usize, P = Whole> {
    ring: &'a Ring<WORDS, P>,
    head: u32,
    /// What `tail` was when we last looked.
    tail: u32,
    /// The message.
    read: Vec<u8>,
}

impl<const WORDS: usize, P: Passage> Receiver<'_, WORDS, P> {
    /// Waits for a message, and reads it. It is done when `read` returns; where that panics it is still there.
    #[inline]
    pub fn receive<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> T {
        self.receive_with(read, &Patience::Endless).expect("one that waits without end gets it")
    }

    /// Reads a message if there is one.
    pub fn try_receive<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        self.receive_with(read, &Patience::None)
    }

    /// Reads a message if there is one within this time.
    pub fn receive_timeout<T>(&mut self, patience: Duration, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        self.receive_with(read, &Patience::Until(Deadline::after(patience)))
    }

    #[inline]
    fn receive_with<T>(&mut self, read: impl FnOnce(&[u8]) -> T, patience: &Patience) -> Option<T> {
        if self.head == self.tail {
            self.tail = self.ring.tail.wait_while(self.tail, patience)?;
        }
        point("a message to be read");
        let length = self.word(self.head) as usize;
        let sent = self.tail.wrapping_sub(self.head) as usize;
        assert!(length <= 8 * WORDS && words(length) <= sent, "a message of {length} bytes in {sent} words");
        let end = self.head.wrapping_add(words(length) as u32);
        if P::HEAD_FIRST {
            self.ring.head.advance(end);
        }
        self.copy(length);
        point("a message that was copied");
        let done = read(&self.read);
        point("a message that was read");
        if !P::HEAD_FIRST {
            self.ring.head.advance(end);
        }
        self.head = end;
        Some(done)
    }

    #[inline]
    fn copy(&mut self, length: usize) {
        let mut bytes = std::mem::take(&mut self.read);
        bytes.clear();
        bytes.reserve(8 * words(length));
        for i in 1..words(length) as u32 {
            bytes.extend_from_slice(&self.word(self.head.wrapping_add(i)).to_ne_bytes());
        }
        bytes.truncate(length);
        self.read = bytes;
    }

    #[inline]
    fn word(&self, position: u32) -> u64 {
        // SAFETY: the pointer is valid for the call, and the sender has published what is there, and leaves it until `head` has passed.
        self.ring.slot(position).with(|slot| unsafe { *slot })
    }
}

impl<const WORDS: usize, P: Passage> Default for Ring<WORDS, P> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<const WORDS: usize, P> fmt::Debug for Ring<WORDS, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("words", &WORDS).finish_non_exhaustive()
    }
}

impl<const WORDS: usize, P> fmt::Debug for Sender<'_, WORDS, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("tail", &self.tail).finish_non_exhaustive()
    }
}

impl<const WORDS: usize, P> fmt::Debug for Receiver<'_, WORDS, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("head", &self.head).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
