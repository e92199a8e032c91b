//! Programs that do to their process what subjects may do, and what the runner makes of it.
//!
//! They use std alone: what is tested is the runner, not an engine.

#![expect(clippy::disallowed_methods, reason = "threads outside every engine")]

use libtest_mimic::{Failed, Trial};
use refectory::catalogue;
use refectory::cell::{Cell, CellId, Level, Row, Scope, Subject};
use refectory::engine::{Engine, Exhausted, FailureKind, Outcome, Violation};
use refectory::judge::{CellReport, Extent, Reason, Verdict};
use refectory::runner::{self, Event, Options, RunError};
use std::io::Read;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static CHILD: Subject = Subject::new("misbehaviour/process/child").with_rows(ROWS);

const ROWS: &[Row] = &[
    Row::new("holds", || Ok("fed".to_owned())),
    Row::new("panics", || panic!("no soup today")),
    Row::new("violates", || Err(Violation::new("nothing_lost", "7 is missing".to_owned()))),
    Row::new("hangs", hang),
    Row::new("spins", || {
        loop {
            std::hint::black_box(())
        }
    }),
    Row::new("allocates", allocate),
    Row::new("aborts", || std::process::abort()),
    Row::new("overflows", || Ok(overflow(0).to_string())),
    Row::new("exits", || std::process::exit(7)),
    Row::new("is_killed", kill_self),
    Row::new("prints", print),
    Row::new("shouts", shout),
    Row::new("leaves_a_process", leave_a_process),
];

fn cells() -> impl Iterator<Item = Cell> {
    ROWS.iter().map(|row| Cell {
        subject: &CHILD,
        scope: Scope::Row(row.name),
        engine: Engine::Native,
        level: Level::PullRequest,
    })
}

fn cell(name: &str) -> Cell {
    cells().find(|cell| cell.scope.to_string() == name).expect("one of the rows")
}

fn find(id: &str) -> Option<Cell> {
    cells().find(|cell| cell.id().to_string() == id)
}

/// Where a subject, or a whole run, connects to tell that it is there; the connection ends with it.
const SIGN_OF_LIFE: &str = "REFECTORY_TEST_SIGN_OF_LIFE";
/// This process is to be a parent that runs a hanging cell.
const PARENT: &str = "REFECTORY_TEST_PARENT";

/// What the children of these tests do instead of testing.
pub(crate) fn child_main() {
    runner::child_main_with(|id| find(id).or_else(|| catalogue::find(id)));
    if std::env::var_os(PARENT).is_some() {
        let _ = run_with(&[cell("hangs")], &Options::default());
        std::process::exit(1);
    }
}

fn sign_of_life() -> Option<UnixStream> {
    std::env::var_os(SIGN_OF_LIFE).and_then(|path| UnixStream::connect(path).ok())
}

fn hang() -> Outcome {
    let _alive = sign_of_life();
    loop {
        std::thread::park();
    }
}

fn allocate() -> Outcome {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(vec![1; 16 << 20]);
    }
}

#[expect(unconditional_recursion, reason = "that is what it is for")]
fn overflow(depth: u64) -> u64 {
    std::hint::black_box([depth; 64])[1] + overflow(depth + 1)
}

fn kill_self() -> Outcome {
    let _ = Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
    hang()
}

fn print() -> Outcome {
    println!("{{\"id\": \"not the result\"}}");
    Ok("printed".to_owned())
}

/// More than a pipe holds, to both streams, so that a parent that reads only one would wait for ever.
fn shout() -> Outcome {
    for _ in 0..4 {
        print!("{}", "a".repeat(64 << 10));
        eprint!("{}", "b".repeat(64 << 10));
    }
    Ok("shouted".to_owned())
}

/// The process left behind has the pipes of this one, and would hold them open for an hour.
fn leave_a_process() -> Outcome {
    let left = Command::new("sleep").arg("3600").spawn();
    Ok(if left.is_ok() { "left" } else { "could not" }.to_owned())
}

fn run_with(cells: &[Cell], options: &Options) -> Result<Vec<CellReport>, RunError> {
    runner::run(cells, options, &AtomicBool::new(false), &mut |_| {})
}

fn quick() -> Options {
    Options { jobs: 1, deadline: Duration::from_secs(30), memory: 256 << 20, ..Options::default() }
}

fn verdict_of(name: &str) -> Result<Verdict, Failed> {
    Ok(run_with(&[cell(name)], &quick())?.remove(0).verdict)
}

fn broken(name: &str, kind: FailureKind, message: &str) -> Trial {
    let (name, message) = (name.to_owned(), message.to_owned());
    Trial::test(format!("runner/a_subject_that_{name}_is_broken"), move || match verdict_of(&name)? {
        Verdict::Broken(failure) if failure.kind == kind && failure.message.starts_with(&message) => Ok(()),
        other => Err(format!("{other:?}").into()),
    })
}

fn open(name: &str, message: &str) -> Trial {
    let (name, message) = (name.to_owned(), message.to_owned());
    Trial::test(format!("runner/a_subject_that_{name}_is_not_decided"), move || match verdict_of(&name)? {
        Verdict::Inconclusive(Reason::Budget(why)) if why.to_string().starts_with(&message) => Ok(()),
        other => Err(format!("{other:?}").into()),
    })
}

fn held(name: &str) -> Trial {
    let name = name.to_owned();
    Trial::test(format!("runner/a_subject_that_{name}_holds"), move || match verdict_of(&name)? {
        // As often as it could in the time of a cell.
        Verdict::Held(Extent::Sampled(1..=200)) => Ok(()),
        other => Err(format!("{other:?}").into()),
    })
}

pub(crate) fn trials() -> Vec<Trial> {
    use FailureKind::{Crash, Hang, Panic, Property};
    vec![
        held("holds"),
        held("prints"),
        held("shouts"),
        held("leaves_a_process"),
        broken("panics", Panic, "no soup today"),
        broken("violates", Property, "nothing_lost: 7 is missing"),
        broken("hangs", Hang, "no progress"),
        broken("aborts", Crash, "died by SIGABRT"),
        broken("overflows", Crash, "stack overflow"),
        broken("exits", Crash, "the subject ended its process, with exit code 7"),
        open("allocates", "memory limit 256 MiB: memory allocation of"),
        open("is_killed", "killed from outside"),
        Trial::test("runner/the_deadline_ends_a_subject_that_spins", the_deadline_ends_a_spin),
        Trial::test("runner/reports_come_in_the_order_of_the_cells", reports_come_in_order),
        Trial::test("runner/cancelling_kills_the_children", cancelling_kills_the_children),
        Trial::test("runner/children_die_with_a_killed_parent", children_die_with_a_killed_parent),
        Trial::test("runner/an_unknown_cell_is_an_error", an_unknown_cell_is_an_error),
    ]
}

fn the_deadline_ends_a_spin() -> Result<(), Failed> {
    let options = Options { deadline: Duration::from_secs(1), ..quick() };
    match &run_with(&[cell("spins")], &options)?[0].verdict {
        Verdict::Inconclusive(Reason::Budget(Exhausted::Deadline(time))) if *time == options.deadline => {
            Ok(())
        }
        other => Err(format!("{other:?}").into()),
    }
}

fn reports_come_in_order() -> Result<(), Failed> {
    let names = ["leaves_a_process", "panics", "holds", "aborts", "holds", "exits"];
    let cells = names.map(cell);
    let reports = run_with(&cells, &Options { jobs: 3, ..quick() })?;
    let ids: Vec<&CellId> = reports.iter().map(|report| &report.id).collect();
    match ids.iter().copied().eq(cells.each_ref().map(Cell::id).iter()) {
        true => Ok(()),
        false => Err(format!("{ids:?}").into()),
    }
}

/// The first cell ends, the second hangs until the run is cancelled.
fn cancelling_kills_the_children() -> Result<(), Failed> {
    let cancel = AtomicBool::new(false);
    let started = Instant::now();
    let reports = runner::run(&[cell("holds"), cell("spins")], &quick(), &cancel, &mut |event| {
        if matches!(event, Event::Started(cell) if cell.scope == Scope::Row("spins")) {
            cancel.store(true, Ordering::SeqCst);
        }
    })?;
    match (reports.len(), started.elapsed() < quick().deadline) {
        (1, true) => Ok(()),
        (number, _) => Err(format!("{number} reports after {:?}", started.elapsed()).into()),
    }
}

/// The child is connected to us, and the connection ends only with the child.
fn children_die_with_a_killed_parent() -> Result<(), Failed> {
    let path = Socket::new();
    let listener = UnixListener::bind(&path.0)?;
    let mut parent = Command::new(std::env::current_exe()?)
        .env(PARENT, "yes")
        .env(SIGN_OF_LIFE, &path.0)
        .stdin(Stdio::null())
        .spawn()?;
    let (mut child, _) = listener.accept()?;
    parent.kill()?;
    parent.wait()?;
    // Nobody is left who would end the child but itself.
    child.set_read_timeout(Some(quick().deadline))?;
    match child.read(&mut [0]) {
        Ok(0) => Ok(()),
        other => Err(format!("the child lives: {other:?}").into()),
    }
}

/// A path for a socket; the file goes when this is dropped.
struct Socket(PathBuf);

impl Socket {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("refectory-test-{}.socket", std::process::id())))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn an_unknown_cell_is_an_error() -> Result<(), Failed> {
    let stranger = Cell { scope: Scope::Row("is_a_stranger"), ..cell("holds") };
    match run_with(&[stranger], &quick()) {
        Err(RunError::NoChild { stderr, .. }) if stderr.contains("is_a_stranger") => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}
