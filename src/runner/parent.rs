//! The parent's side: a pool of slots, each of which starts one child after the other and waits for it.

use super::child;
use super::death::{Killed, died, killed};
use super::stillness::Stillness;
use crate::cell::{Cell, Limit};
use crate::engine::Engine;
use crate::judge::{CellReport, Reason, Verdict};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::fmt;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How cells are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Processes at a time.
    pub jobs: usize,
    /// Time of each cell; what has not ended by then is killed.
    pub deadline: Duration,
    /// Bytes of data of each cell.
    pub memory: u64,
}

impl Default for Options {
    fn default() -> Self {
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        Self { jobs, deadline: Duration::from_secs(60), memory: 1 << 30 }
    }
}

/// What the caller is told while cells run.
#[derive(Debug)]
pub enum Event<'a> {
    /// A cell was started.
    Started(&'a Cell),
    /// A cell has ended.
    Finished(&'a CellReport),
}

/// Why a cell could not be run at all. It says nothing about the subject.
#[derive(Debug)]
pub enum RunError {
    /// The current executable is not known.
    Executable(io::Error),
    /// A process could not be started or waited for.
    Process {
        /// The cell.
        id: String,
        /// What the system says.
        source: io::Error,
    },
    /// The process ended without running the cell: its binary does not call
    /// [`child_main`](super::child_main), or has no such cell.
    NoChild {
        /// The cell.
        id: String,
        /// What the process printed.
        stderr: String,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Executable(source) => write!(f, "the current executable is not known: {source}"),
            Self::Process { id, source } => write!(f, "no process for {id}: {source}"),
            Self::NoChild { id, stderr } => {
                write!(f, "the process for {id} did not run it: {}", stderr.trim_end())
            }
        }
    }
}

impl std::error::Error for RunError {}

/// Runs cells, and gives their reports in the order of the cells. When `cancel` becomes true, children
/// are killed, and the reports are those of the cells that have ended.
///
/// # Errors
/// The first cell that could not be run at all ends the run.
pub fn run(
    cells: &[Cell],
    options: &Options,
    cancel: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<CellReport>, RunError> {
    let pool = Pool {
        executable: std::env::current_exe().map_err(RunError::Executable)?,
        cells,
        options,
        cancel,
        failed: AtomicBool::new(false),
        next: AtomicUsize::new(0),
    };
    let mut reports: Vec<Option<CellReport>> = cells.iter().map(|_| None).collect();
    let mut error = None;
    std::thread::scope(|scope| {
        let (news, told) = mpsc::channel();
        for _ in 0..options.jobs.clamp(1, cells.len().max(1)) {
            let (pool, news) = (&pool, news.clone());
            scope.spawn(move || pool.work(&news));
        }
        drop(news);
        for piece in told {
            match piece {
                News::Started(index) => on_event(Event::Started(&cells[index])),
                News::Ended(index, report) => {
                    on_event(Event::Finished(&report));
                    reports[index] = Some(*report);
                }
                News::Failed(failure) => error = error.take().or(Some(failure)),
            }
        }
    });
    match error {
        Some(error) => Err(error),
        None => Ok(reports.into_iter().flatten().collect()),
    }
}

enum News {
    Started(usize),
    Ended(usize, Box<CellReport>),
    Failed(RunError),
}

struct Pool<'a> {
    executable: PathBuf,
    cells: &'a [Cell],
    options: &'a Options,
    cancel: &'a AtomicBool,
    failed: AtomicBool,
    next: AtomicUsize,
}

impl Pool<'_> {
    /// One slot: takes the next cell until there is none. A receiver that is gone wants no more news.
    fn work(&self, news: &mpsc::Sender<News>) {
        while !self.stopped() {
            // Ordering: the counter hands out numbers and publishes nothing.
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(cell) = self.cells.get(index) else { return };
            let _ = news.send(News::Started(index));
            let piece = match self.run_one(cell) {
                Ok(Some(report)) => News::Ended(index, Box::new(report)),
                Ok(None) => return,
                Err(error) => {
                    self.failed.store(true, Ordering::Relaxed);
                    News::Failed(error)
                }
            };
            let _ = news.send(piece);
        }
    }

    fn stopped(&self) -> bool {
        self.cancel.load(Ordering::Relaxed) || self.failed.load(Ordering::Relaxed)
    }

    /// `None` if the run was cancelled.
    fn run_one(&self, cell: &Cell) -> Result<Option<CellReport>, RunError> {
        if cell.limit() == Some(Limit::Nightly) {
            return Ok(Some(CellReport::new(cell, Verdict::Inconclusive(Reason::Nightly))));
        }
        let started = Instant::now();
        let id = cell.id().to_string();
        let failed = |source| RunError::Process { id: cell.id().to_string(), source };
        let mut process = Process::start(&self.executable, &id, self.options).map_err(failed)?;
        let end = self.wait(&mut process, cell.engine, started).map_err(failed)?;
        let verdict = match end {
            End::Cancelled => return Ok(None),
            End::Killed(why) => Some(killed(cell.engine, why, &process.stderr.text(), self.options)),
            End::Exited(status) => {
                if let Ok(report) = serde_json::from_slice::<CellReport>(&process.result.bytes) {
                    return Ok(Some(CellReport { elapsed: started.elapsed(), ..report }));
                }
                died(status, &process.stderr.text(), self.options)
            }
        };
        let verdict = verdict.ok_or_else(|| RunError::NoChild { id, stderr: process.stderr.text() })?;
        Ok(Some(CellReport { elapsed: started.elapsed(), ..CellReport::new(cell, verdict) }))
    }

    fn wait(&self, process: &mut Process, engine: Engine, started: Instant) -> io::Result<End> {
        let mut stillness = Stillness::of(process.child.id());
        loop {
            if let Some(status) = process.advance()? {
                return Ok(End::Exited(status));
            }
            let now = Instant::now();
            if self.stopped() {
                return Ok(End::Cancelled);
            }
            if engine == Engine::Native {
                let still = stillness.look(now);
                if still >= PATIENCE {
                    return Ok(End::Killed(Killed::Still(PATIENCE)));
                }
            }
            if now - started >= self.options.deadline {
                return Ok(End::Killed(Killed::Deadline));
            }
        }
    }
}

/// How a child came to its end.
enum End {
    Exited(ExitStatus),
    Killed(Killed),
    Cancelled,
}

/// Time without any motion after which a native cell counts as deadlocked.
const PATIENCE: Duration = Duration::from_millis(250);
/// Longest wait for news of a child before its deadline is looked at again.
const SLICE: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// Shortest wait, for a child that has closed its pipes and is about to be gone.
const MOMENT: Timespec = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
/// Bytes of standard error that are kept: its end.
const TAIL: usize = 64 << 10;

/// A child, and what it has written. It is killed, with all that it started, and reaped when this is
/// dropped.
struct Process {
    child: Child,
    result: Stream<std::process::ChildStdout>,
    stderr: Stream<std::process::ChildStderr>,
    group: Pid,
    reaped: bool,
}

impl Process {
    fn start(executable: &PathBuf, id: &str, options: &Options) -> io::Result<Self> {
        let mut child = Command::new(executable)
            .env(child::CELL, id)
            .env(child::MEMORY, options.memory.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: Ctrl-C at a terminal is for us, and what it starts dies with it.
            .process_group(0)
            .spawn()?;
        let result = Stream::new(child.stdout.take(), usize::MAX);
        let stderr = Stream::new(child.stderr.take(), TAIL);
        let group = Pid::from_child(&child);
        Ok(Self { child, result, stderr, group, reaped: false })
    }

    /// Waits for a short while for output or the end of the child.
    ///
    /// Normally both pipes end together with the child. If it has left a process behind that holds
    /// them open, or closed them itself, its end is seen at the next look.
    fn advance(&mut self) -> io::Result<Option<ExitStatus>> {
        let open: Vec<PollFd<'_>> =
            [self.result.poll_fd(), self.stderr.poll_fd()].into_iter().flatten().collect();
        let slice = if open.is_empty() { &MOMENT } else { &SLICE };
        let ready = ready(open, slice)?;
        if ready {
            self.result.read_ready()?;
            self.stderr.read_ready()?;
        }
        let silent = self.result.source.is_none() && self.stderr.source.is_none();
        if ready && !silent {
            return Ok(None);
        }
        if !self.has_ended()? {
            return Ok(None);
        }
        let status = self.reap()?;
        self.result.read_ready()?;
        self.stderr.read_ready()?;
        Ok(Some(status))
    }

    /// Whether the child is dead and waits to be reaped.
    fn has_ended(&self) -> io::Result<bool> {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        Ok(waitid(WaitId::Pid(self.group), look)?.is_some())
    }

    /// Kills whatever is left of the child's group, and reaps the child.
    ///
    /// Until the child is reaped its id, which is that of the group, cannot come to belong to another.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        if !std::mem::replace(&mut self.reaped, true) {
            // The group may be gone already.
            let _ = kill_process_group(self.group, Signal::KILL);
        }
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.reap();
    }
}

/// Whether one of these has something to read, or has ended, within the time.
fn ready(mut open: Vec<PollFd<'_>>, time: &Timespec) -> io::Result<bool> {
    match poll(&mut open, Some(time)) {
        Ok(number) => Ok(number > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// One of the child's pipes; `source` is gone when it has ended.
struct Stream<R> {
    source: Option<R>,
    bytes: Vec<u8>,
    keep: usize,
}

impl<R: Read + AsFd> Stream<R> {
    const fn new(source: Option<R>, keep: usize) -> Self {
        Self { source, bytes: Vec::new(), keep }
    }

    fn poll_fd(&self) -> Option<PollFd<'_>> {
        self.source.as_ref().map(|source| PollFd::new(source, PollFlags::IN))
    }

    /// Reads what is there, without waiting for more.
    fn read_ready(&mut self) -> io::Result<()> {
        const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut buffer = [0; 16 << 10];
        while let Some(fd) = self.poll_fd() {
            if !ready(vec![fd], &NOW)? {
                break;
            }
            match self.source.as_mut().map_or(Ok(0), |source| source.read(&mut buffer))? {
                0 => self.source = None,
                length => self.bytes.extend_from_slice(&buffer[..length]),
            }
            if self.bytes.len() / 2 > self.keep {
                self.bytes.drain(..self.bytes.len() - self.keep);
            }
        }
        Ok(())
    }

    fn text(&self) -> String {
        let tail = &self.bytes[self.bytes.len().saturating_sub(self.keep)..];
        String::from_utf8_lossy(tail).into_owned()
    }
}
