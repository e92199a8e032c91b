//! What is known of a cell after its run, and whether it is what was expected.

use crate::cell::{Cell, CellId, Expect, Question};
use crate::engine::{Bounds, Engine, Exhausted, Exploration, Failure, FailureKind, Note, Outcomes};
use crate::judge::{Extent, Reason, Verdict, finding};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is known of a cell after its run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct CellReport {
    /// The cell's name.
    pub id: CellId,
    /// What drove it.
    pub engine: Engine,
    /// Whether the subject is a broken twin.
    pub twin: bool,
    /// What came of it.
    pub verdict: Verdict,
    /// Whether that was expected.
    pub status: Status,
    /// Executions that were run.
    pub executions: u64,
    /// The outcomes of the executions that ended well, each with how many executions had it.
    pub outcomes: Outcomes,
    /// The largest value of each thing that was measured.
    pub measures: BTreeMap<String, u64>,
    /// Executions that an optimal search would not have needed.
    pub redundant: u64,
    /// What a reader of the verdict should know besides. Never part of a snapshot: it is no fact about a cell that a
    /// change of its code should have to confirm.
    pub notes: Vec<Note>,
    /// How long it took; never part of a snapshot.
    pub elapsed: Duration,
}

/// How a verdict compares with what was expected of the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Status {
    /// As expected, or nothing was expected.
    Expected,
    /// Not decided.
    Undecided,
    /// A subject that must hold is broken, or a broken twin was not caught as what it is.
    Violation,
}

impl CellReport {
    /// The report of `cell`, before anything but its verdict is known.
    pub fn new(cell: &Cell, verdict: Verdict) -> Self {
        Self {
            twin: matches!(cell.subject.expect, Expect::Broken(_)),
            status: status(cell.expect(), &verdict),
            ..Self::bare(cell.id(), verdict)
        }
    }

    /// A report of this name, of which nothing was expected.
    pub(super) fn bare(id: CellId, verdict: Verdict) -> Self {
        Self {
            engine: id.engine,
            id,
            twin: false,
            status: status(None, &verdict),
            verdict,
            executions: 0,
            outcomes: Outcomes::default(),
            measures: BTreeMap::new(),
            redundant: 0,
            notes: Vec::new(),
            elapsed: Duration::ZERO,
        }
    }

    /// The report of what an engine saw.
    pub fn of(cell: &Cell, seen: Exploration) -> Self {
        Self::new(cell, Verdict::of(cell.engine, &seen)).with(seen)
    }

    /// The same with the facts beside the verdict.
    #[must_use]
    pub(super) fn with(self, seen: Exploration) -> Self {
        let measures = seen.measures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let Exploration { executions, outcomes, redundant, notes, .. } = seen;
        Self { executions, outcomes, measures, redundant, notes, ..self }
    }

    /// The execution that went wrong, if the verdict is `Broken`.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.verdict {
            Verdict::Broken(failure) => Some(failure),
            _ => None,
        }
    }

    /// Why the verdict is open, if it is.
    pub fn open(&self) -> Option<&Reason> {
        match &self.verdict {
            Verdict::Inconclusive(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether it was ended with its run: it would have taken longer.
    pub fn was_cut(&self) -> bool {
        matches!(self.open(), Some(Reason::Budget(Exhausted::Run(_))))
    }
}

/// Compares a verdict with what was expected. Where either may come, a verdict is as expected. Only a search
/// that saw everything has to catch a twin: one that drew executions, or bounded them, may miss it.
///
/// A hang on real cores may be any of the kinds in which threads wait for ever.
pub fn status(expect: Option<Expect>, verdict: &Verdict) -> Status {
    match (expect, verdict) {
        (_, Verdict::Inconclusive(_)) => Status::Undecided,
        (None, _) | (Some(Expect::Held), Verdict::Held(_)) => Status::Expected,
        (Some(Expect::Broken(_)), Verdict::Held(extent)) if may_miss(extent) => Status::Expected,
        (Some(Expect::Broken(kinds)), Verdict::Broken(failure)) if shows_any_of(kinds, failure.kind) => {
            Status::Expected
        }
        _ => Status::Violation,
    }
}

/// Whether a failure that was seen as this kind is one of those.
fn shows_any_of(kinds: &[FailureKind], seen: FailureKind) -> bool {
    let waits = |kind: &FailureKind| finding::ends_in_a_wait(*kind);
    kinds.contains(&seen) || seen == FailureKind::Hang && kinds.iter().any(waits)
}

/// Whether what an engine found may be the cause of what was seen on real cores: it is the same, a wait where nothing moved any more, or a race
/// or a use after the end, which may show as anything.
pub fn explains(seen: FailureKind, found: FailureKind) -> bool {
    let any = matches!(found, FailureKind::DataRace | FailureKind::UseAfterDestroy);
    any || shows_any_of(&[found], seen)
}

/// Whether the search drew executions, or bounded them, or let nobody die.
const fn may_miss(extent: &Extent) -> bool {
    matches!(
        extent,
        Extent::Sampled(_)
            | Extent::Complete(Bounds { preemptions: Some(_), .. } | Bounds { deaths: Some(0), .. })
    )
}

/// The questions (subject and scope) for which a verdict was to be had and there is none: no engine of
/// the run decided it, or the exact explorer, which is meant to decide every one within its budget, did
/// not.
pub fn undecided_questions(reports: &[CellReport]) -> BTreeSet<&Question> {
    let decided: BTreeSet<&Question> =
        reports.iter().filter(|report| report.open().is_none()).map(|report| &report.id.question).collect();
    let beyond_budget =
        |report: &CellReport| matches!(report.open(), Some(Reason::Budget(_) | Reason::Nightly));
    let exact_is_open = |report: &CellReport| {
        report.engine == Engine::Dpor && report.open().is_some() && !beyond_budget(report)
    };
    reports
        .iter()
        .filter(|report| !decided.contains(&report.id.question) || exact_is_open(report))
        .map(|report| &report.id.question)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::FailureKind::{Deadlock, Hang, LostWakeup, Panic};
    use crate::report::example;

    #[test]
    fn a_subject_that_must_hold_stands_only_if_it_holds() {
        let stands = |verdict| status(Some(Expect::Held), &verdict);
        assert_eq!(stands(example::held()), Status::Expected);
        assert_eq!(stands(example::broken(Deadlock)), Status::Violation);
        assert_eq!(stands(example::unsupported()), Status::Undecided);
    }

    #[test]
    fn a_twin_stands_only_if_it_is_caught_as_what_it_is() {
        let stands = |verdict| status(Some(Expect::Broken(&[LostWakeup])), &verdict);
        assert_eq!(stands(example::broken(LostWakeup)), Status::Expected);
        assert_eq!(stands(example::broken(Deadlock)), Status::Violation);
        assert_eq!(stands(example::held()), Status::Violation);
    }

    #[test]
    fn a_hang_may_be_any_wait_for_ever() {
        let stands = |kinds| status(Some(Expect::Broken(kinds)), &example::broken(Hang));
        assert_eq!(stands(&[LostWakeup]), Status::Expected);
        assert_eq!(stands(&[Panic, Deadlock]), Status::Expected);
        assert_eq!(stands(&[Panic]), Status::Violation);
        assert_eq!(status(Some(Expect::Held), &example::broken(Hang)), Status::Violation);
    }

    #[test]
    fn an_engine_explains_what_real_cores_show_in_another_way() {
        assert!(explains(Hang, Deadlock) && explains(Hang, LostWakeup) && explains(Panic, Panic));
        assert!(explains(Panic, FailureKind::DataRace), "a race may show as anything");
        assert!(!explains(Panic, Deadlock) && !explains(Hang, Panic));
    }

    #[test]
    fn a_search_that_did_not_see_everything_may_miss_a_twin() {
        let stands = |extent| status(Some(Expect::Broken(&[LostWakeup])), &Verdict::Held(extent));
        assert_eq!(stands(Extent::Sampled(2_000)), Status::Expected);
        assert_eq!(stands(Extent::Complete(Bounds::preemptions(2))), Status::Expected);
        assert_eq!(stands(Extent::Complete(Bounds::timeouts(2))), Status::Violation);
        let deaths = |deaths| stands(Extent::Complete(Bounds { deaths: Some(deaths), ..Bounds::NONE }));
        assert_eq!([deaths(0), deaths(1)], [Status::Expected, Status::Violation]);
    }

    #[test]
    fn where_either_may_come_both_stand() {
        assert_eq!(status(None, &example::held()), Status::Expected);
        assert_eq!(status(None, &example::broken(Deadlock)), Status::Expected);
    }

    #[test]
    fn a_question_is_open_if_no_engine_decided_it() {
        let loom = example::report("threads/table/ordered/8x1", Engine::Loom, example::unsupported());
        let native = example::report("threads/table/ordered/8x1", Engine::Native, example::held());
        assert_eq!(undecided_questions(&[loom.clone(), native.clone()]).len(), 0);
        assert_eq!(undecided_questions(&[loom]).len(), 1);
        assert_eq!(undecided_questions(&[native]).len(), 0);
    }

    #[test]
    fn a_question_is_open_if_the_exact_explorer_leaves_it_so() {
        let dpor = example::report("threads/table/ordered/8x1", Engine::Dpor, example::unsupported());
        let native = example::report("threads/table/ordered/8x1", Engine::Native, example::held());
        assert_eq!(undecided_questions(&[dpor, native]).len(), 1);
    }
}
