//! Another program: it is heard line by line, and it and all that it has started end with it.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{self, PipeReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How it came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself.
    Exited(ExitStatus),
    /// It was ended, because it was not wanted any more.
    Stopped,
}

/// Which of its words are heard. The others go where those of this process go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// What it prints.
    Output,
    /// What it prints, and what it complains of.
    Everything,
}

/// From one look at whether it is still wanted to the next.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// Who only wants to know what is there does not wait for more.
const GLANCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// A pipe has no more in it, unless it was told to. Source: pipe(7), "Pipe capacity".
const FULL: usize = 65_536;

/// A process in a group of its own, which is killed where this is dropped.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // Whom it has started may be there still; if nobody is, there is nobody to end.
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

/// Runs a program until its end, or as long as it is wanted, and tells its lines.
///
/// # Errors
/// It cannot be started, heard or waited for.
pub(super) fn run(
    mut command: Command,
    heard: Heard,
    wanted: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&str),
) -> io::Result<End> {
    let (reader, writer) = io::pipe()?;
    if heard == Heard::Everything {
        command.stderr(writer.try_clone()?);
    }
    command.stdin(Stdio::null()).stdout(writer).process_group(0);
    let mut group = Group(command.spawn()?);
    // The command keeps its ends of the pipe, which would never be at its end then.
    drop(command);
    match listen(reader, wanted, tell)? {
        true => group.0.wait().map(End::Exited),
        false => Ok(End::Stopped),
    }
}

/// Tells what comes, line by line: whether all of it was heard. What was said by the time that it is not wanted any more is heard still.
fn listen(mut reader: PipeReader, wanted: &dyn Fn() -> bool, tell: &mut dyn FnMut(&str)) -> io::Result<bool> {
    let mut line = Vec::new();
    let mut bytes = [0; FULL];
    loop {
        let wanted = wanted();
        match poll(&mut [PollFd::new(&reader, PollFlags::IN)], Some(if wanted { &LOOK } else { &GLANCE })) {
            // A signal is a reason to look whether it is still wanted.
            Ok(0) | Err(Errno::INTR) if wanted => continue,
            Ok(0) | Err(Errno::INTR) => return Ok(false),
            polled => polled?,
        };
        let count = reader.read(&mut bytes)?;
        for byte in &bytes[..count] {
            match byte {
                b'\n' => tell(&String::from_utf8_lossy(&std::mem::take(&mut line))),
                _ => line.push(*byte),
            }
        }
        if count == 0 {
            if !line.is_empty() {
                tell(&String::from_utf8_lossy(&line));
            }
            return Ok(true);
        }
        if !wanted {
            return Ok(false);
        }
    }
}

/// As in `2.5`, for a command line.
pub(super) fn in_seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn lines_are_told_with_the_last_one() {
        let mut lines = Vec::new();
        let mut tell = |line: &str| lines.push(line.to_owned());
        let end = run(shell("echo a; echo b >&2; printf c; exit 3"), Heard::Everything, &|| true, &mut tell);
        let End::Exited(status) = end.unwrap() else { panic!("it was stopped") };
        assert_eq!(status.code(), Some(3));
        assert_eq!(lines, ["a", "b", "c"]);
    }

    /// Its own child has the pipe as well, and would print for ever.
    #[test]
    fn all_are_ended_who_are_not_wanted_any_more() {
        let wanted = Cell::new(true);
        let mut tell = |line: &str| wanted.set(wanted.get() && line != "ready");
        let end =
            run(shell("yes '' & echo ready; wait"), Heard::Everything, &|| wanted.get(), &mut tell).unwrap();
        assert_eq!(end, End::Stopped);
    }

    #[test]
    fn what_was_said_before_it_was_not_wanted_any_more_is_heard() {
        let said = std::env::temp_dir().join(format!("refectory-said-{}", std::process::id()));
        let wanted = || !said.exists();
        let mut lines = Vec::new();
        let mut tell = |line: &str| lines.push(line.to_owned());
        let mut command = shell("echo a; echo b; : > \"$SAID\"; exec sleep 60");
        command.env("SAID", &said);
        let end = run(command, Heard::Output, &wanted, &mut tell);
        std::fs::remove_file(&said).unwrap();
        assert_eq!((end.unwrap(), lines), (End::Stopped, vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn what_is_no_program_is_an_error() {
        let end = run(Command::new("/no/such/program"), Heard::Output, &|| true, &mut |_| {});
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
