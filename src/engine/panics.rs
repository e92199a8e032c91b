//! What the engines know of panics: one hook for the process.
//!
//! While an engine runs a program, a panic on one of the OS threads of that run is part of what is explored. It is
//! kept with its place and not printed, and it is no finding yet: the program may catch it, or a
//! `join` may take it. The engine reports what escapes. Everywhere else the hook that was there
//! before goes on as it did.
//!
//! Two kinds of panic cannot wait until they have escaped, and are told to a callback at once:
//! - one that unwinding cannot carry on, after which std aborts the process ([`on_abort`]);
//! - one that an engine raises itself, to end an execution (the `verdict` of its watch): unwinding through
//!   the program that it gave up could panic again, and abort.
//!
//! Not seen here: a stack that overflows, memory that runs out, and `resume_unwind`, which panics
//! without a hook.

#![expect(clippy::disallowed_types, reason = "the hook serves every thread of the process, of any engine")]

use crate::event::trace::Place;
use crate::sync::current;
#[cfg(feature = "instrumented")]
use crate::sync::unwinding;
use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};

/// A panic, as the hook saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The message.
    pub message: String,
    /// Where it was raised; a file of a dependency or of std without the directories of this machine.
    pub place: Place,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message.trim_end(), self.place)
    }
}

/// What is told of a panic of its own to the engine that raised it, before anything unwinds.
///
/// It is called inside the panic hook: it must not panic, use the facade, or change the hook.
pub(crate) type Verdict = fn(&Report);

thread_local! {
    static VERDICT: Cell<Option<Verdict>> = const { Cell::new(None) };
}

/// The panics of the runs that are in progress, by [`current::run`].
static SEEN: Mutex<BTreeMap<u64, Vec<Report>>> = Mutex::new(BTreeMap::new());
static ON_ABORT: OnceLock<fn(&[Report])> = OnceLock::new();

/// Installs the hook, once for the process; the engines do so themselves.
///
/// # Panics
/// If the thread is panicking.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| take_note(info, &*previous)));
    });
}

/// Sets what is told of a panic after which the process aborts: one that leaves a destructor during
/// unwinding, or a function that cannot unwind. The callback is given the panics of the run, in their
/// order; the last is std's own, which names the reason. It is told inside the panic hook, may end
/// the process, and must not panic. The first callback stays.
pub fn on_abort(callback: fn(&[Report])) {
    install();
    // A second callback has nothing to add: the process aborts once.
    let _ = ON_ABORT.set(callback);
}

/// A run of an engine, in progress until the guard is dropped. Its panics are those of this OS thread
/// and of the threads that take over [`current::run`] from it.
#[must_use]
#[derive(Debug)]
pub(crate) struct Watch {
    run: u64,
}

/// Keeps the panics of a run that begins, and tells `verdict` of those of this OS thread.
pub(crate) fn watch(verdict: Option<Verdict>) -> Watch {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    install();
    let run = RUNS.fetch_add(1, Ordering::Relaxed) + 1;
    seen_in_runs().insert(run, Vec::new());
    current::begin_run(run);
    current::work_for(run);
    VERDICT.set(verdict);
    Watch { run }
}

impl Watch {
    /// Starts the next execution: panics of earlier ones are forgotten.
    pub(crate) fn forget(&self) {
        seen_in_runs().entry(self.run).or_default().clear();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        VERDICT.set(None);
        current::work_for(0);
        seen_in_runs().remove(&self.run);
        current::end_run(self.run);
    }
}

/// Says what became of an execution that ended with this panic message: the message and its place, or
/// that of the panic behind it where a thread only unwrapped the failed `join` of another.
pub(crate) fn explain(message: &str) -> String {
    let seen = seen();
    let behind_join = message.ends_with("Any { .. }");
    let report = seen.iter().find(|report| behind_join || report.message == message);
    report.map_or_else(|| message.trim_end().to_owned(), Report::to_string)
}

/// The text of a panic's payload.
pub(crate) fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic whose payload is not text")
}

/// The panics of this execution.
fn seen() -> Vec<Report> {
    seen_in_runs().get(&current::run()).cloned().unwrap_or_default()
}

fn seen_in_runs() -> MutexGuard<'static, BTreeMap<u64, Vec<Report>>> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The hook.
fn take_note(info: &PanicHookInfo<'_>, previous: &dyn Fn(&PanicHookInfo<'_>)) {
    let report = report(info);
    // The list is not locked while somebody else's code is called.
    let in_run = seen_in_runs().get_mut(&current::run()).map(|seen| seen.push(report.clone())).is_some();
    if !in_run {
        return previous(info);
    }
    if let Some(verdict) = VERDICT.get() {
        verdict(&report);
    }
    #[cfg(feature = "instrumented")]
    unwinding::begin();
    if aborts(&report)
        && let Some(callback) = ON_ABORT.get()
    {
        callback(&seen());
    }
}

fn report(info: &PanicHookInfo<'_>) -> Report {
    let message = info.payload_as_str().unwrap_or("a panic whose payload is not text").to_owned();
    let place = info.location().map_or_else(
        || Place { file: "unknown".to_owned(), line: 0 },
        |at| Place { file: portable(at.file()), line: at.line() },
    );
    Report { message, place }
}

/// Whether std aborts the process after this panic. A panic during unwinding is no proof of that: a
/// destructor may catch it. std says so itself, with a last panic of its own.
fn aborts(report: &Report) -> bool {
    let texts = ["panic in a destructor during cleanup", "panic in a function that cannot unwind"];
    texts.contains(&report.message.as_str()) && report.place.file.starts_with("library/core/")
}

/// A source file's path without what differs between machines: the registry or checkout that cargo
/// unpacked a dependency into, and the place of std's own sources.
fn portable(file: &str) -> String {
    let file = file.replace('\\', "/");
    // The marker, and how many directories after it belong to the machine.
    let markers = [("/registry/src/", 1), ("/git/checkouts/", 2), ("/rustc/", 1), ("/rustlib/src/rust/", 0)];
    let stripped = markers.iter().find_map(|&(marker, directories)| {
        let (_, rest) = file.split_once(marker)?;
        rest.splitn(directories + 1, '/').nth(directories)
    });
    stripped.unwrap_or(&file).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::process::{Command, Output};

    /// Set in a child that plays the part of a test that cannot survive.
    const CHILD: &str = "REFECTORY_TEST_CHILD";

    fn in_a_child(test: &str) -> Output {
        Command::new(std::env::current_exe().unwrap())
            .args([&format!("engine::panics::tests::{test}"), "--exact", "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap()
    }

    fn child() -> bool {
        std::env::var_os(CHILD).is_some()
    }

    fn watched() -> Watch {
        watch(None)
    }

    #[test]
    fn paths_lose_what_belongs_to_the_machine() {
        let registry = "/home/x/.cargo/registry/src/index.crates.io-1949cf8c/loom-0.7.2/src/rt/x.rs";
        assert_eq!(portable(registry), "loom-0.7.2/src/rt/x.rs");
        assert_eq!(portable(r"C:\x\registry\src\index\loom-0.7.2\src\a.rs"), "loom-0.7.2/src/a.rs");
        assert_eq!(portable("/rustc/0a1b2c/library/core/src/option.rs"), "library/core/src/option.rs");
        assert_eq!(portable("/x/lib/rustlib/src/rust/library/std/src/a.rs"), "library/std/src/a.rs");
        assert_eq!(portable("/x/git/checkouts/loom-12ab/34cd/src/a.rs"), "src/a.rs");
        assert_eq!(portable("src/model/threads/ring.rs"), "src/model/threads/ring.rs");
    }

    #[test]
    fn panics_of_a_run_are_kept_in_order() {
        let watch = watched();
        for number in 1..=2 {
            let _ = panic::catch_unwind(|| panic!("number {number}"));
        }
        let messages: Vec<_> = seen().into_iter().map(|report| report.message).collect();
        assert_eq!(messages, ["number 1", "number 2"]);
        watch.forget();
        assert_eq!(seen(), []);
    }

    #[test]
    fn a_message_is_explained_by_its_place() {
        let _watch = watched();
        let line = line!() + 1;
        let payload = panic::catch_unwind(|| panic!("the fork is bent")).unwrap_err();
        let explained = explain(message(&*payload));
        assert_eq!(explained, format!("the fork is bent (panics.rs:{line})"));
    }

    #[test]
    fn an_unwrapped_join_is_explained_by_the_panic_behind_it() {
        let _watch = watched();
        let _ = panic::catch_unwind(|| panic!("the cause"));
        let explained = explain("called `Result::unwrap()` on an `Err` value: Any { .. }");
        assert!(explained.starts_with("the cause (panics.rs:"), "{explained}");
    }

    #[test]
    fn a_message_that_nobody_saw_stays_as_it_is() {
        let _watch = watched();
        assert_eq!(explain("raised without a hook\n"), "raised without a hook");
    }

    #[test]
    fn an_engine_hears_of_its_verdict_before_anything_unwinds() {
        thread_local! {
            static EVENTS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
        }
        struct Unwound;
        impl Drop for Unwound {
            fn drop(&mut self) {
                EVENTS.with_borrow_mut(|events| events.push("unwound"));
            }
        }
        let _watch = watch(Some(|_| EVENTS.with_borrow_mut(|events| events.push("told"))));
        let _ = panic::catch_unwind(|| {
            let _unwound = Unwound;
            panic!("the end");
        });
        assert_eq!(EVENTS.take(), ["told", "unwound"]);
    }

    #[test]
    fn outside_a_run_the_previous_hook_prints() {
        if child() {
            {
                let _watch = watched();
                let _ = panic::catch_unwind(|| panic!("kept"));
            }
            let _ = panic::catch_unwind(|| panic!("printed"));
            return;
        }
        let output = in_a_child("outside_a_run_the_previous_hook_prints");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("printed") && !stderr.contains("kept"), "{stderr}");
    }

    #[test]
    fn an_abort_is_reported_with_the_panics_before_it() {
        struct Trap;
        impl Drop for Trap {
            fn drop(&mut self) {
                panic!("second");
            }
        }
        if child() {
            on_abort(|reports| {
                for report in reports {
                    println!("{}", report.message);
                }
            });
            let _watch = watched();
            let _trap = Trap;
            panic!("first");
        }
        let output = in_a_child("an_abort_is_reported_with_the_panics_before_it");
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success());
        assert!(stdout.contains("first\nsecond\npanic in a destructor during cleanup\n"), "{stdout}");
    }

    #[test]
    fn a_panic_that_a_destructor_catches_is_no_abort() {
        struct Careful;
        impl Drop for Careful {
            fn drop(&mut self) {
                let _ = panic::catch_unwind(|| panic!("caught in a destructor"));
            }
        }
        let _watch = watched();
        let _ = panic::catch_unwind(|| {
            let _careful = Careful;
            panic!("caught outside");
        });
        assert_eq!(seen().len(), 2);
        assert!(!seen().iter().any(aborts));
    }
}
