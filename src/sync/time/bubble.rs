//! Threads of which somebody wants to know whether all of them wait.

use std::fs::{read_link, read_to_string};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sync::noise;

/// Threads, by their numbers in the system.
#[derive(Debug, Default)]
pub(super) struct Bubble(Mutex<Members>);

#[derive(Debug, Default)]
struct Members {
    /// Threads that were asked for and have not begun.
    expected: usize,
    threads: Vec<String>,
}

impl Bubble {
    fn members(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread is about to start.
    pub(super) fn expect(&self) {
        self.members().expected += 1;
    }

    /// It does not start after all.
    pub(super) fn leave(&self) {
        self.members().expected -= 1;
    }

    /// The running thread is the one.
    pub(super) fn join(&self) {
        let mut members = self.members();
        members.expected -= 1;
        members.threads.extend(this_thread());
    }

    /// Waits until all that have not ended sleep, but for the running thread.
    ///
    /// All of them slept between two looks in which each of them slept, and had been switched away from as often: who had
    /// run meanwhile would have been once more. Who sleeps for the sake of noise does not wait.
    ///
    /// # Panics
    /// If the system does not tell.
    pub(super) fn settle(&self) {
        let me = this_thread().expect("the system tells who waits, in /proc");
        while !noise::awake(|| self.sleeps(&me)) {
            std::thread::yield_now();
        }
    }

    fn sleeps(&self, me: &str) -> bool {
        let mut members = self.members();
        members.threads.retain(|thread| look(thread).is_some());
        let looks = || -> Vec<_> {
            members.threads.iter().filter(|thread| *thread != me).map(|thread| look(thread)).collect()
        };
        let before = looks();
        members.expected == 0 && before.iter().flatten().all(|look| look.sleeps) && before == looks()
    }
}

/// What the system says of a thread.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    sleeps: bool,
    /// How often it was switched away from, of its own will and not.
    switches: Vec<String>,
}

fn this_thread() -> Option<String> {
    let path = read_link("/proc/thread-self").ok()?;
    Some(path.file_name()?.to_str()?.to_owned())
}

/// `None` for a thread that has ended.
fn look(thread: &str) -> Option<Look> {
    let status = read_to_string(format!("/proc/self/task/{thread}/status")).ok()?;
    let state = status.lines().find_map(|line| line.strip_prefix("State:\t"))?;
    let switches = status.lines().filter(|line| line.contains("ctxt_switches")).map(str::to_owned).collect();
    Some(Look { sleeps: state.starts_with('S'), switches })
}
