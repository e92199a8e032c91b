//! Which operations have taken place, and where the search has been before.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// A set of operations.
///
/// Of those that ended, in the order of their beginnings, nearly all of the first ones are in it and none of the last ones: only the words in
/// between are remembered. The others, which never ended, have words of their own behind.
///
/// Its hash is the sum of a random number for each member, so that it takes one addition to keep it (Albert Zobrist, "A new hashing method with
/// application for game playing", 1970).
#[derive(Debug)]
pub(super) struct Done {
    words: Vec<u64>,
    /// How many of the words are about operations that ended.
    ended_words: usize,
    /// Where operations that ended stop, and those that never did begin.
    ended: usize,
    /// All words before this one are full.
    low: usize,
    /// All words about operations that ended after this one are empty.
    high: usize,
    hash: u64,
    marks: Vec<u64>,
}

impl Done {
    /// None of so many operations, of which the first ones have ended.
    pub(super) fn none(operations: usize, ended: usize) -> Self {
        let ended_words = ended.div_ceil(64);
        let words = ended_words + (operations - ended).div_ceil(64);
        let marks = (1..=operations as u64).map(scramble).collect();
        Self { words: vec![0; words], ended_words, ended, low: 0, high: 0, hash: 0, marks }
    }

    const fn place(&self, operation: usize) -> (usize, u64) {
        let (first, number) = match operation.checked_sub(self.ended) {
            Some(number) => (self.ended_words, number),
            None => (0, operation),
        };
        (first + number / 64, 1 << (number % 64))
    }

    pub(super) fn insert(&mut self, operation: usize) {
        let (word, bit) = self.place(operation);
        self.words[word] |= bit;
        self.hash = self.hash.wrapping_add(self.marks[operation]);
        if word < self.ended_words {
            self.high = self.high.max(word);
            while self.words[self.low] == u64::MAX && self.low + 1 < self.ended_words {
                self.low += 1;
            }
            self.high = self.high.max(self.low);
        }
    }

    pub(super) fn remove(&mut self, operation: usize) {
        let (word, bit) = self.place(operation);
        self.words[word] &= !bit;
        self.hash = self.hash.wrapping_sub(self.marks[operation]);
        if word < self.ended_words {
            self.low = self.low.min(word);
            while self.words[self.high] == 0 && self.high > self.low {
                self.high -= 1;
            }
        }
    }
}

/// Numbers that look random (the finalizer of David Stafford that SplitMix64 uses).
const fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Where a remembered set begins, and how many words it has.
#[derive(Clone, Copy, Debug)]
struct Slot {
    at: u32,
    words: u32,
}

/// Sets of operations, each with the number of the state after it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    slots: HashTable<Slot>,
    /// Of each its hash, its state and first word, and its words.
    words: Vec<u64>,
}

impl Seen {
    /// Whether this was never reached before. It is, from now on.
    pub(super) fn insert(&mut self, done: &Done, state: u32) -> bool {
        let Self { slots, words } = self;
        let at = words.len();
        let hash = scramble(done.hash ^ u64::from(state) << 32);
        words.extend([hash, (done.low as u64) << 32 | u64::from(state)]);
        if done.ended_words > 0 {
            words.extend_from_slice(&done.words[done.low..=done.high]);
        }
        words.extend_from_slice(&done.words[done.ended_words..]);
        let (older, new) = words.split_at(at);
        let same =
            |slot: &Slot| slot.words as usize == new.len() && older[slot.at as usize..][..new.len()] == *new;
        let slot = Slot { at: at as u32, words: new.len() as u32 };
        match slots.entry(hash, same, |slot| older[slot.at as usize]) {
            Entry::Vacant(vacant) => {
                vacant.insert(slot);
                true
            }
            Entry::Occupied(_) => {
                words.truncate(at);
                false
            }
        }
    }

    /// How many bytes they take; too many to count once there are 32 GiB.
    pub(super) fn bytes(&self) -> usize {
        let words = self.words.len();
        if words > u32::MAX as usize - (1 << 20) {
            return usize::MAX;
        }
        words * size_of::<u64>() + self.slots.len() * (size_of::<Slot>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_it_has_seen() {
        let (mut done, mut seen) = (Done::none(200, 130), Seen::default());
        assert!(seen.insert(&done, 0) && seen.insert(&done, 1) && !seen.insert(&done, 0));
        (0..129).for_each(|operation| {
            done.insert(operation);
            assert!(seen.insert(&done, 0));
        });
        done.insert(199);
        assert!(seen.insert(&done, 0));
        done.remove(199);
        (0..129).rev().for_each(|operation| {
            assert!(!seen.insert(&done, 0), "{operation}");
            done.remove(operation);
        });
        assert!(!seen.insert(&done, 1));
    }

    #[test]
    fn a_long_past_takes_few_words() {
        let (mut done, mut seen) = (Done::none(64_000, 64_000), Seen::default());
        (0..60_000).for_each(|operation| done.insert(operation));
        seen.insert(&done, 0);
        assert_eq!(seen.words.len(), 3);
    }
}
