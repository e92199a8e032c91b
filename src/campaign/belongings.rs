//! What a process has: threads, child processes, file descriptors, memory. Rounds that leave some behind have more and more of them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{Duration, Instant};

/// What a process has at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belongings {
    /// Threads.
    pub threads: u64,
    /// Child processes, those included that have ended and that nobody has waited for.
    #[serde(default)]
    pub processes: u64,
    /// File descriptors.
    pub descriptors: u64,
    /// Bytes of memory that lie in the machine's.
    pub memory: u64,
}

/// A thread that has been joined may be in the list for so long.
const GOING: Duration = Duration::from_millis(50);
const MOMENT: Duration = Duration::from_millis(1);

impl Belongings {
    /// Those of this process; nothing where the system does not tell of them by a file system.
    pub fn now() -> Option<Self> {
        let count = |path| std::fs::read_dir(path).ok().map(|entries| entries.count() as u64);
        let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
        let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
        Some(Self {
            threads: count("/proc/self/task")?,
            processes: children(),
            // One of them is what reads the list.
            descriptors: count("/proc/self/fd")?.saturating_sub(1),
            memory: pages * rustix::param::page_size() as u64,
        })
    }

    /// The same, when what is about to go has gone: at the latest when there are no more threads and processes than there were, or a moment later.
    pub fn settled(before: &Self) -> Option<Self> {
        let end = Instant::now() + GOING;
        loop {
            let now = Self::now()?;
            let is_settled = now.threads <= before.threads && now.processes <= before.processes;
            if is_settled || Instant::now() >= end {
                return Some(now);
            }
            std::thread::sleep(MOMENT);
        }
    }
}

/// The children of all threads of this process; none where the system does not tell.
fn children() -> u64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return 0 };
    // A thread may end meanwhile: its children are another one's then.
    let of = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).ok();
    tasks.flatten().filter_map(of).map(|list| list.split_whitespace().count() as u64).sum()
}

/// What a process had after its first round, and after its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Growth {
    /// Rounds in between.
    pub rounds: u64,
    /// After the first round.
    pub first: Belongings,
    /// After the last one.
    pub last: Belongings,
}

impl Growth {
    /// Fewer rounds say nothing: a pool may start its threads when they are needed.
    const ENOUGH: u64 = 8;
    /// Memory that one slice may come to need: an allocator keeps what was freed.
    const MEMORY: u64 = 256 << 20;

    /// What the rounds left behind, if it is more than chance: something in every other round, or very much memory.
    pub fn leak(&self) -> Option<Leak> {
        let Self { rounds, first, last } = *self;
        let every_other = |first: u64, last: u64| {
            rounds >= Self::ENOUGH && last.saturating_sub(first) >= rounds.div_ceil(2)
        };
        let leak = |what, first, last| Some(Leak { what, first, last, rounds });
        if every_other(first.threads, last.threads) {
            leak("threads", first.threads, last.threads)
        } else if every_other(first.processes, last.processes) {
            leak("processes", first.processes, last.processes)
        } else if every_other(first.descriptors, last.descriptors) {
            leak("file descriptors", first.descriptors, last.descriptors)
        } else if last.memory.saturating_sub(first.memory) >= Self::MEMORY {
            leak("MiB of memory", first.memory >> 20, last.memory >> 20)
        } else {
            None
        }
    }
}

/// Something of which there is more and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leak {
    what: &'static str,
    first: u64,
    last: u64,
    rounds: u64,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, first, last, rounds } = self;
        write!(f, "rounds leave {what} behind: {first} after the first round, {last} after {rounds} more")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: Belongings = Belongings { threads: 3, processes: 0, descriptors: 5, memory: 10 << 20 };

    fn leak(rounds: u64, last: Belongings) -> Option<String> {
        Growth { rounds, first: FEW, last }.leak().map(|leak| leak.to_string())
    }

    #[test]
    fn rejects_something_in_every_other_round() {
        let told = "rounds leave threads behind: 3 after the first round, 8 after 10 more";
        assert_eq!(leak(10, Belongings { threads: 8, ..FEW }).as_deref(), Some(told));
        assert!(leak(10, Belongings { processes: 5, ..FEW }).unwrap().contains("leave processes behind"));
        assert!(leak(10, Belongings { descriptors: 25, ..FEW }).unwrap().contains("file descriptors"));
        assert!(leak(1, Belongings { memory: 300 << 20, ..FEW }).unwrap().contains("300 after 1 more"));
    }

    #[test]
    fn accepts_what_does_not_grow_with_the_rounds() {
        assert_eq!(leak(1_000, FEW), None);
        assert_eq!(
            leak(1_000, Belongings { threads: 100, processes: 100, descriptors: 100, memory: 100 << 20 }),
            None
        );
        assert_eq!(leak(2, Belongings { threads: 5, ..FEW }), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_descriptor_more_is_counted() {
        let before = Belongings::now().unwrap();
        let files: Vec<_> = (0..200).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
        let after = Belongings::now().unwrap();
        // Other tests of this process open and close some.
        assert!(after.descriptors >= before.descriptors + 100, "{before:?} {after:?}");
        assert!(after.threads >= 1 && after.memory > 0);
        drop(files);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_child_more_is_counted() {
        use std::process::{Child, Command, Stdio};
        let before = Belongings::now().unwrap();
        // Each ends when nobody can write to it any more.
        let start = |_| Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let started: Vec<Child> = (0..20).map(start).collect();
        let after = Belongings::now().unwrap();
        for mut child in started {
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        // Other tests of this process may have children.
        assert!(after.processes >= before.processes + 10, "{before:?} {after:?}");
    }
}
