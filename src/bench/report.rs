//! From what was measured to ratios. Pure.

use super::criterion::Measured;
use crate::catalogue;
use serde::Serialize;
use std::collections::BTreeMap;

/// A figure, and between which values it lies: with a probability of 95 %, unless criterion was told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure itself.
    pub value: f64,
    /// From here on.
    pub low: f64,
    /// Up to here.
    pub high: f64,
}

impl Estimate {
    /// The figure in another unit.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { value: self.value * factor, low: self.low * factor, high: self.high * factor }
    }

    /// One over another that is independent of it. Both are positive.
    ///
    /// The interval is made of the two intervals of the logarithms, each side of its own: G. Y. Zou, A. Donner, "Construction of confidence
    /// limits about effect measures: a general approach", Statistics in Medicine, 2008.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        let value = self.value / other.value;
        let apart = |one: f64, two: f64| one.ln().hypot(two.ln()).exp();
        let down = apart(self.value / self.low, other.high / other.value);
        let up = apart(self.high / self.value, other.value / other.low);
        Self { value, low: value / down, high: value * up }
    }
}

/// A function in a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timed {
    /// Its name, as in `threads/queue` or `crossbeam channel`.
    pub name: String,
    /// Whether it is a subject of ours.
    pub ours: bool,
    /// Seconds for an item.
    pub time: Estimate,
    /// Its throughput over that of the best peer, where there is one.
    pub ratio: Option<Estimate>,
    /// By how much its time has changed since the baseline, as a part of it: `-0.1` is a tenth less.
    pub change: Option<Estimate>,
}

/// The functions that did the same work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// The group's name, and the parameter's where there is one.
    pub name: String,
    /// The fastest peer.
    pub best_peer: Option<String>,
    /// All of them, the fastest first.
    pub functions: Vec<Timed>,
}

/// A subject of ours beside the best peer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The scenario's name.
    pub scenario: String,
    /// The subject's name.
    pub subject: String,
    /// Its throughput over that of the best peer.
    pub ratio: Estimate,
    /// Seconds for an item.
    pub time: Estimate,
    /// The fastest peer.
    pub best_peer: String,
    /// The peer's seconds for an item.
    pub peer_time: Estimate,
    /// By how much the time has changed since the baseline, as a part of it.
    pub change: Option<Estimate>,
}

/// A function that is compared with nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alone {
    /// The scenario's name.
    pub scenario: String,
    /// The function's name.
    pub name: String,
    /// Seconds for an item.
    pub time: Estimate,
    /// By how much the time has changed since the baseline, as a part of it.
    pub change: Option<Estimate>,
}

/// Benches that were not measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The group's name, or that of a whole bench.
    pub what: String,
    /// Why.
    pub why: String,
}

/// All that is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The version of this form. It grows where a field changes its meaning or goes; fields may come.
    pub format: u32,
    /// The baseline that changes are told from.
    pub baseline: Option<String>,
    /// Whether the run was interrupted.
    pub interrupted: bool,
    /// Benches that failed, each with how.
    pub failed: Vec<LeftOut>,
    /// What was not measured, and why.
    pub left_out: Vec<LeftOut>,
    /// Ours beside the best peers, the worst first.
    pub rows: Vec<Row>,
    /// Times that are compared with nothing, in the order of their names.
    pub alone: Vec<Alone>,
    /// All that was measured, by scenario.
    pub scenarios: Vec<Scenario>,
}

/// Modules of this crate that are measured for their own sake; and a model that a build need not have.
const OTHER_ROOTS: [&str; 4] = ["check", "engine", "sync", "processes"];

/// Whether a function is one of ours, by its name.
fn is_ours(name: &str) -> bool {
    let Some((root, _)) = name.split_once('/') else { return false };
    OTHER_ROOTS.contains(&root) || catalogue::subjects().any(|subject| subject.model == root)
}

impl Report {
    /// The version of the form that this crate writes.
    pub const FORMAT: u32 = 1;

    /// What follows from these measurements.
    #[must_use]
    pub fn of(measured: &[Measured], baseline: Option<&str>) -> Self {
        let mut by_scenario: BTreeMap<String, Vec<&Measured>> = BTreeMap::new();
        for one in measured {
            by_scenario.entry(one.scenario()).or_default().push(one);
        }
        let scenarios: Vec<Scenario> =
            by_scenario.into_iter().map(|(name, functions)| scenario(name, functions)).collect();
        let mut rows: Vec<Row> = scenarios.iter().flat_map(rows_of).collect();
        rows.sort_by(|a, b| a.ratio.value.total_cmp(&b.ratio.value));
        let alone = scenarios.iter().flat_map(alone_of).collect();
        let baseline = baseline.map(str::to_owned);
        let (failed, left_out) = Default::default();
        Self { format: Self::FORMAT, baseline, interrupted: false, failed, left_out, rows, alone, scenarios }
    }
}

fn scenario(name: String, mut functions: Vec<&Measured>) -> Scenario {
    functions.sort_by(|a, b| a.time.value.total_cmp(&b.time.value));
    let ours = functions.iter().any(|function| is_ours(&function.function));
    let best = functions.iter().find(|function| !is_ours(&function.function)).filter(|_| ours);
    let timed = |function: &&Measured| Timed {
        name: function.function.clone(),
        ours: is_ours(&function.function),
        time: function.time,
        ratio: best.map(|best| match best.function == function.function {
            true => Estimate { value: 1.0, low: 1.0, high: 1.0 },
            false => best.time.over(function.time),
        }),
        change: function.change,
    };
    let best_peer = best.map(|best| best.function.clone());
    Scenario { name, best_peer, functions: functions.iter().map(timed).collect() }
}

fn rows_of(scenario: &Scenario) -> impl Iterator<Item = Row> {
    let best = scenario.functions.iter().find(|one| Some(&one.name) == scenario.best_peer.as_ref());
    let ours = scenario.functions.iter().filter(|one| one.ours);
    ours.filter_map(move |one| {
        let best = best?;
        Some(Row {
            scenario: scenario.name.clone(),
            subject: one.name.clone(),
            ratio: one.ratio?,
            time: one.time,
            best_peer: best.name.clone(),
            peer_time: best.time,
            change: one.change,
        })
    })
}

fn alone_of(scenario: &Scenario) -> impl Iterator<Item = Alone> {
    let compared = scenario.best_peer.is_some();
    let alone = scenario.functions.iter().filter(move |_| !compared);
    alone.map(|one| Alone {
        scenario: scenario.name.clone(),
        name: one.name.clone(),
        time: one.time,
        change: one.change,
    })
}
