//! One round, in this process.

use super::plan::{Pauses, Plan};
use crate::cell::{Row, Subject};
use crate::engine::{self, Budget, Coverage, Engine, Exploration, Extent, Failure, FailureKind, Program};
use crate::event::trace::Trace;
use crate::port::Harness;
use crate::report::{Unfinished, unfinished, unfinished_row};
use crate::scenario::{Observer, Scenario, SplitMix64, Step};
use serde::{Deserialize, Serialize};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// What was seen in a round: plain facts, as the engine `native` reports them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// The seed that draws the round again.
    pub seed: u64,
    /// Threads of the round, main included.
    pub threads: u32,
    /// Operations that were completed.
    pub operations: u64,
    /// Those during which another thread had one under way; not known of a row.
    pub overlapped: Option<u64>,
    /// Whether the round can be judged.
    pub coverage: Coverage,
    /// How it went wrong, if it did.
    pub failure: Option<Failure>,
}

impl Round {
    /// Whether every property was kept.
    pub fn is_good(&self) -> bool {
        self.failure.is_none() && self.coverage.is_ok()
    }
}

/// The seed of the round after that of this seed.
pub(super) const fn next_seed(seed: u64) -> u64 {
    SplitMix64::new(seed).next_u64()
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
    Plan(Harness, Plan),
    /// It plays this row so many times.
    Row(Row, usize),
}

impl Work {
    /// A row is played at most so many times in one round.
    const ENCORES: usize = 64;

    /// What the round of this seed does: its plan, or, where the subject has rows, one of
    /// them every other time.
    ///
    /// # Panics
    /// If the subject has neither a port nor rows.
    pub fn draw(subject: &Subject, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        match subject.harness {
            Some(harness) if subject.rows.is_empty() || random.between(0, 1) == 0 => {
                Self::Plan(harness, Plan::draw(harness.port, seed))
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
pub fn perform(work: Work, seed: u64) -> Round {
    match work {
        Work::Plan(harness, plan) => perform_plan(harness, plan, seed),
        Work::Row(row, times) => perform_row(row, times, seed),
    }
}

fn perform_plan(harness: Harness, plan: Plan, seed: u64) -> Round {
    let scenario = Arc::new(plan.scenario);
    let clock = Arc::new(Clock::of(&scenario, plan.pauses));
    let program = {
        let (scenario, observer) = (scenario.clone(), clock.clone() as Arc<dyn Observer>);
        Program::measured(move || harness.play(&scenario, &observer))
    };
    let seen = watch(program, 1, || clock.moves(), || unfinished(&clock.unfinished(&scenario)));
    let (operations, overlapped) = overlap(clock.intervals());
    round(seed, seen, operations, Some(overlapped))
}

fn perform_row(row: Row, times: usize, seed: u64) -> Round {
    let played = Arc::new(AtomicUsize::new(0));
    let program = {
        let played = played.clone();
        Program::new(move || {
            let outcome = (row.play)();
            // Ordering: the count publishes nothing.
            played.fetch_add(1, Ordering::Relaxed);
            outcome
        })
    };
    let moves = || played.load(Ordering::Relaxed);
    let seen = watch(program, times, moves, || unfinished_row(row.name, moves() + 1, times));
    round(seed, seen, moves() as u64, None)
}

fn round(seed: u64, seen: Exploration, operations: u64, overlapped: Option<u64>) -> Round {
    let Exploration { threads, coverage, failure, .. } = seen;
    Round { seed, threads, operations, overlapped, coverage, failure }
}

/// Runs the program so often in a thread, and looks at what moves until that has ended or hangs; then `waits`
/// tells who waits.
fn watch(
    program: Program,
    times: usize,
    moves: impl Fn() -> usize,
    waits: impl FnOnce() -> String,
) -> Exploration {
    let budget = Budget { executions: times as u64, ..Budget::default() };
    let (told, tidings) = mpsc::channel();
    // Nobody hears of a round that was given up as hung.
    let play = move || drop(told.send(engine::explore(Engine::Native, &program, &budget)));
    #[expect(clippy::disallowed_methods, reason = "a thread of the campaign, outside every engine")]
    let main = std::thread::spawn(play);
    let mut last = 0;
    let mut still = 0;
    loop {
        match tidings.recv_timeout(TICK) {
            Ok(seen) => return seen,
            Err(RecvTimeoutError::Disconnected) => resume_unwind(main.join().expect_err("it told nothing")),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let moves = moves();
        still = if moves == last { still + 1 } else { 0 };
        last = moves;
        if still == PATIENCE {
            return hung(waits());
        }
    }
}

fn hung(message: String) -> Exploration {
    let failure = Failure { kind: FailureKind::Hang, message, trace: Trace::default(), execution: 1 };
    Exploration { failures: 1, failure: Some(failure), ..Exploration::new(Ok(Extent::Sampled(1))) }
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

    /// What each thread that is not done is in the middle of.
    fn unfinished<'a>(&self, scenario: &'a Scenario) -> Vec<Unfinished<'a>> {
        let mut unfinished = Vec::new();
        for (role, stamps) in scenario.roles.iter().zip(&self.roles) {
            let Some(done) = stamps.iter().position(|stamp| stamp.values()[2] == 0) else { continue };
            let [begun, ate, _] = stamps[done].values().map(|time| time != 0);
            unfinished.push(Unfinished { role, size: scenario.size, done, begun, ate });
        }
        unfinished
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
    use crate::catalogue::{correct_here, subjects};

    fn subject(id: &str) -> &'static Subject {
        subjects().find(|subject| subject.id() == id).unwrap()
    }

    #[test]
    fn every_correct_subject_keeps_its_properties() {
        for subject in correct_here() {
            for seed in 0..5 {
                let round = perform(Work::draw(subject, seed), seed);
                assert!(round.is_good() && round.operations > 0, "{}: {round:?}", subject.id());
            }
        }
    }

    #[test]
    fn a_hang_tells_who_waits_for_what() {
        let scenario = crate::port::table::dining(2, 3);
        let clock = Clock::of(&scenario, Pauses { seed: 0, longest: 0 });
        clock.begins(0, 0);
        clock.eats(0, 0);
        clock.ends(0, 0);
        clock.begins(0, 1);
        assert_eq!(
            unfinished(&clock.unfinished(&scenario)),
            "nothing moves any more\n\
             philosopher 0 waits for fork 0 or fork 1, operation 2 of 3\n\
             philosopher 1 is about to dine at 1, operation 1 of 3"
        );
        assert_eq!(clock.moves(), 4);
    }

    #[test]
    fn a_hung_round_is_given_up() {
        let notify_one_for_all = subject("threads/queue/bounded~notify_one_for_all");
        let failure = |seed| perform(Work::draw(notify_one_for_all, seed), seed).failure;
        let failure = (0..1000).find_map(failure).expect("the lost wake-up is caught");
        assert_eq!(failure.kind, FailureKind::Hang);
        let mut waits = failure.message.lines().skip(1);
        assert!(waits.all(|wait| wait.contains("waits in p")), "{}", failure.message);
    }

    #[test]
    fn overlap_counts_operations_that_another_one_meets() {
        assert_eq!(overlap(vec![]), (0, 0));
        assert_eq!(overlap(vec![(1, 2), (3, 4), (5, 6)]), (3, 0));
        assert_eq!(overlap(vec![(1, 9), (2, 3), (4, 5), (10, 11)]), (4, 3));
        assert_eq!(overlap(vec![(4, 6), (1, 2), (5, 7)]), (3, 2));
    }

    #[test]
    fn a_failure_keeps_its_kind() {
        let row = Row::new("starves", || {
            let kind = FailureKind::Starvation;
            Err(engine::Violation { kind, ..engine::Violation::new("all_are_fed", "0 is not".to_owned()) })
        });
        let failure = perform(Work::Row(row, 3), 0).failure.unwrap();
        assert_eq!((failure.kind, &*failure.message), (FailureKind::Starvation, "all_are_fed: 0 is not"));
        let row = Row::new("panics", || panic!("no soup today"));
        assert_eq!(perform(Work::Row(row, 3), 0).failure.unwrap().kind, FailureKind::Panic);
    }
}
