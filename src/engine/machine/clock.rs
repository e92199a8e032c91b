//! Vector clocks and sets over the threads of one execution.
//!
//! Colin Fidge, "Timestamps in message-passing systems that preserve the partial ordering", 1988;
//! Friedemann Mattern, "Virtual time and global states of distributed systems", 1989.

use crate::event::op::ThreadId;

/// Threads of one search, at most, main included: a thread is a bit of a [`ThreadSet`], and the choice of whom
/// a notification wakes is a bit more. The last bit is that of a thread that goes on early.
pub(crate) const MAX_THREADS: usize = 125;

/// The threads whose entries stand in the clock itself: most programs have no more.
const FEW: usize = 8;

/// How many events of each thread are in the past. Clocks of a few threads need no memory of their own.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    few: [u32; FEW],
    more: Vec<u32>,
}

impl Clone for Clock {
    #[inline]
    fn clone(&self) -> Self {
        // Most clocks have no more, and copying them calls nobody.
        let more = if self.more.is_empty() { Vec::new() } else { self.more.clone() };
        Self { few: self.few, more }
    }

    #[inline]
    fn clone_from(&mut self, other: &Self) {
        self.few = other.few;
        self.more.clone_from(&other.more);
    }
}

impl Clock {
    /// Nothing is in the past.
    pub(crate) const ZERO: Self = Self { few: [0; FEW], more: Vec::new() };

    /// How many events of `thread` are in the past.
    #[inline]
    pub(crate) fn of(&self, thread: ThreadId) -> u32 {
        match thread.index() {
            index @ ..FEW => self.few[index],
            index => self.more.get(index - FEW).copied().unwrap_or(0),
        }
    }

    /// Whether the `stamp`-th event of `thread` is in the past.
    #[inline]
    pub(crate) fn has(&self, thread: ThreadId, stamp: u32) -> bool {
        self.of(thread) >= stamp
    }

    /// One more event of `thread` is in the past; gives its number.
    #[inline]
    pub(crate) fn tick(&mut self, thread: ThreadId) -> u32 {
        let entry = self.entry(thread);
        *entry += 1;
        *entry
    }

    fn entry(&mut self, thread: ThreadId) -> &mut u32 {
        match thread.index() {
            index @ ..FEW => &mut self.few[index],
            index => {
                self.reach(index + 1 - FEW);
                &mut self.more[index - FEW]
            }
        }
    }

    fn reach(&mut self, more: usize) {
        if self.more.len() < more {
            self.more.resize(more, 0);
        }
    }

    /// Whether all that is in the past of `self` is in the past of `other` too.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        let few = self.few.iter().zip(&other.few).all(|(mine, theirs)| mine <= theirs);
        let theirs = other.more.iter().copied().chain(std::iter::repeat(0));
        few && self.more.iter().zip(theirs).all(|(mine, theirs)| *mine <= theirs)
    }

    /// All that is in the past of `other` is in the past of `self` too.
    #[inline]
    pub(crate) fn join(&mut self, other: &Self) {
        raise(&mut self.few, &other.few);
        if !other.more.is_empty() {
            self.reach(other.more.len());
            raise(&mut self.more, &other.more);
        }
    }

    /// Nothing is in the past any more.
    pub(crate) fn clear(&mut self) {
        self.few = [0; FEW];
        self.more.clear();
    }
}

#[inline]
fn raise(mine: &mut [u32], theirs: &[u32]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine = (*mine).max(*theirs);
    }
}

/// Threads, a bit each. Packed, so that what holds one is not aligned to 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(Rust, packed(4))]
pub(crate) struct ThreadSet(u128);

impl ThreadSet {
    /// Nobody.
    pub(crate) const NONE: Self = Self(0);

    /// This thread alone.
    #[inline]
    pub(crate) const fn of(thread: ThreadId) -> Self {
        Self(1 << thread.0)
    }

    /// Whether the thread is among them.
    #[inline]
    pub(crate) const fn has(self, thread: ThreadId) -> bool {
        self.0 >> thread.0 & 1 != 0
    }

    /// Whether it is nobody.
    #[inline]
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and those.
    #[inline]
    pub(crate) const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These, but not those.
    #[inline]
    pub(crate) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// How many they are.
    pub(crate) const fn len(self) -> u32 {
        { self.0 }.count_ones()
    }

    /// A bit each, thread n being bit n.
    pub(crate) const fn bits(self) -> u128 {
        self.0
    }
}

impl FromIterator<ThreadId> for ThreadSet {
    fn from_iter<I: IntoIterator<Item = ThreadId>>(threads: I) -> Self {
        threads.into_iter().fold(Self::NONE, |set, thread| set.with(Self::of(thread)))
    }
}

impl IntoIterator for ThreadSet {
    type Item = ThreadId;
    type IntoIter = Members;

    fn into_iter(self) -> Members {
        Members(self.0)
    }
}

/// The threads of a [`ThreadSet`], ascending.
#[derive(Debug)]
pub(crate) struct Members(u128);

impl Iterator for Members {
    type Item = ThreadId;

    fn next(&mut self) -> Option<ThreadId> {
        let first = (self.0 != 0).then(|| self.0.trailing_zeros())?;
        self.0 &= self.0 - 1;
        Some(ThreadId(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_takes_the_later_of_each_thread() {
        for (a, b) in [(0, 7), (7, 8), (8, 126), (126, 9)] {
            let (a, b) = (ThreadId(a), ThreadId(b));
            let (mut left, mut right) = (Clock::ZERO, Clock::ZERO);
            left.tick(a);
            right.tick(b);
            right.tick(b);
            left.join(&right);
            assert_eq!((left.of(a), left.of(b)), (1, 2));
            assert!(left.has(b, 2) && !left.has(b, 3));
            right.join(&left);
            assert_eq!((right.of(a), right.of(b), right.of(ThreadId(64))), (1, 2, 0));
        }
    }

    #[test]
    fn clocks_do_not_wrap_at_16_bits() {
        let mut clock = Clock::ZERO;
        (0..70_000).for_each(|_| _ = clock.tick(ThreadId(1)));
        assert_eq!(clock.of(ThreadId(1)), 70_000);
    }

    #[test]
    fn sets_hold_every_thread_that_there_can_be() {
        let threads = [0, 1, 31, 32, 63, 64, 126].map(ThreadId);
        let set: ThreadSet = threads.into_iter().collect();
        assert_eq!(set.into_iter().collect::<Vec<_>>(), threads);
        let without = set.without(ThreadSet::of(ThreadId(64)));
        assert!(set.has(ThreadId(64)) && !without.has(ThreadId(64)) && without.has(ThreadId(126)));
        assert_eq!((set.len(), ThreadSet::NONE.into_iter().next()), (7, None));
    }
}
