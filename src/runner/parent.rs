//! The parent's side: a pool of slots, each of which starts one child after the other and waits for it.

use super::child;
use super::death::seen;
use super::process::{End, Limits, Process};
use super::queue::{Budget, Costs, Queue};
use crate::cell::{Cell, Limit};
use crate::engine::{Engine, Exhausted, Progress};
use crate::judge::{CellReport, Reason, Verdict};
use crate::sync::Mutex;
use std::fmt;
use std::io;
use std::path::PathBuf;
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
    /// Bytes of data of each cell: what `REFECTORY_MEMORY` says, or 1 GiB.
    pub memory: u64,
    /// Time of all cells together: none is started for which it is not enough.
    pub budget: Option<Duration>,
    /// Whether that time is never exceeded: cells that have begun end with it, and are not decided. Otherwise a run may end later by one cell.
    pub cut: bool,
    /// What is known of how long cells take.
    pub costs: Costs,
}

impl Default for Options {
    fn default() -> Self {
        // One more than there are cores: a native cell that hangs is waited for without one.
        let jobs = std::thread::available_parallelism().map_or(1, usize::from) + 1;
        let memory = std::env::var(child::MEMORY).ok().and_then(|bytes| bytes.parse().ok());
        let memory = memory.unwrap_or(1 << 30);
        Self {
            jobs,
            deadline: Duration::from_secs(60),
            memory,
            budget: None,
            cut: false,
            costs: Costs::new(),
        }
    }
}

/// What the caller is told while cells run.
#[derive(Debug)]
pub enum Event<'a> {
    /// A cell was started.
    Started(&'a Cell),
    /// How far a cell has come, from time to time.
    Runs(&'a Cell, Progress),
    /// A cell has ended.
    Finished(&'a CellReport),
}

/// Why no cell could be run at all.
#[derive(Debug)]
pub enum RunError {
    /// The current executable is not known.
    Executable(io::Error),
    /// The current executable does not run what it is started for: its `main` does not begin with
    /// [`child_main`](super::child_main).
    NoChild,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Executable(source) => write!(f, "the current executable is not known: {source}"),
            Self::NoChild => {
                f.write_str("this binary runs no cells: its main has to begin with `child_main()`")
            }
        }
    }
}

impl std::error::Error for RunError {}

/// Runs cells, and gives their reports in the order of the cells. When `cancel` becomes true, children are
/// killed, and the reports are those of the cells that have ended; so they are where a budget leaves cells
/// out. One that is cut by it has a report, and is not decided.
///
/// A cell that could not be run is [`Reason::NotRun`], and the others go on.
///
/// # Errors
/// If no cell can be run.
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
        deaf: AtomicBool::new(false),
        queue: Mutex::new(Queue::new(cells, &options.costs, budget)),
        started: Instant::now(),
    };
    let mut reports: Vec<Option<CellReport>> = cells.iter().map(|_| None).collect();
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
                News::Runs(index, progress) => on_event(Event::Runs(&cells[index], progress)),
                News::Ended(index, report) => {
                    on_event(Event::Finished(&report));
                    reports[index] = Some(*report);
                }
            }
        }
    });
    if pool.deaf.into_inner() { Err(RunError::NoChild) } else { Ok(reports.into_iter().flatten().collect()) }
}

enum News {
    Started(usize),
    Runs(usize, Progress),
    Ended(usize, Box<CellReport>),
}

struct Pool<'a> {
    executable: PathBuf,
    cells: &'a [Cell],
    options: &'a Options,
    cancel: &'a AtomicBool,
    /// A child ended in order without having heard its task.
    deaf: AtomicBool,
    queue: Mutex<Queue>,
    started: Instant,
}

impl Pool<'_> {
    /// One slot: takes the next cell until there is none. A receiver that is gone wants no more news.
    fn work(&self, news: &mpsc::Sender<News>) {
        while !self.stopped() {
            let Some(index) = self.take().filter(|_| self.cut().is_none()) else { return };
            let _ = news.send(News::Started(index));
            let Some(report) = self.run_one(index, news) else { return };
            let _ = news.send(News::Ended(index, Box::new(report)));
        }
    }

    fn take(&self) -> Option<usize> {
        // A slot that panicked has taken its cell before.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take(self.started.elapsed())
    }

    /// The time of the run, if it is over and nothing goes on beyond it.
    fn cut(&self) -> Option<Duration> {
        self.options.budget.filter(|&time| self.options.cut && self.started.elapsed() >= time)
    }

    fn stopped(&self) -> bool {
        // Ordering: the flags stand for themselves.
        self.cancel.load(Ordering::Relaxed) || self.deaf.load(Ordering::Relaxed)
    }

    /// `None` if the run has come to an end meanwhile.
    fn run_one(&self, index: usize, news: &mpsc::Sender<News>) -> Option<CellReport> {
        let cell = &self.cells[index];
        if cell.limit() == Some(Limit::Nightly) {
            return Some(CellReport::new(cell, Verdict::Inconclusive(Reason::Nightly)));
        }
        let started = Instant::now();
        let report = self.watch(index, news).unwrap_or_else(|error| {
            let reason = Reason::NotRun(format!("no process: {error}"));
            Some(CellReport::new(cell, Verdict::Inconclusive(reason)))
        });
        report.map(|report| CellReport { elapsed: started.elapsed(), ..report })
    }

    fn watch(&self, index: usize, news: &mpsc::Sender<News>) -> io::Result<Option<CellReport>> {
        let cell = &self.cells[index];
        let id = cell.id().to_string();
        let mut process = Process::start(&self.executable, (child::CELL, &id), self.options.memory)?;
        let limits = Limits {
            deadline: self.options.deadline,
            still: Some(PATIENCE).filter(|_| cell.engine == Engine::Native),
            cancelled: &|| self.stopped() || self.cut().is_some(),
        };
        let mut told: Option<CellReport> = None;
        let end = process.wait(&limits, |line| {
            if let Ok(progress) = serde_json::from_slice(line) {
                let _ = news.send(News::Runs(index, progress));
                return;
            }
            told = serde_json::from_slice(line).ok();
        })?;
        if end == End::Deaf {
            // Ordering: the flag stands for itself.
            self.deaf.store(true, Ordering::Relaxed);
            return Ok(None);
        }
        if let (End::Cancelled, Some(budget), false) = (end, self.cut(), self.stopped()) {
            let reason = Reason::Budget(Exhausted::Run(budget));
            return Ok(Some(CellReport::new(cell, Verdict::Inconclusive(reason))));
        }
        let seen = seen(end, &process, cell.engine, self.options.memory);
        Ok(seen.map(|seen| CellReport::of(cell, seen)).or(told))
    }
}

/// Time without any motion after which a native cell counts as hung.
const PATIENCE: Duration = Duration::from_millis(250);
