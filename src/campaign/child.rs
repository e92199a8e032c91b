//! Rounds in a process of their own: both sides.
//!
//! The child writes a JSON line a round to its standard output, and ends itself when its slice is over, when
//! a round has ended badly, or when its standard input has ended: then the parent is gone.

use super::plan::Plan;
use super::round::{Ending, RoundReport, Work, perform};
use crate::catalogue::subjects;
use crate::cell::Subject;
use crate::port::Port;
use crate::runner::{die_with_the_parent, limit_memory};
use crate::scenario::SplitMix64;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio, exit};
use std::time::{Duration, Instant};

/// Says what a child has to do: a [`Task`].
const TASK: &str = "REFECTORY_ROUNDS";

/// Bytes of data that a child may have.
const MEMORY: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
struct Task {
    subject: String,
    seed: u64,
    slice: Duration,
}

/// Runs the rounds for which the environment asks, and ends the process; returns if it asks for none.
/// To be called first in `main`. `draw` gives the plan of a seed, as [`Plan::draw`] does.
pub fn child_main(draw: impl Fn(&Port, u64) -> Plan) {
    let Ok(task) = std::env::var(TASK) else { return };
    die_with_the_parent();
    limit_memory(Some(MEMORY));
    // A panic is reported in the round's ending.
    std::panic::set_hook(Box::new(|_| {}));
    match serve(&task, draw) {
        Ok(()) => exit(0),
        Err(error) => {
            eprintln!("rounds: {error}");
            exit(1);
        }
    }
}

fn serve(task: &str, draw: impl Fn(&Port, u64) -> Plan) -> io::Result<()> {
    let Task { subject, mut seed, slice } = serde_json::from_str(task)?;
    let known = subjects().find(|known| known.id() == subject);
    let subject = known.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, subject))?;
    let end = Instant::now() + slice;
    loop {
        let report = perform(subject, Work::draw(subject, seed, &draw), seed);
        writeln!(io::stdout(), "{}", serde_json::to_string(&report)?)?;
        if report.ending != Ending::Kept || Instant::now() >= end {
            return Ok(());
        }
        seed = next_seed(seed);
    }
}

/// The seed of the round after that of this seed.
const fn next_seed(seed: u64) -> u64 {
    SplitMix64::new(seed).next_u64()
}

/// Runs a slice of rounds of a subject in a child, from `seed` on; leaves the seed of the next one.
pub(super) fn run(
    subject: &Subject,
    seed: &mut u64,
    slice: Duration,
    on_round: &mut dyn FnMut(RoundReport) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let task = Task { subject: subject.id(), seed: *seed, slice };
    let mut child = match start(&task) {
        Ok(child) => Reaped(child),
        Err(error) => return on_round(died(subject, *seed, format!("it could not be started: {error}"))),
    };
    let output = child.0.stdout.take().expect("its standard output is a pipe");
    // What is not a report, the subject has printed.
    let lines = BufReader::new(output).lines().map_while(Result::ok);
    for round in lines.filter_map(|line| serde_json::from_str::<RoundReport>(&line).ok()) {
        *seed = next_seed(round.seed);
        on_round(round)?;
    }
    match child.0.wait() {
        Ok(status) if status.success() => ControlFlow::Continue(()),
        Ok(status) => on_round(died(subject, *seed, status.to_string())),
        Err(error) => on_round(died(subject, *seed, error.to_string())),
    }
}

fn start(task: &Task) -> io::Result<Child> {
    let task = serde_json::to_string(task)?;
    let mut command = Command::new(std::env::current_exe()?);
    // A group of its own: Ctrl-C is for the parent, which then ends the child.
    command.env(TASK, task).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).spawn()
}

/// A child that does not outlive its owner.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // Both fail only where the child has already been waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The report of a round that left none.
fn died(subject: &Subject, seed: u64, how: String) -> RoundReport {
    let ending = Ending::Died(how);
    RoundReport { subject: subject.id(), seed, threads: 0, operations: 0, overlapped: None, ending }
}
