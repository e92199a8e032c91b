//! From a flake to a replay: what an engine finds in the program of a round that went wrong.

use super::child::{self, Search};
use super::kept::{KeptRound, KeptWork};
use super::round::Work;
use super::shrink::{forms, shrink, steps};
use crate::cell::Subject;
use crate::engine::{Engine, Failure, FailureKind};
use crate::judge::explains;
use crate::runner::RunError;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// What an engine found, and finds again every time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// The engine.
    pub engine: Engine,
    /// The bound on preemptions of its search, if it had one.
    pub preemptions: Option<u32>,
    /// The execution that went wrong.
    pub execution: u64,
    /// How it went wrong.
    pub kind: FailureKind,
    /// In one sentence.
    pub message: String,
    /// The program.
    pub work: KeptWork,
}

/// What came of a round that went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pursued {
    /// A smaller program was seen to fail in the same way.
    pub smaller: bool,
    /// An engine has found the failure.
    pub confirmed: bool,
}

/// Makes the program of a kept round smaller on real cores, and then looks for its failure with the engines of this build, for so long at most
/// in all. What comes of it is kept with the round.
///
/// # Errors
/// If no child can be run.
pub fn pursue(
    subject: &Subject,
    kept: &mut KeptRound,
    time: Duration,
    cancelled: &dyn Fn() -> bool,
) -> Result<Pursued, RunError> {
    let end = Instant::now() + time;
    let smaller = shrink(subject, kept, time * 2 / 5, cancelled)?;
    let left = end.saturating_duration_since(Instant::now());
    Ok(Pursued { smaller, confirmed: confirm(subject, kept, left, cancelled)? })
}

/// The searches that are tried of each program: small bounds find most bugs, and soon.
const SEARCHES: [(Engine, Option<u32>, u64); 3] =
    [(Engine::Dpor, Some(2), 20_000), (Engine::Dpor, None, 100_000), (Engine::Pct, None, 2_000)];

/// A search of one program takes so long, at most.
const LONGEST: Duration = Duration::from_secs(10);

/// With more operations than this a program is not for engines: its executions are too many, and too long.
const MOST_STEPS: usize = 60;

/// Looks for the failure of a kept round with the engines of this build, for so long at most: in the smallest forms of its program first, in
/// the program itself last. What is found is kept with the round.
///
/// # Errors
/// If no child can be run.
pub fn confirm(
    subject: &Subject,
    kept: &mut KeptRound,
    time: Duration,
    cancelled: &dyn Fn() -> bool,
) -> Result<bool, RunError> {
    let end = Instant::now() + time;
    let Ok(work) = kept.smallest().on(subject) else { return Ok(false) };
    let programs = programs(&work);
    for (engine, preemptions, executions) in SEARCHES {
        for program in programs.iter().filter(|_| engine.available()) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || cancelled() {
                return Ok(false);
            }
            let search = Search { engine, executions, preemptions, time: Some(LONGEST.min(left)) };
            kept.confirmed = look(subject, kept, program, search, cancelled)?;
            if kept.confirmed.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The programs in which the failure may be, the smallest first.
fn programs(work: &Work) -> Vec<KeptWork> {
    let small = |work: &Work| match work {
        Work::Plan(_, plan) => steps(&plan.scenario) <= MOST_STEPS,
        Work::Row(..) => true,
    };
    let mut programs: Vec<KeptWork> =
        forms(work).iter().filter(|form| small(form)).map(KeptWork::from).collect();
    programs.truncate(FORMS);
    if small(work) {
        programs.push(work.into());
    }
    programs
}

/// So many forms are tried.
const FORMS: usize = 24;

fn look(
    subject: &Subject,
    kept: &KeptRound,
    program: &KeptWork,
    search: Search,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<Confirmed>, RunError> {
    let searched = child::search(subject, program, search, cancelled)?;
    let failure = searched.and_then(|searched| searched.failure);
    Ok(failure.filter(|failure| explains(kept.failure.kind, failure.kind)).map(|failure| Confirmed {
        engine: search.engine,
        preemptions: search.preemptions,
        execution: failure.execution,
        kind: failure.kind,
        message: failure.message,
        work: program.clone(),
    }))
}

/// Runs the search of what was confirmed again, up to the execution that went wrong. How that went wrong, if it did.
///
/// # Errors
/// If no child can be run.
pub fn replay(
    subject: &Subject,
    confirmed: &Confirmed,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<Failure>, RunError> {
    let Confirmed { engine, preemptions, execution, .. } = *confirmed;
    let search = Search { engine, executions: execution, preemptions, time: None };
    let searched = child::search(subject, &confirmed.work, search, cancelled)?;
    Ok(searched.and_then(|searched| searched.failure))
}
