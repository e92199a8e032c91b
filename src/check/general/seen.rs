//! Which operations have taken place, and where the search has been before.

use crate::check::Spent;
use crate::check::budget::Meter;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// A set of operations.
///
/// Of those that ended, in the order of their beginnings, nearly all of the first ones are in it and none of the last ones: only the words in
/// between are remembered. The others, which never ended, have words of their own behind.
///
/// The hash of those that ended is the sum of a random number for each, so that it takes one addition to keep it (Albert Zobrist, "A new
/// hashing method with application for game playing", 1970).
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
        let marks = (1..=ended as u64).map(scramble).collect();
        Self { words: vec![0; words], ended_words, ended, low: 0, high: 0, hash: 0, marks }
    }

    const fn place(&self, operation: usize) -> (usize, u64) {
        let (first, number) = match operation.checked_sub(self.ended) {
            Some(number) => (self.ended_words, number),
            None => (0, operation),
        };
        (first + number / 64, 1 << (number % 64))
    }

    pub(super) fn has(&self, operation: usize) -> bool {
        let (word, bit) = self.place(operation);
        self.words[word] & bit != 0
    }

    pub(super) fn insert(&mut self, operation: usize) {
        let (word, bit) = self.place(operation);
        self.words[word] |= bit;
        if operation < self.ended {
            self.hash = self.hash.wrapping_add(self.marks[operation]);
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
        if operation < self.ended {
            self.hash = self.hash.wrapping_sub(self.marks[operation]);
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
///
/// Of two that differ only in operations that never ended, the smaller one has all the future of the larger one: these operations can still
/// take place, and need not.
#[derive(Debug, Default)]
pub(super) struct Seen {
    slots: HashTable<Slot>,
    /// Of each set of operations that ended and state: its hash, its state and first word, its words, and where the last set begins of those that
    /// never ended and took place beside. Of each of these: where the one before it begins, and its words.
    words: Vec<u64>,
}

impl Seen {
    /// There is no set before this one.
    const NONE: u64 = u64::MAX;

    /// Whether this was never reached before, nor anything better. It is, from now on. Each set that it is compared with is a step.
    pub(super) fn insert(&mut self, done: &Done, state: u32, meter: &mut Meter) -> Result<bool, Spent> {
        let (base, is_new) = self.base(done, state);
        let open = &done.words[done.ended_words..];
        if open.is_empty() {
            return Ok(is_new);
        }
        let last = self.words[base];
        let mut before = last;
        while before != Self::NONE {
            let at = before as usize;
            if self.words[at + 1..][..open.len()].iter().zip(open).all(|(known, new)| known & !new == 0) {
                return Ok(false);
            }
            meter.step()?;
            before = self.words[at];
        }
        self.words[base] = self.words.len() as u64;
        self.words.push(last);
        self.words.extend_from_slice(open);
        Ok(true)
    }

    /// The last word of what is known of those operations that ended and of the state, and whether that was never reached before.
    fn base(&mut self, done: &Done, state: u32) -> (usize, bool) {
        let Self { slots, words } = self;
        let at = words.len();
        let hash = scramble(done.hash ^ u64::from(state) << 32);
        words.extend([hash, (done.low as u64) << 32 | u64::from(state)]);
        if done.ended_words > 0 {
            words.extend_from_slice(&done.words[done.low..=done.high]);
        }
        let (older, new) = words.split_at(at);
        let slot = Slot { at: at as u32, words: new.len() as u32 };
        let same =
            |known: &Slot| known.words == slot.words && older[known.at as usize..][..new.len()] == *new;
        match slots.entry(hash, same, |slot| older[slot.at as usize]) {
            Entry::Vacant(vacant) => {
                vacant.insert(slot);
                words.push(Self::NONE);
                (words.len() - 1, true)
            }
            Entry::Occupied(known) => {
                let known = *known.get();
                words.truncate(at);
                ((known.at + known.words) as usize, false)
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
    use crate::check::Budget;

    fn insert(seen: &mut Seen, done: &Done, state: u32) -> bool {
        seen.insert(done, state, &mut Meter::new(Budget::default())).unwrap()
    }

    #[test]
    fn knows_what_it_has_seen() {
        let (mut done, mut seen) = (Done::none(200, 130), Seen::default());
        assert!(insert(&mut seen, &done, 0) && insert(&mut seen, &done, 1) && !insert(&mut seen, &done, 0));
        (0..129).for_each(|operation| {
            done.insert(operation);
            assert!(insert(&mut seen, &done, 0));
        });
        done.insert(199);
        assert!(!insert(&mut seen, &done, 0) && insert(&mut seen, &done, 2));
        done.remove(199);
        (0..129).rev().for_each(|operation| {
            assert!(!insert(&mut seen, &done, 0), "{operation}");
            done.remove(operation);
        });
        assert!(!insert(&mut seen, &done, 1));
    }

    #[test]
    fn more_that_never_ended_is_no_better() {
        let (mut done, mut seen) = (Done::none(3, 1), Seen::default());
        done.insert(1);
        assert!(insert(&mut seen, &done, 0));
        done.insert(2);
        assert!(!insert(&mut seen, &done, 0) && insert(&mut seen, &done, 1));
        done.remove(1);
        assert!(insert(&mut seen, &done, 0) && insert(&mut seen, &done, 1) && !insert(&mut seen, &done, 1));
        done.insert(0);
        assert!(insert(&mut seen, &done, 0));
    }

    #[test]
    fn a_long_past_takes_few_words() {
        let (mut done, mut seen) = (Done::none(64_000, 64_000), Seen::default());
        (0..60_000).for_each(|operation| done.insert(operation));
        insert(&mut seen, &done, 0);
        assert_eq!(seen.words.len(), 4);
    }
}
