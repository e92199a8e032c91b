//! Forks that are dirty or clean, and tokens to ask for them.
//!
//! For each fork there is a token; who has the token, and not the fork, may ask for it by sending the token. A fork that was eaten with is dirty. Who
//! is asked for a dirty fork and does not eat cleans it and gives it away; a clean one is kept until it was eaten with.
//!
//! Of two neighbours one precedes the other one: who has their fork where it is clean, or on its way to them, and who has not where it is
//! dirty. Invariant: no circle of philosophers precede each other. At first the seat with the lower number has the fork, dirty, and so comes second.
//! Precedence turns in one place only: who has eaten comes after both neighbours at once, and that closes no circle. Who precedes its neighbours gets its forks,
//! so nothing can deadlock.
//!
//! Messages may overtake each other. A token that comes before the fork for which it is asks for a fork that is on its way: it is looked at
//! again when the fork was eaten with. Who has asked for a fork does not ask for it again.
//!
//! What it does not do: a philosopher is hungry before its neighbours know, and until then they may eat as often as they like.
//!
//! Source: K. Mani Chandy and Jayadev Misra, "The drinking philosophers problem", 1984, section "The dining philosophers problem".

use crate::port::Table;
use crate::sync::{Condvar, Mutex, note};
use std::collections::VecDeque;
use std::marker::PhantomData;

/// When a philosopher gives a fork away: the twin in [`broken`](super::broken) differs in this.
pub trait Manners: Send + Sync + 'static {
    /// Whether it gives away a fork that it has eaten with while it is hungry.
    const GIVES_WHILE_HUNGRY: bool = true;
}

/// The right ones.
#[derive(Clone, Copy, Debug)]
pub struct Correct;

impl Manners for Correct {}

/// Who precedes whom: for each fork, from the one to whose left it lies, whether that one precedes its left neighbour.
pub type Precedence = Vec<bool>;

/// Chandy and Misra's table.
///
/// ```
/// use refectory::model::actors::table::Hygienic;
/// use refectory::port::Table;
///
/// let table = <Hygienic>::with_seats(5);
/// table.dine(4, &mut || println!("eating"));
/// assert!(table.is_acyclic());
/// ```
#[derive(Debug)]
pub struct Hygienic<M: Manners = Correct> {
    seats: Vec<Seat>,
    manners: PhantomData<M>,
}

#[derive(Debug)]
struct Seat {
    philosopher: Mutex<Philosopher>,
    /// It has both forks.
    fed: Condvar,
}

#[derive(Debug)]
struct Philosopher {
    mood: Mood,
    /// What it has of the fork to its left, and of that to its right.
    forks: [Place; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Thinks,
    Hungry,
    Eats,
}

#[derive(Debug)]
struct Place {
    fork: Fork,
    token: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fork {
    Clean,
    Dirty,
    /// The neighbour has it.
    Away,
    /// ... and was asked for it.
    Asked,
}

/// What neighbours send each other.
#[derive(Clone, Copy, Debug)]
enum Message {
    Token,
    Fork,
}

/// What takes a message about the fork on this side.
type Outbox<'a> = &'a mut dyn FnMut(usize, Message);

/// A message on its way.
#[derive(Clone, Copy, Debug)]
struct Letter {
    message: Message,
    seat: usize,
    /// Which of the receiver's forks it is about.
    side: usize,
}

impl Philosopher {
    /// Gets hungry: asks for the forks that it has not.
    fn ask(&mut self, send: Outbox<'_>) {
        assert_eq!(self.mood, Mood::Thinks, "the philosopher of a seat is one thread");
        self.mood = Mood::Hungry;
        for side in 0..2 {
            self.ask_for(side, send);
        }
        self.begin();
    }

    fn ask_for(&mut self, side: usize, send: Outbox<'_>) {
        let Place { fork, token } = &mut self.forks[side];
        if *fork == Fork::Away {
            assert!(*token, "who has neither the fork nor the token has asked for it");
            (*fork, *token) = (Fork::Asked, false);
            send(side, Message::Token);
        }
    }

    /// Eats, if it is hungry and has both forks.
    fn begin(&mut self) {
        let has = |place: &Place| matches!(place.fork, Fork::Clean | Fork::Dirty);
        if self.mood == Mood::Hungry && self.forks.iter().all(has) {
            self.mood = Mood::Eats;
        }
    }

    fn receive<M: Manners>(&mut self, side: usize, message: Message, send: Outbox<'_>) {
        let place = &mut self.forks[side];
        match message {
            Message::Token => {
                assert!(!place.token, "there is one token for each fork");
                place.token = true;
                self.give::<M>(side, send);
            }
            Message::Fork => {
                assert_eq!(place.fork, Fork::Asked, "a fork comes to who has asked for it");
                place.fork = Fork::Clean;
                self.begin();
            }
        }
    }

    /// Gives a fork away, if it was asked for it and may.
    fn give<M: Manners>(&mut self, side: usize, send: Outbox<'_>) {
        let place = &mut self.forks[side];
        let may = match self.mood {
            Mood::Thinks => true,
            Mood::Hungry => M::GIVES_WHILE_HUNGRY,
            Mood::Eats => false,
        };
        if place.token && place.fork == Fork::Dirty && may {
            place.fork = Fork::Away;
            send(side, Message::Fork);
            if self.mood == Mood::Hungry {
                self.ask_for(side, send);
            }
        }
    }

    /// Has eaten: its forks are dirty.
    fn leave<M: Manners>(&mut self, send: Outbox<'_>) {
        self.mood = Mood::Thinks;
        for side in 0..2 {
            self.forks[side].fork = Fork::Dirty;
            self.give::<M>(side, send);
        }
    }
}

impl<M: Manners> Hygienic<M> {
    /// Does something for a philosopher, and tells it where it is fed by that; whether it eats. What it sends is to be delivered.
    fn act(
        &self,
        seat: usize,
        letters: &mut VecDeque<Letter>,
        act: impl FnOnce(&mut Philosopher, Outbox<'_>),
    ) -> bool {
        let seats = self.seats.len();
        let mut send = |side, message| {
            let to = if side == 0 { seat + seats - 1 } else { seat + 1 } % seats;
            note(format_args!("send {message:?}: philosopher {seat} → philosopher {to}"));
            letters.push_back(Letter { message, seat: to, side: 1 - side });
        };
        let Seat { philosopher, fed } = &self.seats[seat];
        let mut philosopher = philosopher.lock().unwrap();
        let before = philosopher.mood;
        act(&mut philosopher, &mut send);
        if (before, philosopher.mood) == (Mood::Hungry, Mood::Eats) {
            fed.notify_one();
        }
        philosopher.mood == Mood::Eats
    }

    /// Delivers letters, and those that come of them; several in a row to one philosopher at once.
    fn deliver(&self, mut letters: VecDeque<Letter>) {
        while let Some(&Letter { seat, .. }) = letters.front() {
            let in_a_row = letters.iter().take_while(|letter| letter.seat == seat).count();
            let to_one: Vec<Letter> = letters.drain(..in_a_row).collect();
            self.act(seat, &mut letters, |philosopher, send| {
                for &Letter { message, side, .. } in &to_one {
                    note(format_args!("deliver {message:?} → philosopher {seat}"));
                    philosopher.receive::<M>(side, message, send);
                }
            });
        }
    }

    /// Waits until the philosopher has both forks.
    fn sit_down(&self, seat: usize) {
        let mut letters = VecDeque::new();
        if self.act(seat, &mut letters, |philosopher, send| philosopher.ask(send)) {
            return;
        }
        self.deliver(letters);
        let Seat { philosopher, fed } = &self.seats[seat];
        // Woken by whoever delivers its last fork.
        let hungry = |philosopher: &mut Philosopher| philosopher.mood != Mood::Eats;
        drop(fed.wait_while(philosopher.lock().unwrap(), hungry).unwrap());
    }

    /// The philosopher, who eats, puts its forks down.
    fn get_up(&self, seat: usize) {
        let mut letters = VecDeque::new();
        self.act(seat, &mut letters, |philosopher, send| philosopher.leave::<M>(send));
        self.deliver(letters);
    }

    /// Takes the forks out of the hands of a philosopher who is dead.
    pub fn clear(&self, seat: usize) {
        let eats = self.seats[seat].philosopher.lock().unwrap().mood == Mood::Eats;
        if eats {
            self.get_up(seat);
        }
    }

    /// Who precedes whom, where no message is on its way.
    pub fn precedence(&self) -> Precedence {
        // The one to whose left the fork lies has it clean, or the other one has it dirty.
        let precedes = |seat: &Seat| {
            let philosopher = seat.philosopher.lock().unwrap();
            match philosopher.forks[0].fork {
                Fork::Clean => Some(true),
                Fork::Dirty => Some(false),
                Fork::Away | Fork::Asked => None,
            }
        };
        let of_other = |seat: usize| {
            let left = &self.seats[(seat + self.seats.len() - 1) % self.seats.len()];
            left.philosopher.lock().unwrap().forks[1].fork == Fork::Dirty
        };
        let seats = self.seats.iter().enumerate();
        seats.map(|(number, seat)| precedes(seat).unwrap_or_else(|| of_other(number))).collect()
    }

    /// Whether no circle of philosophers precede each other, where no message is on its way.
    pub fn is_acyclic(&self) -> bool {
        let precedence = self.precedence();
        precedence.iter().any(|&precedes| precedes != precedence[0])
    }
}

impl<M: Manners> Table for Hygienic<M> {
    fn with_seats(seats: usize) -> Self {
        let fork = |mine| Place { fork: if mine { Fork::Dirty } else { Fork::Away }, token: !mine };
        let seat = |i: usize| {
            let (left, right) = ((i + seats - 1) % seats, (i + 1) % seats);
            let philosopher = Philosopher { mood: Mood::Thinks, forks: [fork(i < left), fork(i < right)] };
            Seat {
                philosopher: Mutex::new(philosopher).named(format_args!("philosopher {i}")),
                fed: Condvar::new().named(format_args!("{i} is fed")),
            }
        };
        Self { seats: (0..seats).map(seat).collect(), manners: PhantomData }
    }

    fn seats(&self) -> usize {
        self.seats.len()
    }

    fn dine(&self, seat: usize, eat: &mut dyn FnMut()) {
        self.sit_down(seat);
        eat();
        self.get_up(seat);
    }
}
