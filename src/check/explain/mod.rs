//! Why a log is wrong: the smallest part of it that still is.
//!
//! Delta debugging (Andreas Zeller, Ralf Hildebrandt, "Simplifying and isolating failure-inducing input", 2002) on operations, down to
//! a part of which none can be left out. Not every part will do: without its push, a pop is wrong that was right before. So operations
//! are [tied](Tie), and only what hangs together is left out together. A part that is left is wrong only if the log is.

mod subset;
mod tie;

pub use self::tie::{Tie, Tied, Uses};

use self::subset::Subset;
use super::{Decision, Witness};
use crate::history::log::{Entry, NEVER};

/// How much may be spent on an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So many parts are checked, at most.
    pub checks: usize,
    /// And so many operations in all of them together.
    pub operations: usize,
}

impl Default for Limits {
    /// Thousands of parts of a small log, and some dozens of a large one: a few seconds.
    fn default() -> Self {
        Self { checks: 5_000, operations: 20_000_000 }
    }
}

/// A check that has come to the end of its means has cost as much as so many others.
const UNDECIDED: usize = 100;

/// A part of a log that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Why, in one sentence.
    pub reason: String,
    /// Its operations, by their places in the log, in the order of their beginnings.
    pub entries: Vec<usize>,
    /// Whether none of them can be left out, with what hangs on it. Otherwise the means have ended before.
    pub is_minimal: bool,
}

/// The smallest part that is still wrong of a log for which a check has given this witness.
///
/// The check has to be one that a log without some of its operations fulfils if the log does, as long as [ties](Tied) are
/// respected; linearizability is. Where it does not decide about a part, that part is not taken.
///
/// ```
/// use refectory::check::explain::{Limits, explain};
/// use refectory::check::{Decision, Witness};
/// use refectory::history::log::Entry;
/// use refectory::spec::{RegisterAnswer::*, RegisterCall::*};
///
/// let entry = |process, call, answer, begun, ended| Entry { process, call, answer: Some(answer), begun, ended };
/// let log = [entry(0, Write(7), Done, 0, 1), entry(1, Read, Value(7), 2, 3), entry(2, Read, Value(0), 4, 5)];
/// // Any check will do; this one has an eye on 0.
/// let check = |log: &[Entry<_, _>]| match log.iter().position(|entry| entry.answer == Some(Value(0))) {
///     Some(place) => Decision::Violated(Witness { reason: "0 was read".to_owned(), entries: vec![place] }),
///     None => Decision::Holds,
/// };
/// let Decision::Violated(witness) = check(&log) else { panic!("there is a 0") };
/// let explanation = explain(&log, &witness, check, Limits::default());
/// assert_eq!((explanation.entries, explanation.is_minimal), (vec![2], true));
/// ```
pub fn explain<C, A>(
    log: &[Entry<C, A>],
    witness: &Witness,
    check: impl Fn(&[Entry<C, A>]) -> Decision,
    limits: Limits,
) -> Explanation
where
    C: Tied<Answer = A> + Clone,
    A: Clone,
{
    Search { check, left: limits, reason: witness.reason.clone(), is_timed: true }.explain(log, witness)
}

/// The same for a check that is not bound to real time, as of sequential consistency: what begins late may have taken place early.
pub fn explain_untimed<C, A>(
    log: &[Entry<C, A>],
    witness: &Witness,
    check: impl Fn(&[Entry<C, A>]) -> Decision,
    limits: Limits,
) -> Explanation
where
    C: Tied<Answer = A> + Clone,
    A: Clone,
{
    Search { check, left: limits, reason: witness.reason.clone(), is_timed: false }.explain(log, witness)
}

fn chosen<C: Clone, A: Clone>(log: &[Entry<C, A>], places: &[usize]) -> Vec<Entry<C, A>> {
    places.iter().map(|place| log[*place].clone()).collect()
}

/// A search for smaller parts.
struct Search<F> {
    check: F,
    left: Limits,
    /// Of the part that was found last.
    reason: String,
    /// Whether the check is bound to real time.
    is_timed: bool,
}

impl<F> Search<F> {
    fn explain<C, A>(mut self, log: &[Entry<C, A>], witness: &Witness) -> Explanation
    where
        C: Tied<Answer = A> + Clone,
        A: Clone,
        F: Fn(&[Entry<C, A>]) -> Decision,
    {
        let (mut entries, mut is_minimal) = self.smaller(log, &witness.entries);
        // What had to stay in the log need not stay in a part of it.
        while is_minimal {
            let part = chosen(log, &entries);
            let (places, is_minimal_now) = self.smaller(&part, &[]);
            is_minimal = is_minimal_now;
            if places.len() == entries.len() {
                break;
            }
            entries = places.into_iter().map(|place| entries[place]).collect();
        }
        Explanation { reason: self.reason, entries, is_minimal }
    }

    /// A part of the log that is still wrong, and whether it is minimal.
    fn smaller<C, A>(&mut self, log: &[Entry<C, A>], named: &[usize]) -> (Vec<usize>, bool)
    where
        C: Tied<Answer = A> + Clone,
        A: Clone,
        F: Fn(&[Entry<C, A>]) -> Decision,
    {
        let ties = C::ties(log);
        let time = |entry: &Entry<C, A>| if self.is_timed { (entry.begun, entry.ended) } else { (0, NEVER) };
        let times: Vec<(u64, u64)> = log.iter().map(time).collect();
        let whole = Subset::new(&ties, &times);
        let Self { check, left, reason, .. } = self;
        let of_part = |places: &[usize]| check(&chosen(log, places));
        let mut descent = Descent { check: of_part, left, reason, whole, part: Vec::new() };
        descent.start(named);
        descent.end_early();
        let is_minimal = descent.minimize();
        (descent.part, is_minimal)
    }
}

/// A part that gets smaller and smaller. It is a list of places, in the order of their beginnings.
struct Descent<'s, F> {
    check: F,
    left: &'s mut Limits,
    reason: &'s mut String,
    whole: Subset<'s>,
    part: Vec<usize>,
}

impl<F: Fn(&[usize]) -> Decision> Descent<'_, F> {
    /// Whether there are means for another check of a part of this size.
    const fn can_go_on(&self, size: usize) -> bool {
        self.left.checks > 0 && self.left.operations >= size
    }

    /// Whether the part is wrong.
    fn is_wrong(&mut self, part: &[usize]) -> bool {
        if !self.can_go_on(part.len()) {
            return false;
        }
        self.left.checks -= 1;
        self.left.operations -= part.len();
        match (self.check)(part) {
            Decision::Violated(witness) => {
                *self.reason = witness.reason;
                true
            }
            Decision::Holds => false,
            Decision::Unknown(_) => {
                self.left.checks = self.left.checks.saturating_sub(UNDECIDED);
                false
            }
        }
    }

    /// Takes the candidate, if it is smaller and wrong.
    fn take(&mut self, candidate: Vec<usize>) -> bool {
        let is_smaller = !candidate.is_empty() && candidate.len() < self.part.len();
        let is_taken = is_smaller && self.is_wrong(&candidate);
        if is_taken {
            self.part = candidate;
        }
        is_taken
    }

    /// What the witness names, and what it is tied to, is mostly enough; and of that, what is known for certain.
    fn start(&mut self, named: &[usize]) {
        self.part = self.whole.with_ties(named);
        if !self.is_wrong(&self.part.clone()) {
            self.part = self.whole.everything();
        }
        let certain = self.whole.without_stayers(&self.part);
        self.take(certain);
    }

    /// Leaves out what begins late: as much as possible, by halves.
    fn end_early(&mut self) {
        let (mut right, mut wrong) = (0, self.part.len());
        while wrong > right + 1 {
            let middle = right.midpoint(wrong);
            let candidate = self.whole.without(&self.part, |index| index >= middle);
            let size = candidate.len();
            match self.take(candidate) {
                true => wrong = size.min(middle),
                false => right = middle,
            }
            if !self.can_go_on(wrong) {
                return;
            }
        }
    }

    /// Leaves out more and more, in smaller and smaller pieces. Says whether nothing more can be left out.
    fn minimize(&mut self) -> bool {
        let mut pieces = 2;
        loop {
            if self.leave_out_one_of(pieces) {
                pieces = (pieces - 1).max(2);
            } else if !self.can_go_on(self.part.len()) {
                return false;
            } else if pieces >= self.part.len() {
                return true;
            } else {
                pieces *= 2;
            }
        }
    }

    /// Leaves out the first of so many pieces without which the part is still wrong.
    fn leave_out_one_of(&mut self, pieces: usize) -> bool {
        let length = self.part.len();
        let size = length.div_ceil(pieces).max(1);
        // The last ones first: what comes late is rarely the cause.
        (0..length.div_ceil(size)).rev().any(|piece| {
            let candidate = self.whole.without(&self.part, |index| index / size == piece);
            self.take(candidate)
        })
    }
}

#[cfg(test)]
mod tests;
