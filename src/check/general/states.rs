//! The states that were reached, each with a number.

use crate::spec::Spec;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// States by their numbers, which are equal where the states are.
pub(in crate::check) struct States<S: Spec> {
    states: Vec<S::State>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    bytes: usize,
}

impl<S: Spec> States<S> {
    pub(in crate::check) fn new() -> Self {
        Self {
            states: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            bytes: 0,
        }
    }

    /// The number of a state.
    pub(in crate::check) fn number(&mut self, spec: &S, state: S::State) -> u32 {
        let Self { states, numbers, hasher, bytes } = self;
        let hash = hasher.hash_one(&state);
        let same = |&number: &u32| states[number as usize] == state;
        match numbers.entry(hash, same, |&number| hasher.hash_one(&states[number as usize])) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(vacant) => {
                let number = states.len() as u32;
                vacant.insert(number);
                *bytes += spec.bytes(&state) + 2 * size_of::<u32>();
                states.push(state);
                number
            }
        }
    }

    /// The state with this number.
    pub(in crate::check) fn state(&self, number: u32) -> &S::State {
        &self.states[number as usize]
    }

    /// About how many bytes they take.
    pub(in crate::check) const fn bytes(&self) -> usize {
        self.bytes
    }
}
