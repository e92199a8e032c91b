//! A short campaign of every subject on the cores of this machine; `refectory stress` runs longer ones.
//!
//! `REFECTORY_SEED` is the first seed, `REFECTORY_SECONDS` the time of each subject.

mod caught;

use caught::CAUGHT;
use libtest_mimic::{Arguments, Failed, Trial};
use refectory::campaign::{self, Campaign, Event, KeptRound, Round, Work, regression};
use refectory::catalogue::{subjects, unseen};
use refectory::cell::Subject;
use refectory::engine::Engine;
use refectory::judge::{Reason, RoundsReport, Status, rounds_of, status_if_shown};
use refectory::report::{self, Style};
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    #[cfg(feature = "processes")]
    refectory::sync::process::child_main();
    campaign::child_main();
    let started = Instant::now();
    let (tell, told) = mpsc::channel();
    let of_subjects = subjects().map(|subject| trial(subject, tell.clone()));
    let trials = regressions().chain(deaths()).chain(of_subjects).chain(sound()).collect();
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(trials_at_once);
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(tell);
    let mut reports: Vec<RoundsReport> = told.into_iter().collect();
    let order: Vec<String> = subjects().map(Subject::id).collect();
    reports.sort_by_key(|report| {
        rounds_of(&report.cell.id).map(|(of, _)| order.iter().position(|id| *id == of.id()))
    });
    println!("{}", report::rounds(&reports, Style::Plain));
    for report in reports.iter().filter(|report| report.cell.failure().is_some()) {
        println!("{}", report::finding_of_test(&report.cell));
    }
    print!("{}", report::totals_of_rounds(&reports, Some(started.elapsed()), Style::Plain));
    conclusion.exit_code()
}

/// A round that hangs sleeps for two seconds until that is seen, so there are more trials than cores.
fn trials_at_once() -> usize {
    3 * std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Rounds that went wrong once come first, for ever.
fn regressions() -> impl Iterator<Item = Trial> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/verify/regressions/rounds");
    let files = regression::files(Path::new(directory)).unwrap_or_default();
    files.into_iter().map(|file| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(format!("regressions/{name}"), move || {
            let (subject, kept) = regression::read(&file)?;
            Ok(regression::check(subject, &kept, TIMES[1])?)
        })
    })
}

fn sound() -> [Trial; 2] {
    [
        Trial::test("caught/names_twins_that_real_cores_may_show", names_twins_that_real_cores_may_show),
        Trial::test("pursue/a_flake_becomes_a_replay", a_flake_becomes_a_replay),
    ]
}

fn names_twins_that_real_cores_may_show() -> Result<(), Failed> {
    for (at, id) in CAUGHT.iter().enumerate() {
        let subject = subjects().find(|subject| subject.id() == *id);
        let is_of_build = cfg!(feature = "processes") || !id.starts_with("processes/");
        let may_show = |twin: &Subject| twin.twin_of().is_some() && unseen(twin).is_none();
        if CAUGHT[..at].contains(id) || subject.map_or(is_of_build, |twin| !may_show(twin)) {
            return Err(format!("{id} is no twin that real cores may show, or stands twice").into());
        }
    }
    Ok(())
}

/// What becomes of a violation: its program is made smaller, and an engine finds it again and again.
fn a_flake_becomes_a_replay() -> Result<(), Failed> {
    if is_alone() {
        return Ok(());
    }
    let id = "threads/table/ordered~left_first";
    let twin = subjects().find(|subject| subject.id() == id).ok_or("the twin is gone")?;
    let mut kept = None;
    let mut keep = |event: Event<'_>| {
        if let Event::Failed(round) = event {
            kept = Some(round.clone());
        }
    };
    let campaign = Campaign::of(vec![twin], Duration::from_secs(30), 0x5EED);
    campaign::run_and_tell(&campaign, &AtomicBool::new(false), &mut keep)?;
    let mut kept: KeptRound = kept.ok_or("no round went wrong")?;
    let pursued = campaign::pursue(twin, &mut kept, Duration::from_secs(30), &|| false)?;
    if pursued.smaller != kept.shrunk.is_some() || pursued.confirmed != Engine::Dpor.available() {
        return Err(format!("{pursued:?}, {kept:?}").into());
    }
    let Some(confirmed) = &kept.confirmed else { return Ok(()) };
    match campaign::replay(twin, confirmed, &|| false)? {
        Some(failure) if (failure.kind, failure.execution) == (confirmed.kind, confirmed.execution) => Ok(()),
        other => Err(format!("{confirmed:?} became {other:?}").into()),
    }
}

/// In rounds of processes somebody is killed, which a correct subject outlives.
fn deaths() -> impl Iterator<Item = Trial> {
    let rounds = |id: &str, seeds: std::ops::Range<u64>| {
        let subject = subjects().find(|subject| subject.id() == id).ok_or("no subject has this id")?;
        Ok::<_, Failed>(seeds.map(move |seed| campaign::perform(Work::draw(subject, seed), seed)))
    };
    let survives = move || {
        let rounds: Vec<_> = rounds("processes/lock/robust", 0..8)?.collect();
        let killed: u64 = rounds.iter().map(|round| round.deaths).sum();
        match killed > 0 && rounds.iter().all(Round::is_good) {
            true => Ok(()),
            false => Err(format!("{killed} were killed in {rounds:?}").into()),
        }
    };
    let is_caught =
        move || match rounds("processes/lock/robust~not_robust", 0..100)?.find(|round| !round.is_good()) {
            Some(_) => Ok(()),
            None => Err("a lock that the dead keep is missed".into()),
        };
    let trials = [Trial::test("deaths/survived", survives), Trial::test("deaths/caught", is_caught)];
    trials.into_iter().filter(|_| cfg!(all(feature = "processes", target_os = "linux")))
}

fn trial(subject: &'static Subject, tell: mpsc::Sender<RoundsReport>) -> Trial {
    Trial::test(subject.id(), move || {
        let mut report = run(subject, TIMES[0])?;
        for time in &TIMES[1..] {
            if !took_turns(&report) {
                break;
            }
            report = run(subject, *time)?;
        }
        // The receiver outlives the trials.
        let _ = tell.send(report.clone());
        let status = if must_be_caught(subject) { status_if_shown(&report.cell) } else { report.cell.status };
        if status == Status::Expected || is_alone() && took_turns(&report) {
            Ok(())
        } else {
            Err(report::finding_of_test(&report.cell).into())
        }
    })
}

/// For how long a subject runs; then for longer where its threads took turns, as they may do for a while on a busy
/// machine.
const TIMES: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(500), Duration::from_secs(10)];

fn took_turns(report: &RoundsReport) -> bool {
    matches!(report.cell.open(), Some(Reason::NotExercised(_)))
}

fn run(subject: &'static Subject, time: Duration) -> Result<RoundsReport, Failed> {
    // A campaign ends as soon as its last subject is caught.
    let usual = if must_be_caught(subject) { Duration::from_secs(30) } else { time };
    let duration = from_environment("REFECTORY_SECONDS").map_or(usual, Duration::from_secs);
    let seed = from_environment("REFECTORY_SEED").unwrap_or(0x5EED);
    let campaign = Campaign::of(vec![subject], duration, seed);
    campaign::run(&campaign, &AtomicBool::new(false))?.pop().ok_or_else(|| "no subject has this id".into())
}

fn must_be_caught(subject: &Subject) -> bool {
    !is_alone() && CAUGHT.contains(&subject.id().as_str())
}

/// Whether there is one core, where threads meet only by chance.
fn is_alone() -> bool {
    std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1)
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
