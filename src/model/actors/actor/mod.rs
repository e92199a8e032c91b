//! Actors: each has a mailbox, and handles one message after the other on a thread of its own.
//!
//! Invariant: every message that was sent is handled, or in the [dead letters](DeadLetters), or waits in the mailbox of an actor that
//! is alive. An actor that fails, or panics, leaves the message in hand to the dead letters, and so it does with the rest of its
//! mail when it ends, unless a [supervisor](supervisor::Supervisor) starts it again.
//!
//! | | no mail is accepted any more, and |
//! |---|---|
//! | [`Address::stop`] | after the message in hand the actor ends; the others are dead letters |
//! | [`Address::drain`] | after all messages that were accepted the actor ends |
//!
//! What it does not do: an actor that sends to a full mailbox waits, and handles nothing meanwhile. Where actors that send to each other
//! in a circle have bounded mailboxes, they can all wait so.
//!
//! Source: Carl Hewitt, Peter Bishop, Richard Steiger, "A universal modular ACTOR formalism for artificial intelligence", 1973; Gul
//! Agha, "Actors: a model of concurrent computation in distributed systems", 1986.

mod ask;
pub mod broken;
pub mod supervisor;

pub use self::ask::{NoAnswer, Reply};

use crate::model::actors::queue::{Receiver, Sender, mailbox};
use crate::port::Closed;
use crate::sync::thread::{Builder, JoinHandle};
use crate::sync::{Futex, Label, Mutex, note};
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What actors and their supervisors go by: the twins in [`broken`] differ in one of these.
pub trait Protocol: Send + Sync + 'static {
    /// Whether the message in hand of an actor that fails is a dead letter.
    const KEEPS_MAIL_IN_HAND: bool = true;
    /// Whether the mail that an actor leaves consists of dead letters.
    const KEEPS_MAIL_LEFT: bool = true;

    /// The room of a mailbox that is to have so much, or room for all.
    fn room(asked: Option<usize>) -> Option<usize> {
        asked
    }

    /// Gives up the wait for an answer; false where it has come.
    fn give_up(word: &Futex) -> bool {
        ask::give_up(word)
    }
}

/// The right one.
#[derive(Clone, Copy, Debug)]
pub struct Correct;

impl Protocol for Correct {}

/// What handles messages.
pub trait Actor<P: Protocol = Correct>: Send + 'static {
    /// What is sent to it. Traces show it.
    type Message: fmt::Debug + Send + 'static;

    /// Handles a message. Where it fails, or panics, the message is a dead letter, in the state in which it left it.
    ///
    /// # Errors
    /// The actor cannot go on.
    fn handle(&mut self, message: &mut Self::Message, me: &Address<Self::Message, P>) -> Result<(), Failed>;
}

/// An actor says that it cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the actor cannot go on")
    }
}

impl std::error::Error for Failed {}

/// Why an actor ended before its time.
#[derive(Debug)]
pub enum Death {
    /// It said so.
    Failed,
    /// It panicked.
    Panicked(Box<dyn Any + Send>),
}

/// The actor is dead, or about to be: the message is in the dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dead;

impl fmt::Display for Dead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the actor is dead")
    }
}

impl std::error::Error for Dead {}

/// Messages that nobody will handle. Its clones are the same collection.
///
/// ```
/// use refectory::model::actors::actor::DeadLetters;
///
/// let dead = DeadLetters::new();
/// dead.clone().put('a');
/// assert_eq!((dead.take(), dead.take()), (vec!['a'], vec![]));
/// ```
pub struct DeadLetters<M>(Arc<Mutex<Vec<M>>>);

impl<M> DeadLetters<M> {
    /// None yet.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Vec::new()).named(format_args!("dead letters"))))
    }

    /// Puts one in.
    #[track_caller]
    pub fn put(&self, letter: M)
    where
        M: fmt::Debug,
    {
        note(format_args!("dead letter {letter:?}"));
        self.0.lock().unwrap().push(letter);
    }

    /// Takes them out, in the order in which they came in.
    pub fn take(&self) -> Vec<M> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl<M> Default for DeadLetters<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> Clone for DeadLetters<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M> fmt::Debug for DeadLetters<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters").finish_non_exhaustive()
    }
}

/// Where messages to an actor are sent. Its clones are the same address.
pub struct Address<M: Send, P: Protocol = Correct> {
    name: Label,
    mail: Sender<M>,
    dead: DeadLetters<M>,
    protocol: PhantomData<P>,
}

impl<M: fmt::Debug + Send, P: Protocol> Address<M, P> {
    /// Where somebody of this name will be, and the mail to it; bounded if there is a room.
    fn of_mailbox(name: &str, room: Option<usize>, dead: &DeadLetters<M>) -> (Self, Receiver<M>) {
        let (mail, receiver) = mailbox::of(name, P::room(room));
        let name = Label::new(format_args!("{name}"));
        (Self { name, mail, dead: dead.clone(), protocol: PhantomData }, receiver)
    }

    /// Sends a message, and waits where the mailbox is full.
    ///
    /// # Errors
    /// The actor is dead, or takes no mail any more.
    #[track_caller]
    pub fn send(&self, message: M) -> Result<(), Dead> {
        note(format_args!("send {message:?} → {}", self.name));
        self.mail.send(message).map_err(|Closed(message)| {
            self.dead.put(message);
            Dead
        })
    }

    /// The actor takes no more mail, and ends after the message in hand.
    pub fn stop(&self) {
        self.mail.stop();
    }

    /// The actor takes no more mail, and ends when it has handled what it has.
    pub fn drain(&self) {
        self.mail.close();
    }

    /// Handles messages as long as there are any.
    fn serve(&self, actor: &mut impl Actor<P, Message = M>, mail: &mut Receiver<M>) -> Result<(), Death> {
        while let Some(mut message) = mail.receive() {
            note(format_args!("receive {message:?}"));
            let handled = catch_unwind(AssertUnwindSafe(|| actor.handle(&mut message, self)));
            let death = match handled {
                Ok(Ok(())) => continue,
                Ok(Err(Failed)) => Death::Failed,
                Err(panic) => Death::Panicked(panic),
            };
            if P::KEEPS_MAIL_IN_HAND {
                self.dead.put(message);
            }
            return Err(death);
        }
        Ok(())
    }

    /// Nobody handles what is left.
    fn bury(&self, mail: &mut Receiver<M>) {
        for message in mail.left() {
            if P::KEEPS_MAIL_LEFT {
                self.dead.put(message);
            }
        }
    }
}

/// An actor at work, on its own.
#[derive(Debug)]
pub struct Running<A: Actor<P>, P: Protocol = Correct> {
    address: Address<A::Message, P>,
    thread: JoinHandle<Result<A, Death>>,
}

/// Sets an actor to work, under a name for traces; its mailbox is bounded if there is a room. It ends when it is told to, or fails.
///
/// ```
/// use refectory::model::actors::actor::{Actor, Address, DeadLetters, Failed, Reply, spawn};
/// use std::time::Duration;
///
/// struct Sum(u32);
///
/// #[derive(Debug)]
/// enum Message {
///     Add(u32),
///     Get(Reply<u32>),
/// }
///
/// impl Actor for Sum {
///     type Message = Message;
///
///     fn handle(&mut self, message: &mut Message, _me: &Address<Message>) -> Result<(), Failed> {
///         match message {
///             Message::Add(number) => self.0 += *number,
///             Message::Get(reply) => drop(reply.answer(self.0)),
///         }
///         Ok(())
///     }
/// }
///
/// let sum = spawn("sum", Sum(0), None, &DeadLetters::new());
/// sum.address().send(Message::Add(3)).unwrap();
/// sum.address().send(Message::Add(4)).unwrap();
/// assert_eq!(sum.address().ask(Message::Get, Duration::from_secs(60)), Ok(7));
/// sum.address().drain();
/// assert_eq!(sum.join().unwrap().0, 7);
/// ```
///
/// # Panics
/// If no thread can be started.
pub fn spawn<A: Actor<P>, P: Protocol>(
    name: &str,
    mut actor: A,
    room: Option<usize>,
    dead: &DeadLetters<A::Message>,
) -> Running<A, P> {
    let (address, mut mail) = Address::of_mailbox(name, room, dead);
    let me = address.clone();
    let thread = spawn_thread(name, move || {
        let ended = me.serve(&mut actor, &mut mail);
        me.bury(&mut mail);
        ended.map(|()| actor)
    });
    Running { address, thread }
}

fn spawn_thread<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}

impl<A: Actor<P>, P: Protocol> Running<A, P> {
    /// Where it gets its mail.
    pub const fn address(&self) -> &Address<A::Message, P> {
        &self.address
    }

    /// Waits until it has ended: the actor as it was then.
    ///
    /// # Errors
    /// It failed, or panicked.
    ///
    /// # Panics
    /// If a message panicked where it was dropped.
    pub fn join(self) -> Result<A, Death> {
        self.thread.join().expect("panics of the actor were caught")
    }
}

impl<M: Send, P: Protocol> Clone for Address<M, P> {
    fn clone(&self) -> Self {
        let Self { name, mail, dead, protocol } = self;
        Self { name: name.clone(), mail: mail.clone(), dead: dead.clone(), protocol: *protocol }
    }
}

impl<M: Send, P: Protocol> fmt::Debug for Address<M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Adds numbers, fails at 0, and panics at 13.
    pub(super) struct Sum(pub(super) u32);

    impl<P: Protocol> Actor<P> for Sum {
        type Message = u32;

        fn handle(&mut self, number: &mut u32, _: &Address<u32, P>) -> Result<(), Failed> {
            assert_ne!(*number, 13, "bad luck");
            self.0 += *number;
            if *number == 0 { Err(Failed) } else { Ok(()) }
        }
    }

    /// Waits to be told, and then answers.
    struct Slow;

    impl Actor for Slow {
        type Message = Option<Reply<u32>>;

        fn handle(&mut self, reply: &mut Self::Message, _: &Address<Self::Message>) -> Result<(), Failed> {
            let answered = reply.take().map(|mut reply| reply.answer(7));
            if answered == Some(Err(7)) { Err(Failed) } else { Ok(()) }
        }
    }

    #[test]
    fn a_drain_handles_all_mail() {
        let sum = spawn::<_, Correct>("sum", Sum(0), Some(2), &DeadLetters::new());
        (1..=1_000).for_each(|number| sum.address().send(number % 10 + 1).unwrap());
        sum.address().drain();
        assert_eq!(sum.join().unwrap().0, 5_500);
    }

    #[test]
    fn what_a_dead_actor_leaves_is_kept() {
        let dead = DeadLetters::new();
        let sum = spawn::<_, Correct>("sum", Sum(0), None, &dead);
        let sent: Vec<_> = [5, 0, 1, 2].map(|number| sum.address().send(number)).into();
        let address = sum.address().clone();
        assert!(matches!(sum.join(), Err(Death::Failed)));
        assert_eq!(address.send(3), Err(Dead));
        assert_eq!((sent[0], dead.take().len()), (Ok(()), 4));
    }

    #[test]
    fn an_answer_that_comes_too_late_comes_back() {
        let slow = spawn("slow", Slow, None, &DeadLetters::new());
        assert_eq!(slow.address().ask(Some, Duration::from_secs(60)), Ok(7));
        assert_eq!(slow.address().ask(|_: Reply<u32>| None, Duration::from_secs(60)), Err(NoAnswer::Dropped));
        slow.address().drain();
        slow.join().unwrap();
    }

    #[test]
    fn an_ask_times_out() {
        let (address, mut mail) = Address::<Reply<u32>>::of_mailbox("nobody", None, &DeadLetters::new());
        assert_eq!(address.ask(|reply| reply, Duration::from_millis(1)), Err(NoAnswer::TimedOut));
        assert_eq!(mail.receive().unwrap().answer(7), Err(7));
        address.stop();
        assert_eq!(address.ask(|reply| reply, Duration::from_millis(1)), Err(NoAnswer::Dead));
    }
}
