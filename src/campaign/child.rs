//! Rounds in a process of their own: both sides.
//!
//! The child writes a JSON line a round, and ends when its slice is over or a round has ended badly.

use super::Turn;
use super::round::{Round, Work, next_seed, perform};
use crate::catalogue::subjects;
use crate::cell::Subject;
use crate::engine::{Engine, Exploration};
use crate::judge::id_of_rounds;
use crate::runner::{Killed, Options, Process, RunError, begin, died, exit_code, killed};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
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
    let Ok(task) = std::env::var(TASK) else { return };
    let task: Option<Task> = serde_json::from_str(&task).ok();
    let subject = |task: &Task| subjects().find(|subject| subject.id() == task.subject);
    let Some((task, subject)) = task.and_then(|task| subject(&task).map(|subject| (task, subject))) else {
        exit(exit_code::NO_SUCH_CELL)
    };
    let served = serve(begin(), subject, &task);
    exit(if served.is_ok() { 0 } else { exit_code::NO_PIPE });
}

fn serve(mut pipe: File, subject: &Subject, task: &Task) -> io::Result<()> {
    let end = Instant::now() + task.slice;
    let mut seed = task.seed;
    loop {
        let round = perform(Work::draw(subject, seed), seed);
        writeln!(pipe, "{}", serde_json::to_string(&round)?)?;
        if !round.is_good() || Instant::now() >= end {
            return Ok(());
        }
        seed = next_seed(seed);
    }
}

/// Runs a slice of a subject's rounds in a child, or what there is of it until `cancel` becomes true.
pub(super) fn run(turn: &mut Turn, slice: Duration, cancel: &AtomicBool) -> Result<(), RunError> {
    // Ordering: the flag stands for itself.
    if cancel.load(Ordering::Relaxed) {
        return Ok(());
    }
    let started = Instant::now();
    let ended = watch(turn, slice, cancel);
    turn.rounds.elapsed += started.elapsed();
    match ended? {
        Some(seen) if turn.goes_on() => turn.died(seen),
        _ => {}
    }
    Ok(())
}

/// Counts the child's rounds. Gives what is known of its last one if the child died in it.
fn watch(turn: &mut Turn, slice: Duration, cancel: &AtomicBool) -> Result<Option<Exploration>, RunError> {
    let options = Options::default();
    let id = id_of_rounds(turn.rounds.subject, turn.next).to_string();
    let failed = |source| RunError::Process { id: id.clone(), source };
    let mut process = start(turn, slice, options.memory).map_err(failed)?;
    let (mut told, mut news) = (0, Instant::now());
    // Ordering: the flag stands for itself.
    while !cancel.load(Ordering::Relaxed) {
        let ended = process.advance().map_err(failed)?;
        for round in rounds(&process.lines()) {
            turn.add(round);
            (told, news) = (told + 1, Instant::now());
        }
        if let Some(status) = ended {
            // A child that tells of no round has been ended by its subject.
            if status.success() && told > 0 {
                break;
            }
            let seen = died(status, &process.words(), &options);
            return seen.map(Some).ok_or_else(|| RunError::NoChild { id, stderr: process.words() });
        }
        // A round that moves, and does not come to its end.
        if news.elapsed() >= options.deadline {
            return Ok(Some(killed(Engine::Native, Killed::Deadline, &process.words(), &options)));
        }
    }
    Ok(None)
}

/// What these lines tell.
fn rounds(lines: &[u8]) -> impl Iterator<Item = Round> {
    lines.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

fn start(turn: &Turn, slice: Duration, memory: u64) -> io::Result<Process> {
    let task = Task { subject: turn.rounds.subject.id(), seed: turn.next, slice };
    Process::start(&std::env::current_exe()?, (TASK, &serde_json::to_string(&task)?), memory)
}
