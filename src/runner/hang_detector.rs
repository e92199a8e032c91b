//! Whether a process that has not ended still does anything.
//!
//! On real threads a deadlock shows as a process whose threads all sleep and never wake. Linux counts
//! for each thread how often it went to sleep: while every thread sleeps and no count changes, nothing
//! has moved. A thread that is starved of processors is not asleep, and one whose time-out fires has
//! moved, so neither is taken for a deadlock; one that sleeps for longer than the watcher's patience is.
//! Only the threads of the process itself are looked at.

use std::time::{Duration, Instant};

/// Whether this system can tell.
pub(super) const KNOWN: bool = cfg!(target_os = "linux");

/// Watches one process.
#[derive(Debug)]
pub(super) struct HangDetector {
    pid: u32,
    last: Option<(Motion, Instant)>,
}

/// How often the threads of a process went to sleep, taken while all of them sleep.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Motion(Vec<(String, String)>);

impl HangDetector {
    pub(super) const fn of(pid: u32) -> Self {
        Self { pid, last: None }
    }

    /// For how long nothing has moved, as far as these looks can tell.
    pub(super) fn look(&mut self, now: Instant) -> Duration {
        let motion = asleep(self.pid);
        match (&self.last, motion) {
            (Some((before, since)), Some(motion)) if *before == motion => now - *since,
            (_, motion) => {
                self.last = motion.map(|motion| (motion, now));
                Duration::ZERO
            }
        }
    }
}

/// `None` if a thread is awake, or if the system does not tell.
fn asleep(pid: u32) -> Option<Motion> {
    let mut threads = Vec::new();
    for thread in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let path = thread.ok()?.path();
        let status = std::fs::read_to_string(path.join("status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if !field("State:")?.starts_with('S') {
            return None;
        }
        let switches = field("voluntary_ctxt_switches:")?.to_owned();
        threads.push((path.file_name()?.to_string_lossy().into_owned(), switches));
    }
    threads.sort();
    Some(Motion(threads))
}
