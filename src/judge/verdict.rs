//! What an exploration is worth: held, broken, or honestly not decided.

use crate::engine::{Bounds, Budget, Coverage, Engine, Exploration, Failure, Program, explore};
use crate::judge::finding;
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

/// How much was seen of what could happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Extent {
    /// Every execution of the engine's model within these bounds.
    Complete(Bounds),
    /// This many executions, drawn at random.
    Sampled(u64),
}

/// Why a question stays open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Reason {
    /// The budget ran out first.
    Budget(String),
    /// A search that the budget of a pull request is known to cut: it was not run.
    Nightly,
    /// No thread that was spawned used a primitive of the facade: there was nothing that the engine could drive.
    Vacuous,
    /// The engine cannot run the scenario.
    Unsupported(String),
    /// Two engines that must agree do not.
    Disagreement(String),
}

impl Verdict {
    /// Judges what `engine` reported.
    pub fn of(engine: Engine, exploration: &Exploration) -> Self {
        if let Some(failure) = &exploration.failure {
            let kind = finding::classify(failure.kind, &failure.trace);
            return Self::Broken(Box::new(Failure { kind, ..failure.clone() }));
        }
        let vacuous = engine != Engine::Native && exploration.threads > 1 && !exploration.driven;
        match &exploration.coverage {
            Coverage::Unsupported(why) => Self::Inconclusive(Reason::Unsupported(why.clone())),
            Coverage::Disagreement(what) => Self::Inconclusive(Reason::Disagreement(what.clone())),
            Coverage::Cut(what) => Self::Inconclusive(Reason::Budget(what.clone())),
            _ if vacuous => Self::Inconclusive(Reason::Vacuous),
            Coverage::Complete(bounds) => Self::Held(Extent::Complete(*bounds)),
            Coverage::Sampled => Self::Held(Extent::Sampled(exploration.executions)),
        }
    }

    /// Whether the subject kept its properties as far as was seen.
    pub const fn held(&self) -> bool {
        matches!(self, Self::Held(_))
    }
}

impl Extent {
    /// Every execution of the engine's model.
    pub const EXHAUSTIVE: Self = Self::Complete(Bounds::NONE);
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete(bounds) if bounds.daemons => {
                write!(f, "{bounds}; detached threads still waited when main ended")
            }
            Self::Complete(bounds) => bounds.fmt(f),
            Self::Sampled(executions) => write!(f, "sampled {executions} executions"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Budget(what) => write!(f, "budget: {what}"),
            Self::Nightly => f.write_str("left to a nightly run (--scope nightly)"),
            Self::Vacuous => {
                f.write_str("vacuous: no thread used a primitive of the facade (std's own are not seen)")
            }
            Self::Unsupported(why) => write!(f, "unsupported: {why}"),
            Self::Disagreement(what) => write!(f, "engine disagreement: {what}"),
        }
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
