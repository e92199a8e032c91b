//! A short campaign of every subject on the cores of this machine; `refectory stress` runs longer ones.
//!
//! `REFECTORY_SEED` is the first seed, `REFECTORY_SECONDS` the time of each subject.

use libtest_mimic::{Arguments, Failed, Trial};
use refectory::campaign::{self, Campaign, CampaignReport, Plan, RoundReport, Tally};
use refectory::catalogue::subjects;
use refectory::cell::{Expect, Subject};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

fn main() -> ExitCode {
    campaign::child_main(Plan::draw);
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
