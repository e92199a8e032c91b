//! What a slice of a subject's rounds came to: a line of a campaign's log, from which a campaign can go on.

use super::belongings::Growth;
use super::child::Played;
use super::round::{Round, next_seed};
use crate::engine::{Coverage, Exploration, Extent, Failure, FailureKind};
use crate::event::trace::Trace;
use crate::judge::{Histories, Rounds};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Rounds of one subject, one after the other, in one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The id of the subject.
    pub subject: String,
    /// The seed of the first round.
    pub seed: u64,
    /// The seed of the round that would come next.
    pub next: u64,
    /// Rounds that came to their end.
    pub rounds: u64,
    /// Threads of the round with the most of them, main included.
    pub threads: u32,
    /// Operations that were completed.
    pub operations: u64,
    /// Those during which another thread had one under way; not known of rows.
    pub overlapped: Option<u64>,
    /// Histories of queues, and how many were decided.
    pub histories: Histories,
    /// Processes that were killed in rounds of processes.
    #[serde(default)]
    pub deaths: u64,
    /// What the process had after its first round and after its last.
    pub growth: Option<Growth>,
    /// How long it took.
    pub elapsed: Duration,
    /// The round that was the last one of the subject.
    pub ended: Option<Ended>,
}

/// A round after which a subject takes no further part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Its seed.
    pub seed: u64,
    /// Whether it could be judged.
    pub coverage: Coverage,
    /// How it went wrong, if it did.
    pub failure: Option<Failure>,
}

impl Slice {
    /// What was played of this subject from this seed on.
    pub(super) fn of(subject: String, seed: u64, played: Played) -> Self {
        let Played { rounds, growth, died, elapsed } = played;
        let mut slice = Self {
            subject,
            seed,
            next: seed,
            rounds: 0,
            threads: 0,
            operations: 0,
            overlapped: None,
            histories: Histories::default(),
            deaths: 0,
            growth,
            elapsed,
            ended: None,
        };
        rounds.into_iter().for_each(|round| slice.add(round));
        if slice.ended.is_none() {
            slice.ended = died.map(|seen| slice.died(seen)).or_else(|| slice.leaked());
        }
        slice
    }

    fn add(&mut self, round: Round) {
        self.next = next_seed(round.seed);
        self.rounds += 1;
        self.threads = self.threads.max(round.threads);
        self.operations += round.operations;
        self.overlapped = sum(self.overlapped, round.overlapped);
        self.deaths += round.deaths;
        let good = round.is_good();
        self.histories.add(round.histories);
        if !good {
            self.ended = Some(Ended { seed: round.seed, coverage: round.coverage, failure: round.failure });
        }
    }

    /// The same without what is not the same each time: how long it took, what overlapped, who was killed before all was over, and
    /// which histories were decided.
    pub(super) fn without_circumstances(&self) -> Self {
        let histories = Histories::default();
        Self { overlapped: None, deaths: 0, elapsed: Duration::ZERO, histories, ..self.clone() }
    }

    /// Adds what was played to what is known of its subject. Where that has gone wrong before, the first failure stays.
    pub(super) fn count_in(&self, rounds: &mut Rounds) {
        let seen = &mut rounds.exploration;
        seen.executions += self.rounds;
        seen.threads = seen.threads.max(self.threads);
        rounds.operations += self.operations;
        rounds.overlapped = sum(rounds.overlapped, self.overlapped);
        rounds.histories.add(self.histories.clone());
        rounds.elapsed += self.elapsed;
        let Some(ended) = self.ended.as_ref().filter(|_| seen.failure.is_none()) else { return };
        rounds.seed = ended.seed;
        seen.coverage = ended.coverage.clone();
        if let Some(mut failure) = ended.failure.clone() {
            failure.execution = seen.executions;
            seen.failures = 1;
            seen.failure = Some(failure);
        }
    }

    /// The round in which the process died.
    fn died(&mut self, seen: Exploration) -> Ended {
        let Exploration { coverage, failure, .. } = seen;
        let seed = self.next;
        self.next = next_seed(seed);
        self.rounds += 1;
        Ended { seed, coverage, failure }
    }

    /// The rounds have left something behind.
    fn leaked(&self) -> Option<Ended> {
        let message = self.growth?.leak()?.to_string();
        let failure =
            Failure { kind: FailureKind::Leak, message, trace: Trace::default(), execution: self.rounds };
        Some(Ended { seed: self.seed, coverage: Ok(Extent::Sampled(self.rounds)), failure: Some(failure) })
    }
}

/// The sum of what is known.
fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}
