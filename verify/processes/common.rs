//! What the rooms have in common: ends that are waited for, and what the system shows of a process.

use libtest_mimic::Failed;
use refectory::sync::pipe::Reader;
use refectory::sync::process::{self, Exit, Nemesis, Process};
use refectory::sync::thread;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

pub(crate) type Tested = Result<(), Failed>;

/// Longer than anything takes on a machine that is busy. What is not so by then is a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until there is something.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "not seen: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

pub(crate) fn end(mut process: Process) -> io::Result<Exit> {
    until("the end of a process", || process.try_wait().transpose())
}

pub(crate) fn ensure_eq<T: PartialEq + Debug>(seen: T, expected: T) -> Tested {
    if seen == expected { Ok(()) } else { Err(format!("{seen:?}, and not {expected:?}").into()) }
}

/// Runs this in a child.
pub(crate) fn apart<F: FnOnce(()) + Copy + Send + 'static>(body: F) -> Tested {
    ensure_eq(end(process::spawn(body, ())?)?, Exit::Code(0))
}

/// All that comes until the pipe has ended.
pub(crate) fn read_all(reader: &mut Reader) -> io::Result<Vec<u8>> {
    let (mut all, mut buffer) = (Vec::new(), [0; 1 << 16]);
    loop {
        match reader.read_timeout(&mut buffer, PATIENCE)? {
            0 => return Ok(all),
            length => all.extend_from_slice(&buffer[..length]),
        }
    }
}

pub(crate) fn sleep_for_ever() -> ! {
    loop {
        thread::sleep(PATIENCE);
    }
}

/// The state that the system shows of a process, as `R` or `T`; nothing where there is no such process.
pub(crate) fn state(process: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat[stat.rfind(')')? + 1..].trim_start().chars().next()
}

/// Runs this with a death at the first point, then with one at the second, until nobody has died.
pub(crate) fn at_each_point(dead: impl Fn() -> u32) {
    for n in 1.. {
        let nemesis = Nemesis::at(n).unwrap();
        nemesis.set_on_children();
        let (dead, victim) = (dead(), nemesis.victim());
        assert_eq!(dead, u32::from(victim.is_some()), "{victim:?}");
        if dead == 0 {
            return;
        }
    }
}

/// The descriptors of this process, and what they are of.
pub(crate) fn descriptors() -> BTreeMap<u32, String> {
    let all: Vec<_> = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path()).collect();
    // That of the directory is closed by now.
    let open = all.iter().filter_map(|path| Some((path, fs::read_link(path).ok()?)));
    let number = |path: &std::path::Path| path.file_name()?.to_str()?.parse().ok();
    open.filter_map(|(path, of)| Some((number(path)?, of.display().to_string()))).collect()
}

/// The children of a process, whichever of its threads has started them.
pub(crate) fn descendants(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}
