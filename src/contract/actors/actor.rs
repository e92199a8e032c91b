//! Rows of actors and their supervisors.
//!
//! | promise | row |
//! |---|---|
//! | messages of one sender are handled in their order | [`messages_are_handled_in_their_order`] |
//! | a message is handled, or a dead letter, once | [`a_stop_leaves_dead_letters`], [`a_drain_handles_what_was_accepted`] |
//! | a stop takes effect after the message in hand | [`a_stop_comes_after_the_message_in_hand`] |
//! | ... the one that kills its actor, too | [`a_panic_leaves_dead_letters`] |
//! | an ask is answered, or in vain, never both | [`an_ask_is_answered_or_times_out`], [`a_dropped_question_is_told`] |
//! | who has room enough waits for nobody | [`two_actors_have_room_for_each_other`] |
//! | what kills a child is a dead letter, and its successor goes on | [`a_successor_has_the_rest_of_the_mail`] |
//! | one for one | [`one_for_one_leaves_the_others_alone`] |
//! | rest for one | [`rest_for_one_starts_the_later_ones_again`], [`rest_for_one_leaves_the_earlier_ones_alone`] |
//! | a restart of a child that was told to end does not begin again | [`a_child_that_was_told_to_end_stays_so`] |
//! | the budget of restarts | [`a_spent_budget_stops_all`] |
//! | a supervisor stops its children | [`a_stop_of_the_supervisor_stops_all`] |

use crate::contract::{a_while, ensure, join, spawn};
use crate::engine::{Outcome, Violation};
use crate::model::actors::actor::supervisor::{BudgetSpent, Strategy, Supervisor};
use crate::model::actors::actor::{
    self, Actor, Address, Dead, DeadLetters, Death, Failed, NoAnswer, Protocol, Reply,
};
use crate::sync::Mutex;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Long enough natively, and under an engine over at any moment.
const A_WHILE: Duration = Duration::from_millis(1);

/// Writes down what it is sent. At 0 it fails, at 13 it panics, and at `LAST` it stops itself.
#[derive(Debug, Default)]
struct Clerk(Vec<u32>);

const LAST: u32 = 99;

impl<P: Protocol> Actor<P> for Clerk {
    type Message = u32;

    fn handle(&mut self, number: &mut u32, me: &Address<u32, P>) -> Result<(), Failed> {
        check(*number)?;
        if *number == LAST {
            me.stop();
        }
        self.0.push(*number);
        Ok(())
    }
}

fn check(number: u32) -> Result<(), Failed> {
    assert_ne!(number, 13, "the clerk is superstitious");
    if number == 0 { Err(Failed) } else { Ok(()) }
}

/// One sender, two messages, and then no more.
pub fn messages_are_handled_in_their_order<P: Protocol>() -> Outcome {
    let clerk = actor::spawn::<_, P>("clerk", Clerk::default(), None, &DeadLetters::new());
    let sender = spawn("sender", {
        let clerk = clerk.address().clone();
        move || {
            let sent = [1, 2].map(|number| clerk.send(number));
            clerk.drain();
            sent
        }
    });
    let sent = join(sender);
    let handled = clerk.join().map(|clerk| clerk.0);
    let whole = matches!(&handled, Ok(handled) if handled == &[1, 2]);
    ensure(sent == [Ok(()); 2] && whole, "fifo_per_pair", || format!("sent {sent:?}, handled {handled:?}"))?;
    Ok(String::new())
}

/// A stop beside a sender: each message is handled or a dead letter, and those that were handled came first.
pub fn a_stop_leaves_dead_letters<P: Protocol>() -> Outcome {
    let dead = DeadLetters::new();
    let clerk = actor::spawn::<_, P>("clerk", Clerk::default(), None, &dead);
    let sender = spawn("sender", {
        let clerk = clerk.address().clone();
        move || [1, 2].map(|number| clerk.send(number))
    });
    clerk.address().stop();
    let sent = join(sender);
    let handled = clerk.join().expect("it does not fail").0;
    let mut dead = dead.take();
    // Who sends to a dead actor may be faster than the actor that leaves its mail.
    dead.sort_unstable();
    let whole = [handled.as_slice(), &dead].concat() == [1, 2];
    ensure(whole, "handled_or_dead", || format!("sent {sent:?}, handled {handled:?}, dead {dead:?}"))?;
    Ok(format!("handled {handled:?}, sent {}", sent.iter().filter(|sent| sent.is_ok()).count()))
}

/// An actor stops itself: it has handled that message, and not the next one, which was sent before or after.
pub fn a_stop_comes_after_the_message_in_hand<P: Protocol>() -> Outcome {
    let dead = DeadLetters::new();
    let clerk = actor::spawn::<_, P>("clerk", Clerk::default(), None, &dead);
    let sender = spawn("sender", {
        let clerk = clerk.address().clone();
        move || [LAST, 2].map(|number| clerk.send(number))
    });
    let sent = join(sender);
    let handled = clerk.join().expect("it does not fail").0;
    let dead = dead.take();
    ensure(handled == [LAST] && dead == [2], "in_hand", || {
        format!("sent {sent:?}, handled {handled:?}, dead {dead:?}")
    })?;
    Ok(format!("{:?}", sent[1]))
}

/// A drain beside a sender: its message is handled if it was accepted, and a dead letter if it was not.
pub fn a_drain_handles_what_was_accepted<P: Protocol>() -> Outcome {
    let dead = DeadLetters::new();
    let clerk = actor::spawn::<_, P>("clerk", Clerk::default(), None, &dead);
    let sender = spawn("sender", {
        let clerk = clerk.address().clone();
        move || clerk.send(1)
    });
    clerk.address().drain();
    let sent = join(sender);
    let handled = clerk.join().expect("it does not fail").0;
    let dead = dead.take();
    let expected: [&[u32]; 2] = if sent == Ok(()) { [&[1], &[]] } else { [&[], &[1]] };
    ensure([handled.as_slice(), &dead] == expected, "accepted_is_handled", || {
        format!("sent {sent:?}, handled {handled:?}, dead {dead:?}")
    })?;
    Ok(format!("{sent:?}"))
}

/// The first message kills it: that one and the next are dead letters, in this order, and the sender may have been told.
pub fn a_panic_leaves_dead_letters<P: Protocol>() -> Outcome {
    let dead = DeadLetters::new();
    let clerk = actor::spawn::<_, P>("clerk", Clerk::default(), None, &dead);
    let sender = spawn("sender", {
        let clerk = clerk.address().clone();
        move || [13, 2].map(|number| clerk.send(number))
    });
    let sent = join(sender);
    let ended = clerk.join();
    let dead = dead.take();
    ensure(matches!(ended, Err(Death::Panicked(_))), "told", || format!("ended {ended:?}"))?;
    ensure(sent[0] == Ok(()) && dead == [13, 2], "dead_letters", || format!("sent {sent:?}, dead {dead:?}"))?;
    Ok(format!("{:?}", sent[1]))
}

/// Answers all questions, and remembers which answers were received.
#[derive(Debug, Default)]
struct Oracle {
    received: Vec<bool>,
}

impl<P: Protocol> Actor<P> for Oracle {
    type Message = Reply<u32, P>;

    fn handle(
        &mut self,
        question: &mut Self::Message,
        _me: &Address<Self::Message, P>,
    ) -> Result<(), Failed> {
        let answered = question.answer(7);
        let again = question.answer(8);
        self.received.push(answered.is_ok());
        if again == Err(8) { Ok(()) } else { Err(Failed) }
    }
}

/// Who has asked and who has answered agree on whether the answer was received.
pub fn an_ask_is_answered_or_times_out<P: Protocol>() -> Outcome {
    let oracle = actor::spawn::<_, P>("oracle", Oracle::default(), None, &DeadLetters::new());
    let asker = spawn("asker", {
        let oracle = oracle.address().clone();
        move || {
            let answer = oracle.ask(|reply| reply, a_while());
            oracle.drain();
            answer
        }
    });
    let answer = join(asker);
    let received = oracle.join().map(|oracle| oracle.received);
    let agreed = match (&answer, &received) {
        (Ok(7), Ok(received)) => received == &[true],
        (Err(NoAnswer::TimedOut), Ok(received)) => received == &[false],
        _ => false,
    };
    ensure(agreed, "answered_or_not", || format!("asked {answer:?}, answered {received:?}"))?;
    Ok(format!("{answer:?}"))
}

/// Drops all questions.
struct Deaf;

impl<P: Protocol> Actor<P> for Deaf {
    type Message = Option<Reply<u32, P>>;

    fn handle(
        &mut self,
        question: &mut Self::Message,
        _me: &Address<Self::Message, P>,
    ) -> Result<(), Failed> {
        drop(question.take());
        Ok(())
    }
}

/// An ask does not wait for what cannot come.
pub fn a_dropped_question_is_told<P: Protocol>() -> Outcome {
    let deaf = actor::spawn::<_, P>("deaf", Deaf, None, &DeadLetters::new());
    let asker = spawn("asker", {
        let deaf = deaf.address().clone();
        move || {
            let answer = deaf.ask(Some, A_WHILE);
            deaf.stop();
            (answer, deaf.ask(Some, A_WHILE))
        }
    });
    let (answer, late) = join(asker);
    let ended = deaf.join().is_ok();
    let in_vain = matches!(answer, Err(NoAnswer::Dropped | NoAnswer::TimedOut));
    ensure(ended && in_vain, "in_vain", || format!("{answer:?}"))?;
    ensure(late == Err(NoAnswer::Dead), "dead", || format!("{late:?}"))?;
    Ok(format!("{answer:?}"))
}

/// Greets the other one where it is told to, and goes when it has been greeted twice.
#[derive(Default)]
struct Friend {
    handled: usize,
}

enum Talk<P: Protocol> {
    /// Tell the other one to greet you, and greet it.
    Begin(Address<Self, P>),
    /// Greet this one.
    Greet(Address<Self, P>),
    Greeting,
}

impl<P: Protocol> fmt::Debug for Talk<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Begin(_) => "Begin",
            Self::Greet(_) => "Greet",
            Self::Greeting => "Greeting",
        })
    }
}

impl<P: Protocol> Actor<P> for Friend {
    type Message = Talk<P>;

    fn handle(&mut self, talk: &mut Talk<P>, me: &Address<Talk<P>, P>) -> Result<(), Failed> {
        let sent = match talk {
            Talk::Begin(other) => other.send(Talk::Greet(me.clone())).and_then(|()| greet_twice(other)),
            Talk::Greet(other) => greet_twice(other),
            Talk::Greeting => Ok(()),
        };
        self.handled += 1;
        if self.handled == 3 {
            me.drain();
        }
        sent.map_err(|Dead| Failed)
    }
}

fn greet_twice<P: Protocol>(other: &Address<Talk<P>, P>) -> Result<(), Dead> {
    other.send(Talk::Greeting)?;
    other.send(Talk::Greeting)
}

/// Each of two actors sends the other one two messages, and there is room for all.
pub fn two_actors_have_room_for_each_other<P: Protocol>() -> Outcome {
    let [one, other] =
        ["one", "other"].map(|name| actor::spawn::<_, P>(name, Friend::default(), None, &DeadLetters::new()));
    let begun = one.address().send(Talk::Begin(other.address().clone()));
    let handled = [one, other].map(|friend| friend.join().map(|friend| friend.handled));
    let all = handled.iter().all(|handled| matches!(handled, Ok(3)));
    ensure(all, "all_is_handled", || format!("begun {begun:?}, handled {handled:?}"))?;
    Ok(String::new())
}

/// What the lives of a child have written down.
type Book = Arc<Mutex<Entries>>;

/// Each with the number of the life.
type Entries = Vec<(usize, u32)>;

/// Writes down what it is sent, and in which of its lives. It fails and panics as the clerk does.
struct Scribe {
    life: usize,
    book: Book,
}

impl<P: Protocol> Actor<P> for Scribe {
    type Message = u32;

    fn handle(&mut self, number: &mut u32, _me: &Address<u32, P>) -> Result<(), Failed> {
        check(*number)?;
        self.book.lock().unwrap().push((self.life, *number));
        Ok(())
    }
}

/// Scribes in this order, each with mail that was sent before it begins.
struct Office<P: Protocol> {
    supervisor: Supervisor<P>,
    scribes: Vec<Address<u32, P>>,
    books: Vec<Book>,
    dead: DeadLetters<u32>,
}

impl<P: Protocol> Office<P> {
    fn new(strategy: Strategy, restarts: usize, mail: &[&[u32]]) -> Self {
        let mut office = Self {
            supervisor: Supervisor::new(strategy, restarts),
            scribes: Vec::new(),
            books: Vec::new(),
            dead: DeadLetters::new(),
        };
        for (number, mail) in mail.iter().enumerate() {
            let book = Book::default();
            let (mut life, of_scribe) = (0, book.clone());
            let make = move || {
                life += 1;
                Scribe { life, book: of_scribe.clone() }
            };
            let scribe = office.supervisor.add(&format!("scribe {number}"), None, &office.dead, make);
            for &message in *mail {
                scribe.send(message).expect("nobody has stopped it");
            }
            office.scribes.push(scribe);
            office.books.push(book);
        }
        office
    }

    /// All are told to end when they have handled their mail. What was written down then, and what was not.
    fn drained(self) -> (Result<(), BudgetSpent>, Vec<Entries>, Vec<u32>) {
        self.scribes.iter().for_each(Address::drain);
        let ended = self.supervisor.start().join();
        let books = self.books.iter().map(|book| book.lock().unwrap().clone()).collect();
        (ended, books, self.dead.take())
    }
}

/// The second message kills a life, the fourth one another: the rest are handled by who is alive.
pub fn a_successor_has_the_rest_of_the_mail<P: Protocol>() -> Outcome {
    let (ended, books, dead) = Office::<P>::new(Strategy::OneForOne, 2, &[&[1, 0, 2, 13, 3]]).drained();
    ensure(ended == Ok(()), "within_the_budget", || format!("{ended:?}"))?;
    ensure(books == [[(1, 1), (2, 2), (3, 3)]], "the_rest_is_handled", || format!("{books:?}"))?;
    ensure(dead == [0, 13], "what_kills_is_dead", || format!("{dead:?}"))?;
    Ok(String::new())
}

/// A child dies, and the other one lives on.
pub fn one_for_one_leaves_the_others_alone<P: Protocol>() -> Outcome {
    let (ended, books, dead) = Office::<P>::new(Strategy::OneForOne, 1, &[&[0, 1], &[2]]).drained();
    ensure(ended == Ok(()) && dead == [0], "within_the_budget", || format!("{ended:?}, dead {dead:?}"))?;
    ensure(books == [[(2, 1)], [(1, 2)]], "other_lives", || format!("{books:?}"))?;
    Ok(String::new())
}

/// Does to another one what it is told, fails at 0, and goes at `DRAIN`.
struct Chief {
    other: Address<u32>,
}

const STOP: u32 = 1;
const DRAIN: u32 = 2;

impl Actor for Chief {
    type Message = u32;

    fn handle(&mut self, order: &mut u32, me: &Address<u32>) -> Result<(), Failed> {
        match *order {
            STOP => self.other.stop(),
            DRAIN => [me, &self.other].into_iter().for_each(Address::drain),
            _ => return Err(Failed),
        }
        Ok(())
    }
}

/// A chief, and a scribe after it that has one message. How many lives the scribe has had, what is in its book and what is dead.
fn chief_and_scribe(orders: &[u32]) -> Result<(u32, Vec<u32>, Vec<u32>), Violation> {
    let (dead, book, lives) = (DeadLetters::new(), Book::default(), Arc::new(AtomicU32::new(0)));
    let mut supervisor = Supervisor::new(Strategy::RestForOne, 1);
    let others = Arc::new(Mutex::new(None));
    let others_of_chief = others.clone();
    let make_chief = move || Chief { other: others_of_chief.lock().unwrap().clone().expect("it is there") };
    let chief: Address<u32> = supervisor.add("chief", None, &dead, make_chief);
    let (of_scribe, born) = (book.clone(), lives.clone());
    let make_scribe = move || Scribe { life: born.fetch_add(1, Relaxed) as usize, book: of_scribe.clone() };
    let scribe = supervisor.add("scribe", None, &dead, make_scribe);
    *others.lock().unwrap() = Some(scribe.clone());
    let sent = orders.iter().all(|&order| chief.send(order).is_ok()) && scribe.send(7).is_ok();
    let ended = supervisor.start().join();
    let late = scribe.send(8);
    ensure(sent && ended == Ok(()), "within_the_budget", || format!("{ended:?}"))?;
    ensure(late == Err(Dead), "ended", || format!("{late:?}"))?;
    let book = book.lock().unwrap().iter().map(|&(_, number)| number).collect();
    Ok((lives.load(Relaxed), book, dead.take()))
}

/// A child dies, and a later one, which may have handled its mail by then, is started again: nothing is lost.
pub fn rest_for_one_starts_the_later_ones_again() -> Outcome {
    let (lives, book, dead) = chief_and_scribe(&[0, DRAIN])?;
    ensure(lives == 2, "started_again", || format!("{lives} lives"))?;
    ensure(book == [7] && dead == [0, 8], "nothing_lost", || format!("{book:?}, dead {dead:?}"))?;
    Ok(String::new())
}

/// A child dies, and an earlier one lives on.
pub fn rest_for_one_leaves_the_earlier_ones_alone<P: Protocol>() -> Outcome {
    let (ended, books, dead) = Office::<P>::new(Strategy::RestForOne, 1, &[&[1], &[0, 2]]).drained();
    ensure(ended == Ok(()) && dead == [0], "within_the_budget", || format!("{ended:?}, dead {dead:?}"))?;
    ensure(books == [[(1, 1)], [(2, 2)]], "other_lives", || format!("{books:?}"))?;
    Ok(String::new())
}

/// A later child is told to end before one dies: it may be started again, but handles nothing, and its mail is handled or dead.
pub fn a_child_that_was_told_to_end_stays_so() -> Outcome {
    let (_, book, mut dead) = chief_and_scribe(&[STOP, 0, DRAIN])?;
    dead.sort_unstable();
    let expected: &[u32] = if book == [7] { &[0, 8] } else { &[0, 7, 8] };
    ensure(book.len() <= 1 && dead == expected, "handled_or_dead", || format!("{book:?}, dead {dead:?}"))?;
    Ok(format!("{book:?}"))
}

/// The first child dies once more than it may: the other one is stopped, and all mail that is left is dead.
pub fn a_spent_budget_stops_all<P: Protocol>() -> Outcome {
    let office = Office::<P>::new(Strategy::OneForOne, 1, &[&[0, 0, 1], &[]]);
    let (scribes, books, dead) = (office.scribes.clone(), office.books.clone(), office.dead.clone());
    let ended = office.supervisor.start().join();
    let late = [0, 1].map(|i| scribes[i].send(2));
    let (books, dead) = (books.iter().all(|book| book.lock().unwrap().is_empty()), dead.take());
    ensure(ended == Err(BudgetSpent) && books, "budget", || format!("{ended:?}"))?;
    ensure(late == [Err(Dead); 2], "stopped", || format!("{late:?}"))?;
    ensure(dead == [0, 0, 1, 2, 2], "dead_letters", || format!("{dead:?}"))?;
    Ok(String::new())
}

/// Two children with mail, and a stop: each message is handled or dead.
pub fn a_stop_of_the_supervisor_stops_all<P: Protocol>() -> Outcome {
    let office = Office::<P>::new(Strategy::OneForOne, 1, &[&[1], &[2]]);
    let (books, dead) = (office.books.clone(), office.dead.clone());
    let supervised = office.supervisor.start();
    supervised.stop();
    let ended = supervised.join();
    let handled: Vec<u32> =
        books.iter().flat_map(|book| book.lock().unwrap().clone()).map(|(_, it)| it).collect();
    let mut all = [handled.as_slice(), &dead.take()].concat();
    all.sort_unstable();
    ensure(ended == Ok(()) && all == [1, 2], "handled_or_dead", || format!("{ended:?}, {all:?}"))?;
    Ok(format!("{handled:?}"))
}
