//! The arbiter, between processes: who wants to eat asks it over a pipe, and gets both forks or waits.
//!
//! Each seat has two pipes, for what its philosopher says and for what it is granted. All messages are of one byte, and so are in one
//! piece. The arbiter reads at all seats [at once](pipe::bundle). A philosopher that is killed hangs up: the arbiter hears the end of
//! the pipe without a farewell, notes what the philosopher was doing, and its forks lie on the table again. Where the arbiter is killed
//! all philosophers find the end of their pipes.
//!
//! Invariant: a fork has been granted to one philosopher at most, until that has returned it, or the end of its pipe was heard. Who asks
//! gets all that it asks for, or nothing, and before all neighbours that have asked later: so nobody waits for ever as
//! long as every meal ends, or its philosopher dies.
//!
//! What it does not do: know more than it was told. A philosopher to whom forks were granted has them in hand, even where it was killed
//! before it knew; one that was killed when it had returned them was idle. Nor is there a second arbiter: with the first one the table is
//! closed, and who eats then has eaten.
//!
//! Sources: C. A. R. Hoare, "Communicating sequential processes", 1978, section 5.3, for a process that philosophers talk to before they
//! eat; pipe(7), for the end.

use crate::port::forks_of;
use crate::sync::pipe::{self, Bundle, Reader, Writer};
use crate::sync::process::point;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::marker::PhantomData;

/// What a philosopher asks for: a bit for each fork.
pub const LEFT: u8 = 1;
/// The other one.
pub const RIGHT: u8 = 2;
const RETURNS: u8 = 4;
const LEAVES: u8 = 5;

/// What it is answered.
const GRANTED: [u8; 1] = [1];

/// What an arbiter and its philosophers owe to each other.
pub trait Ruling: fmt::Debug + Send + Sync + 'static {
    /// What a philosopher asks for, one after the other.
    const REQUESTS: &[u8] = &[LEFT | RIGHT];
    /// Whether a fork that was granted is away until it is returned.
    const WAITS_FOR_RETURN: bool = true;
    /// Whether the forks of the dead lie on the table again.
    const TAKES_BACK: bool = true;
}

/// All of it.
#[derive(Debug)]
pub struct Just;

impl Ruling for Just {}

/// A table with an arbiter: the arbiter, the seats, and what the arbiter will have to report.
///
/// ```
/// use refectory::model::processes::table::arbiter::{Death, Doing, Just, table};
/// use refectory::sync::thread;
///
/// # if !cfg!(target_os = "linux") { return }
/// let (arbiter, seats, report) = table::<Just>(2).unwrap();
/// let arbiter = thread::spawn(|| arbiter.serve());
/// let [mut first, second] = seats.try_into().unwrap();
/// first.dine(|| println!("eating")).unwrap();
/// first.leave();
/// drop(second); // It dies.
/// arbiter.join().unwrap();
/// assert_eq!(report.collect::<Vec<_>>(), [Death { seat: 1, doing: Doing::Idle }]);
/// ```
///
/// # Errors
/// As [`pipe::pipe`].
///
/// # Panics
/// If there are more than 125 seats: so many pipes do not travel in the argument of a process.
#[track_caller]
pub fn table<R: Ruling>(seats: usize) -> io::Result<(Arbiter<R>, Vec<Seat<R>>, Report)> {
    assert!(seats <= 125, "their pipes do not travel in the argument of a process");
    let (report, reports) = pipe::pipe()?;
    let (says, requests) = pipe::bundle(seats)?;
    let mut arbiter = Arbiter {
        requests: requests.named(format_args!("requests")),
        grants: Vec::new(),
        report: report.named(format_args!("report")),
        ruling: PhantomData,
    };
    let lay = |(number, requests)| {
        let (grants, granted) = pipe::pipe()?;
        arbiter.grants.push(grants.named(format_args!("grants to {number}")));
        Ok(Seat { grants: granted, requests, ruling: PhantomData })
    };
    let seats = says.into_iter().enumerate().map(lay).collect::<io::Result<_>>()?;
    Ok((arbiter, seats, Report(reports)))
}

/// There is no arbiter any more: it was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the arbiter is gone: nobody grants forks any more")
    }
}

impl Error for Gone {}

/// A philosopher's place. It travels in the argument of a [process](crate::sync::process::spawn).
#[derive(Debug, Deserialize, Serialize)]
#[serde(bound = "")]
pub struct Seat<R = Just> {
    // Closed before the other one, whose end is then all that the arbiter waits for.
    grants: Reader,
    requests: Writer,
    ruling: PhantomData<fn() -> R>,
}

impl<R: Ruling> Seat<R> {
    /// Waits for both forks, eats, and returns them.
    ///
    /// # Errors
    /// The arbiter is gone, and there was no meal.
    ///
    /// # Panics
    /// If the system does not let it use its pipes.
    pub fn dine<T>(&mut self, eat: impl FnOnce() -> T) -> Result<T, Gone> {
        for request in R::REQUESTS {
            self.say(*request)?;
            point("a request that was sent");
            self.wait()?;
        }
        point("forks in hand");
        let eaten = eat();
        point("a meal that was eaten");
        // Nobody is waiting for the forks if the arbiter is gone.
        let _ = self.say(RETURNS);
        point("forks that were returned");
        Ok(eaten)
    }

    /// Ends the visit. A philosopher that goes without it has died.
    pub fn leave(mut self) {
        // Nobody is told if the arbiter is gone.
        let _ = self.say(LEAVES);
    }

    fn say(&mut self, word: u8) -> Result<(), Gone> {
        match self.requests.write_all(&[word]) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Gone),
            written => {
                written.expect("a pipe is written to");
                Ok(())
            }
        }
    }

    fn wait(&mut self) -> Result<(), Gone> {
        heard(&mut self.grants).map(|_| ()).ok_or(Gone)
    }
}

/// The next byte; `None` at the end.
fn heard(pipe: &mut Reader) -> Option<u8> {
    let mut word = [0];
    match pipe.read_exact(&mut word) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => None,
        read => {
            read.expect("a pipe is read");
            Some(word[0])
        }
    }
}

/// What a philosopher was doing when it died, as far as the arbiter knew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It had asked for nothing.
    Idle,
    /// It had asked, and had not been granted all.
    Waiting,
    /// It had been granted both forks.
    Eating,
}

/// A philosopher that died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// Where it sat.
    pub seat: usize,
    /// What it was doing.
    pub doing: Doing,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = match self.doing {
            Doing::Idle => "idle",
            Doing::Waiting => "waiting for forks",
            Doing::Eating => "with both forks in hand",
        };
        write!(f, "philosopher {} died {doing}", self.seat)
    }
}

/// Who has died, in the order in which the arbiter has heard it. It ends with the arbiter.
#[derive(Debug)]
pub struct Report(Reader);

impl Iterator for Report {
    type Item = Death;

    /// Waits for the next one.
    fn next(&mut self) -> Option<Death> {
        let [seat, doing] = [heard(&mut self.0)?, heard(&mut self.0)?];
        let doing = [Doing::Idle, Doing::Waiting, Doing::Eating][usize::from(doing)];
        Some(Death { seat: seat.into(), doing })
    }
}

/// Who grants the forks. It travels in the argument of a [process](crate::sync::process::spawn).
#[derive(Debug, Deserialize, Serialize)]
#[serde(bound = "")]
pub struct Arbiter<R = Just> {
    requests: Bundle,
    grants: Vec<Writer>,
    report: Writer,
    ruling: PhantomData<fn() -> R>,
}

impl<R: Ruling> Arbiter<R> {
    /// Grants forks until all philosophers have left, or have died.
    ///
    /// # Panics
    /// If the system does not let it use its pipes.
    pub fn serve(self) {
        let Self { mut requests, grants, report, .. } = self;
        let mut table = Table::<R>::new(grants, report);
        while requests.is_open() {
            let mut word = [0];
            let (seat, heard) = requests.read(&mut word).expect("a pipe is read");
            point("a word that was heard");
            let word = (heard > 0).then_some(word[0]);
            table.hear(seat, word);
            if word.is_none() {
                requests.close(seat);
            }
        }
    }
}

/// What the arbiter knows.
struct Table<R> {
    /// To whom each fork was granted.
    forks: Vec<Option<usize>>,
    /// `None` of one that has left.
    doing: Vec<Option<Doing>>,
    /// Who waits, in the order in which they have asked, and for what.
    waiting: Vec<(usize, u8)>,
    grants: Vec<Writer>,
    report: Writer,
    ruling: PhantomData<fn() -> R>,
}

impl<R: Ruling> Table<R> {
    fn new(grants: Vec<Writer>, report: Writer) -> Self {
        let seats = grants.len();
        Self {
            forks: vec![None; seats],
            doing: vec![Some(Doing::Idle); seats],
            waiting: Vec::new(),
            grants,
            report,
            ruling: PhantomData,
        }
    }

    /// A philosopher has said this, or nothing any more.
    fn hear(&mut self, seat: usize, word: Option<u8>) {
        match word {
            None => self.bury(seat),
            Some(LEAVES) => self.doing[seat] = None,
            Some(RETURNS) => self.take_back(seat),
            Some(request) => {
                self.doing[seat] = Some(Doing::Waiting);
                self.waiting.push((seat, request));
            }
        }
        self.grant();
    }

    fn bury(&mut self, seat: usize) {
        let Some(doing) = self.doing[seat] else { return };
        // Nobody may read it.
        let _ = self.report.write_all(&[seat as u8, doing as u8]);
        point("a death that was reported");
        self.waiting.retain(|(waits, _)| *waits != seat);
        if R::TAKES_BACK {
            self.take_back(seat);
        }
    }

    fn take_back(&mut self, seat: usize) {
        self.doing[seat] = Some(Doing::Idle);
        self.forks.iter_mut().filter(|fork| **fork == Some(seat)).for_each(|fork| *fork = None);
    }

    /// Grants what is asked for in the order in which it was. Nobody gets what one before it waits for.
    fn grant(&mut self) {
        let mut away: Vec<bool> = self.forks.iter().map(Option::is_some).collect();
        for (seat, request) in std::mem::take(&mut self.waiting) {
            let (left, right) = forks_of(seat, self.forks.len());
            let asked = [(LEFT, left), (RIGHT, right)].into_iter().filter(|(bit, _)| request & bit != 0);
            let asked: Vec<usize> = asked.map(|(_, fork)| fork).collect();
            if asked.iter().any(|fork| away[*fork]) {
                self.waiting.push((seat, request));
            } else {
                self.hand_over(seat, &asked);
            }
            asked.into_iter().for_each(|fork| away[fork] = true);
        }
    }

    fn hand_over(&mut self, seat: usize, forks: &[usize]) {
        if R::WAITS_FOR_RETURN {
            forks.iter().for_each(|fork| self.forks[*fork] = Some(seat));
        }
        // Of one that died waiting the end is about to be heard, and the forks come back then.
        if self.grants[seat].write_all(&GRANTED).is_ok() {
            self.doing[seat] = Some(Doing::Eating);
            point("forks that were granted");
        }
    }
}
