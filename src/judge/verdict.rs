//! What an exploration is worth: held, broken, or honestly not decided.

use crate::engine::{Budget, Engine, Exploration, Failure, Program, explore};
pub use crate::engine::{Extent, Reason};
use crate::judge::{coverage, finding};
use std::fmt;

/// Explores the program within a budget that ends in seconds ([`Budget::in_seconds`]), and judges what was seen:
/// a search that was cut is `Inconclusive`, and says after how many executions. For another budget, judge
/// what [`explore`] reports with [`Verdict::of`]. See [`explore`] too for what an engine may do to the process that
/// it runs in.
///
/// Where threads share nothing but atomics and raw pointers, races on what the pointers point to are not seen: what
/// `explore` reports then has the note [`NoCheckedMemory`](crate::engine::Note::NoCheckedMemory), and the command line
/// prints it. [`UnsafeCell`](crate::sync::UnsafeCell) and [`Tracked`](crate::sync::Tracked) are memory that is checked.
pub fn verify(engine: Engine, program: &Program) -> Verdict {
    Verdict::of(engine, &explore(engine, program, &Budget::in_seconds(engine)))
}

/// The three-valued answer to "does the subject keep the scenario's properties?".
///
/// A budget that ran out is never a success, and `Held` always says how much was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Verdict {
    /// No execution that was seen went wrong.
    Held(Extent),
    /// An execution went wrong.
    Broken(Box<Failure>),
    /// Not decided.
    Inconclusive(Reason),
}

impl Verdict {
    /// Judges what `engine` reported.
    pub fn of(engine: Engine, exploration: &Exploration) -> Self {
        if let Some(failure) = &exploration.failure {
            let kind = finding::classify(failure.kind, &failure.trace);
            return Self::Broken(Box::new(Failure { kind, ..failure.clone() }));
        }
        let vacuous = engine != Engine::Native && exploration.threads > 1 && !exploration.driven;
        match coverage(exploration) {
            Err(reason) => Self::Inconclusive(reason),
            Ok(_) if vacuous => Self::Inconclusive(Reason::Vacuous),
            Ok(extent) => Self::Held(extent),
        }
    }

    /// Whether the subject kept its properties as far as was seen.
    pub const fn held(&self) -> bool {
        matches!(self, Self::Held(_))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(extent) => write!(f, "Held ({extent})"),
            Self::Broken(failure) => write!(f, "Broken ({})", failure.kind),
            Self::Inconclusive(reason) => write!(f, "Inconclusive ({reason})"),
        }
    }
}
