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
//! Rounds run in a process of their own, as cells do, so that a subject that hangs, aborts or exhausts the
//! memory does not stop the campaign. Each binary that runs campaigns calls [`child_main`] first. What rounds
//! are worth is for [`judge`](crate::judge) to say, and how people read it for [`report`](crate::report).

mod child;
mod plan;
mod round;

pub use child::{child_main, child_main_with};
pub use plan::{Pauses, Plan};
pub use round::{Round, Work, perform};

use crate::cell::Subject;
use crate::engine::Exploration;
use crate::judge::{Rounds, RoundsReport};
use crate::runner::RunError;
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
    let turn = |subject: &&'static Subject| Turn::new(subject, campaign.seed);
    let mut turns: Vec<Turn> = campaign.subjects.iter().map(turn).collect();
    let started = Instant::now();
    let left = || campaign.duration.saturating_sub(started.elapsed());
    // Ordering: the flag stands for itself.
    let cancelled =
        || cancel.load(Ordering::Relaxed) || started.elapsed() >= campaign.duration.saturating_add(OVERTIME);
    loop {
        let mut going: Vec<&mut Turn> = turns.iter_mut().filter(|turn| turn.goes_on()).collect();
        let number = going.len();
        for (index, turn) in going.iter_mut().enumerate() {
            // What one takes longer, because it hangs, is taken from those that follow.
            let fair = left() / (number - index) as u32;
            child::run(turn, SLICE.min(fair), &cancelled)?;
        }
        if number == 0 || cancelled() || left().is_zero() {
            break;
        }
    }
    Ok(turns.into_iter().map(|turn| turn.rounds.into()).collect())
}

/// A subject in a campaign.
#[derive(Debug)]
struct Turn {
    rounds: Rounds,
    /// The seed of its next round.
    next: u64,
}

impl Turn {
    fn new(subject: &'static Subject, seed: u64) -> Self {
        Self { rounds: Rounds::none(subject, seed), next: seed }
    }

    fn goes_on(&self) -> bool {
        !self.rounds.are_over()
    }

    /// Counts a round that came to its end.
    fn add(&mut self, round: Round) {
        let Self { rounds, next } = self;
        *next = round::next_seed(round.seed);
        rounds.exploration.executions += 1;
        rounds.exploration.threads = rounds.exploration.threads.max(round.threads);
        rounds.operations += round.operations;
        rounds.overlapped = match (rounds.overlapped, round.overlapped) {
            (Some(so_far), Some(more)) => Some(so_far + more),
            (one, other) => one.or(other),
        };
        rounds.exploration.coverage = round.coverage;
        if let Some(mut failure) = round.failure {
            failure.execution = rounds.exploration.executions;
            rounds.exploration.failures = 1;
            rounds.exploration.failure = Some(failure);
        }
        if rounds.are_over() {
            rounds.seed = round.seed;
        }
    }

    /// Counts the round in which the child died.
    fn died(&mut self, seen: Exploration) {
        let seed = self.next;
        let Exploration { coverage, failure, threads, .. } = seen;
        self.add(Round { seed, threads, operations: 0, overlapped: None, coverage, failure });
    }
}
