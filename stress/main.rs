//! A short campaign of every subject on the cores of this machine; `refectory stress` runs longer ones.
//!
//! Rounds are drawn by proptest, from the seeds of the campaign. `REFECTORY_SEED` is the first seed,
//! `REFECTORY_SECONDS` the time of each subject.

use libtest_mimic::{Arguments, Failed, Trial};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use refectory::campaign::{self, Campaign, Pauses, Plan};
use refectory::catalogue::subjects;
use refectory::cell::Subject;
use refectory::judge::{RoundsReport, Status, rounds_of, status_if_shown};
use refectory::report::{self, Style};
use refectory::scenario::{Port, Scenario, Waiting};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    campaign::child_main(draw);
    let started = Instant::now();
    let (tell, told) = mpsc::channel();
    let trials = subjects().map(|subject| trial(subject, tell.clone())).collect();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
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
    print!("{}", report::totals_of_rounds(&reports, started.elapsed(), Style::Plain));
    conclusion.exit_code()
}

/// Twins that real cores catch within a few rounds. The others have bugs that show rarely, or not on
/// this processor.
const CAUGHT: [&str; 3] =
    ["threads/table/left_first", "threads/queue/notify_one_for_all", "threads/try-queue/check_then_act"];

fn trial(subject: &'static Subject, tell: mpsc::Sender<RoundsReport>) -> Trial {
    Trial::test(subject.id(), move || {
        let report = run(subject)?;
        // The receiver outlives the trials.
        let _ = tell.send(report.clone());
        let status = if must_be_caught(subject) { status_if_shown(&report.cell) } else { report.cell.status };
        if status == Status::Expected { Ok(()) } else { Err(report::finding_of_test(&report.cell).into()) }
    })
}

fn run(subject: &Subject) -> Result<RoundsReport, Failed> {
    // A campaign ends as soon as its last subject is caught.
    let usual = if must_be_caught(subject) { Duration::from_secs(30) } else { Duration::from_millis(300) };
    let duration = from_environment("REFECTORY_SECONDS").map_or(usual, Duration::from_secs);
    let seed = from_environment("REFECTORY_SEED").unwrap_or(0x5EED);
    let campaign = Campaign { filter: subject.id(), duration, seed };
    campaign::run(&campaign, &AtomicBool::new(false))?.pop().ok_or_else(|| "no subject has this id".into())
}

fn must_be_caught(subject: &Subject) -> bool {
    CAUGHT.contains(&subject.id().as_str())
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The round of a seed.
fn draw(port: Port, seed: u64) -> Plan {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    plans(port).new_tree(&mut runner).expect("no plan is rejected").current()
}

fn plans(port: Port) -> impl Strategy<Value = Plan> {
    let scenarios = match port {
        Port::Table => {
            (2..=12usize, 1..=100usize).prop_map(|(seats, meals)| Scenario::dining(seats, meals)).boxed()
        }
        Port::Queue => exchanges(Waiting::Blocks, 100).boxed(),
        Port::TryQueue => exchanges(Waiting::Tries, 2_000).boxed(),
        other => any::<u64>().prop_map(move |seed| Plan::draw(other, seed).scenario).boxed(),
    };
    let pauses = (any::<u64>(), 0..=8u32).prop_map(|(seed, bits)| Pauses { seed, longest: (1 << bits) - 1 });
    (scenarios, pauses).prop_map(|(scenario, pauses)| Plan { scenario, pauses })
}

fn exchanges(waiting: Waiting, most: usize) -> impl Strategy<Value = Scenario> {
    (1..=8usize, vec(1..=most, 1..=6), 1..=6usize).prop_map(move |(capacity, items, consumers)| {
        Scenario::exchange(waiting, capacity, &items, consumers)
    })
}
