//! The child's side: runs one cell and reports; and what every child does first.

use super::death::UNREPORTED;
use super::process::{BEGUN, FINISHED};
use crate::catalogue;
use crate::cell::Cell;
use crate::engine;
use crate::judge::CellReport;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, getpgrp, getpid, getppid, kill_process_group, setrlimit,
};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::process::exit;

/// The cell that a process is to run.
pub(super) const CELL: &str = "REFECTORY_CELL";
/// Bytes of data that it may have.
pub(super) const MEMORY: &str = "REFECTORY_MEMORY";
/// The process that has started it. All that a child starts has this in its environment as well.
pub(super) const PARENT: &str = "REFECTORY_PARENT";

/// Runs the cell of the catalogue that the environment asks for, and ends the process; returns if it
/// asks for none. To be called first in `main`, on its thread.
pub fn child_main() {
    child_main_with(catalogue::find);
}

/// The same, with cells from elsewhere than the catalogue.
pub fn child_main_with(find: impl FnOnce(&str) -> Option<Cell>) {
    let Ok(id) = std::env::var(CELL) else { return };
    let cell = || find(&id).ok_or_else(|| format!("this binary has no cell `{id}`"));
    let (cell, mut voice) = begin(CELL, cell);
    engine::leave_stopped_threads();
    let tell = &mut |progress| voice.tell(&progress);
    let seen = engine::explore_telling(cell.engine, &cell.program(), &cell.budget(), tell);
    voice.tell(&CellReport::of(&cell, seen));
    voice.finish()
}

/// What every child does first; `variable` has its task, which `find` looks up. Where it cannot begin, the process
/// ends.
pub(crate) fn begin<T>(variable: &str, find: impl FnOnce() -> Result<T, String>) -> (T, Voice) {
    if !is_child() {
        refuse(&format!("{variable} is for the processes that refectory starts; unset it"));
    }
    let begun = find().and_then(|task| {
        let voice = Voice::of_standard_output().map_err(|error| format!("standard output: {error}"))?;
        die_with_the_parent().map_err(|error| format!("standard input: {error}"))?;
        Ok((task, voice))
    });
    let (task, mut voice) = begun.unwrap_or_else(|why| refuse(&why));
    limit_memory(std::env::var(MEMORY).ok().and_then(|bytes| bytes.parse().ok()));
    voice.tell(&BEGUN);
    (task, voice)
}

/// Whether a runner has started this process: only then is its group its own, so that it may be killed.
fn is_child() -> bool {
    let parent = std::env::var(PARENT).ok().and_then(|id| id.parse().ok()).and_then(Pid::from_raw);
    parent.is_some() && parent == getppid() && getpgrp() == getpid()
}

/// Ends the process before it has begun.
fn refuse(why: &str) -> ! {
    eprintln!("{why}");
    exit(2)
}

/// How a child tells what it finds: lines in a pipe that only this part of it knows.
pub(crate) struct Voice {
    pipe: File,
    process: Pid,
}

impl Voice {
    /// Moves standard output to a descriptor of our own; from now on what is printed goes to standard
    /// error, and cannot end up among the lines.
    fn of_standard_output() -> io::Result<Self> {
        let pipe = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
        rustix::stdio::dup2_stdout(io::stderr())?;
        Ok(Self { pipe: File::from(pipe), process: getpid() })
    }

    /// Tells this. The process ends where nobody can hear it, and where it is but a copy of the child, which the
    /// subject has made.
    pub(crate) fn tell(&mut self, what: &impl Serialize) {
        if getpid() != self.process {
            exit(0);
        }
        let line = serde_json::to_string(what).map_err(io::Error::from);
        // In one piece, so that nothing comes between.
        if let Err(error) = line.and_then(|line| self.pipe.write_all((line + "\n").as_bytes())) {
            eprintln!("what was found could not be told: {error}");
            exit(UNREPORTED);
        }
    }

    /// Tells that this was all, and ends the process.
    pub(crate) fn finish(mut self) -> ! {
        self.tell(&FINISHED);
        exit(0)
    }
}

/// A thread that waits for the end of standard input, which the parent holds open for as long as it
/// lives, and then ends this process and its group. The subject has an empty standard input in its place.
fn die_with_the_parent() -> io::Result<()> {
    // Never closed here: a subject may have closed it, and std aborts where a descriptor is closed twice.
    let mut parent = ManuallyDrop::new(File::from(rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?));
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    let group = getpid();
    std::thread::Builder::new().spawn(move || {
        let mut nothing = [0; 1];
        // Where the subject has closed this, the parent's deadline remains.
        while let Ok(read) = parent.read(&mut nothing) {
            if read == 0 {
                let _ = kill_process_group(group, Signal::KILL);
                exit(1);
            }
        }
    })?;
    Ok(())
}

/// Without the limit, or where the system knows none, a cell may take what the machine has: the
/// deadline still holds.
fn limit_memory(bytes: Option<u64>) {
    let at_most = |bytes| Rlimit { current: bytes, maximum: bytes };
    let _ = setrlimit(Resource::Core, at_most(Some(0)));
    let _ = setrlimit(Resource::Data, at_most(bytes));
}
