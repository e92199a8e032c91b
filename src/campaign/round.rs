//! One round, in this process.

use super::clock::{Clock, Judged};
use super::fate::{Fate, Lot};
use super::kept::KeptOperation;
use super::plan::Plan;
use crate::cell::{Row, Scope, Subject};
use crate::check::Decision;
use crate::engine::{self, Budget, Coverage, Engine, Exploration, Extent, Failure, FailureKind, Program};
use crate::event::trace::Trace;
use crate::history::recorder::overlap_of;
use crate::judge::Histories;
use crate::port::Harness;
use crate::report::{unfinished, unfinished_row};
use crate::scenario::{Observer, SplitMix64};
use serde::{Deserialize, Serialize};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

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
    /// The history of a queue, a lock or a table, and whether it was decided.
    pub histories: Histories,
    /// Processes that were killed.
    #[serde(default)]
    pub deaths: u64,
    /// Whether the round can be judged.
    pub coverage: Coverage,
    /// How it went wrong, if it did.
    pub failure: Option<Failure>,
    /// What was recorded, if the round went wrong.
    pub history: Vec<KeptOperation>,
}

impl Round {
    /// Whether every property was kept, as far as it was looked at.
    pub fn is_good(&self) -> bool {
        self.failure.is_none() && self.coverage.is_ok()
    }

    fn of(seed: u64, seen: Exploration, operations: u64) -> Self {
        let Exploration { threads, coverage, failure, .. } = seen;
        let (overlapped, histories, history) = (None, Histories::default(), Vec::new());
        Self { seed, threads, operations, overlapped, histories, deaths: 0, coverage, failure, history }
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
    /// It plays this row so many times. Where there is a lot, a process dies each time but the first, if the row has any: then the points are
    /// counted at which one can die.
    Row(Row, usize, Option<Lot>),
}

/// The model whose rows have processes that may be killed.
const PROCESSES: &str = "processes";

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
                let times = random.between(1, Self::ENCORES);
                let dies = subject.model == PROCESSES && random.between(0, 1) == 0;
                let two_may_die = subject.two_may_die.contains(&Scope::Row(row.name));
                Self::Row(row, times, dies.then(|| Lot { number: random.next_u64(), two_may_die }))
            }
        }
    }

    /// The same threads again, which meet in another way.
    pub(super) fn again(&self, seed: u64) -> Self {
        match self {
            Self::Plan(harness, plan) => Self::Plan(*harness, plan.again(seed)),
            row @ Self::Row(..) => row.clone(),
        }
    }

    /// The same program for an engine: once, and nobody dawdles.
    pub(super) fn program(&self) -> Program {
        match self {
            Self::Plan(harness, plan) => harness.loaded(plan.load).program(plan.scenario.clone()),
            Self::Row(row, ..) => Program::new(row.play),
        }
    }
}

/// Plays a round, and watches it. If it hangs, its threads are left behind: the caller is to
/// end the process.
pub fn perform(work: Work, seed: u64) -> Round {
    match work {
        Work::Plan(harness, plan) => perform_plan(harness, &plan, seed),
        Work::Row(row, times, lot) => perform_row(row, times, lot, seed),
    }
}

fn perform_plan(harness: Harness, plan: &Plan, seed: u64) -> Round {
    let scenario = Arc::new(plan.scenario.clone());
    let clock = Arc::new(Clock::of(plan));
    let harness = harness.loaded(plan.load);
    let program = {
        let (scenario, observer) = (scenario.clone(), clock.clone() as Arc<dyn Observer>);
        Program::measured(move || harness.play(&scenario, &observer))
    };
    let waits = || {
        // Where all is done the history is being judged, which takes its time on a slow machine.
        let left = clock.unfinished(&scenario);
        (!left.is_empty()).then(|| unfinished(&left))
    };
    let seen = watch(program, 1, || clock.moves(), waits);
    let overlap = overlap_of(clock.intervals());
    let mut round = Round::of(seed, seen, overlap.operations);
    round.overlapped = Some(overlap.overlapped);
    if let Some(judged) = clock.judged() {
        round.histories = histories(judged);
        if round.failure.is_some() {
            round.history = KeptOperation::all(&scenario, &judged.history);
        }
    }
    round
}

/// One history, of which that was decided.
fn histories(Judged { history, decision }: &Judged) -> Histories {
    let why = match decision {
        Decision::Unknown(why) => Some(why.clone()),
        Decision::Holds | Decision::Violated(_) => None,
    };
    let overtaken = history.most_overtaken();
    Histories { recorded: 1, decided: u64::from(why.is_none()), why, overtaken }
}

fn perform_row(row: Row, times: usize, lot: Option<Lot>, seed: u64) -> Round {
    let played = Arc::new(AtomicUsize::new(0));
    let deaths = Arc::new(AtomicU64::new(0));
    let program = {
        let (played, deaths, points) = (played.clone(), deaths.clone(), AtomicU64::new(0));
        Program::new(move || {
            // Ordering: the counts publish nothing.
            let number = played.load(Ordering::Relaxed) as u64;
            let fate = Fate::of(lot, number, points.load(Ordering::Relaxed));
            let outcome = (row.play)();
            points.fetch_max(fate.passed(), Ordering::Relaxed);
            deaths.fetch_add(fate.deaths(), Ordering::Relaxed);
            played.fetch_add(1, Ordering::Relaxed);
            outcome
        })
    };
    let moves = || played.load(Ordering::Relaxed);
    let waits = || Some(unfinished_row(row.name, moves() + 1, times));
    let seen = watch(program, times, moves, waits);
    Round { deaths: deaths.load(Ordering::Relaxed), ..Round::of(seed, seen, moves() as u64) }
}

/// Runs the program so often in a thread, and looks at what moves until that has ended or hangs; then `waits`
/// tells who waits.
fn watch(
    program: Program,
    times: usize,
    moves: impl Fn() -> usize,
    waits: impl Fn() -> Option<String>,
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
        if still >= PATIENCE
            && let Some(waits) = waits()
        {
            return hung(waits);
        }
    }
}

fn hung(message: String) -> Exploration {
    let failure = Failure { kind: FailureKind::Hang, message, trace: Trace::default(), execution: 1 };
    Exploration { failures: 1, failure: Some(failure), ..Exploration::new(Ok(Extent::Sampled(1))) }
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
    fn a_hung_round_is_given_up() {
        let notify_one_for_all = subject("threads/queue/bounded~notify_one_for_all");
        let failure = |seed| perform(Work::draw(notify_one_for_all, seed), seed).failure;
        let failure = (0..1000).find_map(failure).expect("the lost wake-up is caught");
        assert_eq!(failure.kind, FailureKind::Hang);
        let mut waits = failure.message.lines().skip(1);
        assert!(waits.all(|wait| wait.contains("waits in p")), "{}", failure.message);
    }

    /// Whoever was handed the lock and is dropped at that moment must hand it on.
    #[test]
    fn a_permit_that_is_lost_in_a_storm_is_a_hang() {
        use crate::model::coroutines::lock::broken::KeepsForItself;
        use crate::model::coroutines::lock::{Impatient, Lock};
        use crate::port::lock;
        let harness = Harness::new(&lock::PORT, lock::play::<Impatient<Lock<KeepsForItself>>>);
        let failure = |seed| perform(Work::Plan(harness, Plan::draw(&lock::PORT, seed)), seed).failure;
        let failure = (0..1000).find_map(failure).expect("the lost permit is missed");
        assert_eq!(failure.kind, FailureKind::Hang);
    }

    #[test]
    fn locks_and_tables_have_histories() {
        for (id, port) in [("threads/lock/futex", "lock"), ("threads/table/ordered", "table")] {
            let harness = subject(id).harness.unwrap();
            assert_eq!(harness.port.name, port);
            let round = perform(Work::Plan(harness, Plan::draw(harness.port, 1)), 1);
            assert_eq!((round.histories.recorded, round.histories.decided), (1, 1), "{id}");
            assert!(round.is_good() && round.histories.overtaken.is_some(), "{id}: {round:?}");
        }
    }

    #[test]
    fn a_failure_keeps_its_kind() {
        let row = Row::new("starves", || {
            let kind = FailureKind::Starvation;
            Err(engine::Violation { kind, ..engine::Violation::new("all_are_fed", "0 is not".to_owned()) })
        });
        let failure = perform(Work::Row(row, 3, None), 0).failure.unwrap();
        assert_eq!((failure.kind, &*failure.message), (FailureKind::Starvation, "all_are_fed: 0 is not"));
        let row = Row::new("panics", || panic!("no soup today"));
        assert_eq!(perform(Work::Row(row, 3, None), 0).failure.unwrap().kind, FailureKind::Panic);
    }

    /// Which queue it is does not matter: here one whose items overtake each other.
    #[test]
    fn a_queue_that_answers_in_another_order_is_kept_with_its_history() {
        let own_lanes = subject("threads/queue/bounded.try~own_lanes");
        let failed = |seed| Some(perform(Work::draw(own_lanes, seed), seed)).filter(|round| !round.is_good());
        let round = (0..1000).find_map(failed).expect("the other order is caught");
        assert_eq!(round.failure.unwrap().kind, FailureKind::NotLinearizable);
        assert_eq!(round.histories, Histories { recorded: 1, decided: 1, why: None, overtaken: None });
        assert_eq!(round.history.len() as u64, round.operations);
    }
}
