//! How a search ends before loom has completed it.

use super::MAX_THREADS;
use crate::engine::panics::Report;
use crate::engine::{Exhausted, FailureKind};
use crate::sync::loom_record::{self, Stop};

/// What loom says of an access inside the closure of another access.
const IN_USE: [&str; 3] =
    ["currently writing to cell", "currently reading from cell", "is in `with_mut` call"];

/// How a search ends before loom has completed it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Failed(FailureKind, String),
    Cut(Exhausted),
    TooLong,
    Unsupported(String),
}

impl End {
    /// How a panic ends the execution, if it does: one of loom's, or one that the facade has raised for it.
    pub(super) fn by(report: &Report) -> Option<Self> {
        let Report { message, place } = report;
        match loom_record::take_stop() {
            Some(Stop::Unsupported(why)) => Some(Self::Unsupported(why)),
            Some(Stop::Relocks(what)) => Some(Self::Failed(FailureKind::Deadlock, what)),
            // loom's unwraps are placed where it was called.
            None => {
                (place.file.contains("loom-0.7") || loom_record::inside()).then(|| Self::by_loom(message))
            }
        }
    }

    /// The end behind a message of loom 0.7, without what differs from one run to the next.
    fn by_loom(message: &str) -> Self {
        use FailureKind::{DataRace, Deadlock, Leak, Panic};
        let failed = |kind, message: &str| Self::Failed(kind, message.to_owned());
        let says = |text| message.contains(text);
        if says("deadlock; threads =") {
            failed(Deadlock, "every thread that is left is blocked")
        } else if let Some((_, accesses)) = message.split_once("Causality violation: ") {
            failed(DataRace, accesses.trim_end().trim_end_matches('.'))
        } else if IN_USE.into_iter().any(says) {
            failed(DataRace, "memory is accessed while an exclusive access to it is in progress")
        } else if says("Arc leaked") {
            failed(Leak, "an `Arc` outlives the execution")
        } else if says("Allocation leaked") || says("Messages leaked") {
            failed(Leak, "an allocation or a message outlives the execution")
        } else if says("Model exceeded maximum number of branches") {
            Self::TooLong
        } else if says("self.threads.len() < self.max()") {
            Self::Unsupported(format!("loom runs at most {MAX_THREADS} threads, main included"))
        } else if says("Is the model fully deterministic?") || says("failed to get object for ref") {
            Self::Unsupported("the program does not do the same when it is run again".to_owned())
        } else if says("PoisonError") || says("\"Poisoned(..)\"") {
            Self::Unsupported(
                "a lock was given back while another thread unwound, which poisons it in loom".to_owned(),
            )
        } else if says("Arc is released") || says("Arc is already released") {
            failed(Panic, "an `Arc` is used after its last owner is gone")
        } else {
            // Some limit or defect of loom's: nothing that could be said against the program.
            Self::Unsupported(format!("loom stopped: {}", message.lines().next().unwrap_or_default()))
        }
    }
}
