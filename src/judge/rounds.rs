//! What the rounds of a campaign are worth: a subject's rounds are judged as a cell of `native` is, whose
//! scope is the seed.

use super::record::{CellReport, Status, status};
use super::verdict::Verdict;
use crate::catalogue::subjects;
use crate::cell::{CellId, Expect, Question, Subject};
use crate::engine::{Coverage, Engine, Exhausted, Exploration, Extent, FailureKind, Reason};
use std::time::Duration;

/// Histories that were recorded, and how many of them were decided: found to be one that the subject may have, or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Histories {
    /// How many there are.
    pub recorded: u64,
    /// Of these, how many were decided.
    pub decided: u64,
    /// Why one of the others was not.
    pub why: Option<String>,
    /// How often somebody who waited for a lock, or for a fork, was overtaken, at most: measured from outside, and no verdict. Nothing is
    /// known of queues.
    #[cfg_attr(feature = "cli", serde(default))]
    pub overtaken: Option<u64>,
}

impl Histories {
    /// Counts these too.
    pub fn add(&mut self, more: Self) {
        self.recorded += more.recorded;
        self.decided += more.decided;
        self.why = self.why.take().or(more.why);
        self.overtaken = self.overtaken.max(more.overtaken);
    }

    /// How many were not decided.
    pub const fn undecided(&self) -> u64 {
        self.recorded - self.decided
    }
}

/// What was seen of a subject in its rounds: plain facts.
#[derive(Clone, Debug)]
pub struct Rounds {
    /// The subject.
    pub subject: &'static Subject,
    /// The round that shows it: the one that went wrong, else the first.
    pub seed: u64,
    /// The rounds, as executions.
    pub exploration: Exploration,
    /// Operations that were completed in them.
    pub operations: u64,
    /// Operations during which another thread had one under way; not known of rows.
    pub overlapped: Option<u64>,
    /// Their histories.
    pub histories: Histories,
    /// How long they took.
    pub elapsed: Duration,
}

impl Rounds {
    /// None has been run.
    pub fn none(subject: &'static Subject, seed: u64) -> Self {
        let exploration = Exploration::new(Ok(Extent::Sampled(0)));
        let (overlapped, histories) = (None, Histories::default());
        Self { subject, seed, exploration, operations: 0, overlapped, histories, elapsed: Duration::ZERO }
    }

    /// Whether there is nothing more to learn: a round went wrong, or could not be judged.
    pub fn are_over(&self) -> bool {
        self.exploration.failure.is_some() || self.exploration.coverage.is_err()
    }
}

/// What is known of a subject after its rounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundsReport {
    /// Verdict and status, as those of a cell; its executions are the rounds.
    pub cell: CellReport,
    /// Operations that were completed.
    pub operations: u64,
    /// Operations during which another thread had one under way; not known of rows.
    pub overlapped: Option<u64>,
    /// Their histories.
    pub histories: Histories,
}

impl From<Rounds> for RoundsReport {
    fn from(rounds: Rounds) -> Self {
        let coverage = coverage(&rounds);
        let Rounds { subject, seed, mut exploration, operations, overlapped, histories, elapsed } = rounds;
        exploration.coverage = coverage;
        let verdict = Verdict::of(Engine::Native, &exploration);
        let cell = CellReport {
            twin: subject.expect != Expect::Held,
            status: status(expect(subject), &verdict),
            elapsed,
            ..CellReport::bare(id_of_rounds(subject, seed), verdict)
        };
        Self { cell: cell.with(exploration), operations, overlapped, histories }
    }
}

/// How much the rounds have shown. One whose history was not decided is none of those that held, and where nothing overlapped there was
/// nothing to be seen.
fn coverage(rounds: &Rounds) -> Coverage {
    let Rounds { subject, exploration, overlapped, histories, elapsed, .. } = rounds;
    let executions = exploration.executions;
    exploration.coverage.clone()?;
    match (executions - histories.undecided(), overlapped) {
        (0, _) if executions == 0 => Err(Reason::Budget(Exhausted::Time { time: *elapsed, executions })),
        (0, _) => Err(Reason::Unsupported(histories.why.clone().unwrap_or_default())),
        // Main, and two that could have met. Of rows it is not known.
        (_, Some(0)) if exploration.threads > 2 && subject.rows.is_empty() => {
            Err(Reason::NotExercised(executions))
        }
        (judged, _) => Ok(Extent::Sampled(judged)),
    }
}

/// What is expected of a subject on real cores; `None` where anything may come: a race and a use after the
/// end show in their consequences alone, which may be of any kind.
fn expect(subject: &Subject) -> Option<Expect> {
    let any = [FailureKind::DataRace, FailureKind::UseAfterDestroy];
    match subject.expect {
        Expect::Broken(kinds) if kinds.iter().any(|kind| any.contains(kind)) => None,
        other => Some(other),
    }
}

/// The status where rounds are enough to catch a twin, so that to miss it is a violation too.
pub fn status_if_shown(report: &CellReport) -> Status {
    match report.verdict {
        Verdict::Held(Extent::Sampled(_)) if report.twin => Status::Violation,
        _ => report.status,
    }
}

/// How the scope of rounds begins.
const SEED: &str = "seed-";

/// The name under which rounds are shown and kept, as in `threads/table/ordered~left_first/seed-17@native`.
pub fn id_of_rounds(subject: &Subject, seed: u64) -> CellId {
    let [model, family, subject] = [subject.model, subject.family, subject.name].map(str::to_owned);
    let question = Question { model, family, subject, scope: format!("{SEED}{seed}") };
    CellId { question, engine: Engine::Native }
}

/// The subject and the seed of rounds with this name; `None` if it is that of a cell, or of nothing.
pub fn rounds_of(id: &CellId) -> Option<(&'static Subject, u64)> {
    let seed = id.question.scope.strip_prefix(SEED)?.parse().ok()?;
    subjects().find(|subject| id_of_rounds(subject, seed) == *id).map(|subject| (subject, seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Failure;
    use crate::event::trace::Trace;

    /// The first of the catalogue's of which that is expected: a table, and its twin that ends in a deadlock.
    fn subject(expect: Expect) -> &'static Subject {
        subjects()
            .find(|subject| std::mem::discriminant(&subject.expect) == std::mem::discriminant(&expect))
            .unwrap()
    }

    fn judged(subject: &'static Subject, executions: u64, kind: Option<FailureKind>) -> RoundsReport {
        let mut rounds = Rounds::none(subject, 17);
        rounds.exploration.executions = executions;
        let failure = |kind| Failure { kind, message: String::new(), trace: Trace::default(), execution: 1 };
        rounds.exploration.failure = kind.map(failure);
        rounds.into()
    }

    #[test]
    fn rounds_that_held_are_a_sample() {
        let report = judged(subject(Expect::Held), 5, None);
        assert_eq!(report.cell.verdict, Verdict::Held(Extent::Sampled(5)));
        assert_eq!((report.cell.status, report.cell.executions), (Status::Expected, 5));
    }

    #[test]
    fn rounds_that_took_turns_are_no_pass() {
        let mut rounds = Rounds::none(subject(Expect::Held), 17);
        rounds.exploration.executions = 5;
        rounds.exploration.threads = 3;
        rounds.overlapped = Some(0);
        let report: RoundsReport = rounds.clone().into();
        assert_eq!(report.cell.verdict, Verdict::Inconclusive(Reason::NotExercised(5)));
        rounds.overlapped = Some(1);
        assert_eq!(RoundsReport::from(rounds).cell.verdict, Verdict::Held(Extent::Sampled(5)));
    }

    #[test]
    fn a_round_that_was_not_decided_is_no_pass() {
        let mut rounds = Rounds::none(subject(Expect::Held), 17);
        rounds.exploration.executions = 5;
        rounds.histories =
            Histories { recorded: 5, decided: 2, why: Some("too long".to_owned()), overtaken: None };
        let verdict = |rounds: &Rounds| RoundsReport::from(rounds.clone()).cell.verdict;
        assert_eq!(verdict(&rounds), Verdict::Held(Extent::Sampled(2)));
        rounds.histories.decided = 0;
        assert_eq!(verdict(&rounds), Verdict::Inconclusive(Reason::Unsupported("too long".to_owned())));
    }

    #[test]
    fn no_round_is_no_pass() {
        let report = judged(subject(Expect::Held), 0, None);
        assert_eq!(report.cell.status, Status::Undecided);
    }

    #[test]
    fn a_twin_may_hold_unless_it_is_known_to_show() {
        let report = judged(subject(Expect::Broken(&[])), 5, None);
        assert_eq!(report.cell.status, Status::Expected);
        assert_eq!(status_if_shown(&report.cell), Status::Violation);
    }

    #[test]
    fn a_twin_has_to_fail_as_what_it_is() {
        let twin = subject(Expect::Broken(&[]));
        let Expect::Broken(kinds) = twin.expect else { unreachable!("it is a twin") };
        assert_eq!(judged(twin, 5, Some(kinds[0])).cell.status, Status::Expected);
        assert_eq!(judged(twin, 5, Some(FailureKind::Crash)).cell.status, Status::Violation);
    }

    #[test]
    fn a_race_may_show_as_anything() {
        let races = |subject: &&Subject| matches!(subject.expect, Expect::Broken([FailureKind::DataRace]));
        let twin = subjects().find(races).unwrap();
        assert_eq!(judged(twin, 5, Some(FailureKind::Crash)).cell.status, Status::Expected);
    }

    #[test]
    fn rounds_are_found_by_their_name() {
        let subject = subject(Expect::Held);
        let id = id_of_rounds(subject, 17);
        let (found, seed) = rounds_of(&id.to_string().parse().unwrap()).unwrap();
        assert_eq!((found.id(), seed), (subject.id(), 17));
        assert!(rounds_of(&"threads/table/ordered/2x1@native".parse().unwrap()).is_none());
        assert!(rounds_of(&"threads/table/nobody/seed-1@native".parse().unwrap()).is_none());
    }
}
