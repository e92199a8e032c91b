//! Processes that a child has left behind.
//!
//! What stays in the child's group dies with the group. What has left it (`setsid`, a daemon) is, on Linux, adopted by
//! this process once its own parent is gone; it still has the child's environment, by which it is known. Elsewhere it
//! is left. Should this process be killed, its children end themselves and their groups, and what has left
//! them stays.

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use std::collections::HashSet;

/// More than a subject that is not out to get us leaves behind.
const MOST: usize = 1_000;

/// From now on this process adopts what its children leave behind.
pub(super) fn adopt() {
    // Where the system does not know this call, strays stay.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Waits for those of the group that were adopted: they are dead, or about to be.
pub(super) fn reap_group(group: Pid) {
    while waitid(WaitId::Pgid(Some(group)), WaitIdOptions::EXITED).is_ok() {}
}

/// Ends what was left behind by children that are not in this set, all of which have been started with this mark in their
/// environment.
pub(super) fn end(running: &HashSet<Pid>, mark: &str) {
    for _ in 0..MOST {
        let is_stray = |child: &Pid| !running.contains(child) && is_marked(*child, mark);
        let Some(stray) = children().into_iter().find(is_stray) else { return };
        let _ = kill_process(stray, Signal::KILL);
        let _ = waitid(WaitId::Pid(stray), WaitIdOptions::EXITED);
    }
}

/// The children of this process, adopted ones included; none where the system does not tell.
fn children() -> Vec<Pid> {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let ids = |list: String| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<i32>>();
    lists.flat_map(ids).filter_map(Pid::from_raw).collect()
}

fn is_marked(process: Pid, mark: &str) -> bool {
    let environment =
        std::fs::read(format!("/proc/{}/environ", process.as_raw_nonzero())).unwrap_or_default();
    environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes())
}
