//! What a process has, and must have no more of when a round is over.

use crate::common::descriptors;
use refectory::sync::thread;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::time::{Duration, Instant};

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Household {
    children: Vec<u32>,
    descriptors: BTreeMap<u32, String>,
    /// Where memory is mapped that others may have as well.
    mappings: BTreeSet<String>,
    /// Files of named memory that are this process's.
    files: BTreeSet<String>,
    threads: usize,
}

impl Household {
    pub(super) fn now() -> Self {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let shared = maps.lines().filter(|line| line.contains("/memfd:") || line.contains("/dev/shm/"));
        Self {
            children: children(),
            descriptors: descriptors(),
            mappings: shared.map(str::to_owned).collect(),
            files: files_of(std::process::id()),
            threads: tasks().count(),
        }
    }

    /// The same when those of its threads that are about to end have ended: what they have goes with them. It waits for that, but
    /// not for ever.
    pub(super) fn after(before: &Self) -> Self {
        let since = Instant::now();
        while tasks().count() > before.threads && since.elapsed() < Duration::from_secs(10) {
            thread::yield_now();
        }
        let now = Self::now();
        Self { threads: now.threads.max(before.threads), ..now }
    }

    /// How another one differs from it.
    pub(super) fn differs(&self, other: &Self) -> Option<String> {
        (self != other).then(|| format!("{self:?} has become {other:?}"))
    }
}

/// The threads of this process.
fn tasks() -> impl Iterator<Item = String> {
    let all = fs::read_dir("/proc/self/task").unwrap();
    all.map(|task| task.unwrap().file_name().into_string().unwrap())
}

/// The children of all threads, those included that nobody has waited for.
pub(super) fn children() -> Vec<u32> {
    // A thread may end meanwhile: its children are another one's then.
    let of =
        |task: String| fs::read_to_string(format!("/proc/self/task/{task}/children")).unwrap_or_default();
    let all: Vec<_> = tasks().map(of).collect();
    let mut children: Vec<u32> =
        all.iter().flat_map(|list| list.split_whitespace()).map(|child| child.parse().unwrap()).collect();
    children.sort_unstable();
    children
}

/// Files of named memory that this process owns, or has owned.
pub(super) fn files_of(process: u32) -> BTreeSet<String> {
    let all = fs::read_dir("/dev/shm").unwrap().map(|file| file.unwrap().file_name().into_string());
    let prefix = format!("refectory.{process}.");
    all.filter_map(Result::ok).filter(|name| name.starts_with(&prefix)).collect()
}

/// The regions of this process, opened once more. (The argument of a process that starts lies in memory of its own, which is none.)
pub(super) fn regions() -> Vec<File> {
    const REGION: &str = "/memfd:refectory (deleted)";
    let all = descriptors().into_iter().filter(|(_, of)| of == REGION);
    let open = all.filter_map(|(number, _)| {
        File::options().read(true).write(true).open(format!("/proc/self/fd/{number}")).ok()
    });
    // The number may have become that of something else.
    open.filter(|file| {
        let number = std::os::fd::AsRawFd::as_raw_fd(file);
        fs::read_link(format!("/proc/self/fd/{number}")).is_ok_and(|of| of.as_os_str() == REGION)
    })
    .collect()
}
