//! The operations on one part of an object, in the form in which they are searched.

use crate::history::log::{Entry, NEVER};
use crate::spec::Spec;

/// One operation.
pub(super) struct Operation<'a, C, A> {
    /// Where it stands in the log.
    pub(super) place: usize,
    pub(super) call: &'a C,
    pub(super) answer: Option<&'a A>,
    pub(super) begun: u64,
    pub(super) ended: u64,
    /// It may have failed because another one was under way.
    pub(super) excused: bool,
    /// It changes nothing.
    pub(super) reads: bool,
}

/// The operations on one part: those that ended as they began, then those that never did as they began.
pub(super) struct Part<'a, S: Spec> {
    pub(super) operations: Vec<Operation<'a, S::Call, S::Answer>>,
    /// How many have ended.
    pub(super) ended: usize,
}

impl<'a, S: Spec> Part<'a, S> {
    /// All parts of a log, those with the fewest operations first.
    pub(super) fn all(spec: &S, log: &'a [Entry<S::Call, S::Answer>]) -> Vec<Self> {
        let mut places: Vec<(u32, usize)> =
            log.iter().enumerate().map(|(place, entry)| (spec.part(&entry.call), place)).collect();
        places
            .sort_unstable_by_key(|&(part, place)| (part, !log[place].has_ended(), log[place].begun, place));
        let parts = places.chunk_by(|a, b| a.0 == b.0);
        let mut parts: Vec<Self> = parts.map(|places| Self::of(spec, log, places)).collect();
        parts.sort_by_key(|part| part.operations.len());
        parts
    }

    fn of(spec: &S, log: &'a [Entry<S::Call, S::Answer>], places: &[(u32, usize)]) -> Self {
        let overlaps = Overlaps::of(places.iter().map(|&(_, place)| (log[place].begun, log[place].ended)));
        let operation = |&(_, place): &(u32, usize)| {
            let Entry { call, answer, begun, ended, .. } = &log[place];
            let answer = answer.as_ref();
            Operation {
                place,
                call,
                answer,
                begun: *begun,
                ended: *ended,
                excused: spec.may_fail(call, answer) && overlaps.of_another(*begun, *ended),
                reads: spec.is_read(call, answer),
            }
        };
        let ended = places.iter().filter(|&&(_, place)| log[place].has_ended()).count();
        // Whether one took place that only looks, and that nobody has an answer of, makes no difference.
        let idle = |one: &Operation<'_, _, _>| one.reads && one.ended == NEVER;
        Self { operations: places.iter().map(operation).filter(|one| !idle(one)).collect(), ended }
    }
}

/// Which times meet others.
pub(super) struct Overlaps {
    begun: Vec<u64>,
    ended: Vec<u64>,
}

impl Overlaps {
    /// Of these operations: when each begins and ends.
    pub(super) fn of(times: impl Iterator<Item = (u64, u64)>) -> Self {
        let (mut begun, mut ended): (Vec<u64>, Vec<u64>) = times.unzip();
        begun.sort_unstable();
        ended.sort_unstable();
        Self { begun, ended }
    }

    /// Whether one of them that takes this time overlaps another one.
    pub(super) fn of_another(&self, begun: u64, ended: u64) -> bool {
        let begun_by_then = self.begun.partition_point(|&time| time <= ended);
        let over_before = self.ended.partition_point(|&time| time < begun);
        begun_by_then - over_before > 1
    }
}
