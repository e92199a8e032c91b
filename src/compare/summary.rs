//! What several runs of one solution say together.

use super::child::Run;
use super::figures::{Latency, Point, Spread};
use super::hand::Share;
use super::model::Model;
use super::work::{Kind, Work};
use hdrhistogram::Histogram;

/// The runs of a solution with so many workers, and what they are compared with: each in the same place the one of the same
/// round, where there is one.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    pub(super) model: Model,
    pub(super) workers: usize,
    pub(super) work: &'a Work,
    /// What the work comes to.
    pub(super) expected: u64,
    pub(super) own: &'a [(usize, Run)],
    /// The runs of the same solution with one worker.
    pub(super) alone: &'a [(usize, Run)],
    /// The runs of the solution that it is measured against, and how many items they had.
    pub(super) base: (&'a [(usize, Run)], u32),
}

impl Runs<'_> {
    /// What they say; nothing where there are none.
    pub(super) fn point(&self) -> Option<Point> {
        let items = self.work.items;
        let thousands = f64::from(items) / 1000.0;
        let median = |of: &dyn Fn(&Run) -> f64| Spread::of(self.own.iter().map(|(_, run)| of(run)));
        Some(Point {
            kind: self.work.kind,
            model: self.model,
            workers: self.workers,
            throughput: median(&|run| throughput(run, items))?,
            speed_up: self.over(self.alone, items),
            ratio: self.over(self.base.0, self.base.1),
            latency: latency(self.own.iter().flat_map(|(_, run)| &run.shares)),
            fairness: median(&|run| jain(&shares(run, self.work.kind, self.workers)))?.median,
            cpu_seconds: median(&|run| run.usage.cpu)?.median / thousands,
            switches: median(&|run| run.usage.switches as f64)?.median / thousands,
            memory: median(&|run| run.memory as f64)?.median as u64,
            start_up: median(&start_up)?.median,
            wrong: self.own.iter().find_map(|(_, run)| self.wrong(run)),
        })
    }

    /// Throughput over that of another run of the same round.
    fn over(&self, others: &[(usize, Run)], items: u32) -> Option<Spread> {
        Spread::of(self.own.iter().filter_map(|(round, run)| {
            let (_, other) = others.iter().find(|(other, _)| other == round)?;
            Some(throughput(run, self.work.items) / throughput(other, items))
        }))
    }

    fn wrong(&self, run: &Run) -> Option<String> {
        let done: u64 = run.shares.iter().map(|share| share.items).sum();
        let sum: u64 = run.shares.iter().map(|share| share.sum).sum();
        if done != u64::from(self.work.items) {
            return Some(format!("{done} of {} items were done", self.work.items));
        }
        (sum != self.expected)
            .then(|| format!("the sum is {sum}, and that of the serial loop {}", self.expected))
    }
}

/// Items in a second.
fn throughput(run: &Run, items: u32) -> f64 {
    f64::from(items) / run.seconds()
}

fn start_up(run: &Run) -> f64 {
    let began = run.shares.iter().filter(|share| share.items > 0).map(|share| share.began).min();
    began.map_or(f64::NAN, |began| began.saturating_sub(run.called) as f64 * 1e-9)
}

/// What each worker got done.
fn shares(run: &Run, kind: Kind, workers: usize) -> Vec<f64> {
    let of = |share: &Share| match kind {
        Kind::Dining => share.items as f64 / share.ended.saturating_sub(share.began).max(1) as f64,
        _ => share.items as f64,
    };
    let mut shares: Vec<f64> = run.shares.iter().map(of).collect();
    // Who has done nothing has told nothing.
    shares.resize(workers.max(shares.len()), 0.0);
    shares
}

/// Jain's index of fairness: (Σx)² / (n · Σx²).
///
/// ```text
/// jain([1, 1]) = 1    jain([1, 0]) = 1/2
/// ```
fn jain(shares: &[f64]) -> f64 {
    let (sum, squares) = shares.iter().fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
    if squares == 0.0 { 1.0 } else { sum * sum / (shares.len() as f64 * squares) }
}

fn latency<'a>(shares: impl Iterator<Item = &'a Share>) -> Latency {
    let mut histogram = Histogram::<u64>::new(3).expect("three digits are few enough");
    for nanoseconds in shares.flat_map(|share| &share.latencies) {
        // It grows as it has to.
        let _ = histogram.record(*nanoseconds);
    }
    let at = |quantile| histogram.value_at_quantile(quantile) as f64 * 1e-9;
    Latency { items: histogram.len(), p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::usage::Usage;

    fn run(seconds: u64, shares: &[(u64, u64)]) -> Run {
        let share = |(worker, (items, sum)): (usize, &(u64, u64))| Share {
            worker,
            began: 500,
            ended: 1_000_000_500,
            items: *items,
            sum: *sum,
            latencies: vec![1_000_000; *items as usize],
            ..Share::default()
        };
        let usage = Usage { cpu: 0.5, switches: 10 };
        let shares = shares.iter().enumerate().map(share).collect();
        Run { called: 0, returned: seconds * 1_000_000_000, usage, memory: 7, shares }
    }

    fn work(items: u32) -> Work {
        let server = ([127, 0, 0, 1], 1).into();
        Work { kind: Kind::Cpu, items, seats: 5, files: "/".into(), server }
    }

    #[test]
    fn a_point_says_what_its_runs_say() {
        let work = work(4);
        let (own, alone) =
            ([(0, run(1, &[(3, 6), (1, 2)])), (2, run(2, &[(2, 4), (2, 4)]))], [(0, run(2, &[(4, 8)]))]);
        let runs = Runs {
            model: Model::Threads,
            workers: 2,
            work: &work,
            expected: 8,
            own: &own,
            alone: &alone,
            base: (&alone, 4),
        };
        let point = runs.point().unwrap();
        assert_eq!((point.throughput.low, point.throughput.median, point.throughput.high), (2.0, 3.0, 4.0));
        // Of the other round there is nothing to compare it with.
        assert_eq!(point.speed_up.map(|spread| (spread.median, spread.runs)), Some((2.0, 1)));
        assert_eq!(point.fairness, f64::midpoint(0.8, 1.0));
        assert_eq!(
            (point.latency.items, point.memory, point.cpu_seconds, point.switches),
            (8, 7, 125.0, 2500.0)
        );
        assert!((point.latency.p999 - 1e-3).abs() < 1e-6);
        assert_eq!(point.wrong, None);
    }

    #[test]
    fn what_is_not_the_result_of_the_serial_loop_is_wrong() {
        let work = work(4);
        let wrong = |shares: &[(u64, u64)]| {
            let own = [(0, run(1, shares))];
            let base = (&own[..], 4);
            let runs =
                Runs { model: Model::Gil, workers: 1, work: &work, expected: 8, own: &own, alone: &[], base };
            runs.point().unwrap().wrong
        };
        assert_eq!(wrong(&[(4, 8)]), None);
        assert_eq!(wrong(&[(4, 7)]).unwrap(), "the sum is 7, and that of the serial loop 8");
        assert_eq!(wrong(&[(3, 8)]).unwrap(), "3 of 4 items were done");
    }

    #[test]
    fn fairness_is_that_of_the_least_equal_share() {
        assert_eq!(jain(&[2.0, 2.0, 2.0]), 1.0);
        assert_eq!(jain(&[1.0, 0.0, 0.0, 0.0]), 0.25);
        assert_eq!(shares(&run(1, &[(4, 8)]), Kind::Cpu, 2), [4.0, 0.0]);
    }
}
