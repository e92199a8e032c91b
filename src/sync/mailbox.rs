//! Messages in flight to a receiver.
//!
//! Under an engine of this crate to send is one operation, and so is to receive. Which message was sent first nobody sees: so
//! two sends commute, a send and the receive of another message commute too, and what is explored is which message each receive
//! gets. Natively, and under loom, a mailbox is a mutex and a condition variable.
//!
//! Source of the semantics: Constantin Enea, Dimitra Giannakopoulou, Michalis Kokologiannakis, Rupak Majumdar,
//! "Model checking distributed protocols in Must", 2024.

use super::hint::choose;
#[cfg(feature = "instrumented")]
use super::hook::MailboxHook;
use super::{Condvar, Mutex, MutexGuard};
use std::fmt;
#[cfg(feature = "instrumented")]
use std::panic::Location;

/// The name of a message in its mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(u64);

/// Messages in flight. A receiver takes any of those that no other one has to come before.
///
/// An engine tells 63 messages of one mailbox apart; with more of them in one execution it does not decide.
///
/// ```
/// use refectory::sync::{Arc, Mailbox, thread};
///
/// let mailbox = Arc::new(Mailbox::new());
/// let sender = thread::spawn({
///     let mailbox = Arc::clone(&mailbox);
///     move || {
///         let first = mailbox.send('a', []);
///         mailbox.send('b', [first]);
///     }
/// });
/// assert_eq!([mailbox.receive().1, mailbox.receive().1], ['a', 'b']);
/// sender.join().unwrap();
/// ```
pub struct Mailbox<M>(InFlight<M>);

enum InFlight<M> {
    /// Where threads share it.
    Shared(Mutex<Letters<M>>, Condvar),
    /// Where an engine keeps what is in flight, and this their contents. All its threads run on one OS thread.
    #[cfg(feature = "instrumented")]
    Modelled(MailboxHook, std::sync::Mutex<Vec<(Number, M)>>),
}

struct Letters<M> {
    sent: u64,
    in_flight: Vec<Letter<M>>,
}

struct Letter<M> {
    number: Number,
    /// What has to be received before it.
    behind: Vec<Number>,
    message: M,
}

impl<M> Mailbox<M> {
    /// An empty one.
    #[track_caller]
    pub fn new() -> Self {
        #[cfg(feature = "instrumented")]
        if let Some(hook) = MailboxHook::new() {
            return Self(InFlight::Modelled(hook, std::sync::Mutex::default()));
        }
        let letters = Letters { sent: 0, in_flight: Vec::new() };
        Self(InFlight::Shared(Mutex::new(letters), Condvar::new()))
    }

    /// Names the mailbox in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        match &self.0 {
            InFlight::Shared(letters, arrived) => {
                letters.name(name);
                arrived.name(name);
            }
            #[cfg(feature = "instrumented")]
            InFlight::Modelled(hook, _) => hook.name(name),
        }
        self
    }

    /// Puts a message in flight, behind these of the same mailbox, and does not wait. Those have to be messages that are
    /// known to have been sent.
    #[track_caller]
    pub fn send(&self, message: M, behind: impl IntoIterator<Item = Number>) -> Number {
        match &self.0 {
            InFlight::Shared(letters, arrived) => {
                let behind = behind.into_iter().collect();
                let mut letters = locked(letters);
                let number = Number(letters.sent);
                letters.sent += 1;
                letters.in_flight.push(Letter { number, behind, message });
                drop(letters);
                arrived.notify_one();
                number
            }
            #[cfg(feature = "instrumented")]
            InFlight::Modelled(hook, contents) => {
                let behind = behind.into_iter().map(|number| number.0);
                let number = Number(hook.send(behind, Location::caller()));
                contents.lock().expect("nothing panics with it locked").push((number, message));
                number
            }
        }
    }

    /// Waits for a message, and takes one of those that may come now.
    #[track_caller]
    pub fn receive(&self) -> (Number, M) {
        match &self.0 {
            InFlight::Shared(letters, arrived) => {
                let none = |letters: &mut Letters<M>| letters.in_flight.is_empty();
                // Woken by `send`.
                let mut letters = arrived.wait_while(locked(letters), none).expect("nothing panics there");
                letters.take().expect("of those in flight one is behind no other")
            }
            #[cfg(feature = "instrumented")]
            InFlight::Modelled(hook, contents) => {
                let number = hook.receive(false, Location::caller());
                opened(contents, number.expect("a receive waits for a message"))
            }
        }
    }

    /// Takes a message, if one has arrived. Under an engine of this crate none need have arrived, whatever was sent.
    #[track_caller]
    pub fn try_receive(&self) -> Option<(Number, M)> {
        match &self.0 {
            InFlight::Shared(letters, _) => locked(letters).take(),
            #[cfg(feature = "instrumented")]
            InFlight::Modelled(hook, contents) => {
                hook.receive(true, Location::caller()).map(|number| opened(contents, number))
            }
        }
    }
}

/// What was in flight under this number.
#[cfg(feature = "instrumented")]
fn opened<M>(contents: &std::sync::Mutex<Vec<(Number, M)>>, number: u64) -> (Number, M) {
    let mut contents = contents.lock().expect("nothing panics with it locked");
    let place = contents.iter().position(|(other, _)| other.0 == number);
    contents.swap_remove(place.expect("it is in flight"))
}

#[track_caller]
fn locked<M>(letters: &Mutex<Letters<M>>) -> MutexGuard<'_, Letters<M>> {
    letters.lock().expect("nothing panics there")
}

impl<M> Letters<M> {
    /// The places of those that no other one has to come before.
    fn deliverable(&self) -> Vec<usize> {
        let in_flight = |number: &Number| self.in_flight.iter().any(|letter| letter.number == *number);
        let is_free = |(_, letter): &(usize, &Letter<M>)| !letter.behind.iter().any(in_flight);
        self.in_flight.iter().enumerate().filter(is_free).map(|(place, _)| place).collect()
    }

    fn take(&mut self) -> Option<(Number, M)> {
        let deliverable = self.deliverable();
        if deliverable.is_empty() {
            return None;
        }
        let Letter { number, message, .. } =
            self.in_flight.swap_remove(deliverable[choose(deliverable.len())]);
        Some((number, message))
    }
}

impl<M> Default for Mailbox<M> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<M> fmt::Debug for Mailbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").finish_non_exhaustive()
    }
}
