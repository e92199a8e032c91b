//! Who catches a broken twin: real cores, or an engine.

use super::record::{CellReport, Status};
use super::rounds::RoundsReport;
use crate::cell::{Question, Subject};
use crate::engine::Engine;

/// Engines that explore what there is come before those that draw at random.
const BY_STRENGTH: [Engine; 5] = [Engine::Dpor, Engine::Loom, Engine::Pct, Engine::Random, Engine::Urw];

/// What is known of a broken twin.
#[derive(Clone, Debug)]
pub struct Catches<'a> {
    /// The twin.
    pub twin: &'static Subject,
    /// Its cells, of whatever engine.
    pub cells: Vec<&'a CellReport>,
    /// Its rounds on real cores, if there were any.
    pub rounds: Option<&'a RoundsReport>,
}

impl<'a> Catches<'a> {
    /// What these reports say of the twin.
    pub fn of(twin: &'static Subject, cells: &'a [CellReport], rounds: &'a [RoundsReport]) -> Self {
        let is = |question: &Question| {
            twin.name == question.subject
                && (twin.model, twin.family) == (question.model.as_str(), question.family.as_str())
        };
        Self {
            twin,
            cells: cells.iter().filter(|cell| is(&cell.id.question)).collect(),
            rounds: rounds.iter().find(|rounds| is(&rounds.cell.id.question)),
        }
    }

    /// Whether real cores have shown what is wrong with it.
    pub fn by_cores(&self) -> bool {
        self.rounds.is_some_and(|rounds| is_caught(&rounds.cell))
    }

    /// The strongest engine that has.
    pub fn by_engine(&self) -> Option<Engine> {
        let catches = |engine: &Engine| self.cells.iter().any(|it| it.engine == *engine && is_caught(it));
        BY_STRENGTH.into_iter().find(catches)
    }

    /// Whether nobody has.
    pub fn by_nobody(&self) -> bool {
        !self.by_cores() && self.by_engine().is_none()
    }
}

/// Whether the twin was caught as what it is.
fn is_caught(report: &CellReport) -> bool {
    report.failure().is_some() && report.status == Status::Expected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::subjects;
    use crate::engine::{Failure, FailureKind};
    use crate::event::trace::Trace;
    use crate::judge::{Rounds, Verdict};

    fn twin() -> &'static Subject {
        subjects().find(|subject| subject.id() == "threads/table/ordered~left_first").unwrap()
    }

    fn broken(kind: FailureKind) -> Failure {
        Failure { kind, message: String::new(), trace: Trace::default(), execution: 1 }
    }

    fn cell(engine: Engine, kind: FailureKind, status: Status) -> CellReport {
        let id = format!("{}/2x1@{engine}", twin().id()).parse().unwrap();
        CellReport { status, ..CellReport::bare(id, Verdict::Broken(Box::new(broken(kind)))) }
    }

    fn rounds(kind: Option<FailureKind>) -> RoundsReport {
        let mut rounds = Rounds::none(twin(), 7);
        rounds.exploration.executions = 3;
        rounds.exploration.failure = kind.map(broken);
        rounds.into()
    }

    #[test]
    fn a_twin_that_nobody_looked_at_is_caught_by_nobody() {
        assert!(Catches::of(twin(), &[], &[]).by_nobody());
        let other =
            subjects().find(|subject| subject.twin_of().is_some() && subject.id() != twin().id()).unwrap();
        let cells = [cell(Engine::Pct, FailureKind::Deadlock, Status::Expected)];
        assert!(Catches::of(other, &cells, &[rounds(Some(FailureKind::Hang))]).by_nobody());
    }

    #[test]
    fn the_strongest_engine_is_named() {
        let cells = [Engine::Pct, Engine::Dpor].map(|it| cell(it, FailureKind::Deadlock, Status::Expected));
        assert_eq!(Catches::of(twin(), &cells, &[]).by_engine(), Some(Engine::Dpor));
        assert_eq!(Catches::of(twin(), &cells[..1], &[]).by_engine(), Some(Engine::Pct));
    }

    #[test]
    fn a_twin_is_caught_as_what_it_is_or_not_at_all() {
        let cells = [cell(Engine::Dpor, FailureKind::Crash, Status::Violation)];
        assert!(Catches::of(twin(), &cells, &[rounds(Some(FailureKind::Crash))]).by_nobody());
        assert!(Catches::of(twin(), &[], &[rounds(None)]).by_nobody());
        assert!(Catches::of(twin(), &[], &[rounds(Some(FailureKind::Hang))]).by_cores());
    }
}
