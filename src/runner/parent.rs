//! The parent's side: a pool of slots, each of which starts one child after the other and waits for it.

use super::child;
use super::death::{Killed, died, killed};
use super::process::Process;
use super::queue::{Budget, Costs, Queue};
use super::stillness::Stillness;
use crate::cell::{Cell, Limit};
use crate::engine::Engine;
use crate::judge::{CellReport, Reason, Verdict};
use crate::sync::Mutex;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, mpsc};
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
    /// Time of all cells together: none is started for which it is not enough.
    pub budget: Option<Duration>,
    /// What is known of how long cells take.
    pub costs: Costs,
}

impl Default for Options {
    fn default() -> Self {
        // One more than there are cores: a native cell that hangs is waited for without one.
        let jobs = std::thread::available_parallelism().map_or(1, usize::from) + 1;
        Self { jobs, deadline: Duration::from_secs(60), memory: 1 << 30, budget: None, costs: Costs::new() }
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

/// Runs cells, and gives their reports in the order of the cells. When `cancel` becomes true, children are
/// killed, and the reports are those of the cells that have ended; so they are where a budget leaves cells
/// out.
///
/// # Errors
/// The first cell that could not be run at all ends the run.
pub fn run(
    cells: &[Cell],
    options: &Options,
    cancel: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<CellReport>, RunError> {
    let slots = options.jobs.clamp(1, cells.len().max(1));
    let budget = options.budget.map(|time| Budget { time, slots });
    let pool = Pool {
        executable: std::env::current_exe().map_err(RunError::Executable)?,
        cells,
        options,
        cancel,
        failed: AtomicBool::new(false),
        queue: Mutex::new(Queue::new(cells, &options.costs, budget)),
        started: Instant::now(),
    };
    let mut reports: Vec<Option<CellReport>> = cells.iter().map(|_| None).collect();
    let mut error = None;
    std::thread::scope(|scope| {
        let (news, told) = mpsc::channel();
        for _ in 0..slots {
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
    queue: Mutex<Queue>,
    started: Instant,
}

impl Pool<'_> {
    /// One slot: takes the next cell until there is none. A receiver that is gone wants no more news.
    fn work(&self, news: &mpsc::Sender<News>) {
        while !self.stopped() {
            let Some(index) = self.take() else { return };
            let cell = &self.cells[index];
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

    fn take(&self) -> Option<usize> {
        // A slot that panicked has taken its cell before.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take(self.started.elapsed())
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
        let task = (child::CELL, id.as_str());
        let mut process = Process::start(&self.executable, task, self.options.memory).map_err(failed)?;
        let end = self.wait(&mut process, cell.engine, started).map_err(failed)?;
        let seen = match end {
            End::Cancelled => return Ok(None),
            End::Killed(why) => Some(killed(cell.engine, why, &process.words(), self.options)),
            End::Exited(status) => {
                if let Ok(report) = serde_json::from_slice::<CellReport>(process.result()) {
                    return Ok(Some(CellReport { elapsed: started.elapsed(), ..report }));
                }
                died(status, &process.words(), self.options)
            }
        };
        let seen = seen.ok_or_else(|| RunError::NoChild { id, stderr: process.words() })?;
        Ok(Some(CellReport { elapsed: started.elapsed(), ..CellReport::of(cell, seen) }))
    }

    fn wait(&self, process: &mut Process, engine: Engine, started: Instant) -> io::Result<End> {
        let mut stillness = Stillness::of(process.id());
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

/// Time without any motion after which a native cell counts as hung.
const PATIENCE: Duration = Duration::from_millis(250);
