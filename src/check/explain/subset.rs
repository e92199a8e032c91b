//! Parts of a log that respect ties.

use super::tie::{Tie, Uses};
use crate::history::log::NEVER;
use hashbrown::HashMap;

/// A log by its ties and times.
#[derive(Debug)]
pub(super) struct Subset<'t> {
    ties: &'t [Tie],
    times: &'t [(u64, u64)],
    /// What is made, and by whom: sorted.
    makers: Vec<(u64, usize)>,
}

/// What is gone: the first beginning of those that made a thing, and of all.
#[derive(Default)]
struct Gone {
    made: HashMap<u64, u64>,
    any: Option<u64>,
}

impl Gone {
    fn add(&mut self, thing: u64, begun: u64) {
        let first = self.made.entry(thing).or_insert(begun);
        *first = begun.min(*first);
        self.any = Some(self.any.map_or(begun, |any| any.min(begun)));
    }

    /// Whether one that ended at this time cannot do without.
    fn is_missed(&self, uses: Uses, ended: u64) -> bool {
        let is_before = |begun: &u64| *begun <= ended;
        match uses {
            Uses::Nothing => false,
            Uses::All(thing) => self.made.contains_key(&thing),
            Uses::Earlier(thing) => self.made.get(&thing).is_some_and(is_before),
            Uses::Anything => self.any.as_ref().is_some_and(is_before),
        }
    }
}

impl<'t> Subset<'t> {
    pub(super) fn new(ties: &'t [Tie], times: &'t [(u64, u64)]) -> Self {
        let maker = |(place, tie): (usize, &Tie)| tie.makes.map(|thing| (thing, place));
        let mut makers: Vec<(u64, usize)> = ties.iter().enumerate().filter_map(maker).collect();
        makers.sort_unstable();
        Self { ties, times, makers }
    }

    pub(super) fn everything(&self) -> Vec<usize> {
        self.sorted((0..self.ties.len()).collect())
    }

    fn sorted(&self, mut part: Vec<usize>) -> Vec<usize> {
        part.sort_unstable_by_key(|place| (self.times[*place], *place));
        part
    }

    /// The last end of those that have one.
    fn end(&self, part: &[usize]) -> u64 {
        part.iter().map(|place| self.times[*place].1).filter(|ended| *ended != NEVER).max().unwrap_or(0)
    }

    /// These operations and all to which they are tied.
    pub(super) fn with_ties(&self, some: &[usize]) -> Vec<usize> {
        let mut part = Vec::new();
        let mut is_in = vec![false; self.ties.len()];
        let mut next = some.to_vec();
        while let Some(place) = next.pop() {
            if !std::mem::replace(&mut is_in[place], true) {
                part.push(place);
                self.needed(place, &mut next);
            }
        }
        let end = self.end(&part);
        part.extend((0..is_in.len()).filter(|&place| !is_in[place] && self.stays(place, end)));
        self.sorted(part)
    }

    /// The makers of what it uses.
    fn needed(&self, place: usize, needed: &mut Vec<usize>) {
        let (makers, only_before) = match self.ties[place].uses {
            Uses::Nothing => return,
            Uses::All(thing) => (self.makers_of(thing), false),
            Uses::Earlier(thing) => (self.makers_of(thing), true),
            Uses::Anything => (self.makers.as_slice(), true),
        };
        let makers = makers.iter().map(|(_, maker)| *maker);
        needed.extend(makers.filter(|maker| !only_before || self.times[*maker].0 <= self.times[place].1));
    }

    fn makers_of(&self, thing: u64) -> &[(u64, usize)] {
        let from = self.makers.partition_point(|(other, _)| *other < thing);
        let all = &self.makers[from..];
        &all[..all.partition_point(|(other, _)| *other == thing)]
    }

    /// Whether it has to stay in every part that ends at this time.
    fn stays(&self, place: usize, end: u64) -> bool {
        self.ties[place].stays && self.times[place].0 <= end
    }

    /// The part without those at some indices, and without those that cannot do without these. It is the same where one of them
    /// has to stay.
    pub(super) fn without(&self, part: &[usize], leaves: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut rest = Vec::with_capacity(part.len());
        let mut gone = Gone::default();
        for (index, &place) in part.iter().enumerate() {
            match leaves(index) && !self.ties[place].stays {
                true => self.leave(place, &mut gone),
                false => rest.push(place),
            }
        }
        let mut rest = self.settle(rest, &mut gone);
        let others: Vec<usize> = rest.iter().copied().filter(|place| !self.ties[*place].stays).collect();
        let end = self.end(&others);
        rest.retain(|&place| !self.ties[place].stays || self.stays(place, end));
        let is_missed = |place: &usize| self.ties[*place].stays && self.misses(*place, &gone);
        if rest.iter().any(is_missed) { part.to_vec() } else { rest }
    }

    /// The part without all that have to stay otherwise, and without those that cannot do without these.
    pub(super) fn without_stayers(&self, part: &[usize]) -> Vec<usize> {
        let (stayers, rest): (Vec<usize>, Vec<usize>) =
            part.iter().partition(|&&place| self.ties[place].stays);
        let mut gone = Gone::default();
        stayers.into_iter().for_each(|place| self.leave(place, &mut gone));
        self.settle(rest, &mut gone)
    }

    fn leave(&self, place: usize, gone: &mut Gone) {
        if let Some(thing) = self.ties[place].makes {
            gone.add(thing, self.times[place].0);
        }
    }

    /// Whether something is gone that it uses.
    fn misses(&self, place: usize, gone: &Gone) -> bool {
        gone.is_missed(self.ties[place].uses, self.times[place].1)
    }

    /// Leaves out those that miss something, until nobody does that need not stay.
    fn settle(&self, mut rest: Vec<usize>, gone: &mut Gone) -> Vec<usize> {
        loop {
            let before = rest.len();
            rest.retain(|&place| {
                let leaves = !self.ties[place].stays && self.misses(place, gone);
                if leaves {
                    self.leave(place, gone);
                }
                !leaves
            });
            if rest.len() == before {
                return rest;
            }
        }
    }
}
