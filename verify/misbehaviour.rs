//! Programs that do to their process what subjects may do, and what the runner makes of it.
//!
//! They use std alone: what is tested is the runner, not an engine.

#![expect(clippy::disallowed_methods, reason = "threads outside every engine")]

use crate::scratch;
use libtest_mimic::{Failed, Trial};
use refectory::campaign::{self, Campaign};
use refectory::catalogue;
use refectory::cell::{Cell, CellId, Level, Row, Scope, Subject};
use refectory::engine::{Engine, Exhausted, FailureKind, Outcome, Violation};
use refectory::judge::{CellReport, Extent, Reason, RoundsReport, Verdict};
use refectory::runner::{self, Event, Options, RunError};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    Row::new("leaves_a_daemon", leave_a_daemon),
    Row::new("copies_itself", copy_itself),
    Row::new("stops", stop_self),
    Row::new("aborts_at_its_end", abort_at_its_end),
    Row::new("exits_as_if_unreported", || std::process::exit(121)),
    Row::new("closes_its_descriptors", close_descriptors),
    Row::new("closes_its_input", || {
        close(0);
        Ok("closed".to_owned())
    }),
];

/// What rounds on real cores do to their process. A round plays its row several times.
static ROUNDS: &[Subject] = &[
    rounds("misbehaviour/rounds/holds~exits", &[Row::new("exits", || std::process::exit(0))]),
    rounds("misbehaviour/rounds/holds", &[Row::new("holds", || Ok(String::new()))]),
    rounds("misbehaviour/rounds/exits", &[Row::new("exits", || std::process::exit(0))]),
    rounds("misbehaviour/rounds/exits_later", &[Row::new("exits_later", exit_later)]),
    rounds("misbehaviour/rounds/prints_and_violates", &[Row::new("prints_and_violates", print_and_violate)]),
    rounds("misbehaviour/rounds/stops", &[Row::new("stops", stop_self)]),
    rounds("misbehaviour/rounds/leaves_a_daemon", &[Row::new("leaves_a_daemon", leave_a_daemon)]),
    rounds("misbehaviour/rounds/hangs", &[Row::new("hangs", hang)]),
    rounds("misbehaviour/rounds/keeps_files_open", &[Row::new("keeps_files_open", keep_file_open)]),
];

const fn rounds(id: &'static str, rows: &'static [Row]) -> Subject {
    Subject::new(id).with_rows(rows)
}

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
/// This process is to be a parent that runs the cell of this row, and succeeds where it holds.
const PARENT: &str = "REFECTORY_TEST_PARENT";

/// What the children of these tests do instead of testing.
pub(crate) fn child_main() {
    runner::child_main_with(|id| find(id).or_else(|| catalogue::find(id)));
    campaign::child_main_with(|id| {
        ROUNDS.iter().chain(catalogue::subjects()).find(|subject| subject.id() == id)
    });
    if let Ok(name) = std::env::var(PARENT) {
        let reports = run_with(&[cell(&name)], &Options::default());
        std::process::exit(i32::from(!reports.is_ok_and(|reports| reports[0].verdict.held())));
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

/// Outside of the group, and it would write to the pipe of this process for ever.
fn leave_a_daemon() -> Outcome {
    let script = "echo $$ >> \"$1\"; while :; do echo; done";
    let file = std::env::var_os(DAEMONS).unwrap_or_else(|| "/dev/null".into());
    let daemon =
        Command::new("setsid").args(["sh", "-c", script, "sh"]).arg(file).stdin(Stdio::piped()).spawn();
    Ok(if daemon.is_ok() { "left" } else { "could not" }.to_owned())
}

/// The file for the numbers of the daemons that were left.
const DAEMONS: &str = "REFECTORY_TEST_DAEMONS";

/// Both copies come to the end of the program.
fn copy_itself() -> Outcome {
    unsafe extern "C" {
        safe fn fork() -> i32;
    }
    fork();
    Ok("copied".to_owned())
}

fn stop_self() -> Outcome {
    let _ = Command::new("kill").args(["-STOP", &std::process::id().to_string()]).status();
    Ok("went on".to_owned())
}

fn abort_at_its_end() -> Outcome {
    unsafe extern "C" {
        safe fn atexit(call: extern "C" fn()) -> i32;
    }
    extern "C" fn abort() {
        std::process::abort()
    }
    atexit(abort);
    Ok("will abort".to_owned())
}

fn close(descriptor: i32) {
    unsafe extern "C" {
        safe fn close(descriptor: i32) -> i32;
    }
    close(descriptor);
}

fn close_descriptors() -> Outcome {
    (3..64).for_each(close);
    Ok("closed".to_owned())
}

/// Not in its first rounds.
fn exit_later() -> Outcome {
    static PLAYED: AtomicUsize = AtomicUsize::new(0);
    match PLAYED.fetch_add(1, Ordering::SeqCst) {
        ..200 => Ok(String::new()),
        _ => std::process::exit(0),
    }
}

fn print_and_violate() -> Outcome {
    print!("no end of the line");
    std::io::stdout().flush().map_err(|error| Violation::new("prints", error.to_string()))?;
    Err(Violation::new("nothing_lost", "7 is missing".to_owned()))
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
        held("copies_itself"),
        held("closes_its_input"),
        broken("panics", Panic, "no soup today"),
        broken("violates", Property, "nothing_lost: 7 is missing"),
        broken("hangs", Hang, "no progress"),
        broken("aborts", Crash, "died by SIGABRT"),
        broken("overflows", Crash, "stack overflow"),
        broken("exits", Crash, "the subject ended its process, with exit code 7"),
        open("allocates", "memory limit 256 MiB: memory allocation of"),
        open("is_killed", "killed from outside"),
        open("stops", "the process was stopped"),
        broken("aborts_at_its_end", Crash, "died by SIGABRT, after it had told what it found"),
        Trial::test("runner/a_cell_that_cannot_tell_is_not_run_and_the_others_are", the_others_go_on),
        Trial::test("runner/a_daemon_is_ended_with_its_cell", a_daemon_is_ended),
        Trial::test("rounds/an_exit_is_a_crash", an_exit_is_a_crash),
        Trial::test("rounds/what_is_printed_hides_no_violation", what_is_printed_hides_no_violation),
        Trial::test("rounds/a_campaign_ends_in_its_time", a_campaign_ends_in_its_time),
        Trial::test(
            "rounds/a_campaign_ends_with_its_first_violation",
            a_campaign_ends_with_its_first_violation,
        ),
        Trial::test("rounds/twins_come_after_what_is_to_hold", twins_come_after_what_is_to_hold),
        Trial::test("rounds/a_campaign_ends_with_its_rounds", a_campaign_ends_with_its_rounds),
        Trial::test("rounds/what_rounds_leave_behind_is_a_leak", what_rounds_leave_behind_is_a_leak),
        Trial::test("runner/the_deadline_ends_a_subject_that_spins", the_deadline_ends_a_spin),
        Trial::test("runner/a_budget_that_cuts_ends_cells_undecided", a_budget_ends_cells),
        Trial::test("runner/reports_come_in_the_order_of_the_cells", reports_come_in_order),
        Trial::test("runner/cancelling_kills_the_children", cancelling_kills_the_children),
        Trial::test("runner/children_die_with_a_killed_parent", children_die_with_a_killed_parent),
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

/// One that spins is ended with the run, and those after it are not begun.
fn a_budget_ends_cells() -> Result<(), Failed> {
    let budget = Duration::from_secs(1);
    let options = Options { jobs: 1, budget: Some(budget), cut: true, ..quick() };
    let reports = run_with(&[cell("holds"), cell("spins"), cell("prints")], &options)?;
    let [holds, spins] = &reports[..] else { return Err(format!("{reports:?}").into()) };
    let cut = Verdict::Inconclusive(Reason::Budget(Exhausted::Run(budget)));
    let expected = holds.verdict.held() && spins.verdict == cut && spins.was_cut() && !holds.was_cut();
    if expected { Ok(()) } else { Err(format!("{reports:?}").into()) }
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

fn the_others_go_on() -> Result<(), Failed> {
    let stranger = Cell { scope: Scope::Row("is_a_stranger"), ..cell("holds") };
    let bad = ["exits_as_if_unreported", "closes_its_descriptors"].map(cell);
    let cells = [bad[0], stranger, bad[1], cell("holds")];
    let reports = run_with(&cells, &quick())?;
    let not_run = |report: &CellReport, why: &str| match report.open() {
        Some(Reason::NotRun(words)) => words.contains(why),
        _ => false,
    };
    let [exits, stranger, closes, holds] = &reports[..] else { return Err(format!("{reports:?}").into()) };
    let expected = not_run(exits, "could not tell what it found")
        && not_run(stranger, "has no cell `misbehaviour/process/child/is_a_stranger@native`")
        && not_run(closes, "what was found could not be told: Bad file descriptor")
        && holds.verdict.held();
    if expected { Ok(()) } else { Err(format!("{reports:?}").into()) }
}

/// There is an end to them, at which no more can be opened.
fn keep_file_open() -> Outcome {
    std::fs::File::open("/dev/null").map_or_else(|_| (), std::mem::forget);
    Ok(String::new())
}

/// So long that a campaign which does not end by itself is seen to hang.
const AGES: Duration = Duration::from_secs(600);

fn rounds_of(names: &[&str], change: impl FnOnce(&mut Campaign)) -> Result<Vec<RoundsReport>, Failed> {
    let subjects = ROUNDS.iter().filter(|subject| names.contains(&subject.name)).collect();
    let mut campaign = Campaign::of(subjects, AGES, 1);
    change(&mut campaign);
    Ok(campaign::run(&campaign, &AtomicBool::new(false))?)
}

fn a_campaign_ends_with_its_first_violation() -> Result<(), Failed> {
    let reports = rounds_of(&["holds", "exits"], |campaign| campaign.until_failure = true)?;
    let verdicts: Vec<bool> = reports.iter().map(|report| report.cell.verdict.held()).collect();
    if verdicts == [true, false] { Ok(()) } else { Err(format!("{reports:?}").into()) }
}

fn twins_come_after_what_is_to_hold() -> Result<(), Failed> {
    let reports = rounds_of(&["holds~exits", "holds"], |campaign| campaign.until_failure = true)?;
    let executions: Vec<u64> = reports.iter().map(|report| report.cell.executions).collect();
    if matches!(executions[..], [1, rounds] if rounds > 0) {
        Ok(())
    } else {
        Err(format!("{reports:?}").into())
    }
}

fn a_campaign_ends_with_its_rounds() -> Result<(), Failed> {
    let limit = |campaign: &mut Campaign| (campaign.rounds, campaign.jobs) = (3, 2);
    let reports = rounds_of(&["holds", "prints_and_violates"], limit)?;
    let executions: Vec<u64> = reports.iter().map(|report| report.cell.executions).collect();
    if executions == [3, 1] { Ok(()) } else { Err(format!("{reports:?}").into()) }
}

fn what_rounds_leave_behind_is_a_leak() -> Result<(), Failed> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let reports = rounds_of(&["keeps_files_open"], |campaign| campaign.rounds = 20)?;
    match &reports[0].cell.verdict {
        Verdict::Broken(failure) if failure.kind == FailureKind::Leak => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

fn campaign_of(name: &str, time: Duration) -> Result<CellReport, Failed> {
    let subjects = ROUNDS.iter().filter(|subject| subject.name == name).collect();
    let campaign = Campaign::of(subjects, time, 1);
    let mut reports = campaign::run(&campaign, &AtomicBool::new(false))?;
    Ok(reports.pop().ok_or("no such subject")?.cell)
}

const SECOND: Duration = Duration::from_secs(1);

/// Where the system tells of processes by a file system.
fn a_daemon_is_ended() -> Result<(), Failed> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let file = scratch::path("daemons");
    let mut parent = Command::new(std::env::current_exe()?);
    parent.env(PARENT, "leaves_a_daemon").env(DAEMONS, &file).stdin(Stdio::null());
    if !parent.status()?.success() {
        return Err("the cell does not hold".into());
    }
    let daemons = std::fs::read_to_string(&file)?;
    match daemons.lines().find(|daemon| std::path::Path::new("/proc").join(daemon).exists()) {
        None if !daemons.is_empty() => Ok(()),
        found => Err(format!("of the daemons {daemons:?} there is {found:?}").into()),
    }
}

fn an_exit_is_a_crash() -> Result<(), Failed> {
    for name in ["exits", "exits_later"] {
        match campaign_of(name, 10 * SECOND)?.verdict {
            Verdict::Broken(failure) if failure.kind == FailureKind::Crash => {}
            other => return Err(format!("{name}: {other:?}").into()),
        }
    }
    Ok(())
}

fn what_is_printed_hides_no_violation() -> Result<(), Failed> {
    match campaign_of("prints_and_violates", SECOND)?.verdict {
        Verdict::Broken(failure) if failure.message == "nothing_lost: 7 is missing" => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// Beside one that stops itself, one that leaves a daemon with its pipe, and one that hangs. None of them may hold the campaign
/// up for more than a slice, or what it takes to see a hang.
fn a_campaign_ends_in_its_time() -> Result<(), Failed> {
    let names = ["stops", "leaves_a_daemon", "hangs", "holds"];
    let subjects = ROUNDS.iter().filter(|subject| names.contains(&subject.name)).collect();
    let started = Instant::now();
    let campaign = Campaign::of(subjects, 6 * SECOND, 1);
    let reports = campaign::run(&campaign, &AtomicBool::new(false))?;
    let took = started.elapsed();
    let verdict = |name: &str| reports.iter().find(|report| report.cell.id.question.subject == name);
    let verdict = |name: &str| verdict(name).map(|report| report.cell.verdict.clone());
    let expected =
        matches!(verdict("stops"), Some(Verdict::Inconclusive(Reason::Budget(Exhausted::Stopped))))
            && matches!(verdict("hangs"), Some(Verdict::Broken(failure)) if failure.kind == FailureKind::Hang)
            && verdict("holds").is_some_and(|verdict| verdict.held())
            && verdict("leaves_a_daemon").is_some_and(|verdict| verdict.held());
    // Twice what it was given: the deadline of a child alone would be more.
    if expected && took < 2 * campaign.duration {
        Ok(())
    } else {
        Err(format!("{took:?}: {reports:?}").into())
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
    let path = scratch::path("socket");
    let listener = UnixListener::bind(&path)?;
    let mut parent = Command::new(std::env::current_exe()?)
        .env(PARENT, "hangs")
        .env(SIGN_OF_LIFE, &path)
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
