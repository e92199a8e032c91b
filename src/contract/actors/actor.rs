//! Rows of actors and their supervisors.
//!
//! | promise | row |
//! |---|---|
//! | messages of one sender are handled in their order | [`messages_are_handled_in_their_order`] |
//! | a message is handled, or a dead letter, once | [`a_stop_leaves_dead_letters`], [`a_drain_handles_what_was_accepted`] |
//! | ... the one that kills its actor, too | [`a_panic_leaves_dead_letters`] |
//! | an ask is answered, or in vain, never both | [`an_ask_is_answered_or_times_out`], [`a_dropped_question_is_told`] |
//! | who has room enough waits for nobody | [`two_actors_have_room_for_each_other`] |
//! | what kills a child is a dead letter, and its successor goes on | [`a_successor_has_the_rest_of_the_mail`] |
//! | one for one | [`one_for_one_leaves_the_others_alone`] |
//! | rest for one | [`rest_for_one_starts_the_later_ones_again`], [`rest_for_one_leaves_the_earlier_ones_alone`] |
//! | a restart of a child that was told to end does not begin again | [`a_child_that_was_told_to_end_stays_so`] |
//! | the budget of restarts | [`a_spent_budget_stops_all`] |
//! | a supervisor stops its children | [`a_stop_of_the_supervisor_stops_all`] |

use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::actors::actor::supervisor::{BudgetSpent, Strategy, Supervisor};
use crate::model::actors::actor::{
    self, Actor, Address, Dead, DeadLetters, Death, Failed, NoAnswer, Protocol, Reply,
};
use crate::sync::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// Long enough natively, and under an engine over at any moment.
const A_WHILE: Duration = Duration::from_millis(1);

/// Writes down what it is sent. At 0 it fails, and at 13 it panics.
#[derive(Debug, Default)]
struct Clerk(Vec<u32>);

impl<P: Protocol> Actor<P> for Clerk {
    type Message = u32;

    fn handle(&mut self, number: &mut u32, _me: &Address<u32, P>) -> Result<(), Failed> {
        check(*number)?;
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

    fn handle(&mut self, question: &mut Self::Message, _me: &Address<Self::Message, P>) -> Result<(), Failed> {
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
            let answer = oracle.ask(|reply| reply, A_WHILE);
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

    fn handle(&mut self, question: &mut Self::Message, _me: &Address<Self::Message, P>) -> Result<(), Failed> {
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

/// Sends two messages where it is told to, and goes when it has got two itself.
#[derive(Default)]
struct Friend {
    handled: usize,
}

/// Whom to send something; nobody, where that is what is sent.
struct Greeting<P: Protocol>(Option<Address<Greeting<P>, P>>);

impl<P: Protocol> Actor<P> for Friend {
    type Message = Greeting<P>;

    fn handle(&mut self, greeting: &mut Greeting<P>, me: &Address<Greeting<P>, P>) -> Result<(), Failed> {
        self.handled += 1;
        if let Some(other) = &greeting.0 {
            (0..2).try_for_each(|_| other.send(Greeting(None))).map_err(|Dead| Failed)?;
        }
        if self.handled == 3 {
            me.drain();
        }
        Ok(())
    }
}

/// Each of two actors sends the other one two messages, and has room for two beside the one in hand.
pub fn two_actors_have_room_for_each_other<P: Protocol>() -> Outcome {
    let friends = ["one", "other"]
        .map(|name| actor::spawn::<_, P>(name, Friend::default(), Some(2), &DeadLetters::new()));
    let told = [0, 1].map(|i| {
        let other = friends[1 - i].address().clone();
        friends[i].address().send(Greeting(Some(other)))
    });
    let handled = friends.map(|friend| friend.join().map(|friend| friend.handled));
    let all = handled.iter().all(|handled| matches!(handled, Ok(3)));
    ensure(all, "all_is_handled", || format!("told {told:?}, handled {handled:?}"))?;
    Ok(String::new())
}

/// What the lives of a child have written down.
type Book = Arc<Mutex<Vec<(usize, u32)>>>;

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
    fn drained(self) -> (Result<(), BudgetSpent>, Vec<Vec<(usize, u32)>>, Vec<u32>) {
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

/// A child dies, and a later one, which may have handled its mail by then, is started again: nothing is lost.
pub fn rest_for_one_starts_the_later_ones_again<P: Protocol>() -> Outcome {
    let office = Office::<P>::new(Strategy::RestForOne, 1, &[&[0], &[2]]);
    let (scribes, books, dead) = (office.scribes.clone(), office.books.clone(), office.dead.clone());
    let supervised = office.supervisor.start();
    // When the first one is in its second life, the other one is, too.
    scribes[0].drain();
    let sent = scribes[1].send(3);
    scribes[1].drain();
    let ended = supervised.join();
    let (book, dead) = (books[1].lock().unwrap().clone(), dead.take());
    let numbers: Vec<u32> = book.iter().map(|&(_, number)| number).collect();
    ensure(ended == Ok(()) && dead == [0], "within_the_budget", || format!("{ended:?}, dead {dead:?}"))?;
    ensure(sent == Ok(()) && numbers == [2, 3], "nothing_lost", || format!("{book:?}"))?;
    Ok(format!("{book:?}"))
}

/// A child dies, and an earlier one lives on.
pub fn rest_for_one_leaves_the_earlier_ones_alone<P: Protocol>() -> Outcome {
    let (ended, books, dead) = Office::<P>::new(Strategy::RestForOne, 1, &[&[1], &[0, 2]]).drained();
    ensure(ended == Ok(()) && dead == [0], "within_the_budget", || format!("{ended:?}, dead {dead:?}"))?;
    ensure(books == [[(1, 1)], [(2, 2)]], "other_lives", || format!("{books:?}"))?;
    Ok(String::new())
}

/// The later child is stopped beside a restart: it is not started again, and its mail is handled or dead.
pub fn a_child_that_was_told_to_end_stays_so<P: Protocol>() -> Outcome {
    let office = Office::<P>::new(Strategy::RestForOne, 1, &[&[0], &[2]]);
    let (scribes, books, dead) = (office.scribes.clone(), office.books.clone(), office.dead.clone());
    let supervised = office.supervisor.start();
    scribes[1].stop();
    let late = scribes[1].send(3);
    scribes[0].drain();
    let ended = supervised.join();
    let (book, mut dead) = (books[1].lock().unwrap().clone(), dead.take());
    dead.sort_unstable();
    ensure(ended == Ok(()) && late == Err(Dead), "told", || format!("{ended:?}, {late:?}"))?;
    let handled = !book.is_empty();
    let expected: &[u32] = if handled { &[0, 3] } else { &[0, 2, 3] };
    ensure(dead == expected, "handled_or_dead", || format!("{book:?}, dead {dead:?}"))?;
    Ok(format!("{handled}"))
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
    let handled: Vec<u32> = books.iter().flat_map(|book| book.lock().unwrap().clone()).map(|(_, it)| it).collect();
    let mut all = [handled.as_slice(), &dead.take()].concat();
    all.sort_unstable();
    ensure(ended == Ok(()) && all == [1, 2], "handled_or_dead", || format!("{ended:?}, {all:?}"))?;
    Ok(format!("{handled:?}"))
}
