//! A short campaign of every subject on the cores of this machine; `refectory stress` runs longer ones.
//!
//! Rounds are drawn by proptest, from the seeds of the campaign. `REFECTORY_SEED` is the first seed,
//! `REFECTORY_SECONDS` the time of each subject.

use libtest_mimic::{Arguments, Failed, Trial};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use refectory::campaign::{self, Campaign, CampaignReport, Pauses, Plan, RoundReport, Tally};
use refectory::catalogue::subjects;
use refectory::cell::{Expect, Subject};
use refectory::scenario::{Port, Scenario, Waiting};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

fn main() -> ExitCode {
    campaign::child_main(draw);
    let (tell, told) = mpsc::channel();
    let trials = subjects().map(|subject| trial(subject, tell.clone())).collect();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    drop(tell);
    let report = CampaignReport { tallies: told.into_iter().collect() };
    println!("{report}");
    for round in report.failures() {
        println!("{round}\nreplay: {}\n", replay(round));
    }
    conclusion.exit_code()
}

/// Twins that real cores catch within a few rounds. The others have bugs that show rarely, or not on
/// this processor.
const CAUGHT: [&str; 3] = [
    "threads/table/ordered~left_first",
    "threads/queue/bounded~notify_one_for_all",
    "threads/queue/bounded.try~check_then_act",
];

fn trial(subject: &'static Subject, tell: mpsc::Sender<Tally>) -> Trial {
    Trial::test(subject.id(), move || {
        let tally = run(subject);
        // The receiver outlives the trials.
        let _ = tell.send(tally.clone());
        judge(&tally)
    })
}

fn run(subject: &Subject) -> Tally {
    // A campaign ends as soon as its last subject is caught.
    let usual = if must_be_caught(subject) { Duration::from_secs(30) } else { Duration::from_millis(300) };
    let duration = from_environment("REFECTORY_SECONDS").map_or(usual, Duration::from_secs);
    let seed = from_environment("REFECTORY_SEED").unwrap_or(0x5EED);
    let campaign = Campaign { filter: subject.id(), duration, seed };
    let mut report = campaign::run(&campaign, &mut |_| ControlFlow::Continue(()));
    report.tallies.pop().expect("a subject is found by its id")
}

fn judge(tally: &Tally) -> Result<(), Failed> {
    match (&tally.failure, tally.subject.expect) {
        (Some(round), Expect::Held) => Err(format!("{round}\nreplay: {}", replay(round)).into()),
        (None, _) if must_be_caught(tally.subject) => Err("the twin kept its properties".into()),
        (None, _) if tally.rounds == 0 => Err("no round was run".into()),
        _ => Ok(()),
    }
}

fn must_be_caught(subject: &Subject) -> bool {
    CAUGHT.contains(&subject.id().as_str())
}

fn replay(round: &RoundReport) -> String {
    let RoundReport { subject, seed, .. } = round;
    format!("REFECTORY_SEED={seed} REFECTORY_SECONDS=10 cargo test --test stress -- --exact {subject}")
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
