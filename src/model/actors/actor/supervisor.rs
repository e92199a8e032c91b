//! Supervisors: who starts an actor again that has died.
//!
//! | strategy | who is started again |
//! |---|---|
//! | one for one | the actor that died |
//! | rest for one | it, and those that were started after it, which are stopped before, the last one first |
//!
//! A mailbox outlives the actors that serve it: addresses stay good, and mail waits for the successor. The message in hand of an actor that
//! dies is a dead letter. It is not delivered again: what has killed one actor would kill the next, and who has handled half a message
//! should not handle it once more. So each message is handled at most once. An actor that is stopped for a restart handles
//! the message in hand to its end.
//!
//! Invariant: of each child at most one life serves its mailbox. The budget counts restarts of the supervisor's whole life. Where it
//! is spent, the supervisor stops its children, the last one first, and fails: their mail is left to the dead letters. It ends without a failure when it is
//! stopped, and when all of its children have ended because they were told to.
//!
//! What it does not do: restarts are not slowed down, nor forgotten with time.
//!
//! Source: Joe Armstrong, "Making reliable distributed systems in the presence of software errors", 2003, chapter 5; the strategies are those
//! of the supervisors of Erlang/OTP, where the mailbox dies with the process.

use super::{Actor, Address, Correct, DeadLetters, Death, Protocol, spawn_thread};
use crate::model::actors::queue::Receiver;
use crate::sync::thread::JoinHandle;
use crate::sync::{Condvar, Mutex, note};
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Who is started again when a child has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// That child.
    OneForOne,
    /// That child, and those that were started after it.
    RestForOne,
}

/// One child more has died than the budget allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetSpent;

impl fmt::Display for BudgetSpent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the budget of restarts is spent")
    }
}

impl std::error::Error for BudgetSpent {}

/// A supervisor that is not yet at work.
///
/// ```
/// use refectory::model::actors::actor::supervisor::{Strategy, Supervisor};
/// use refectory::model::actors::actor::{Actor, Address, DeadLetters, Failed};
///
/// struct Divides;
///
/// impl Actor for Divides {
///     type Message = u32;
///
///     fn handle(&mut self, by: &mut u32, _me: &Address<u32>) -> Result<(), Failed> {
///         100u32.checked_div(*by).map(drop).ok_or(Failed)
///     }
/// }
///
/// let dead = DeadLetters::new();
/// let mut supervisor = <Supervisor>::new(Strategy::OneForOne, 1);
/// let divides = supervisor.add("divides", None, &dead, || Divides);
/// [5, 0, 7].into_iter().for_each(|by| divides.send(by).unwrap());
/// divides.drain();
/// assert_eq!(supervisor.start().join(), Ok(()));
/// assert_eq!(dead.take(), [0]);
/// ```
pub struct Supervisor<P: Protocol = Correct> {
    strategy: Strategy,
    /// Restarts that are left.
    budget: usize,
    children: Vec<Box<dyn Child>>,
    office: Arc<Office>,
    protocol: PhantomData<P>,
}

/// What a supervisor is told.
#[derive(Clone, Copy, Debug)]
enum Notice {
    /// So many lives of this child are over.
    Ended {
        child: usize,
        lives: usize,
    },
    Stop,
}

/// Where notices are left for the supervisor.
#[derive(Debug)]
struct Office {
    notices: Mutex<VecDeque<Notice>>,
    news: Condvar,
}

impl Office {
    fn tell(&self, notice: Notice) {
        self.notices.lock().unwrap().push_back(notice);
        self.news.notify_one();
    }

    fn next(&self) -> Notice {
        // Woken by `tell`.
        let notices = self.notices.lock().unwrap();
        let mut notices = self.news.wait_while(notices, |notices| notices.is_empty()).unwrap();
        notices.pop_front().expect("there is one")
    }
}

/// A child, whatever the type of its actors.
trait Child: Send {
    /// Begins its next life, if it is not at work, nor was told to end.
    fn start(&mut self, number: usize, office: &Arc<Office>);
    /// It ends after the message in hand, to be started again.
    fn halt(&self);
    /// It ends after the message in hand.
    fn stop(&self);
    /// Waits for the end of the present life, and buries its mail if it was told to end.
    fn wait(&mut self) -> Result<(), Death>;
    /// Nobody serves its mailbox again.
    fn bury(&mut self);
    fn lives(&self) -> usize;
    /// Nobody waits for the end of its present life yet.
    fn is_at_work(&self) -> bool;
}

/// A supervisor at work.
#[derive(Debug)]
pub struct Supervised {
    office: Arc<Office>,
    thread: JoinHandle<Result<(), BudgetSpent>>,
}

impl<P: Protocol> Supervisor<P> {
    /// One that starts children again by this strategy, so many times in all.
    pub fn new(strategy: Strategy, restarts: usize) -> Self {
        let office = Office {
            notices: Mutex::new(VecDeque::new()).named(format_args!("notices")),
            news: Condvar::new().named(format_args!("news")),
        };
        Self {
            strategy,
            budget: restarts,
            children: Vec::new(),
            office: Arc::new(office),
            protocol: PhantomData,
        }
    }

    /// Adds a child, which is started after those before it. `make` makes the actor of each of its lives; its mailbox is bounded if there is a room.
    pub fn add<A: Actor<P>>(
        &mut self,
        name: &str,
        room: Option<usize>,
        dead: &DeadLetters<A::Message>,
        make: impl FnMut() -> A + Send + 'static,
    ) -> Address<A::Message, P> {
        let (address, mail) = Address::of_mailbox(name, room, dead);
        let seat = Seat {
            name: name.to_owned(),
            address: address.clone(),
            lives: 0,
            thread: None,
            idle: Some((mail, make)),
        };
        self.children.push(Box::new(seat));
        address
    }

    /// Starts the children, and watches over them.
    ///
    /// # Panics
    /// If no thread can be started.
    pub fn start(mut self) -> Supervised {
        let office = self.office.clone();
        let thread = spawn_thread("supervisor", move || {
            let ended = self.supervise();
            self.end();
            ended
        });
        Supervised { office, thread }
    }

    fn supervise(&mut self) -> Result<(), BudgetSpent> {
        self.start_from(0);
        while self.children.iter().any(|child| child.is_at_work()) {
            match self.office.next() {
                Notice::Ended { child, lives } => self.hear(child, lives)?,
                Notice::Stop => break,
            }
        }
        Ok(())
    }

    /// A life is over.
    fn hear(&mut self, number: usize, lives: usize) -> Result<(), BudgetSpent> {
        let child = &mut self.children[number];
        // Of those that were stopped for a restart the end is known.
        if child.lives() != lives || !child.is_at_work() || child.wait().is_ok() {
            return Ok(());
        }
        self.budget = self.budget.checked_sub(1).ok_or(BudgetSpent)?;
        match self.strategy {
            Strategy::OneForOne => child.start(number, &self.office),
            Strategy::RestForOne => {
                for child in self.children[number + 1..].iter_mut().rev().filter(|child| child.is_at_work()) {
                    child.halt();
                    // If it has died, it is started again all the same.
                    let _ = child.wait();
                }
                self.start_from(number);
            }
        }
        Ok(())
    }

    fn start_from(&mut self, first: usize) {
        for (number, child) in self.children.iter_mut().enumerate().skip(first) {
            child.start(number, &self.office);
        }
    }

    fn end(&mut self) {
        for child in self.children.iter_mut().rev() {
            child.stop();
            if child.is_at_work() {
                // The mail is buried, whatever it died of.
                let _ = child.wait();
            }
            child.bury();
        }
    }
}

impl Supervised {
    /// The children are stopped, each after the message in hand.
    pub fn stop(&self) {
        self.office.tell(Notice::Stop);
    }

    /// Waits until it has ended, and all of its children.
    ///
    /// # Errors
    /// It has failed.
    ///
    /// # Panics
    /// If a message panicked where it was dropped.
    pub fn join(self) -> Result<(), BudgetSpent> {
        self.thread.join().expect("panics of the children were caught")
    }
}

/// The place of a child.
struct Seat<A: Actor<P>, F, P: Protocol> {
    name: String,
    address: Address<A::Message, P>,
    lives: usize,
    thread: Option<Life<A::Message, F>>,
    /// Where nobody is at work.
    idle: Option<(Receiver<A::Message>, F)>,
}

/// A life gives back what the next one needs.
type Life<M, F> = JoinHandle<(Receiver<M>, F, Result<(), Death>)>;

impl<A: Actor<P>, F: FnMut() -> A + Send + 'static, P: Protocol> Child for Seat<A, F, P> {
    fn start(&mut self, number: usize, office: &Arc<Office>) {
        let Some((mut mail, mut make)) = self.idle.take() else { return };
        mail.resume();
        self.lives += 1;
        note(format_args!("start {}, life {}", self.name, self.lives));
        let (me, office, lives) = (self.address.clone(), office.clone(), self.lives);
        self.thread = Some(spawn_thread(&self.name, move || {
            let live = AssertUnwindSafe(|| me.serve(&mut make(), &mut mail));
            let ended = catch_unwind(live).unwrap_or_else(|panic| Err(Death::Panicked(panic)));
            office.tell(Notice::Ended { child: number, lives });
            (mail, make, ended)
        }));
    }

    fn halt(&self) {
        self.address.mail.halt();
    }

    fn stop(&self) {
        self.address.stop();
    }

    fn wait(&mut self) -> Result<(), Death> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        let (mail, make, ended) = thread.join().expect("panics of the actor were caught");
        let is_over = ended.is_ok() && mail.is_over();
        self.idle = Some((mail, make));
        if is_over {
            self.bury();
        }
        ended
    }

    fn bury(&mut self) {
        if let Some((mut mail, _)) = self.idle.take() {
            self.address.bury(&mut mail);
        }
    }

    fn lives(&self) -> usize {
        self.lives
    }

    fn is_at_work(&self) -> bool {
        self.thread.is_some()
    }
}

impl<P: Protocol> fmt::Debug for Supervisor<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { strategy, budget, .. } = self;
        f.debug_struct("Supervisor")
            .field("strategy", strategy)
            .field("budget", budget)
            .finish_non_exhaustive()
    }
}
