//! Rounds in a process of their own: both sides.
//!
//! The child writes a JSON line a round, and ends when its slice is over or a round has ended badly.

use super::Turn;
use super::round::{Work, next_seed, perform};
use crate::catalogue::subjects;
use crate::cell::Subject;
use crate::engine::{Engine, Exploration, Reason};
use crate::runner::{End, Limits, Options, Process, RunError, Voice, begin, seen};
use serde::{Deserialize, Serialize};
use std::io;
use std::time::{Duration, Instant};

/// Says what a child has to do: a [`Task`].
const TASK: &str = "REFECTORY_ROUNDS";

#[derive(Serialize, Deserialize)]
struct Task {
    subject: String,
    seed: u64,
    slice: Duration,
}

/// Runs the rounds for which the environment asks, and ends the process; returns if it asks for none.
/// To be called first in `main`.
pub fn child_main() {
    child_main_with(|id| subjects().find(|subject| subject.id() == id));
}

/// The same, with subjects from elsewhere than the catalogue.
pub fn child_main_with(subject: impl FnOnce(&str) -> Option<&'static Subject>) {
    let Ok(task) = std::env::var(TASK) else { return };
    let find = || {
        let task: Task = serde_json::from_str(&task).map_err(|error| format!("{TASK}: {error}"))?;
        let subject =
            subject(&task.subject).ok_or_else(|| format!("this binary has no `{}`", task.subject))?;
        Ok((subject, task))
    };
    let ((subject, task), voice) = begin(TASK, find);
    serve(voice, subject, &task)
}

fn serve(mut voice: Voice, subject: &Subject, task: &Task) -> ! {
    let end = Instant::now() + task.slice;
    let mut seed = task.seed;
    loop {
        let round = perform(Work::draw(subject, seed), seed);
        voice.tell(&round);
        if !round.is_good() || Instant::now() >= end {
            voice.finish();
        }
        seed = next_seed(seed);
    }
}

/// For so long a round may move without coming to its end.
const DEADLINE: Duration = Duration::from_secs(20);

/// Runs a slice of a subject's rounds in a child, or what there is of it until it is cancelled.
pub(super) fn run(turn: &mut Turn, slice: Duration, cancelled: &dyn Fn() -> bool) -> Result<(), RunError> {
    if cancelled() {
        return Ok(());
    }
    let memory = Options::default().memory;
    let started = Instant::now();
    let seen = match watch(turn, slice, memory, cancelled) {
        Ok((End::Deaf, _)) => return Err(RunError::NoChild),
        Ok((end, process)) => seen(end, &process, Engine::Native, memory),
        Err(error) => Some(Exploration::new(Err(Reason::NotRun(format!("no process: {error}"))))),
    };
    turn.rounds.elapsed += started.elapsed();
    if let Some(seen) = seen
        && turn.goes_on()
    {
        turn.died(seen);
    }
    Ok(())
}

/// Counts the child's rounds. Gives the child, and how it came to its end.
fn watch(
    turn: &mut Turn,
    slice: Duration,
    memory: u64,
    cancelled: &dyn Fn() -> bool,
) -> io::Result<(End, Process)> {
    let mut process = start(turn, slice, memory)?;
    let limits = Limits { deadline: DEADLINE, still: None, cancelled };
    let end = process.wait(&limits, |line| {
        if let Ok(round) = serde_json::from_slice(line) {
            turn.add(round);
        }
    })?;
    Ok((end, process))
}

fn start(turn: &Turn, slice: Duration, memory: u64) -> io::Result<Process> {
    let task = Task { subject: turn.rounds.subject.id(), seed: turn.next, slice };
    Process::start(&std::env::current_exe()?, (TASK, &serde_json::to_string(&task)?), memory)
}
