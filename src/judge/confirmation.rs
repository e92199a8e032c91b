//! Whether an exact search confirms another one.
//!
//! loom misses executions (tokio-rs/loom#166, #392): its complete search counts as one only where its
//! outcomes include those of an exact enumeration under sequential consistency, which has to be complete
//! itself. What bounds the one bounds the other.

use crate::engine::{Coverage, Exhausted, Exploration, Extent, Reason, UNCONFIRMED};

/// How much was seen, or why that is not known: what the engine says of its search, as far as the exact one beside it
/// bears it out.
pub fn coverage(exploration: &Exploration) -> Coverage {
    let (Ok(Extent::Complete(bounds)), Some(exact)) = (&exploration.coverage, &exploration.exact) else {
        return exploration.coverage.clone();
    };
    if let Some(what) = disagreement(exploration, exact) {
        return Err(Reason::Disagreement(what));
    }
    match exact.coverage.clone() {
        Ok(Extent::Complete(exact)) => Ok(Extent::Complete(bounds.and(exact))),
        Err(Reason::Budget(what)) => Err(Reason::Budget(Exhausted::Confirmation(Box::new(what)))),
        Err(Reason::Unsupported(why)) => {
            Err(Reason::Unsupported(format!("{UNCONFIRMED} cannot run it: {why}")))
        }
        other => other,
    }
}

/// What a search did not see of the executions that the exact one saw.
fn disagreement(loom: &Exploration, exact: &Exploration) -> Option<String> {
    let missed = exact.outcomes.keys().filter(|outcome| !loom.outcomes.contains(outcome)).count();
    match &exact.failure {
        Some(failure) => Some(format!("loom misses what dpor finds: {}", failure.kind)),
        None if missed > 0 => {
            Some(format!("loom misses {missed} of the {} outcomes that dpor finds", exact.outcomes.len()))
        }
        None => None,
    }
}

#[cfg(all(test, feature = "loom"))]
mod tests;
