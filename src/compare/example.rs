//! Made-up figures, for tests.

use super::figures::{Figures, Latency, Machine, Measured, Passing, Point, Price, Solution, Spread};
use super::model::{Language, Model};
use super::work::Kind;

/// Figures, one after the other.
pub(super) struct Example(Figures);

/// Of five runs.
pub(super) fn spread(low: f64, high: f64) -> Spread {
    Spread { median: f64::midpoint(low, high), low, high, runs: 5 }
}

impl Example {
    /// Of two cores, on which nothing was measured.
    pub(super) fn new() -> Self {
        let machine = Machine {
            cores: 2,
            system: "a system".to_owned(),
            python: None,
            optimised: true,
            free: Some(1.0),
        };
        Self(Figures {
            machine,
            rounds: 5,
            interrupted: false,
            works: Vec::new(),
            solutions: Vec::new(),
            points: Vec::new(),
            prices: Vec::new(),
            left_out: Vec::new(),
            failed: 0,
        })
    }

    pub(super) fn figures(mut self) -> Figures {
        let solution = |model: Model| Solution {
            model,
            title: model.title().to_owned(),
            worker: model.worker().to_owned(),
            lines: model.lines(),
        };
        self.0.solutions = self.0.models().into_iter().map(solution).collect();
        self.0
    }

    pub(super) fn throughput(mut self, kind: Kind, model: Model, workers: usize, throughput: Spread) -> Self {
        let over_hundred = |of: f64| of / 100.0;
        let Spread { median, low, high, runs } = throughput;
        let ratio =
            Spread { median: over_hundred(median), low: over_hundred(low), high: over_hundred(high), runs };
        let latency = Latency { items: 5_000, p50: 1e-3, p99: 2e-3, p999: 4e-3, max: 5e-3 };
        self.0.points.push(Point {
            kind,
            model,
            workers,
            throughput,
            speed_up: (model != Model::Serial).then_some(Spread { median: 1.0, low: 1.0, high: 1.0, runs }),
            ratio: (model != Model::Serial).then_some(ratio),
            latency,
            fairness: 0.99,
            cpu_seconds: 0.25,
            switches: 120.0,
            memory: 9_500_000,
            start_up: 2e-4,
            wrong: None,
        });
        let measured = Measured { kind, language: model.language(), items: 1_000 };
        if !self.0.works.contains(&measured) {
            self.0.works.push(measured);
        }
        self
    }

    pub(super) fn speed_up(self, kind: Kind, model: Model, workers: usize, speed_up: Spread) -> Self {
        let mut example = self.throughput(kind, model, workers, spread(90.0, 110.0));
        example.0.points.last_mut().unwrap().speed_up = Some(speed_up);
        example
    }

    pub(super) fn price(mut self, of: Passing, seconds: Spread) -> Self {
        self.0.prices.push(Price { of, language: Language::Rust, seconds });
        self
    }

    pub(super) fn left_out(mut self, what: &str) -> Self {
        self.0.left_out.push(what.to_owned());
        self
    }
}
