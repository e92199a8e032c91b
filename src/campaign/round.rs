//! One round, in this process.

use super::plan::{Pauses, Plan, SplitMix64};
use super::share;
use crate::cell::{Row, Subject};
use crate::engine::{Outcome, Violation};
use crate::port::forks_of;
use crate::scenario::{Observer, Port, Rig, Scenario, Step};
use crate::sync::thread;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How a round ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Every property was kept.
    Kept,
    /// A property was violated.
    Violated {
        /// Its name.
        property: String,
        /// What happened instead.
        detail: String,
    },
    /// A thread panicked, and said this.
    Panicked(String),
    /// Nothing moved any more. A line a thread that is not done: what it waits for.
    Hung(Vec<String>),
    /// The process died, in this way.
    Died(String),
}

impl Ending {
    /// The name, as in tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Violated { .. } => "property violated",
            Self::Panicked(_) => "panic",
            Self::Hung(_) => "hang",
            Self::Died(_) => "crash",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept => f.write_str("kept"),
            Self::Violated { property, detail } => write!(f, "{property} violated: {detail}"),
            Self::Panicked(message) => write!(f, "panic: {message}"),
            Self::Hung(waits) => write!(f, "hang:\n  {}", waits.join("\n  ")),
            Self::Died(how) => write!(f, "the process died: {how}"),
        }
    }
}

/// What came of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundReport {
    /// The subject's id.
    pub subject: String,
    /// The seed that draws the round again.
    pub seed: u64,
    /// Threads of the round.
    pub threads: usize,
    /// Operations that were completed.
    pub operations: u64,
    /// Those during which another thread had one under way; not known of a row.
    pub overlapped: Option<u64>,
    /// How it ended.
    pub ending: Ending,
}

impl RoundReport {
    /// The command that plays this round first, and then others for as long as it takes.
    pub fn replay(&self) -> String {
        format!("cargo refectory stress {} --seed {} --for 10s", self.subject, self.seed)
    }
}

impl fmt::Display for RoundReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, seed, threads, operations, overlapped, ending } = self;
        let share = share(*overlapped, *operations);
        write!(f, "{subject}, seed {seed}: {threads} threads, {operations} operations, ")?;
        write!(f, "{share} overlapped: {ending}")
    }
}

/// How often the watchdog looks.
const TICK: Duration = Duration::from_millis(100);
/// At so many looks in a row at which nothing has moved, the round hangs. Looks are counted, not time: a
/// machine that does not run the threads does not run the watchdog either.
const PATIENCE: u32 = 20;

/// What a round does.
#[derive(Clone, Debug)]
pub enum Work {
    /// It plays this plan.
    Plan(Rig, Plan),
    /// It plays this row so many times.
    Row(Row, usize),
}

impl Work {
    /// A row is played at most so many times in one round.
    const ENCORES: usize = 64;

    /// What the round of this seed does: the plan that `draw` gives, or, where the subject has rows, one of
    /// them every other time.
    ///
    /// # Panics
    /// If the subject has neither a port nor rows.
    pub fn draw(subject: &Subject, seed: u64, draw: impl Fn(Port, u64) -> Plan) -> Self {
        let mut random = SplitMix64::new(seed);
        match subject.rig {
            Some(rig) if subject.rows.is_empty() || random.between(0, 1) == 0 => {
                Self::Plan(rig, draw(rig.port, seed))
            }
            _ => {
                let row = subject.rows[random.between(0, subject.rows.len() - 1)];
                Self::Row(row, random.between(1, Self::ENCORES))
            }
        }
    }
}

/// Plays a round, and watches it. If it hangs, its threads are left behind: the caller is to
/// end the process.
pub fn perform(subject: &Subject, work: Work, seed: u64) -> RoundReport {
    let subject = subject.id();
    match work {
        Work::Plan(rig, plan) => perform_plan(subject, rig, plan, seed),
        Work::Row(row, times) => perform_row(subject, row, times, seed),
    }
}

fn perform_plan(subject: String, rig: Rig, plan: Plan, seed: u64) -> RoundReport {
    let scenario = Arc::new(plan.scenario);
    let threads = scenario.roles.len();
    let clock = Arc::new(Clock::of(&scenario, plan.pauses));
    let play = {
        let (scenario, observer) = (scenario.clone(), clock.clone() as Arc<dyn Observer>);
        move || rig.play(&scenario, &observer).outcome
    };
    let ending = watch(play, || clock.moves(), || clock.waits(&scenario));
    let (operations, overlapped) = overlap(clock.intervals());
    RoundReport { subject, seed, threads, operations, overlapped: Some(overlapped), ending }
}

fn perform_row(subject: String, row: Row, times: usize, seed: u64) -> RoundReport {
    let played = Arc::new(AtomicUsize::new(0));
    let play = {
        let played = played.clone();
        move || {
            for _ in 0..times {
                (row.play)()?;
                played.fetch_add(1, Ordering::Relaxed);
            }
            Ok(String::new())
        }
    };
    let moves = || played.load(Ordering::Relaxed);
    let ending = watch(play, moves, || vec![format!("{}, time {} of {times}", row.name, moves() + 1)]);
    RoundReport { subject, seed, threads: 1, operations: moves() as u64, overlapped: None, ending }
}

/// Plays in a thread, and looks at what moves until it has ended or hangs; then `waits` tells who waits.
fn watch(
    play: impl FnOnce() -> Outcome + Send + 'static,
    moves: impl Fn() -> usize,
    waits: impl FnOnce() -> Vec<String>,
) -> Ending {
    let (told, tidings) = mpsc::channel();
    // Nobody hears of a round that was given up as hung.
    let main = thread::spawn(move || drop(told.send(play())));
    let mut last = 0;
    let mut still = 0;
    loop {
        match tidings.recv_timeout(TICK) {
            Ok(Ok(_outcome)) => return Ending::Kept,
            Ok(Err(Violation { property, detail, .. })) => {
                return Ending::Violated { property: property.to_owned(), detail };
            }
            Err(RecvTimeoutError::Disconnected) => return panicked(main.join()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let moves = moves();
        still = if moves == last { still + 1 } else { 0 };
        last = moves;
        if still == PATIENCE {
            return Ending::Hung(waits());
        }
    }
}

/// The main thread ended without an outcome.
fn panicked(ended: Result<(), Box<dyn Any + Send>>) -> Ending {
    let payload = ended.err();
    let text = payload.as_deref().and_then(|payload| {
        let literal = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        literal.or_else(|| payload.downcast_ref::<String>().cloned())
    });
    Ending::Panicked(text.unwrap_or_else(|| "without words".to_owned()))
}

/// Knows when each operation began and ended. Threads write their own stamps alone, relaxed: a clock
/// that ordered them would hide their races.
struct Clock {
    started: Instant,
    pauses: Pauses,
    roles: Vec<Vec<Stamp>>,
}

/// Nanoseconds since the start, plus 1; 0 is not yet.
#[derive(Default)]
struct Stamp {
    begins: AtomicU64,
    eats: AtomicU64,
    ends: AtomicU64,
}

impl Stamp {
    fn values(&self) -> [u64; 3] {
        [&self.begins, &self.eats, &self.ends].map(|time| time.load(Ordering::Relaxed))
    }
}

impl Clock {
    fn of(scenario: &Scenario, pauses: Pauses) -> Self {
        let stamps = |steps: &Vec<Step>| steps.iter().map(|_| Stamp::default()).collect();
        let roles = scenario.roles.iter().map(|role| stamps(&role.steps)).collect();
        Self { started: Instant::now(), pauses, roles }
    }

    fn stamp(&self, time: &AtomicU64) {
        time.store(self.started.elapsed().as_nanos() as u64 + 1, Ordering::Relaxed);
    }

    fn stamps(&self) -> impl Iterator<Item = [u64; 3]> {
        self.roles.iter().flatten().map(Stamp::values)
    }

    /// How many things have happened.
    fn moves(&self) -> usize {
        self.stamps().flatten().filter(|&time| time != 0).count()
    }

    /// When the completed operations began and ended.
    fn intervals(&self) -> Vec<(u64, u64)> {
        self.stamps().filter(|&[_, _, ends]| ends != 0).map(|[begins, _, ends]| (begins, ends)).collect()
    }

    /// What each thread that is not done waits for.
    fn waits(&self, scenario: &Scenario) -> Vec<String> {
        let mut waits = Vec::new();
        for (role, stamps) in scenario.roles.iter().zip(&self.roles) {
            let Some(k) = stamps.iter().position(|stamp| stamp.values()[2] == 0) else { continue };
            let doing = describe(role.steps[k], stamps[k].values(), scenario.size);
            waits.push(format!("{} {doing}, operation {} of {}", role.name, k + 1, stamps.len()));
        }
        waits
    }
}

/// What a thread does that has not ended this step.
fn describe(step: Step, stamps: [u64; 3], size: usize) -> String {
    match (step, stamps) {
        (_, [0, ..]) => format!("is about to {step}"),
        (Step::Dine(seat), [_, 0, _]) => {
            let (left, right) = forks_of(seat, size);
            format!("waits for fork {left} or fork {right}")
        }
        (Step::Dine(_), _) => "has eaten and puts down its forks".to_owned(),
        _ => format!("waits in {step}"),
    }
}

impl Observer for Clock {
    fn begins(&self, role: usize, step: usize) {
        self.pauses.take(role, step);
        self.stamp(&self.roles[role][step].begins);
    }

    fn eats(&self, role: usize, step: usize) {
        self.stamp(&self.roles[role][step].eats);
        self.pauses.take(role, !step);
    }

    fn ends(&self, role: usize, step: usize) {
        self.stamp(&self.roles[role][step].ends);
    }
}

/// How many operations there are, and how many overlapped another one.
fn overlap(mut intervals: Vec<(u64, u64)>) -> (u64, u64) {
    intervals.sort_unstable();
    let mut latest = 0;
    let mut overlapped = 0;
    for (i, &(begins, ends)) in intervals.iter().enumerate() {
        // A thread's own operations follow each other, so whatever overlaps is another thread's.
        let with_the_next = intervals.get(i + 1).is_some_and(|&(next, _)| next < ends);
        overlapped += u64::from(begins < latest || with_the_next);
        latest = latest.max(ends);
    }
    (intervals.len() as u64, overlapped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::subjects;
    use crate::cell::Expect;

    fn subject(id: &str) -> &'static Subject {
        subjects().find(|subject| subject.id() == id).unwrap()
    }

    #[test]
    fn every_correct_subject_keeps_its_properties() {
        for subject in subjects().filter(|subject| subject.expect == Expect::Held) {
            for seed in 0..5 {
                let report = perform(subject, Work::draw(subject, seed, Plan::draw), seed);
                assert_eq!(report.ending, Ending::Kept, "{report}");
                assert!(report.operations > 0);
            }
        }
    }

    #[test]
    fn a_hang_tells_who_waits_for_what() {
        let scenario = Scenario::dining(2, 3);
        let clock = Clock::of(&scenario, Pauses { seed: 0, longest: 0 });
        clock.begins(0, 0);
        clock.eats(0, 0);
        clock.ends(0, 0);
        clock.begins(0, 1);
        assert_eq!(
            clock.waits(&scenario),
            [
                "philosopher 0 waits for fork 0 or fork 1, operation 2 of 3",
                "philosopher 1 is about to dine at 1, operation 1 of 3",
            ]
        );
        assert_eq!(clock.moves(), 4);
    }

    #[test]
    fn a_hung_round_is_given_up() {
        let notify_one_for_all = subject("threads/queue/bounded~notify_one_for_all");
        let hung =
            |seed| perform(notify_one_for_all, Work::draw(notify_one_for_all, seed, Plan::draw), seed).ending;
        let Some(Ending::Hung(waits)) = (0..1000).map(hung).find(|ending| *ending != Ending::Kept) else {
            panic!("the lost wake-up was not caught");
        };
        assert!(waits.iter().all(|wait| wait.contains("waits in p")), "{waits:?}");
    }

    #[test]
    fn overlap_counts_operations_that_another_one_meets() {
        assert_eq!(overlap(vec![]), (0, 0));
        assert_eq!(overlap(vec![(1, 2), (3, 4), (5, 6)]), (3, 0));
        assert_eq!(overlap(vec![(1, 9), (2, 3), (4, 5), (10, 11)]), (4, 3));
        assert_eq!(overlap(vec![(4, 6), (1, 2), (5, 7)]), (3, 2));
    }

    #[test]
    fn a_report_prints_its_seed() {
        let report = RoundReport {
            subject: "threads/table/ordered~left_first".to_owned(),
            seed: 255,
            threads: 2,
            operations: 10,
            overlapped: Some(5),
            ending: Ending::Hung(vec!["philosopher 0 waits for fork 0 or fork 1".to_owned()]),
        };
        assert_eq!(
            report.to_string(),
            "threads/table/ordered~left_first, seed 255: 2 threads, 10 operations, 50% overlapped: hang:\n  \
             philosopher 0 waits for fork 0 or fork 1"
        );
        assert_eq!(
            report.replay(),
            "cargo refectory stress threads/table/ordered~left_first --seed 255 --for 10s"
        );
    }
}
