//! Vector clocks over the threads of one execution.
//!
//! Colin Fidge, "Timestamps in message-passing systems that preserve the partial ordering", 1988;
//! Friedemann Mattern, "Virtual time and global states of distributed systems", 1989.

use crate::sync::op::ThreadId;

/// Threads of one execution, at most, main included. A clock then fills one cache line.
pub(crate) const MAX_THREADS: usize = 32;

/// How many events of each thread are in the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock([u16; MAX_THREADS]);

impl Clock {
    /// Nothing is in the past.
    pub(crate) const ZERO: Self = Self([0; MAX_THREADS]);

    /// How many events of `thread` are in the past.
    #[inline]
    pub(crate) fn of(&self, thread: ThreadId) -> u16 {
        self.0[thread.index()]
    }

    /// Whether the `stamp`-th event of `thread` is in the past.
    #[inline]
    pub(crate) fn has(&self, thread: ThreadId, stamp: u16) -> bool {
        self.0[thread.index()] >= stamp
    }

    /// One more event of `thread` is in the past; gives its number.
    #[inline]
    pub(crate) fn tick(&mut self, thread: ThreadId) -> u16 {
        self.0[thread.index()] += 1;
        self.0[thread.index()]
    }

    /// All that is in the past of `other` is in the past of `self` too.
    #[inline]
    pub(crate) fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_takes_the_later_of_each_thread() {
        let (a, b) = (ThreadId(0), ThreadId(31));
        let (mut left, mut right) = (Clock::ZERO, Clock::ZERO);
        left.tick(a);
        right.tick(b);
        right.tick(b);
        left.join(&right);
        assert_eq!((left.of(a), left.of(b)), (1, 2));
        assert!(left.has(b, 2) && !left.has(b, 3));
    }
}
