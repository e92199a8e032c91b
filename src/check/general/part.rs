//! The operations on one part of an object, in the form in which they are searched.

use crate::history::log::{Entry, NEVER};
use crate::spec::Spec;

/// One operation.
pub(in crate::check) struct Operation<'a, C, A> {
    /// Where it stands in the log.
    pub(in crate::check) place: usize,
    pub(in crate::check) call: &'a C,
    pub(in crate::check) answer: Option<&'a A>,
    pub(in crate::check) begun: u64,
    pub(in crate::check) ended: u64,
    /// It may have failed because another one was under way.
    pub(in crate::check) excused: bool,
    /// It changes nothing.
    pub(in crate::check) reads: bool,
}

/// The operations on one part: those that ended as they began, then those that never did as they began.
pub(in crate::check) struct Part<'a, S: Spec> {
    pub(in crate::check) operations: Vec<Operation<'a, S::Call, S::Answer>>,
    /// How many have ended.
    pub(in crate::check) ended: usize,
}

impl<'a, S: Spec> Part<'a, S> {
    /// All parts of a log, those with the fewest operations first. Each operation takes place between two `times`.
    pub(in crate::check) fn all(
        spec: &S,
        log: &'a [Entry<S::Call, S::Answer>],
        times: &[(u64, u64)],
    ) -> Vec<Self> {
        let mut places: Vec<(u32, usize)> =
            log.iter().enumerate().map(|(place, entry)| (spec.part(&entry.call), place)).collect();
        places.sort_unstable_by_key(|&(part, place)| (part, !log[place].has_ended(), times[place].0, place));
        let parts = places.chunk_by(|a, b| a.0 == b.0);
        let mut parts: Vec<Self> = parts.map(|places| Self::of(spec, log, times, places)).collect();
        parts.sort_by_key(|part| part.operations.len());
        parts
    }

    fn of(
        spec: &S,
        log: &'a [Entry<S::Call, S::Answer>],
        times: &[(u64, u64)],
        places: &[(u32, usize)],
    ) -> Self {
        let overlaps = Overlaps::of(places.iter().map(|&(_, place)| (log[place].begun, log[place].ended)));
        let operation = |&(_, place): &(u32, usize)| {
            let Entry { call, answer, begun, ended, .. } = &log[place];
            let answer = answer.as_ref();
            let excused = spec.may_fail(call, answer) && overlaps.of_another(*begun, *ended);
            let reads = spec.is_read(call, answer);
            let (begun, ended) = times[place];
            Operation { place, call, answer, begun, ended, excused, reads }
        };
        let ended = places.iter().filter(|&&(_, place)| log[place].has_ended()).count();
        // Whether one took place that only looks, and that nobody has an answer of, makes no difference.
        let idle = |one: &Operation<'_, _, _>| one.reads && one.ended == NEVER;
        Self { operations: places.iter().map(operation).filter(|one| !idle(one)).collect(), ended }
    }
}

/// Which times meet others.
struct Overlaps {
    begun: Vec<u64>,
    ended: Vec<u64>,
}

impl Overlaps {
    /// Of these operations: when each begins and ends.
    fn of(times: impl Iterator<Item = (u64, u64)>) -> Self {
        let (mut begun, mut ended): (Vec<u64>, Vec<u64>) = times.unzip();
        begun.sort_unstable();
        ended.sort_unstable();
        Self { begun, ended }
    }

    /// Whether one of them that takes this time overlaps another one.
    fn of_another(&self, begun: u64, ended: u64) -> bool {
        let begun_by_then = self.begun.partition_point(|&time| time <= ended);
        let over_before = self.ended.partition_point(|&time| time < begun);
        begun_by_then - over_before > 1
    }
}
