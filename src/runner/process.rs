//! A child process, and what it tells: the current executable started again with a task in its environment.

use super::child::{MEMORY, PARENT};
use super::death::Killed;
use super::hang_detector::HangDetector;
use super::strays;
use crate::sync::{Mutex, MutexGuard};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpid, kill_process, kill_process_group, waitid};
use std::collections::HashSet;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{LazyLock, PoisonError};
use std::time::{Duration, Instant};

/// What a child tells before its subject starts, and after all else.
pub(super) const BEGUN: &str = "begun";
pub(super) const FINISHED: &str = "finished";

/// Longest wait for news of a child before its deadline is looked at again.
const SLICE: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// Shortest wait, for a child that has closed its pipes and is about to be gone.
const MOMENT: Timespec = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
/// Bytes of standard error that are kept: its end.
const TAIL: usize = 64 << 10;

/// A child, and what it has written. It is killed, with all that it started, and reaped when this is
/// dropped.
pub(crate) struct Process {
    child: Child,
    told: Stream<ChildStdout>,
    stderr: Stream<ChildStderr>,
    group: Pid,
    stage: Stage,
    reaped: bool,
}

/// How far a child has come, as it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its subject has not started.
    Starting,
    /// Its subject may run.
    Running,
    /// It has told all that it had to tell.
    Finished,
}

/// When a child that has not ended by itself is ended.
pub(crate) struct Limits<'a> {
    /// It has told nothing for so long.
    pub(crate) deadline: Duration,
    /// All its threads have slept for so long.
    pub(crate) still: Option<Duration>,
    /// Whether it is not wanted any more.
    pub(crate) cancelled: &'a dyn Fn() -> bool,
}

/// How a child came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It told all that it had to tell, and ended in order.
    Finished,
    /// It ended in order without having heard its task: it is no child of a runner.
    Deaf,
    /// It ended in another way.
    Died(ExitStatus),
    /// It was ended, because a limit was reached.
    Killed(Killed),
    /// It was ended, because it was not wanted any more.
    Cancelled,
}

/// The children that have not been reaped. Locked while one is started, so that none is taken for a stray.
static RUNNING: LazyLock<Mutex<HashSet<Pid>>> = LazyLock::new(|| {
    strays::adopt();
    Mutex::default()
});

fn running() -> MutexGuard<'static, HashSet<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    /// Starts a child that finds this task in its environment, and may have so many bytes of data.
    pub(crate) fn start(executable: &Path, task: (&str, &str), memory: u64) -> io::Result<Self> {
        let mut running = running();
        let mut child = Command::new(executable)
            .env(task.0, task.1)
            .env(MEMORY, memory.to_string())
            .env(PARENT, std::process::id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: Ctrl-C at a terminal is for us, and what it starts dies with it.
            .process_group(0)
            .spawn()?;
        let told = Stream::new(child.stdout.take(), usize::MAX);
        let stderr = Stream::new(child.stderr.take(), TAIL);
        let group = Pid::from_child(&child);
        running.insert(group);
        Ok(Self { child, told, stderr, group, stage: Stage::Starting, reaped: false })
    }

    /// The end of what it has printed to standard error.
    pub(crate) fn words(&self) -> String {
        let bytes = &self.stderr.bytes;
        String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(TAIL)..]).into_owned()
    }

    /// How far it has come.
    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    /// Waits for the child's end, or ends it, and hands on each line that it tells.
    pub(crate) fn wait(&mut self, limits: &Limits<'_>, mut heard: impl FnMut(&[u8])) -> io::Result<End> {
        let mut detector = HangDetector::of(self.child.id());
        let mut news = Instant::now();
        loop {
            let state = self.advance()?;
            for line in self.lines() {
                // How far it has come is no news: its deadline is for all of it.
                if !is_progress(&line) {
                    news = Instant::now();
                }
                match serde_json::from_slice(&line).unwrap_or_default() {
                    BEGUN => self.stage = Stage::Running,
                    FINISHED => self.stage = Stage::Finished,
                    _ => heard(&line),
                }
            }
            match state {
                State::Ended(status) if self.stage == Stage::Finished && status.success() => {
                    return Ok(End::Finished);
                }
                State::Ended(status) if self.stage == Stage::Starting && status.success() => {
                    return Ok(End::Deaf);
                }
                State::Ended(status) => return Ok(End::Died(status)),
                State::Stopped => return Ok(End::Killed(Killed::Stopped)),
                State::Running => {}
            }
            if (limits.cancelled)() {
                return Ok(End::Cancelled);
            }
            let now = Instant::now();
            if let Some(patience) = limits.still.filter(|patience| detector.look(now) >= *patience) {
                return Ok(End::Killed(Killed::Still(patience)));
            }
            if now - news >= limits.deadline {
                return Ok(End::Killed(Killed::Deadline(limits.deadline)));
            }
        }
    }

    /// The whole lines that it has told since this was last asked.
    fn lines(&mut self) -> Vec<Vec<u8>> {
        let whole = self.told.bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let lines: Vec<u8> = self.told.bytes.drain(..whole).collect();
        lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    }

    /// Waits for a short while for output or the end of the child.
    ///
    /// Normally both pipes end together with the child. If it has left a process behind that holds
    /// them open, or closed them itself, its end is seen at the next look.
    fn advance(&mut self) -> io::Result<State> {
        let open: Vec<PollFd<'_>> =
            [self.told.poll_fd(), self.stderr.poll_fd()].into_iter().flatten().collect();
        let slice = if open.is_empty() { &MOMENT } else { &SLICE };
        if ready(open, slice)? {
            self.told.read_ready()?;
            self.stderr.read_ready()?;
        }
        let options =
            WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(self.group), options)? {
            None => Ok(State::Running),
            Some(status) if status.stopped() => Ok(State::Stopped),
            Some(_) => {
                let status = self.reap()?;
                self.told.read_ready()?;
                self.stderr.read_ready()?;
                Ok(State::Ended(status))
            }
        }
    }

    /// Kills the child and whatever is left of it, and reaps it.
    ///
    /// Until the child is reaped its id, which is that of the group, cannot come to belong to another.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        let first = !std::mem::replace(&mut self.reaped, true);
        if first {
            // The group may be gone already, and the child may have left it.
            let _ = kill_process_group(self.group, Signal::KILL);
            let _ = kill_process(self.group, Signal::KILL);
        }
        let status = self.child.wait();
        if first {
            strays::reap_group(self.group);
            let mut running = running();
            running.remove(&self.group);
            strays::end(&running, &format!("{PARENT}={}", getpid().as_raw_nonzero()));
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.reap();
    }
}

/// Whether the child tells how far it has come.
fn is_progress(line: &[u8]) -> bool {
    line.starts_with(br#"{"executions":"#)
}

/// What a look at a child shows.
enum State {
    Running,
    Stopped,
    Ended(ExitStatus),
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

    /// Reads what is there, without waiting for more. Not more than a pipe holds: somebody may always write.
    fn read_ready(&mut self) -> io::Result<()> {
        const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut buffer = [0; 16 << 10];
        for _ in 0..64 {
            let Some(fd) = self.poll_fd() else { break };
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
}
