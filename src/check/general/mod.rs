//! Linearizability of a log, to any sequential object.
//!
//! The search tries orders of the operations, one at a time, and takes back what leads nowhere. It remembers every set of operations
//! and the state after it: what was reached before has the same future. It is exponential in the operations that overlap; for queues,
//! stacks, sets and registers with distinct values there are faster checks beside this one.
//!
//! Beyond the papers:
//! - An operation that only looks takes place as soon as it can. Nobody needs it later, so nothing else is tried instead.
//! - An operation that never returned takes place only where nothing else can, and only if it changes something.
//! - A set is remembered by what differs from "all that ended so far": a few words, however long the log is.
//!
//! Jeannette Wing, Chun Gong, "Testing and verifying concurrent objects", 1993; Gavin Lowe, "Testing for linearizability", 2017 (what was
//! reached before); Alex Horn, Daniel Kroening, "Faster linearizability checking via P-compositionality", 2015 (part by part); Anish Athalye,
//! "Porcupine", 2017, has them all.

mod line;
pub(super) mod part;
mod search;
mod seen;
pub(super) mod states;
#[cfg(test)]
pub(super) mod tests;

use self::part::Part;
use self::search::Search;
use super::budget::Meter;
use super::{Budget, Decision, Spent, Witness};
use crate::history::log::Entry;
use crate::spec::Spec;
use std::fmt::Debug;

/// Whether each operation of the log seems to take place at one moment between its beginning and its end, so that the sequential
/// object explains all answers.
///
/// Where it is not so, the witness has the operations that began before the first end at which no order explains the answers any more, in
/// the order in which they began; the one that ended there is the last. They are wrong by themselves, whatever else is in the log.
///
/// An entry that ended before it began makes the decision `Unknown`.
///
/// ```
/// use refectory::check::{Budget, Decision, general};
/// use refectory::history::log::Entry;
/// use refectory::spec::{RegisterAnswer, RegisterCall, RegisterSpec};
///
/// let write = Entry { process: 0, call: RegisterCall::Write(7), answer: Some(RegisterAnswer::Done), begun: 0, ended: 9 };
/// let read = |value, begun, ended| {
///     Entry { process: 1, call: RegisterCall::Read, answer: Some(RegisterAnswer::Value(value)), begun, ended }
/// };
/// let check = |log: &[_]| general::check(&RegisterSpec::default(), log, Budget::default());
///
/// assert_eq!(check(&[write.clone(), read(0, 1, 2), read(7, 3, 4)]), Decision::Holds);
/// let Decision::Violated(witness) = check(&[write, read(7, 1, 2), read(0, 3, 4)]) else { panic!() };
/// assert_eq!(witness.entries, [0, 1, 2]);
/// ```
pub fn check<S: Spec>(spec: &S, log: &[Entry<S::Call, S::Answer>], budget: Budget) -> Decision {
    if let Some(backwards) = ends_before_it_begins(log) {
        return backwards;
    }
    let times: Vec<_> = log.iter().map(|entry| (entry.begun, entry.ended)).collect();
    match refute(spec, log, &times, budget) {
        Ok(None) => Decision::Holds,
        Ok(Some(wrong)) => Decision::Violated(witness(log, wrong)),
        Err(spent) => spent.into(),
    }
}

/// What to say of a log with an operation that ends before it begins.
pub(super) fn ends_before_it_begins<C, A>(log: &[Entry<C, A>]) -> Option<Decision> {
    let backwards = log.iter().position(|entry| entry.ended < entry.begun)?;
    Some(Decision::Unknown(format!("entry {backwards} ends before it begins")))
}

/// Looks for a part that no order explains in which each operation takes place between these two times; those that have no end in the log
/// have none here. Gives its operations that begin before the first end that nothing reaches, in the order in which they begin; the
/// one that ends there is the last.
pub(super) fn refute<S: Spec>(
    spec: &S,
    log: &[Entry<S::Call, S::Answer>],
    times: &[(u64, u64)],
    budget: Budget,
) -> Result<Option<Vec<usize>>, Spent> {
    let mut meter = Meter::new(budget);
    for part in Part::all(spec, log, times) {
        let Some(operation) = Search::new(spec, &part).run(&mut meter)? else { continue };
        let last = part.operations[operation].place;
        let begun = |place: &usize| *place != last && times[*place].0 <= times[last].1;
        let mut places: Vec<usize> = part.operations.iter().map(|one| one.place).filter(begun).collect();
        places.sort_by_key(|&place| times[place].0);
        places.push(last);
        return Ok(Some(places));
    }
    Ok(None)
}

/// Says why these operations are wrong.
fn witness<C: Debug, A: Debug>(log: &[Entry<C, A>], entries: Vec<usize>) -> Witness {
    let Entry { process, call, answer, .. } = &log[entries[entries.len() - 1]];
    let what = match answer {
        Some(answer) => format!("answered {answer:?}"),
        None => "taken place".to_owned(),
    };
    let reason = format!(
        "{call:?} of process {process} cannot have {what}: no order explains the {} operations that had begun when it ended, and one \
         explains all that had ended before",
        entries.len()
    );
    Witness { reason, entries }
}
