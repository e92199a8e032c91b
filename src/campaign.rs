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

pub use child::child_main;
pub use plan::{Pauses, Plan};
pub use round::{Round, Work, perform};

use crate::catalogue::subjects;
use crate::cell::Subject;
use crate::engine::Exploration;
use crate::judge::{Rounds, RoundsReport};
use crate::runner::RunError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The id of a subject, or a part of several.
    pub filter: String,
    /// For how long, all subjects together. Each is run for at least one slice.
    pub duration: Duration,
    /// The seed of every subject's first round; those of the next follow from it.
    pub seed: u64,
}

impl Campaign {
    /// The subjects that take part.
    pub fn subjects(&self) -> impl Iterator<Item = &'static Subject> {
        let exact = subjects().any(|subject| subject.id() == self.filter);
        subjects().filter(move |subject| match exact {
            true => subject.id() == self.filter,
            false => subject.id().contains(&self.filter),
        })
    }
}

/// The longest time for which one child runs rounds of one subject.
const SLICE: Duration = Duration::from_millis(500);

/// Runs rounds of every subject in turn until the time is over, or `cancel` becomes true. A subject whose
/// round ends badly takes no further part. The reports come in the catalogue's order.
///
/// # Errors
/// The first child that could not run rounds at all ends the campaign.
pub fn run(campaign: &Campaign, cancel: &AtomicBool) -> Result<Vec<RoundsReport>, RunError> {
    let mut turns: Vec<Turn> = campaign.subjects().map(|subject| Turn::new(subject, campaign.seed)).collect();
    let slice = SLICE.min(campaign.duration / turns.len().max(1) as u32);
    let end = Instant::now() + campaign.duration;
    loop {
        for turn in turns.iter_mut().filter(|turn| turn.goes_on()) {
            child::run(turn, slice, cancel)?;
        }
        // Ordering: the flag stands for itself.
        let cancelled = cancel.load(Ordering::Relaxed);
        if cancelled || Instant::now() >= end || !turns.iter().any(Turn::goes_on) {
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
