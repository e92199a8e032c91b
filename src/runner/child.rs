//! The child's side: runs one cell and reports; and what every child does first.

use super::death::exit_code;
use crate::catalogue;
use crate::cell::Cell;
use crate::engine;
use crate::judge::CellReport;
use rustix::process::{Resource, Rlimit, Signal, getpgrp, kill_process_group, setrlimit};
use std::fs::File;
use std::io::{self, Read, Write};
use std::process::exit;

/// The cell that a process is to run.
pub(super) const CELL: &str = "REFECTORY_CELL";
/// Bytes of data that it may have.
pub(super) const MEMORY: &str = "REFECTORY_MEMORY";

/// Runs the cell of the catalogue that the environment asks for, and ends the process; returns if it
/// asks for none. To be called first in `main`, on its thread.
pub fn child_main() {
    child_main_with(catalogue::find);
}

/// The same, with cells from elsewhere than the catalogue.
pub fn child_main_with(find: impl FnOnce(&str) -> Option<Cell>) {
    let Ok(id) = std::env::var(CELL) else { return };
    let Some(cell) = find(&id) else {
        eprintln!("this binary has no cell `{id}`");
        exit(exit_code::NO_SUCH_CELL);
    };
    let mut pipe = begin();
    engine::leave_stopped_threads();
    let report = CellReport::of(&cell, engine::explore(cell.engine, &cell.program(), &cell.budget()));
    let written =
        serde_json::to_vec(&report).map_err(io::Error::from).and_then(|bytes| pipe.write_all(&bytes));
    exit(if written.is_ok() { 0 } else { exit_code::NO_PIPE });
}

/// What every child does first. Gives the pipe for what it reports; the process ends where there is none.
pub(crate) fn begin() -> File {
    let Ok(pipe) = take_standard_output() else { exit(exit_code::NO_PIPE) };
    die_with_the_parent();
    limit_memory(std::env::var(MEMORY).ok().and_then(|bytes| bytes.parse().ok()));
    pipe
}

/// Moves standard output to a descriptor of our own; from now on what is printed goes to standard
/// error, and cannot end up inside the result.
fn take_standard_output() -> rustix::io::Result<File> {
    let pipe = rustix::io::fcntl_dupfd_cloexec(std::io::stdout(), 3)?;
    rustix::stdio::dup2_stdout(std::io::stderr())?;
    Ok(File::from(pipe))
}

/// A thread that waits for the end of standard input, which the parent holds open for as long as it
/// lives, and then ends this process and its group, which is to be its own.
fn die_with_the_parent() {
    #[expect(clippy::disallowed_methods, reason = "a thread of the runner, outside every engine")]
    std::thread::spawn(|| {
        let mut nothing = [0; 1];
        while matches!(std::io::stdin().read(&mut nothing), Ok(1..)) {}
        let _ = kill_process_group(getpgrp(), Signal::KILL);
        exit(exit_code::ORPHAN);
    });
}

/// Without the limit, or where the system knows none, a cell may take what the machine has: the
/// deadline still holds.
fn limit_memory(bytes: Option<u64>) {
    let at_most = |bytes| Rlimit { current: bytes, maximum: bytes };
    let _ = setrlimit(Resource::Core, at_most(Some(0)));
    let _ = setrlimit(Resource::Data, at_most(bytes));
}
