//! How a command ends: exit codes, and what decides them.

use super::terminal;
use refectory::judge::{CellReport, Reason, Status, undecided_questions};
use refectory::runner::store::Store;
use std::path::Path;
use std::process::ExitCode;
use std::{fmt, io};

/// The part of `--help` on exit codes.
pub(super) const HELP: &str = "\
Exit codes:
  0    everything is as expected
  1    violation: a subject that must hold is broken, a broken twin was not caught as what it is, or a
       history is none of its object
  2    usage: an argument is not known, there is nothing to show, no cell fits into `--budget`, or a file
       cannot be read as a history
  3    not decided: for some subject and scope no engine of the run came to a verdict, or the exact
       explorer, dpor, did not for another reason than its budget. That one engine of several cannot
       run a scope, or that its budget ends first, is said in the matrix and is no failure; what
       `--budget` leaves out is named below the totals and decides nothing
  4    infrastructure: a cell could not be run, what was found could not be kept, or nobody could read it.
       The other cells have been run, and printed
  130  interrupted; what was known by then is printed";

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    AsExpected,
    Violation,
    Usage,
    NotDecided,
    Infrastructure,
    Interrupted,
}

impl Ending {
    pub(super) const ALL: [Self; 6] = [
        Self::AsExpected,
        Self::Violation,
        Self::Usage,
        Self::NotDecided,
        Self::Infrastructure,
        Self::Interrupted,
    ];

    /// What the reports of a whole run amount to.
    pub(super) fn of(reports: &[CellReport]) -> Self {
        if reports.iter().any(|report| report.status == Status::Violation) {
            Self::Violation
        } else if reports.iter().any(|report| matches!(report.open(), Some(Reason::NotRun(_)))) {
            Self::Infrastructure
        } else if undecided_questions(reports).is_empty() {
            Self::AsExpected
        } else {
            Self::NotDecided
        }
    }

    /// The same, where what was found could be kept or not.
    pub(super) fn and_kept(self, kept: Result<(), Stop>) -> Self {
        match kept {
            Ok(()) => self,
            Err(stop) => {
                terminal::complain(&stop.message);
                // What is known weighs more than that it is not kept.
                if self == Self::AsExpected { stop.ending } else { self }
            }
        }
    }

    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::AsExpected => "as expected",
            Self::Violation => "against expectation",
            Self::Usage => "not run",
            Self::NotDecided => "not decided",
            Self::Infrastructure => "not run, or not kept",
            Self::Interrupted => "interrupted",
        }
    }

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::AsExpected => 0,
            Self::Violation => 1,
            Self::Usage => 2,
            Self::NotDecided => 3,
            Self::Infrastructure => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.code())
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) ending: Ending,
    pub(super) message: String,
}

impl Stop {
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { ending: Ending::Usage, message: message.into() }
    }

    pub(super) fn unwritten(file: &Path, error: io::Error) -> Self {
        Self::infrastructure(format!("{}: {error}", file.display()))
    }

    /// What was found cannot be kept.
    pub(super) fn not_kept(store: &Store, error: io::Error) -> Self {
        let directory = store.directory().display();
        Self::infrastructure(format!(
            "what was found cannot be kept in {directory}: {error}; REFECTORY_STORE names another directory"
        ))
    }

    pub(super) fn infrastructure(what: impl fmt::Display) -> Self {
        Self { ending: Ending::Infrastructure, message: what.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refectory::engine::Engine;
    use refectory::judge::{Extent, Verdict};

    fn report(engine: Engine, status: Status) -> CellReport {
        let verdict = match status {
            Status::Undecided => Verdict::Inconclusive(Reason::Unsupported("five threads".to_owned())),
            _ => Verdict::Held(Extent::EXHAUSTIVE),
        };
        let cell = refectory::catalogue::cells(refectory::cell::Level::PullRequest)[0];
        let id = format!("threads/table/ordered/8x1@{engine}").parse().unwrap();
        CellReport { id, engine, status, ..CellReport::new(&cell, verdict) }
    }

    #[test]
    fn a_limit_of_one_tool_is_no_failure_where_another_decides() {
        let reports = [report(Engine::Loom, Status::Undecided), report(Engine::Native, Status::Expected)];
        assert_eq!(Ending::of(&reports), Ending::AsExpected);
    }

    #[test]
    fn without_any_verdict_the_run_is_not_decided() {
        assert_eq!(Ending::of(&[report(Engine::Loom, Status::Undecided)]), Ending::NotDecided);
    }

    #[test]
    fn the_exact_explorer_has_to_decide() {
        let reports = [report(Engine::Dpor, Status::Undecided), report(Engine::Native, Status::Expected)];
        assert_eq!(Ending::of(&reports), Ending::NotDecided);
    }

    #[test]
    fn a_violation_outweighs_an_open_question() {
        let reports = [report(Engine::Loom, Status::Undecided), report(Engine::Dpor, Status::Violation)];
        assert_eq!(Ending::of(&reports), Ending::Violation);
    }
}
