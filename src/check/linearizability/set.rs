//! Sets of operations: a word for up to 64, which are nearly all there are, and as many words as it takes beyond.

use std::hash::Hash;

/// A set of operations, by their numbers.
pub(super) trait Set: Clone + Eq + Ord + Hash {
    /// No operation of so many.
    fn none(operations: usize) -> Self;

    /// The numbers below 64 by the bits of the first word, and so on.
    fn words(&self) -> &[u64];

    /// The same words.
    fn words_mut(&mut self) -> &mut [u64];

    /// Those that are in it and not in the other one.
    fn without(&self, other: &Self) -> Self;

    /// Whether all are in the other one.
    fn is_within(&self, other: &Self) -> bool;

    fn has(&self, operation: usize) -> bool {
        self.words()[operation / 64] >> (operation % 64) & 1 == 1
    }

    fn insert(&mut self, operation: usize) {
        self.words_mut()[operation / 64] |= 1 << (operation % 64);
    }

    fn remove(&mut self, operation: usize) {
        self.words_mut()[operation / 64] &= !(1 << (operation % 64));
    }

    fn is_empty(&self) -> bool {
        self.words().iter().all(|&word| word == 0)
    }

    fn members(&self) -> impl Iterator<Item = usize> {
        self.words().iter().enumerate().flat_map(|(place, &word)| Bits(word).map(move |bit| 64 * place + bit))
    }

    fn bytes(&self) -> usize {
        size_of_val(self.words())
    }
}

/// The bits of a word that are set, the lowest first.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let bit = (self.0 != 0).then(|| self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

impl Set for u64 {
    fn none(_operations: usize) -> Self {
        0
    }

    fn words(&self) -> &[u64] {
        std::slice::from_ref(self)
    }

    fn words_mut(&mut self) -> &mut [u64] {
        std::slice::from_mut(self)
    }

    fn without(&self, other: &Self) -> Self {
        self & !other
    }

    fn is_within(&self, other: &Self) -> bool {
        self & !other == 0
    }

    fn has(&self, operation: usize) -> bool {
        self >> operation & 1 == 1
    }

    fn members(&self) -> impl Iterator<Item = usize> {
        Bits(*self)
    }
}

impl Set for Box<[u64]> {
    fn none(operations: usize) -> Self {
        vec![0; operations.div_ceil(64)].into()
    }

    fn words(&self) -> &[u64] {
        self
    }

    fn words_mut(&mut self) -> &mut [u64] {
        self
    }

    fn without(&self, other: &Self) -> Self {
        self.iter().zip(other).map(|(word, other)| word & !other).collect()
    }

    fn is_within(&self, other: &Self) -> bool {
        self.iter().zip(other).all(|(word, other)| word & !other == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_set_is_what_was_put_in<O: Set>(operations: usize) {
        let (mut all, mut few) = (O::none(operations), O::none(operations));
        assert!(few.is_empty() && few.is_within(&all));
        (0..operations).for_each(|operation| all.insert(operation));
        [3, operations - 1].into_iter().for_each(|operation| few.insert(operation));
        assert!(few.is_within(&all) && !all.is_within(&few) && !few.is_empty());
        assert_eq!(few.members().collect::<Vec<_>>(), [3, operations - 1]);
        let rest = all.without(&few);
        assert_eq!((rest.members().count(), rest.has(3), all.has(3)), (operations - 2, false, true));
        few.remove(3);
        assert_eq!(few.members().collect::<Vec<_>>(), [operations - 1]);
    }

    #[test]
    fn sets_of_a_word_and_of_several_are_alike() {
        a_set_is_what_was_put_in::<u64>(64);
        a_set_is_what_was_put_in::<Box<[u64]>>(64);
        a_set_is_what_was_put_in::<Box<[u64]>>(200);
    }
}
