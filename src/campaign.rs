//! Campaigns: subjects on the real cores of this machine, round after round.
//!
//! A round plays a scenario that is drawn from a seed (threads, items, capacity, pauses), or a row of the
//! subject's contract again and again. While it runs, and when it has ended, the properties are checked; a watchdog sees when nothing moves any
//! more, and tells who waits for what. How far the operations really overlapped is measured, because a
//! round in which they took turns has shown nothing.
//!
//! A seed draws the same round again on every machine. What the system's scheduler does with it is not
//! in the seed: a failure that was seen once may need many rounds to be seen again.
//!
//! Rounds run in a process of their own, the current executable started again, so that a subject that hangs,
//! aborts or exhausts the memory does not stop the campaign. Each binary that runs campaigns calls
//! [`child_main`] first. The child watches its standard input, which ends with the parent.

mod child;
mod plan;
mod round;

pub use child::child_main;
pub use plan::{Pauses, Plan};
pub use round::{Ending, RoundReport, Work, perform};

use crate::catalogue::subjects;
use crate::cell::{Expect, Subject};
use std::fmt;
use std::ops::ControlFlow;
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

/// A subject's part of a campaign.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The subject.
    pub subject: &'static Subject,
    /// Rounds that were run.
    pub rounds: u64,
    /// Operations in them.
    pub operations: u64,
    /// Operations during which another thread had one under way; not known of rows.
    pub overlapped: Option<u64>,
    /// The round that ended badly: the subject's last.
    pub failure: Option<RoundReport>,
}

impl Tally {
    const fn of(subject: &'static Subject) -> Self {
        Self { subject, rounds: 0, operations: 0, overlapped: None, failure: None }
    }

    fn add(&mut self, round: &RoundReport) {
        self.rounds += 1;
        self.operations += round.operations;
        self.overlapped = match (self.overlapped, round.overlapped) {
            (Some(so_far), Some(more)) => Some(so_far + more),
            (one, other) => one.or(other),
        };
        if round.ending != Ending::Kept {
            self.failure = Some(round.clone());
        }
    }

    /// Whether a subject that is to keep every property has not.
    pub fn unexpected(&self) -> bool {
        self.subject.expect == Expect::Held && self.failure.is_some()
    }
}

/// What came of a campaign.
#[derive(Clone, Debug)]
pub struct CampaignReport {
    /// Subject by subject, in the catalogue's order.
    pub tallies: Vec<Tally>,
}

impl CampaignReport {
    /// The rounds that ended badly, those of broken twins too.
    pub fn failures(&self) -> impl Iterator<Item = &RoundReport> {
        self.tallies.iter().filter_map(|tally| tally.failure.as_ref())
    }

    /// The failures of subjects that are to keep every property.
    pub fn unexpected(&self) -> impl Iterator<Item = &RoundReport> {
        self.tallies.iter().filter(|tally| tally.unexpected()).filter_map(|tally| tally.failure.as_ref())
    }
}

/// The longest time for which one child runs rounds of one subject.
const SLICE: Duration = Duration::from_millis(500);

/// Runs rounds of every subject in turn, and tells of each, until the time is over or the caller breaks
/// off. A subject whose round ends badly takes no further part.
pub fn run(campaign: &Campaign, on_round: &mut dyn FnMut(&RoundReport) -> ControlFlow<()>) -> CampaignReport {
    let mut tallies: Vec<Tally> = campaign.subjects().map(Tally::of).collect();
    let mut seeds = vec![campaign.seed; tallies.len()];
    let slice = SLICE.min(campaign.duration / tallies.len().max(1) as u32);
    let end = Instant::now() + campaign.duration;
    let mut first_turn = true;
    while first_turn || Instant::now() < end && tallies.iter().any(|tally| tally.failure.is_none()) {
        for (tally, seed) in tallies.iter_mut().zip(&mut seeds).filter(|(tally, _)| tally.failure.is_none()) {
            let went = child::run(tally.subject, seed, slice, &mut |round| {
                tally.add(&round);
                on_round(&round)
            });
            if went.is_break() {
                return CampaignReport { tallies };
            }
        }
        first_turn = false;
    }
    CampaignReport { tallies }
}

impl fmt::Display for CampaignReport {
    /// A line a subject.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.tallies.iter().map(|tally| tally.subject.id().len()).max().unwrap_or(0);
        writeln!(f, "{:width$}  {:>7}  {:>11}  overlapped", "", "rounds", "operations")?;
        for Tally { subject, rounds, operations, overlapped, failure } in &self.tallies {
            let share = share(*overlapped, *operations);
            write!(f, "{:width$}  {rounds:>7}  {operations:>11}  {share:>10}", subject.id())?;
            match failure {
                Some(round) => writeln!(f, "  {}", round.ending.name())?,
                None => writeln!(f, "  kept")?,
            }
        }
        Ok(())
    }
}

/// How many in a hundred, as in `42%`.
fn share(part: Option<u64>, whole: u64) -> String {
    part.map_or("-".to_owned(), |part| format!("{}%", (100 * part).checked_div(whole).unwrap_or(0)))
}
