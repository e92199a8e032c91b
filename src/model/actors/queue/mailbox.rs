//! The mailbox of an actor: a queue for any number of senders and one receiver.
//!
//! Letters are in a list of nodes. To put one in is an exchange of `last`, and then a link from the node that was last
//! before. Between the two the list has a gap, at which the receiver has to wait for the sender. The first node is the one whose letter
//! was taken last, so the list is never empty, and the receiver touches nothing that senders exchange.
//!
//! Two words say what there is to know without the list. That of the mail is written by senders, and by who closes it:
//!
//! | part of it | set by | says |
//! |---|---|---|
//! | a count | senders, before they put their letter in | letters that were admitted, ever |
//! | `CLOSED` | anybody | nobody is admitted any more |
//! | `HALTED` | anybody | the receiver leaves what is in, until it resumes |
//! | `STOPPED` | anybody | it leaves what is in, for good |
//! | `ASLEEP` | the receiver, where it has taken as many | who admits itself has to wake it |
//!
//! and the other one by the receiver:
//!
//! | part of it | set by | says |
//! |---|---|---|
//! | a count | the receiver | letters that were taken, ever |
//! | `AWAITED` | senders that find no room | who takes a letter out has to wake them |
//! | `CLOSED` | anybody, after the other one | senders need not wait for room |
//!
//! Invariant: each letter that was admitted and not taken is in the list, or about to be put in by its sender. So a receiver that
//! has taken fewer waits for a link, which comes soon, and one that has taken all announces that it sleeps in the same step in which
//! it looks for the last time. Since a close is in the same word, a letter is admitted before it, and received, or comes back.
//!
//! What it does not do: senders that wait for room are not served in their order. A sender that is preempted in the gap holds up the
//! receiver, though letters of others are behind it.
//!
//! Source: Dmitry Vyukov, "Intrusive MPSC node-based queue" and its sibling, "Non-intrusive MPSC node-based queue", 2010: letters are given by
//! value here, and so the list is that of the second, which needs no node that is put in again. The words are ours.

use crate::port::Closed;
use crate::sync::atomic::AtomicPtr;
use crate::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};
use crate::sync::{Futex, UnsafeCell, hint};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::null_mut;
use std::sync::Arc;

/// What the threads at a mailbox go by: the twins in [`broken`](super::broken) differ in one of these.
pub trait Protocol: Send + Sync + 'static {
    /// The receiver's load of a link, before it looks into the node.
    ///
    /// Ordering: Acquire, for the Release of the sender that links: the letter is in the node.
    const FOLLOW: Ordering = Acquire;

    /// The receiver has found the mailbox empty: it says that it sleeps if that is still so, and waits.
    fn sleep(word: &Futex, empty: u32, asleep: u32) {
        // Ordering: Relaxed; the word counts, and letters come by the links.
        if empty == asleep || word.compare_exchange(empty, asleep, Relaxed, Relaxed).is_ok() {
            // Woken by the next sender, by a close, and by a halt, which all change the word.
            word.wait(asleep);
        }
    }
}

/// The right one.
#[derive(Clone, Copy, Debug)]
pub struct Correct;

impl Protocol for Correct {}

const CLOSED: u32 = 1;
const HALTED: u32 = 2;
const STOPPED: u32 = 4;
const ASLEEP: u32 = 8;
const AWAITED: u32 = 2;
/// One letter. Counts wrap round.
const ONE: u32 = 16;
/// As many can be told apart from none.
const MOST: u32 = u32::MAX / ONE;
/// After so many letters a sender to a mailbox with room for all looks whether they can still be counted.
const NOW_AND_THEN: u32 = 1 << 24;

/// Looks before a thread sleeps, and looks at a gap before it gives up the processor: a wake-up across cores takes longer than most waits.
const LOOKS: u32 = 500;

/// A mailbox with room for all.
///
/// # Panics
/// A send panics where more than 134 million letters wait: they can hardly be counted any more.
///
/// ```
/// use refectory::model::actors::queue::unbounded;
/// use refectory::port::Closed;
///
/// let (sender, mut receiver) = unbounded();
/// sender.send('a').unwrap();
/// sender.close();
/// assert_eq!(sender.clone().send('b'), Err(Closed('b')));
/// assert_eq!([receiver.receive(), receiver.receive()], [Some('a'), None]);
/// ```
pub fn unbounded<T: Send>() -> (Sender<T>, Receiver<T>) {
    Mailbox::with_room(MOST, "")
}

/// A mailbox with room for so many letters: senders wait for room.
///
/// # Panics
/// If there is room for none, or for more than can be counted.
pub fn bounded<T: Send>(room: usize) -> (Sender<T>, Receiver<T>) {
    Mailbox::with_room(counted(room), "")
}

/// The mailbox of somebody whose name traces show; bounded if there is a room.
///
/// # Panics
/// As [`bounded`].
pub fn of<T: Send>(owner: &str, room: Option<usize>) -> (Sender<T>, Receiver<T>) {
    Mailbox::with_room(room.map_or(MOST, counted), &format!(" of {owner}"))
}

/// A mailbox with this protocol; bounded if there is a room.
pub(super) fn with_protocol<T: Send, P: Protocol>(room: Option<usize>) -> (Sender<T, P>, Receiver<T, P>) {
    Mailbox::with_room(room.map_or(MOST, counted), "")
}

fn counted(room: usize) -> u32 {
    let counted = u32::try_from(room).ok().filter(|room| (1..=MOST / 2).contains(room));
    counted.unwrap_or_else(|| panic!("a mailbox has room for 1 to {} letters, not {room}", MOST / 2))
}

/// Letters that were admitted and not taken.
const fn letters(word: u32, taken: u32) -> u32 {
    (word.wrapping_sub(taken & !(ONE - 1))) / ONE
}

/// Looks before a thread sleeps.
fn look_briefly(word: &Futex, still: impl Fn(u32) -> bool) {
    for _ in 0..hint::spins(LOOKS) {
        if !still(word.load(Relaxed)) {
            break;
        }
        hint::spin_briefly();
    }
}

/// Where letters are put in.
pub struct Sender<T: Send, P: Protocol = Correct>(Arc<Mailbox<T, P>>);

/// Where they are taken out. There is one for each mailbox; with it the mailbox is closed.
pub struct Receiver<T: Send, P: Protocol = Correct>(Arc<Mailbox<T, P>>);

struct Mailbox<T, P> {
    /// See the [module](self) for the two words.
    word: Futex,
    taken: Futex,
    capacity: u32,
    /// The node that was put in last.
    last: AtomicPtr<Node<T>>,
    /// The receiver's: the node before the oldest letter.
    first: UnsafeCell<*mut Node<T>>,
    protocol: PhantomData<P>,
}

struct Node<T> {
    next: AtomicPtr<Self>,
    /// Written before the node is put in; taken by the receiver.
    letter: UnsafeCell<Option<T>>,
}

impl<T> Node<T> {
    fn new(letter: Option<T>) -> *mut Self {
        Box::into_raw(Box::new(Self {
            next: AtomicPtr::new(null_mut()).named(format_args!("next")),
            letter: UnsafeCell::new(letter).named(format_args!("letter")),
        }))
    }

    /// # Safety
    /// The node came from [`new`](Self::new), and nobody uses it any more.
    unsafe fn free(node: *mut Self) -> Self {
        // SAFETY: the caller's promise.
        *unsafe { Box::from_raw(node) }
    }
}

// SAFETY: a node is reached by its sender, by the one whose node is next, through the atomic link alone, and by the
// receiver once it is linked; letters may be sent.
unsafe impl<T: Send, P: Protocol> Sync for Mailbox<T, P> {}
// SAFETY: the mailbox owns its nodes, and letters may be sent.
unsafe impl<T: Send, P: Protocol> Send for Mailbox<T, P> {}

impl<T: Send, P: Protocol> Mailbox<T, P> {
    fn with_room(capacity: u32, of: &str) -> (Sender<T, P>, Receiver<T, P>) {
        let first = Node::new(None);
        let mailbox = Arc::new(Self {
            word: Futex::new(0).named(format_args!("mail{of}")),
            taken: Futex::new(0).named(format_args!("room{of}")),
            capacity,
            last: AtomicPtr::new(first).named(format_args!("last{of}")),
            first: UnsafeCell::new(first).named(format_args!("first{of}")),
            protocol: PhantomData,
        });
        (Sender(mailbox.clone()), Receiver(mailbox))
    }

    fn send(&self, letter: T) -> Result<(), Closed<T>> {
        let Some(sleeps) = self.admit() else { return Err(Closed(letter)) };
        self.put(Node::new(Some(letter)));
        // Not before the letter is in: it would be woken to wait.
        if sleeps {
            self.word.wake_one();
        }
        Ok(())
    }

    /// Counts a letter in, once there is room, and takes it over to wake the receiver; whether it sleeps. `None` where the mailbox is closed.
    fn admit(&self) -> Option<bool> {
        let mut taken = self.taken_before();
        // Ordering: Relaxed, as in `sleep`.
        let mut seen = self.word.load(Relaxed);
        loop {
            if seen & CLOSED != 0 {
                return None;
            }
            if self.is_bounded() && letters(seen, taken) >= self.capacity {
                self.wait_for_room(taken);
                (taken, seen) = (self.taken_before(), self.word.load(Relaxed));
                continue;
            }
            if !self.is_bounded() && (seen / ONE + 1).is_multiple_of(NOW_AND_THEN) {
                // More may be taken by now than what we have seen be admitted; then it looks like nearly all there can be.
                let letters = letters(seen, self.taken.load(Relaxed));
                let too_many = MOST / 2..MOST / 2 + 2 * NOW_AND_THEN;
                assert!(!too_many.contains(&letters), "{letters} letters wait in a mailbox");
            }
            match self.word.compare_exchange(seen, (seen & !ASLEEP).wrapping_add(ONE), Relaxed, Relaxed) {
                Ok(_) => return Some(seen & ASLEEP != 0),
                Err(now) => seen = now,
            }
        }
    }

    /// What had been taken before we look at the word: more may be taken by then, and fewer letters be in than it seems.
    fn taken_before(&self) -> u32 {
        // Ordering: Acquire, for the Release of who takes a letter out, or closes the mailbox: the word says so, too.
        if self.is_bounded() { self.taken.load(Acquire) } else { 0 }
    }

    /// Where there is room for as many as can be counted, nobody looks for room.
    fn is_bounded(&self) -> bool {
        self.capacity < MOST
    }

    /// Waits until a letter is taken beyond so many, or the mailbox is closed.
    fn wait_for_room(&self, taken: u32) {
        look_briefly(&self.taken, |now| now == taken);
        // Ordering: Relaxed; who comes back looks again.
        if taken & AWAITED != 0
            || self.taken.compare_exchange(taken, taken | AWAITED, Relaxed, Relaxed).is_ok()
        {
            // Woken by the receiver that takes a letter out, or by a close, which both change the word.
            self.taken.wait(taken | AWAITED);
        }
    }

    /// Puts a node at the end of the list. It stays there until another one is behind it.
    fn put(&self, node: *mut Node<T>) {
        // Ordering: Acquire, for the Release of the exchange that put the node before in: it has no successor yet. Release for
        // the Acquire of the next one.
        let before = self.last.swap(node, AcqRel);
        // SAFETY: a node is freed when its link was followed, and only we link it.
        let next = unsafe { &(*before).next };
        // Ordering: Release, for the load of the receiver: the letter is in the node.
        next.store(node, Release);
    }

    /// Waits for a letter; `None` when the mailbox is halted, or closed and empty.
    ///
    /// # Safety
    /// The caller is the receiver.
    unsafe fn receive(&self) -> Option<T> {
        let taken = self.taken.load(Relaxed);
        look_briefly(&self.word, |word| letters(word, taken) == 0 && word & (CLOSED | HALTED | STOPPED) == 0);
        loop {
            match self.word.load(Relaxed) {
                word if word & (HALTED | STOPPED) != 0 => return None,
                // SAFETY: the caller's promise; there is a letter.
                word if letters(word, taken) > 0 => return Some(unsafe { self.take() }),
                word if word & CLOSED != 0 => return None,
                empty => P::sleep(&self.word, empty, empty | ASLEEP),
            }
        }
    }

    /// Takes the oldest letter out.
    ///
    /// # Safety
    /// The caller is the receiver, and a letter was admitted and not taken.
    unsafe fn take(&self) -> T {
        // SAFETY: the pointer is valid for the call, and the receiver's alone.
        let node = self.first.with(|first| unsafe { *first });
        // SAFETY: the node is in the list, and a letter is about to be behind it.
        let next = unsafe { self.follow(node) };
        // SAFETY: as above.
        self.first.with_mut(|first| unsafe { *first = next });
        // SAFETY: its sender has linked it, and nobody else looks at the letter.
        let letter = unsafe { (*next).letter.with_mut(|letter| (*letter).take()) };
        // SAFETY: it is no longer in the list, and who was to link another one to it has done so.
        drop(unsafe { Node::free(node) });
        self.make_room();
        letter.expect("it was put in with a letter")
    }

    /// The next node; waits at a gap.
    ///
    /// # Safety
    /// The node is in the list, and a letter was admitted that is not in the list up to it.
    unsafe fn follow(&self, node: *mut Node<T>) -> *mut Node<T> {
        let mut next = null_mut();
        hint::spin_until(LOOKS, || {
            // SAFETY: the node is freed by the receiver, which we are.
            next = unsafe { (*node).next.load(P::FOLLOW) };
            !next.is_null()
        });
        next
    }

    /// A letter was taken: there is room for another one.
    fn make_room(&self) {
        // Ordering: Release, see `taken_before`.
        if self.taken.fetch_add(ONE, Release) & AWAITED != 0 {
            // Whoever finds no room from here on says so again.
            self.taken.fetch_and(!AWAITED, Relaxed);
            self.taken.wake_all();
        }
    }

    /// Everybody who waits has to look at what is set.
    fn set(&self, flags: u32) {
        let before = self.word.fetch_or(flags, Relaxed);
        if before & ASLEEP != 0 {
            self.word.wake_one();
        }
        // Ordering: Release, see `taken_before`.
        if self.is_bounded() && flags & CLOSED != 0 && self.taken.fetch_or(CLOSED, Release) & AWAITED != 0 {
            self.taken.wake_all();
        }
    }
}

impl<T, P> Drop for Mailbox<T, P> {
    /// Drops the letters that nobody took out, the rest of them even where the drop of one panics.
    fn drop(&mut self) {
        let mut letters = Vec::new();
        let mut node = *self.first.get_mut();
        while !node.is_null() {
            // SAFETY: nobody else is left, and the node is in the list once.
            let Node { next, letter } = unsafe { Node::free(node) };
            node = next.into_inner();
            letters.push(letter);
        }
    }
}

impl<T: Send, P: Protocol> Sender<T, P> {
    /// Puts a letter in, and waits for room if need be.
    ///
    /// # Errors
    /// The mailbox is closed, or was closed meanwhile: the letter comes back.
    pub fn send(&self, letter: T) -> Result<(), Closed<T>> {
        self.0.send(letter)
    }

    /// No letter is accepted any more; the receiver can still take out those that are in. To close it once more does nothing.
    pub fn close(&self) {
        self.0.set(CLOSED);
    }

    /// The receiver finds nothing any more, until it [resumes](Receiver::resume).
    pub fn halt(&self) {
        self.0.set(HALTED);
    }

    /// It is closed, and the receiver finds nothing any more. What is in is [left](Receiver::left).
    pub fn stop(&self) {
        self.0.set(CLOSED | STOPPED);
    }
}

impl<T: Send, P: Protocol> Receiver<T, P> {
    /// Waits for a letter; `None` once the mailbox is halted, stopped, or closed and empty.
    pub fn receive(&mut self) -> Option<T> {
        // SAFETY: there is one receiver, and it is borrowed mutably.
        unsafe { self.0.receive() }
    }

    /// Whether nothing will be received any more: it is stopped, or closed and empty.
    pub fn is_over(&self) -> bool {
        let word = self.0.word.load(Relaxed);
        word & STOPPED != 0 || word & CLOSED != 0 && letters(word, self.0.taken.load(Relaxed)) == 0
    }

    /// Goes on where the mailbox was halted.
    pub fn resume(&mut self) {
        self.0.word.fetch_and(!HALTED, Relaxed);
    }

    /// Closes the mailbox, and takes out what is in, halted and stopped or not.
    pub fn left(&mut self) -> impl Iterator<Item = T> + '_ {
        if self.0.word.load(Relaxed) & CLOSED == 0 {
            self.0.set(CLOSED);
        }
        std::iter::from_fn(|| {
            let any = letters(self.0.word.load(Relaxed), self.0.taken.load(Relaxed)) > 0;
            // SAFETY: as in `receive`; there is a letter.
            any.then(|| unsafe { self.0.take() })
        })
    }
}

impl<T: Send, P: Protocol> Clone for Sender<T, P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send, P: Protocol> Drop for Receiver<T, P> {
    /// Senders that wait for room would wait for ever.
    fn drop(&mut self) {
        self.0.set(CLOSED);
    }
}

impl<T: Send, P: Protocol> fmt::Debug for Sender<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("room", &self.0.capacity).finish_non_exhaustive()
    }
}

impl<T: Send, P: Protocol> fmt::Debug for Receiver<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("room", &self.0.capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn smoke() {
        let (sender, mut receiver) = unbounded();
        for round in 0..3 {
            (0..4).for_each(|i| sender.send(4 * round + i).unwrap());
            let received = [(); 4].map(|()| receiver.receive());
            assert_eq!(received, [0, 1, 2, 3].map(|i| Some(4 * round + i)));
        }
        sender.close();
        assert_eq!(receiver.receive(), None);
    }

    #[test]
    fn a_halt_leaves_letters_in() {
        let (sender, mut receiver) = bounded(3);
        sender.send(1).unwrap();
        sender.halt();
        sender.send(2).unwrap();
        assert_eq!(receiver.receive(), None);
        receiver.resume();
        assert_eq!(receiver.receive(), Some(1));
        sender.stop();
        receiver.resume();
        assert_eq!((receiver.receive(), sender.send(3)), (None, Err(Closed(3))));
        assert_eq!(receiver.left().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn who_waits_for_room_is_sent_away_by_the_end_of_the_receiver() {
        let (sender, receiver) = bounded(1);
        sender.send(1).unwrap();
        let waits = thread::Builder::new().spawn(move || sender.send(2)).unwrap();
        drop(receiver);
        assert_eq!(waits.join().unwrap(), Err(Closed(2)));
    }

    #[test]
    fn drops_what_is_left() {
        let value = Arc::new(());
        let (sender, mut receiver) = unbounded();
        (0..5).for_each(|_| sender.send(value.clone()).unwrap());
        drop(receiver.receive());
        assert_eq!(Arc::strong_count(&value), 5);
        drop((sender, receiver));
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
