//! What a child's death shows of its subject, when it left no report.

use super::process::{End, Process, Stage};
use crate::engine::{
    Engine, Exhausted, Exploration, Extent, Failure, FailureKind, HANG, HANG_IS_OVER, Reason,
};
use crate::event::trace::Trace;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

/// The exit code of a child that could not tell what it found. A subject that ends its process with this one is
/// taken for such a child, and is not judged.
pub(super) const UNREPORTED: i32 = 121;

/// Why a child was killed by its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Killed {
    /// Nothing was told for this long.
    Deadline(Duration),
    /// All its threads have slept for this long.
    Still(Duration),
    /// It was stopped, and nobody would have made it go on.
    Stopped,
}

/// What is known of a subject from the end of its process, which had so many bytes of memory; `None` where it is
/// what the process has told.
pub(crate) fn seen(end: End, process: &Process, engine: Engine, memory: u64) -> Option<Exploration> {
    let words = process.words();
    match end {
        End::Finished | End::Deaf | End::Cancelled => None,
        End::Killed(why) => Some(killed(engine, why, &words)),
        End::Died(status) => Some(died(status, process.stage(), &words, memory)),
    }
}

/// What is known of a subject whose process was killed, after it had printed this.
fn killed(engine: Engine, why: Killed, stderr: &str) -> Exploration {
    match why {
        Killed::Still(time) => {
            let message = format!("no progress: every thread has been asleep for {} ms", time.as_millis());
            broken(FailureKind::Hang, message)
        }
        Killed::Stopped => open(Exhausted::Stopped),
        Killed::Deadline(deadline) if engine == Engine::Native && !super::hang_detector::KNOWN => {
            broken(FailureKind::Hang, format!("no end within {} s", deadline.as_secs()))
        }
        Killed::Deadline(deadline) => match hang(stderr) {
            Some(words) => Exploration::unsupported(format!("hang: {words}")),
            None => open(Exhausted::Deadline(deadline)),
        },
    }
}

/// What the engine said of a hang that it cannot see, if it lasts.
fn hang(stderr: &str) -> Option<&str> {
    let told = |line: &&str| line.starts_with(HANG) || line.starts_with(HANG_IS_OVER);
    stderr.lines().rfind(told)?.strip_prefix(HANG)
}

/// What is known of a subject whose process ended otherwise than in order.
fn died(status: ExitStatus, stage: Stage, stderr: &str, memory: u64) -> Exploration {
    if stage == Stage::Starting {
        return not_run("the process ended before its subject began", status, stderr);
    }
    if status.code() == Some(UNREPORTED) {
        return not_run("the process could not tell what it found", status, stderr);
    }
    if let Some(line) = find_line(stderr, "memory allocation of ") {
        return open(Exhausted::Memory(memory, line));
    }
    if let Some(line) = find_line(stderr, "has overflowed its stack") {
        return broken(FailureKind::Crash, format!("stack overflow: {line}"));
    }
    let after = if stage == Stage::Finished { ", after it had told what it found" } else { "" };
    match (status.signal(), status.code()) {
        // The subject may have done it itself, but then it is not its fault that shows.
        (Some(KILL), _) => open(Exhausted::Killed),
        (Some(signal), _) => broken(FailureKind::Crash, with_last_words(signal_name(signal) + after, stderr)),
        (None, code) => {
            let code = code.unwrap_or_default();
            let death = format!("the subject ended its process, with exit code {code}{after}");
            broken(FailureKind::Crash, with_last_words(death, stderr))
        }
    }
}

fn not_run(what: &str, status: ExitStatus, stderr: &str) -> Exploration {
    Exploration::new(Err(Reason::NotRun(with_last_words(format!("{what} ({status})"), stderr))))
}

const KILL: i32 = 9;

fn broken(kind: FailureKind, message: String) -> Exploration {
    let failure = Failure { kind, message, trace: Trace::default(), execution: 0 };
    Exploration { failures: 1, failure: Some(failure), ..Exploration::new(Ok(Extent::Sampled(0))) }
}

fn open(what: Exhausted) -> Exploration {
    Exploration::new(Err(Reason::Budget(what)))
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        _ => return format!("died by signal {signal}"),
    };
    format!("died by {name}")
}

fn with_last_words(death: String, stderr: &str) -> String {
    let mut spoken = stderr.lines().map(clean).filter(|line| !line.is_empty());
    match spoken.rfind(|line| !is_frame(line)) {
        Some(last) => format!("{death}: {last}"),
        None => death,
    }
}

/// A line of a backtrace, or the note below a panic's message.
fn is_frame(line: &str) -> bool {
    let numbered = line.split_once(':').is_some_and(|(number, _)| number.trim().parse::<u32>().is_ok());
    numbered || line.starts_with("at ") || line.starts_with("note:") || line.starts_with("stack backtrace")
}

fn find_line(stderr: &str, what: &str) -> Option<String> {
    stderr.lines().find(|line| line.contains(what)).map(clean)
}

/// Takes out what differs between runs and machines: ids of OS threads, and the way to the sources of
/// dependencies.
fn clean(line: &str) -> String {
    let words = line.split_whitespace().filter(|word| !is_thread_id(word));
    words.map(without_registry).collect::<Vec<_>>().join(" ")
}

/// As in `thread 'main' (4711) has overflowed its stack`.
fn is_thread_id(word: &str) -> bool {
    let inside = word.strip_prefix('(').and_then(|word| word.strip_suffix(')'));
    inside.is_some_and(|inside| !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `…/registry/src/HOST-HASH/crate-1.0.0/src/lib.rs:3:5` starts at the crate.
fn without_registry(word: &str) -> &str {
    let in_registry = word.split_once("/registry/src/").map(|(_, rest)| rest);
    in_registry.and_then(|rest| rest.split_once('/')).map_or(word, |(_, in_crate)| in_crate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: u64 = 1 << 30;

    fn by_signal(signal: i32, stderr: &str) -> Exploration {
        died(ExitStatus::from_raw(signal), Stage::Running, stderr, MEMORY)
    }

    fn exited(code: i32, stage: Stage) -> Exploration {
        died(ExitStatus::from_raw(code << 8), stage, "", MEMORY)
    }

    fn crash(message: &str) -> Exploration {
        broken(FailureKind::Crash, message.to_owned())
    }

    #[test]
    fn an_abort_is_a_crash_with_its_last_words() {
        let stderr = "\nthread 'main' panicked at x.rs:1:1:\nno\nnote: run with RUST_BACKTRACE\nthread caused \
                      non-unwinding panic. aborting.\n   0: frame\n      at /x.rs:3\n";
        let expected = "died by SIGABRT: thread caused non-unwinding panic. aborting.";
        assert_eq!(by_signal(6, stderr), crash(expected));
        assert_eq!(by_signal(11, ""), crash("died by SIGSEGV"));
        assert_eq!(by_signal(40, ""), crash("died by signal 40"));
    }

    #[test]
    fn an_exhausted_stack_is_told_without_thread_ids() {
        let stderr = "\nthread 'cook' (4711) has overflowed its stack\nfatal runtime error: stack overflow\n";
        assert_eq!(by_signal(6, stderr), crash("stack overflow: thread 'cook' has overflowed its stack"));
    }

    #[test]
    fn exhausted_memory_is_a_limit_and_no_finding() {
        let limit = "memory allocation of 64 bytes failed";
        let memory = open(Exhausted::Memory(MEMORY, limit.to_owned()));
        assert_eq!(by_signal(6, "memory allocation of 64 bytes failed\n"), memory);
        assert_eq!(by_signal(9, "").coverage, Err(Reason::Budget(Exhausted::Killed)));
    }

    #[test]
    fn an_exit_is_a_crash_unless_the_cell_never_ran() {
        assert_eq!(exited(0, Stage::Running), crash("the subject ended its process, with exit code 0"));
        let not_run = |seen: Exploration| matches!(seen.coverage, Err(Reason::NotRun(_)));
        assert!(not_run(exited(0, Stage::Starting)));
        assert!(not_run(exited(UNREPORTED, Stage::Running)));
    }

    #[test]
    fn a_report_does_not_outlive_a_crash_after_it() {
        let message = "the subject ended its process, with exit code 7, after it had told what it found";
        assert_eq!(exited(7, Stage::Finished), crash(message));
    }

    #[test]
    fn a_deadline_is_a_limit_and_stillness_a_hang() {
        let deadline = Duration::from_secs(60);
        let ended = killed(Engine::Dpor, Killed::Deadline(deadline), "");
        assert_eq!(ended, open(Exhausted::Deadline(deadline)));
        let still = killed(Engine::Native, Killed::Still(Duration::from_secs(2)), "");
        let message = "no progress: every thread has been asleep for 2000 ms";
        assert_eq!(still, broken(FailureKind::Hang, message.to_owned()));
    }

    #[test]
    fn a_hang_that_an_engine_cannot_see_is_told_at_the_deadline() {
        let time = Duration::from_secs(60);
        let killed = |stderr: &str| killed(Engine::Dpor, Killed::Deadline(time), stderr);
        let told = format!("x\n{HANG}thread 1 waits\ny\n");
        assert_eq!(killed(&told), Exploration::unsupported("hang: thread 1 waits"));
        let deadline = open(Exhausted::Deadline(time));
        assert_eq!(killed(&format!("{told}{HANG_IS_OVER}\n")), deadline);
    }

    #[test]
    fn places_in_dependencies_start_at_the_crate() {
        let line = "panicked at /home/x/.cargo/registry/src/host-1f/loom-0.7.2/src/rt.rs:3:5:";
        assert_eq!(clean(line), "panicked at loom-0.7.2/src/rt.rs:3:5:");
    }
}
