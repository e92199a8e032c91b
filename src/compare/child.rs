//! A run in a process of its own, so that what it uses is its own, and what it leaves behind is gone: the child's side, and how it is
//! asked.

use super::figures::Passing;
use super::hand::Share;
use super::model::{Language, Model};
use super::usage::{self, Usage};
use super::work::Work;
use super::{prices, python, solution};
use crate::runner::{End, Limits, Process, begin};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Says what a child has to do: a [`Request`].
const TASK: &str = "REFECTORY_COMPARE";

/// A run that takes longer than that hangs.
const DEADLINE: Duration = Duration::from_secs(20);

/// Bytes of data that a run may have.
const MEMORY: u64 = 8 << 30;

/// What a child is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// To do the work in this model with so many workers.
    Solve { model: Model, work: Work, workers: usize, python: Option<PathBuf> },
    /// To measure what passing things on costs.
    Prices { language: Language, python: Option<PathBuf>, files: PathBuf },
}

/// A run of a solution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    /// When the solution was called, in nanoseconds of the machine's clock.
    pub(super) called: u64,
    /// When it had its result.
    pub(super) returned: u64,
    /// What was used between, by all its processes.
    #[serde(flatten)]
    pub(super) usage: Usage,
    /// The most memory that all its processes had, in bytes.
    pub(super) memory: u64,
    /// What its workers have done.
    pub(super) shares: Vec<Share>,
}

impl Run {
    /// How long it took.
    pub(super) fn seconds(&self) -> f64 {
        (self.returned - self.called).max(1) as f64 * 1e-9
    }
}

/// Seconds, for each thing that is passed on.
pub(super) type Prices = Vec<(Passing, f64)>;

/// Does what the environment asks for, and ends the process; returns if it asks for nothing. To be called first in `main`.
pub fn child_main() {
    let Ok(task) = std::env::var(TASK) else { return };
    let find = || serde_json::from_str(&task).map_err(|error| format!("{TASK}: {error}"));
    let (request, mut voice) = begin::<Request>(TASK, find);
    match request {
        Request::Solve { model, work, workers, python } => {
            voice.tell(&solve(model, &work, workers, python.as_deref()));
        }
        Request::Prices { language: Language::Rust, .. } => voice.tell(&prices::measure()),
        Request::Prices { language: Language::Python, python, files } => {
            voice.tell(&python::prices(python.as_deref(), &files));
        }
    }
    voice.finish()
}

/// Does the work, and says what that took.
fn solve(model: Model, work: &Work, workers: usize, python: Option<&std::path::Path>) -> Result<Run, String> {
    let run = match model.language() {
        Language::Python => python::solve(python, model, work, workers)?,
        Language::Rust => {
            let (called, before) = (usage::clock(), Usage::now());
            let shares = solution::solve(model, work, workers)?;
            let (returned, usage) = (usage::clock(), Usage::now() - before);
            Run { called, returned, usage, memory: memory_of_all(&shares), shares }
        }
    };
    match run.shares.iter().find_map(|share| share.trouble.clone()) {
        Some(trouble) => Err(trouble),
        None => Ok(run),
    }
}

/// What this process and those of the workers had at most, together.
fn memory_of_all(shares: &[Share]) -> u64 {
    let mut processes = BTreeMap::from([(std::process::id(), usage::peak_memory())]);
    for share in shares {
        let memory = processes.entry(share.process).or_default();
        *memory = share.memory.max(*memory);
    }
    processes.values().sum()
}

/// Has a child do this. Nothing, where it is not wanted any more.
///
/// # Errors
/// What went wrong, in words.
pub(super) fn ask<T: DeserializeOwned>(
    request: &Request,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<T>, String> {
    let mut told = None;
    let mut start = || -> io::Result<(End, Process)> {
        let task = serde_json::to_string(request)?;
        let mut process = Process::start(&std::env::current_exe()?, (TASK, &task), MEMORY)?;
        let limits = Limits { deadline: DEADLINE, still: None, cancelled };
        let end = process.wait(&limits, |line| told = serde_json::from_slice(line).ok())?;
        Ok((end, process))
    };
    let (end, process) = start().map_err(|error| format!("no process: {error}"))?;
    match end {
        End::Finished => told.unwrap_or_else(|| Err("it has told nothing".to_owned())).map(Some),
        End::Cancelled => Ok(None),
        End::Killed(_) => Err(format!("it was ended after {} s without an answer", DEADLINE.as_secs())),
        End::Deaf => Err("this binary does not begin with `compare::child_main()`".to_owned()),
        End::Died(status) => Err(format!("{status}: {}", process.words().lines().last().unwrap_or_default())),
    }
}
