//! Times that are free, and become taken.
//!
//! A bit for each time, and above each word of 64 bits one bit more, which says whether any of them is left; and so on, up to one word. Of ten million times all
//! that takes 1.3 MB, so that it stays in a core's cache wherever the questions fall. Each word is emptied once, and a question climbs as many levels
//! as the logarithm of the number of times to the base 64.

/// Which times are free.
pub(super) struct Free {
    /// Bits of times, then of words of the level before. The last level is one word.
    levels: Vec<Vec<u64>>,
}

/// Bits of a word.
const WORD: usize = u64::BITS as usize;

impl Free {
    /// So many times, all of them free.
    pub(super) fn new(times: usize) -> Self {
        let mut levels = vec![ones(times)];
        while levels[levels.len() - 1].len() > 1 {
            levels.push(ones(levels[levels.len() - 1].len()));
        }
        Self { levels }
    }

    /// The first free time from this one on.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub(super) fn next(&self, time: u32) -> u32 {
        first_from(&self.levels, time as usize).expect("the last time is never taken") as u32
    }

    /// From the first of these times on there is none that is free before the second.
    pub(super) fn occupy(&mut self, from: u32, before: u32) {
        let (mut at, before) = (from as usize, before as usize);
        while let Some(time) = first_from(&self.levels, at).filter(|&time| time < before) {
            let word = time / WORD;
            at = before.min((word + 1) * WORD);
            let taken = (u64::MAX << (time % WORD)) & (u64::MAX >> (WORD - 1 - (at - 1) % WORD));
            self.clear(word, taken);
        }
    }

    fn clear(&mut self, mut word: usize, mut bits: u64) {
        for level in &mut self.levels {
            level[word] &= !bits;
            if level[word] != 0 {
                return;
            }
            (word, bits) = (word / WORD, 1 << (word % WORD));
        }
    }
}

/// So many bits, all of them set.
fn ones(bits: usize) -> Vec<u64> {
    let mut words = vec![u64::MAX; bits.div_ceil(WORD)];
    if let (Some(last), rest @ 1..) = (words.last_mut(), bits % WORD) {
        *last = (1 << rest) - 1;
    }
    words
}

/// The first bit of the first level from this one on.
#[inline]
fn first_from(levels: &[Vec<u64>], bit: usize) -> Option<usize> {
    let (level, above) = levels.split_first()?;
    let word = bit / WORD;
    let rest = level.get(word)? & (u64::MAX << (bit % WORD));
    if rest != 0 {
        return Some(word * WORD + rest.trailing_zeros() as usize);
    }
    let word = first_from(above, word + 1)?;
    Some(word * WORD + level[word].trailing_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SplitMix64;

    /// The same, a time after the other.
    struct OneByOne(Vec<bool>);

    impl OneByOne {
        fn next(&self, time: usize) -> usize {
            (time..self.0.len()).find(|&time| self.0[time]).unwrap()
        }
    }

    #[test]
    fn agrees_with_times_one_by_one() {
        let mut random = SplitMix64::new(8);
        // Of one word, of two levels, and of three, with a last word that is whole and one that is not.
        for times in [1, 2, 63, 64, 65, 100, 128, 4_095, 4_096, 4_097, 9_000] {
            let (mut free, mut all) = (Free::new(times), OneByOne(vec![true; times]));
            for _ in 0..400 {
                let longest = [1, 3, 70, times][random.between(0, 3)];
                let from = random.between(0, times - 1);
                let before = (from + random.between(0, longest)).min(times - 1);
                free.occupy(from as u32, before as u32);
                all.0[from.min(before)..before].fill(false);
                let time = random.between(0, times - 1);
                assert_eq!(free.next(time as u32) as usize, all.next(time), "from {time} of {times}");
            }
            let left: Vec<bool> =
                (0..times).map(|time| free.levels[0][time / WORD] >> (time % WORD) & 1 == 1).collect();
            assert_eq!(left, all.0);
        }
    }

    #[test]
    #[should_panic = "the last time is never taken"]
    fn there_is_nothing_after_the_last_one() {
        Free::new(64).next(64);
    }
}
