//! What was measured, as plain data.

use super::model::{Language, Model};
use super::work::Kind;
use serde::{Deserialize, Serialize};

/// All that a comparison came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Where it was measured.
    pub machine: Machine,
    /// Rounds that were begun. In each of them every model has its turn; the programs in Python have in every third one.
    pub rounds: usize,
    /// Whether somebody ended it early.
    pub interrupted: bool,
    /// For how many items of each kind a solution was measured, at once.
    pub works: Vec<Measured>,
    /// The solutions.
    pub solutions: Vec<Solution>,
    /// What came of each.
    pub points: Vec<Point>,
    /// What passing things on costs.
    pub prices: Vec<Price>,
    /// What is not there, and why.
    pub left_out: Vec<String>,
    /// Runs that could not be measured.
    pub failed: usize,
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Processors that a program may use at once.
    pub cores: usize,
    /// The system, as in `linux x86_64`.
    pub system: String,
    /// Python's version, where there is one and it took part.
    pub python: Option<String>,
    /// Whether the solutions were compiled with optimisations.
    pub optimised: bool,
    /// In which part of its time the serial loop had a processor while it counted primes: less than 1 where the machine has other things
    /// to do. Nothing, if that was not measured.
    pub free: Option<f64>,
}

/// A kind of work, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Which.
    pub kind: Kind,
    /// In which language.
    pub language: Language,
    /// Items of a run.
    pub items: u32,
}

/// A solution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solution {
    /// Its model.
    pub model: Model,
    /// In words.
    pub title: String,
    /// What a worker of it is.
    pub worker: String,
    /// Lines that are neither empty nor a comment.
    pub lines: usize,
}

/// What several runs say together: a median, and how sure it is.
///
/// The median of many more runs lies from `low` to `high` with a probability of 90 % at least, if there are five runs or more; of fewer
/// these are the least and the greatest.
///
/// Source: the confidence interval between order statistics, as in Jean-Yves Le Boudec, "Performance evaluation of computer and
/// communication systems", 2010, section 2.2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The one in the middle.
    pub median: f64,
    /// The median is hardly less.
    pub low: f64,
    /// The median is hardly more.
    pub high: f64,
    /// How many there are.
    pub runs: usize,
}

impl Spread {
    /// Of these values; nothing of none.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let (runs, middle) = (values.len(), values.len() / 2);
        let outside = runs_outside(runs);
        let (low, high) = (*values.get(outside)?, values[runs - 1 - outside]);
        let median =
            if runs % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Some(Self { median, low, high, runs })
    }
}

/// How many of so many runs, on either side, lie outside of the interval: k, where not more than k of n coins show heads with a
/// probability of 5 % at most is k − 1.
fn runs_outside(runs: usize) -> usize {
    let mut of_this_many = 0.5_f64.powi(i32::try_from(runs).unwrap_or(i32::MAX));
    let (mut outside, mut probability) = (0, of_this_many);
    while probability <= 0.05 && outside < runs / 2 {
        of_this_many *= (runs - outside) as f64 / (outside + 1) as f64;
        probability += of_this_many;
        outside += 1;
    }
    outside.saturating_sub(1)
}

/// A solution with so many workers, on one kind of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The work.
    pub kind: Kind,
    /// The model of the solution.
    pub model: Model,
    /// Its workers.
    pub workers: usize,
    /// Items in a second, from the call of the solution to its result.
    pub throughput: Spread,
    /// Its throughput over that with one worker in the same round.
    pub speed_up: Option<Spread>,
    /// Its throughput over that of the serial loop in the same round; for Python, over that of its counterpart with as many workers.
    pub ratio: Option<Spread>,
    /// How long an item took, as its worker saw it.
    pub latency: Latency,
    /// Jain's index over what the workers got done: 1 if it is the same for all, 1/n if one of n did everything.
    ///
    /// What counts is the number of items; at the table, where each has its number, how fast they were eaten.
    ///
    /// Source: Raj Jain, Dah-Ming Chiu, William Hawe, "A quantitative measure of fairness and discrimination for resource allocation in
    /// shared computer systems", 1984.
    pub fairness: f64,
    /// Seconds on processors for a thousand items.
    pub cpu_seconds: f64,
    /// Context switches for a thousand items.
    pub switches: f64,
    /// The most memory that all its processes had together, in bytes; what they share is counted for each.
    pub memory: u64,
    /// Seconds from the call of the solution until its first item was begun.
    pub start_up: f64,
    /// What came of it is not what the work comes to.
    pub wrong: Option<String>,
}

/// How long items took, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// How many items were timed.
    pub items: u64,
    /// Half of them took no longer.
    pub p50: f64,
    /// 99 in 100 took no longer.
    pub p99: f64,
    /// 999 in 1000 took no longer; of fewer than 1000 items it is the longest.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

/// What it costs to pass something on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// What is passed on.
    pub of: Passing,
    /// In which language.
    pub language: Language,
    /// Seconds.
    pub seconds: Spread,
}

/// A thing that is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passing {
    /// A task that does nothing, to a thread of a pool, and its result back.
    TaskToThread,
    /// The same, to a process of a pool.
    TaskToProcess,
    /// A list of 8192 numbers, to another process through a pipe: written down, copied, read.
    ListThroughPipe,
    /// The same numbers, encoded in memory that both map.
    ListInSharedMemory,
}

impl Passing {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::TaskToThread, Self::TaskToProcess, Self::ListThroughPipe, Self::ListInSharedMemory];

    /// In words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::TaskToThread => "a task that does nothing, to a thread of a pool and back",
            Self::TaskToProcess => "a task that does nothing, to a process of a pool and back",
            Self::ListThroughPipe => "8192 numbers, to another process through a pipe",
            Self::ListInSharedMemory => "8192 numbers, to another process in shared memory",
        }
    }
}

impl Point {
    /// Whether it is as fast as another one, or faster, within noise.
    #[must_use]
    pub fn is_as_fast_as(&self, other: &Self) -> bool {
        self.throughput.high >= other.throughput.low
    }
}

impl Figures {
    /// What was measured there.
    #[must_use]
    pub fn point(&self, kind: Kind, model: Model, workers: usize) -> Option<&Point> {
        self.points.iter().find(|point| (point.kind, point.model, point.workers) == (kind, model, workers))
    }

    /// All that was measured of a solution on this work, by the number of workers.
    pub fn of(&self, kind: Kind, model: Model) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(move |point| (point.kind, point.model) == (kind, model))
    }

    /// Where a solution has its highest throughput on this work: of those within noise of it, with the fewest workers.
    #[must_use]
    pub fn best(&self, kind: Kind, model: Model) -> Option<&Point> {
        let right = || self.of(kind, model).filter(|point| point.wrong.is_none());
        let fastest = right().max_by(|a, b| a.throughput.median.total_cmp(&b.throughput.median))?;
        right().filter(|point| point.is_as_fast_as(fastest)).min_by_key(|point| point.workers)
    }

    /// The kinds of work of which something is known.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let known = |kind: &Kind| self.points.iter().any(|point| point.kind == *kind);
        Kind::ALL.into_iter().filter(known).collect()
    }

    /// The models of which something is known.
    #[must_use]
    pub fn models(&self) -> Vec<Model> {
        let known = |model: &Model| self.points.iter().any(|point| point.model == *model);
        Model::ALL.into_iter().filter(known).collect()
    }

    /// What passing this on costs.
    #[must_use]
    pub fn price(&self, of: Passing, language: Language) -> Option<Spread> {
        let is_it = |price: &&Price| (price.of, price.language) == (of, language);
        self.prices.iter().find(is_it).map(|price| price.seconds)
    }

    /// Whether each result is the one that it should be.
    #[must_use]
    pub fn all_right(&self) -> bool {
        self.points.iter().all(|point| point.wrong.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_its_median_in_the_middle() {
        let spread = Spread::of([3.0, 1.0, 2.0]).unwrap();
        assert_eq!((spread.low, spread.median, spread.high, spread.runs), (1.0, 2.0, 3.0, 3));
        assert_eq!(Spread::of([1.0, 2.0]).unwrap().median, 1.5);
        assert_eq!(Spread::of([f64::NAN]), None);
    }

    /// Table A.1 of the source, for 95 %, begins with six runs; for 90 % it is five.
    #[test]
    fn of_many_runs_the_outermost_do_not_count() {
        let interval =
            |runs: u32| Spread::of((1..=runs).map(f64::from)).map(|spread| (spread.low, spread.high));
        assert_eq!(interval(5), Some((1.0, 5.0)));
        assert_eq!(interval(7), Some((1.0, 7.0)));
        assert_eq!(interval(8), Some((2.0, 7.0)));
        assert_eq!(interval(11), Some((3.0, 9.0)));
    }
}
