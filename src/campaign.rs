//! Campaigns: subjects on the real cores of this machine, round after round.
//!
//! A round plays a scenario that is drawn from a seed (threads, items, capacity, pauses), or a row of the
//! subject's contract again and again, by the engine `native`. While it runs a watchdog sees when nothing
//! moves any more, and tells who waits for what. How far the operations really overlapped is measured,
//! because a round in which they took turns has shown nothing.
//!
//! A seed draws the same round again on every machine. What the system's scheduler does with it is not
//! in the seed: a failure that was seen once may need many rounds to be seen again.
//!
//! What a queue answers is recorded in real time and judged as a whole. A round whose history could not be decided counts with none of those that
//! held.
//!
//! A round that goes wrong is [kept](KeptRound) as plain data: what its threads did, what was answered and when, and where that was. It is made
//! [smaller](shrink), and handed to the engines as a program like any other: what one of them [finds](confirm) in it, it finds again, every time.
//!
//! Rounds run in a process of their own, as cells do, so that a subject that hangs, aborts or exhausts the
//! memory does not stop the campaign. Each binary that runs campaigns calls [`child_main`] first. What rounds
//! are worth is for [`judge`](crate::judge) to say, and how people read it for [`report`](crate::report).

mod belongings;
mod child;
mod clock;
mod confirm;
mod fate;
mod fleet;
mod kept;
mod plan;
pub mod regression;
mod round;
mod shrink;
mod slice;

pub use belongings::{Belongings, Growth, Leak};
pub use child::{child_main, child_main_with};
pub use confirm::{Confirmed, Pursued, confirm, pursue, replay};
pub use fate::Lot;
pub use fleet::{Attempt, Fleet, Merged, Refusal, Shard, merge};
pub use kept::{Environment, KeptOperation, KeptRole, KeptRound, KeptWork, NotPlayable};
pub use plan::{Pauses, Plan};
pub use round::{Round, Work, perform};
pub use shrink::{again, shrink};
pub use slice::{Ended, Slice};

use crate::cell::Subject;
use crate::judge::{Rounds, RoundsReport, Status};
use crate::runner::RunError;
use child::{Play, Played};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The subjects that take part.
    pub subjects: Vec<&'static Subject>,
    /// For how long, all subjects together.
    pub duration: Duration,
    /// The seed of every subject's first round; those of the next follow from it.
    pub seed: u64,
    /// Rounds of each subject, at most.
    pub rounds: u64,
    /// Subjects that are run at a time. Each has some threads, so one is enough for a small machine.
    pub jobs: usize,
    /// Whether it ends with the first violation.
    pub until_failure: bool,
    /// Whether threads dawdle at operations of the facade in every other round, in a build with the feature `noise`.
    pub noise: bool,
    /// What was run before: it is counted, and the rounds go on from there.
    pub before: Vec<Slice>,
}

impl Campaign {
    /// Some seconds of these subjects, one after the other.
    pub const fn of(subjects: Vec<&'static Subject>, duration: Duration, seed: u64) -> Self {
        Self {
            subjects,
            duration,
            seed,
            rounds: u64::MAX,
            jobs: 1,
            until_failure: false,
            noise: true,
            before: Vec::new(),
        }
    }
}

/// What happens in a campaign.
#[derive(Debug)]
pub enum Event<'a> {
    /// A slice is over; the report is of all that was run of its subject by then.
    Slice(&'a Slice, &'a RoundsReport),
    /// A round went wrong.
    Failed(&'a KeptRound),
}

/// The longest time for which one child runs rounds of one subject.
const SLICE: Duration = Duration::from_millis(500);

/// For so long the campaign goes on when its time is over: for a round of each subject that had none, and for
/// rounds that hang to be seen to do so.
const OVERTIME: Duration = Duration::from_secs(5);

/// Runs rounds of every subject in turn until the time is over, or `cancel` becomes true. A subject whose
/// round ends badly takes no further part. The reports come in the order of the subjects.
///
/// # Errors
/// If no rounds can be run.
pub fn run(campaign: &Campaign, cancel: &AtomicBool) -> Result<Vec<RoundsReport>, RunError> {
    run_and_tell(campaign, cancel, &mut |_| {})
}

/// The same, and tells what happens.
///
/// # Errors
/// If no rounds can be run.
pub fn run_and_tell(
    campaign: &Campaign,
    cancel: &AtomicBool,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<RoundsReport>, RunError> {
    let mut turns: Vec<Turn> = campaign.subjects.iter().map(|subject| Turn::new(subject, campaign)).collect();
    let started = Instant::now();
    let left = || campaign.duration.saturating_sub(started.elapsed());
    // Ordering: the flag stands for itself.
    let cancelled =
        || cancel.load(Ordering::Relaxed) || started.elapsed() >= campaign.duration.saturating_add(OVERTIME);
    let jobs = campaign.jobs.max(1);
    loop {
        let mut going: Vec<&mut Turn> = turns.iter_mut().filter(|turn| turn.goes_on()).collect();
        // Twins may hang, for seconds: what is to hold has its rounds by then.
        going.sort_by_key(|turn| turn.rounds.subject.bug().is_some());
        let number = going.len();
        let mut failed = false;
        for (index, some) in going.chunks_mut(jobs).enumerate() {
            // What one takes longer, because it hangs, is taken from those that follow.
            let fair = left() / (number.div_ceil(jobs) - index) as u32;
            failed |= take_turns(some, SLICE.min(fair), &cancelled, tell)?;
            if failed && campaign.until_failure {
                break;
            }
        }
        let over = failed && campaign.until_failure;
        if over || number == 0 || cancelled() || left().is_zero() {
            break;
        }
    }
    Ok(turns.into_iter().map(|turn| turn.rounds.into()).collect())
}

/// Runs a slice of each at once. Whether one of them is against expectation.
fn take_turns(
    turns: &mut [&mut Turn],
    slice: Duration,
    cancelled: &(dyn Fn() -> bool + Sync),
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<bool, RunError> {
    let play = |turn: &Turn| child::play(turn.rounds.subject, turn.play(slice), cancelled);
    let played: Vec<Result<Played, RunError>> = match turns {
        [turn] => vec![play(turn)],
        _ => std::thread::scope(|scope| {
            let children: Vec<_> = turns.iter().map(|turn| scope.spawn(|| play(turn))).collect();
            let join = |child: std::thread::ScopedJoinHandle<'_, _>| {
                child.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            children.into_iter().map(join).collect()
        }),
    };
    let mut failed = false;
    for (turn, played) in turns.iter_mut().zip(played) {
        failed |= turn.count(played?, tell);
    }
    Ok(failed)
}

/// A subject in a campaign.
#[derive(Debug)]
struct Turn {
    rounds: Rounds,
    /// The seed of its next round.
    next: u64,
    /// Rounds, at most.
    most: u64,
    noise: bool,
}

impl Turn {
    fn new(subject: &'static Subject, campaign: &Campaign) -> Self {
        let Campaign { seed, rounds: most, noise, .. } = *campaign;
        let mut turn = Self { rounds: Rounds::none(subject, seed), next: seed, most, noise };
        let id = subject.id();
        campaign.before.iter().filter(|slice| slice.subject == id).for_each(|slice| turn.add(slice));
        turn
    }

    fn goes_on(&self) -> bool {
        !self.rounds.are_over() && self.rounds.exploration.executions < self.most
    }

    fn play(&self, slice: Duration) -> Play {
        let rounds = self.most - self.rounds.exploration.executions;
        Play { seed: self.next, slice, rounds, noise: self.noise, work: None }
    }

    /// Counts what was played, and tells of it. Whether that is against expectation.
    fn count(&mut self, played: Played, tell: &mut dyn FnMut(Event<'_>)) -> bool {
        let subject = self.rounds.subject;
        let last = played.rounds.last().cloned();
        let slice = Slice::of(subject.id(), self.next, played);
        if slice.rounds == 0 && slice.ended.is_none() {
            return false;
        }
        self.add(&slice);
        let report = RoundsReport::from(self.rounds.clone());
        tell(Event::Slice(&slice, &report));
        if let Some(kept) = KeptRound::of(subject, &slice, last.as_ref()) {
            tell(Event::Failed(&kept));
        }
        report.cell.status == Status::Violation
    }

    fn add(&mut self, slice: &Slice) {
        self.next = slice.next;
        slice.count_in(&mut self.rounds);
    }
}
