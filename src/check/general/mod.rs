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
mod part;
mod search;
mod seen;
mod states;
#[cfg(test)]
mod tests;

use self::part::Part;
use self::search::Search;
use super::budget::{Meter, Spent};
use super::{Budget, Decision, Witness};
use crate::history::log::Entry;
use crate::spec::Spec;

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
    let mut meter = Meter::new(budget);
    for part in Part::all(spec, log) {
        match Search::new(spec, &part).run(&mut meter) {
            Ok(None) => {}
            Ok(Some(operation)) => return Decision::Violated(witness(log, &part, operation)),
            Err(spent) => return unknown(spent),
        }
    }
    Decision::Holds
}

/// What to say of a log with an operation that ends before it begins.
pub(super) fn ends_before_it_begins<C, A>(log: &[Entry<C, A>]) -> Option<Decision> {
    let backwards = log.iter().position(|entry| entry.ended < entry.begun)?;
    Some(Decision::Unknown(format!("entry {backwards} ends before it begins")))
}

pub(super) fn unknown(spent: Spent) -> Decision {
    Decision::Unknown(spent.to_string())
}

/// Why the part is wrong: nothing explains it up to the end of this operation.
fn witness<S: Spec>(log: &[Entry<S::Call, S::Answer>], part: &Part<'_, S>, operation: usize) -> Witness {
    let last = part.operations[operation].place;
    let until = log[last].ended;
    let begun = |place: &usize| *place != last && log[*place].begun <= until;
    let mut entries: Vec<usize> = part.operations.iter().map(|one| one.place).filter(begun).collect();
    entries.sort_by_key(|&place| log[place].begun);
    entries.push(last);
    let Entry { process, call, answer, .. } = &log[last];
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
