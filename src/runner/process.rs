//! A child process, and what it writes: the current executable started again with a task in its environment.

use super::child::MEMORY;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};

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
    result: Stream<ChildStdout>,
    stderr: Stream<ChildStderr>,
    group: Pid,
    reaped: bool,
}

impl Process {
    /// Starts a child that finds this task in its environment, and may have so many bytes of data.
    pub(crate) fn start(executable: &Path, task: (&str, &str), memory: u64) -> io::Result<Self> {
        let mut child = Command::new(executable)
            .env(task.0, task.1)
            .env(MEMORY, memory.to_string())
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

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has reported so far.
    pub(super) fn result(&self) -> &[u8] {
        &self.result.bytes
    }

    /// The whole lines that it has reported since this was last asked.
    pub(crate) fn lines(&mut self) -> Vec<u8> {
        let whole = self.result.bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        self.result.bytes.drain(..whole).collect()
    }

    /// The end of what it has printed to standard error.
    pub(crate) fn words(&self) -> String {
        let bytes = &self.stderr.bytes;
        String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(TAIL)..]).into_owned()
    }

    /// Waits for a short while for output or the end of the child.
    ///
    /// Normally both pipes end together with the child. If it has left a process behind that holds
    /// them open, or closed them itself, its end is seen at the next look.
    pub(crate) fn advance(&mut self) -> io::Result<Option<ExitStatus>> {
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
}
